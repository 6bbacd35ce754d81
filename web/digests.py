"""Which mails has a subscriber had? Every digest with its permanent page, newest first."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from alerts.speak import speaker
from alerts.tokens import digest_url
from db import seed
from db.models import Digest
from db.session import transaction, utcnow
from web.own import is_number
from web.pages import answer
from web.session import subscriber_of

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDigest:
    """One digest: its day, how much it told, and where it stands for good."""

    day: str
    notices: int
    url: str


def digests(request: Request) -> Response:
    """One page of them."""
    subscriber = subscriber_of(request)
    asked = request.query_params.get("before", "")
    before = int(asked) if is_number(asked) else None
    told = sum(
        (func.coalesce(func.jsonb_array_length(Digest.view[part]), 0) for part in ("entries", "changed", "reminders")),
        start=func.coalesce(0),
    )
    query = (
        select(Digest.id, Digest.built_at, told.label("told"))
        .where(Digest.subscriber_id == subscriber.id, Digest.view.is_not(None), Digest.built_at.is_not(None))
        .order_by(Digest.id.desc())
        .limit(PAGE + 1)
    )
    with transaction() as s:
        found = s.execute(query if before is None else query.where(Digest.id < before)).all()
    clock = speaker(
        language=subscriber.language, country=subscriber.country, as_of=utcnow(), names=seed.load()
    ).clock  # fmt: skip
    rows = [
        ToldDigest(day=clock.long_day(clock.local(one.built_at).date()), notices=one.told, url=digest_url(one.id))
        for one in found[:PAGE]
    ]
    return answer(
        request, "digests.html", digests=rows, older=found[PAGE - 1].id if len(found) > PAGE else None,
        first=before is None, cadence=subscriber.cadence,
    )  # fmt: skip
