"""Which procurements has a subscriber really been told of? A digest may take an alert and rather not tell it.

What had passed before it could be told is closed untold. When a corrigendum opens it anew, it is new to the reader,
and no change of anything.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from classifier.owed import told_of
from db.models import Alert, Delivery, Digest

EVERY_ENTRY: Final = "$.*[*].alert_id"  # of a DigestView, new, changed and reminded


def unheard(s: Session, subscriber_id: int, digest_id: int, procurements: Collection[int]) -> set[int]:
    """Of these procurements, those of which earlier digests than this took alerts, and none told any."""
    return {one for one in procurements if _is_unheard(s, subscriber_id, digest_id, one)}


def _is_unheard(s: Session, subscriber_id: int, digest_id: int, procurement_id: int) -> bool:
    earlier = s.execute(
        select(Alert.id, Alert.digest_id).where(
            Alert.subscriber_id == subscriber_id,
            told_of(procurement_id),
            Alert.digest_id.is_not(None),
            Alert.digest_id != digest_id,
        )
    ).all()
    if not earlier:
        return False
    digests = s.execute(
        select(Digest.view.is_(None), func.jsonb_path_query_array(Digest.view, cast(EVERY_ENTRY, JSONPATH)))
        .join(Delivery, Delivery.digest_id == Digest.id)
        .where(Digest.id.in_({row.digest_id for row in earlier}))
    ).all()
    if any(broken for broken, _ in digests):
        return False  # it is told when its digest is mended
    # An entry names the one alert by which its procurement was told.
    return not {row.id for row in earlier} & {alert_id for _, told in digests for alert_id in told}
