"""Where is the line above which a match is told? A history per profile; the newest row rules."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from db.models import Threshold

STEP = Decimal("0.001")
JUST_UNDER = 0.15  # a near miss lies at most so far below its line


def own_lines(s: Session, profile_ids: Iterable[int]) -> dict[int, float]:
    """The newest Threshold of each profile that has one; the others follow their model's default."""
    newest = (
        select(Threshold.profile_id, Threshold.value)
        .where(Threshold.profile_id.in_(list(profile_ids)))
        .ext(distinct_on(Threshold.profile_id))
        .order_by(Threshold.profile_id, Threshold.id.desc())
    )
    return {profile_id: float(value) for profile_id, value in s.execute(newest)}


def set_threshold(s: Session, profile_id: int, value: float, *, by: str, why: str) -> Threshold:
    """Draw a new line for a profile, with who and why; older lines stay in the history.

    Raises ValueError outside 0 to 1.
    """
    if not 0 <= value <= 1:
        raise ValueError("a threshold lies between 0 and 1")
    row = Threshold(profile_id=profile_id, value=Decimal(str(value)).quantize(STEP), by=by, why=why)
    s.add(row)
    s.flush()
    return row
