"""Where is the line above which a match is told? A history per profile; the newest row rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from classifier.history import check_last, lock
from classifier.holding import hold
from classifier.revisions import alone, speaking
from classifier.shift import Shift
from db.arrays import among
from db.models import Drawn, Match, NoticeVersion, Profile, Threshold
from db.session import utcnow

STEP = Decimal("0.001")


def own_lines(s: Session, profile_ids: Iterable[int]) -> dict[int, float]:
    """The newest Threshold of each profile that has one; the others follow their model's default."""
    newest = (
        select(Threshold.profile_id, Threshold.value)
        .where(among(Threshold.profile_id, profile_ids))
        .ext(distinct_on(Threshold.profile_id))
        .order_by(Threshold.profile_id, Threshold.id.desc())
    )
    return {profile_id: float(value) for profile_id, value in s.execute(newest)}


def line_in_force(s: Session, profile_id: int) -> Decimal | None:
    """The profile's own line, or the default by which it was last matched; None where neither is known yet."""
    return lines_in_force(s, [profile_id]).get(profile_id)


def history(s: Session, profile_id: int) -> Sequence[Threshold]:
    """Every line this profile ever had of its own, oldest first."""
    return s.scalars(select(Threshold).where(Threshold.profile_id == profile_id).order_by(Threshold.id)).all()


def lines_in_force(s: Session, profile_ids: Collection[int]) -> dict[int, Decimal]:
    """The line of each profile whose line is known: its own, or the default by which it was last matched."""
    own = own_lines(s, profile_ids)
    return {**default_lines(s, set(profile_ids) - own.keys()), **{of: _grained(line) for of, line in own.items()}}


def default_lines(s: Session, profile_ids: Collection[int]) -> dict[int, Decimal]:
    """By which line each of these profiles was last matched, of those that were."""
    mine = Match.profile_id == Profile.id
    newest = select(func.max(Match.id)).where(mine)
    spoken = select(Match.id).join(NoticeVersion, NoticeVersion.id == Match.version_id).where(mine, speaking())
    lines: dict[int, Decimal] = {}
    # The newest match speaks, but while everything is scored anew; to look for those that do takes far longer.
    for last in (newest, spoken.order_by(Match.id.desc()).limit(1)):
        if not (left := set(profile_ids) - lines.keys()):
            break
        rows = s.execute(
            select(Profile.id, Match.threshold_then)
            .join(Match, Match.id == last.correlate(Profile).scalar_subquery())
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .where(among(Profile.id, left), speaking())
        )
        lines |= {row.id: _grained(row.threshold_then) for row in rows}
    return lines


def _grained(line: float) -> Decimal:
    return Decimal(str(line)).quantize(STEP)


def newest_line(s: Session, profile_ids: Collection[int]) -> int:
    """The id of the newest row in these profiles' histories, by which a change since is seen; 0 where there is none."""
    return s.scalar(select(func.max(Threshold.id)).where(among(Threshold.profile_id, profile_ids))) or 0


def set_threshold(
    s: Session,
    profile_id: int,
    value: float | Decimal,
    *,
    by: str,
    why: str,
    drawn: Drawn = Drawn.HAND,
    before: Decimal | None = None,
    at: datetime | None = None,
) -> Threshold:
    """Draw a new line for a profile, with who and why; older lines stay in the history.

    It holds at once for every open notice that was not told yet (`classifier/holding.py`). ``before``: where the line was,
    of a profile that never met a notice. Raises ValueError outside 0
    to 1, LookupError where there is no such profile.
    """
    known = {} if before is None else {profile_id: before}
    return draw(s, {profile_id: value}, by=by, why=why, drawn=drawn, before=known, at=at)[0]


def draw(
    s: Session,
    values: Mapping[int, float | Decimal],
    *,
    by: str,
    why: str,
    drawn: Drawn = Drawn.HAND,
    move_id: int | None = None,
    before: Mapping[int, Decimal] = MappingProxyType({}),
    at: datetime | None = None,
    foreseen: Shift | None = None,
) -> list[Threshold]:
    """Draw the lines of several profiles as :func:`set_threshold` draws one, whole or not at all.

    ``foreseen``: what that does, by whoever has asked since these profiles were held.
    """
    if not all(0 <= value <= 1 for value in values.values()):
        raise ValueError("a threshold lies between 0 and 1")
    held(s, values)
    before = {**before, **lines_in_force(s, values)}
    rows = [
        Threshold(
            profile_id=profile_id,
            value=Decimal(str(value)).quantize(STEP),
            moved_from=before.get(profile_id),
            drawn=drawn,
            move_id=move_id,
            by=by,
            why=why,
            at=at or utcnow(),
        )
        for profile_id, value in sorted(values.items())
    ]
    return _put(s, rows, foreseen)


def undo(s: Session, threshold: Threshold, *, by: str, at: datetime | None = None) -> Threshold:
    """Draw the line that was in force before this one; only the last change that stands can be taken back.

    What was said of alerts until now teaches nothing after it. Raises NotLast: of two who undo, the second is told.
    """
    return undo_all(s, [threshold], by=by, at=at)[0]


def undo_all(
    s: Session, changes: Sequence[Threshold], *, by: str, move_id: int | None = None, at: datetime | None = None
) -> list[Threshold]:
    """Take back changes of several profiles, one of each, as :func:`undo` does one; all or, by NotLast, none."""
    held(s, {change.profile_id for change in changes})
    rows = [
        Threshold(
            profile_id=change.profile_id,
            value=check_last(history(s, change.profile_id), change),
            moved_from=change.value,
            drawn=Drawn.UNDO,
            undoes=change.id,
            move_id=move_id,
            by=by,
            why=f"takes back: {change.why}",
            at=at or utcnow(),
        )
        for change in sorted(changes, key=lambda one: one.profile_id)
    ]
    return _put(s, rows)


def held(s: Session, profile_ids: Iterable[int]) -> None:
    """Nobody matches, and nobody else draws these profiles' lines, until the caller's commit.

    A matching that read the old line would otherwise write by it after the new one was drawn.
    """
    alone(s)
    for profile_id in sorted(profile_ids):
        lock(s, profile_id)


def _put(s: Session, rows: list[Threshold], foreseen: Shift | None = None) -> list[Threshold]:
    s.add_all(rows)
    s.flush()
    hold(s, {row.profile_id: row.value for row in rows}, foreseen)
    return rows
