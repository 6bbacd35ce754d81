"""Where is the line above which a match is told? A history per profile; the newest row rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from classifier.history import check_last, lock
from classifier.revisions import speaking
from db.models import Drawn, Match, NoticeVersion, Threshold
from db.session import utcnow

STEP = Decimal("0.001")


def own_lines(s: Session, profile_ids: Iterable[int]) -> dict[int, float]:
    """The newest Threshold of each profile that has one; the others follow their model's default."""
    newest = (
        select(Threshold.profile_id, Threshold.value)
        .where(Threshold.profile_id.in_(list(profile_ids)))
        .ext(distinct_on(Threshold.profile_id))
        .order_by(Threshold.profile_id, Threshold.id.desc())
    )
    return {profile_id: float(value) for profile_id, value in s.execute(newest)}


def line_in_force(s: Session, profile_id: int) -> Decimal | None:
    """The profile's own line, or the default by which it was last matched; None where neither is known yet."""
    own = own_lines(s, [profile_id]).get(profile_id)
    if own is None:
        matched = (
            select(Match.threshold_then)
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .where(Match.profile_id == profile_id, speaking())
            .order_by(Match.id.desc())
        )
        own = s.scalar(matched.limit(1))
    return None if own is None else Decimal(str(own)).quantize(STEP)


def history(s: Session, profile_id: int) -> Sequence[Threshold]:
    """Every line this profile ever had of its own, oldest first."""
    return s.scalars(select(Threshold).where(Threshold.profile_id == profile_id).order_by(Threshold.id)).all()


def set_threshold(
    s: Session,
    profile_id: int,
    value: float | Decimal,
    *,
    by: str,
    why: str,
    drawn: Drawn = Drawn.HAND,
    at: datetime | None = None,
) -> Threshold:
    """Draw a new line for a profile, with who and why; older lines stay in the history.

    Raises ValueError outside 0 to 1, LookupError where there is no such profile.
    """
    if not 0 <= value <= 1:
        raise ValueError("a threshold lies between 0 and 1")
    lock(s, profile_id)
    row = Threshold(
        profile_id=profile_id,
        value=Decimal(str(value)).quantize(STEP),
        moved_from=line_in_force(s, profile_id),
        drawn=drawn,
        by=by,
        why=why,
        at=at or utcnow(),
    )
    s.add(row)
    s.flush()
    return row


def undo(s: Session, threshold: Threshold, *, by: str, at: datetime | None = None) -> Threshold:
    """Draw the line that was in force before this one; only the last change that stands can be taken back.

    What was said of alerts until now teaches nothing after it. Raises NotLast: of two who undo, the second is told.
    """
    lock(s, threshold.profile_id)
    value = check_last(history(s, threshold.profile_id), threshold)
    row = Threshold(
        profile_id=threshold.profile_id,
        value=value,
        moved_from=threshold.value,
        drawn=Drawn.UNDO,
        undoes=threshold.id,
        by=by,
        why=f"takes back: {threshold.why}",
        at=at or utcnow(),
    )
    s.add(row)
    s.flush()
    return row
