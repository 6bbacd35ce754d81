"""Which alerts would a move of lines owe, and which would it take back? What is foreseen is what moving them does.

A line holds for every open notice that its subscriber was not told of: lowered, it owes what now lies above it; raised,
it takes back what is owed still and now lies below. What was told stays told, by the line of then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Select,
    TableValuedAlias,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)
from sqlalchemy.orm import Session, selectinload

from classifier.facets import still_open
from classifier.owed import alert_matched, not_owed, told_of
from classifier.revisions import speaking
from db.models import (
    Alert,
    AlertKind,
    DoorDelivery,
    Feedback,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    PushState,
    Subscriber,
)
from db.session import utcnow

Lines = Mapping[int, Decimal]  # by profile


@dataclass(frozen=True, slots=True)
class Crossing:
    """A stage of a procurement that comes over a subscriber's line, or goes under it, and the best match of it."""

    subscriber_id: int
    profile_id: int
    procurement_id: int
    kind: str
    version_id: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a move of lines would owe, and what it would take back; each the likeliest first."""

    gained: Sequence[Crossing] = ()
    lost: Sequence[Crossing] = ()


def foresee(s: Session, lines: Lines) -> Shift:
    """What these lines would owe and take back, if they were drawn now. Writes nothing."""
    if not lines:
        return Shift()
    return Shift(gained=_gained(s, lines), lost=_lost(s, lines))


def hold(s: Session, lines: Lines) -> Shift:
    """Have these lines hold for what was not told yet: owe, and take back. Gives what was foreseen, which is the same.

    For the writer of the lines alone, who keeps matching out until the commit.
    """
    shift = foresee(s, lines)
    _take_back(s, shift.lost)
    _redraw(s, lines)
    _owe(s, shift.gained)
    return shift


def _drawn(lines: Lines) -> TableValuedAlias:
    """The new lines as rows to join: profile_id, value."""
    ids = bindparam(None, [*lines], type_=ARRAY(BigInteger))
    values = bindparam(None, [float(line) for line in lines.values()], type_=ARRAY(Float))
    return func.unnest(ids, values).table_valued("profile_id", "value", name="drawn").render_derived()


def _movable(drawn: TableValuedAlias) -> Select[int, int, int, str, int, float]:
    """The matches that a move of these lines can move, of notices that are open as they now read."""
    return (
        select(
            Profile.subscriber_id,
            Match.profile_id,
            Notice.procurement_id,
            NoticeVersion.stage.label("kind"),
            Match.version_id,
            Match.score,
        )
        .select_from(drawn)
        .join(Match, Match.profile_id == drawn.c.profile_id)
        .join(Profile, Profile.id == Match.profile_id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(*_is_movable())
    )


def _is_movable() -> list[ColumnElement[bool]]:
    """Whether a match's alert can still come or go, in a query that joins its notice, profile and subscriber."""
    return [
        Profile.active.is_(True),
        # One that is owed every open notice is met anew by its new line in any case.
        Profile.matched_rev.is_not(None),
        Subscriber.unsubscribed_at.is_(None),
        Match.barred_by.is_(None),
        NoticeVersion.cancelled.is_(False),
        still_open(utcnow()),
        speaking(),
    ]


def _gained(s: Session, lines: Lines) -> list[Crossing]:
    drawn = _drawn(lines)
    up = _first(_movable(drawn).where(Match.score >= drawn.c.value, Match.score < Match.threshold_then))
    heard = not_owed(subscriber_id=up.c.subscriber_id, procurement_id=up.c.procurement_id, kind=up.c.kind)
    return _once(s, select(up).where(~heard))


def _lost(s: Session, lines: Lines) -> list[Crossing]:
    drawn = _drawn(lines)
    down = _first(_movable(drawn).where(Match.score >= Match.threshold_then, Match.score < drawn.c.value))
    owed = exists().where(
        Alert.subscriber_id == down.c.subscriber_id,
        Alert.procurement_id == down.c.procurement_id,
        Alert.kind == down.c.kind,
        *_untold(),
    )
    below = _once(s, select(down).where(owed))
    kept = _carried(s, lines, {one.procurement_id for one in below}) if below else set()
    return [one for one in below if _key(one) not in kept]


def _first(crossings: Select[int, int, int, str, int, float]) -> CTE:
    """To be found before it is asked who was told, which takes longer, and of far fewer."""
    return crossings.cte("crossing").prefix_with("MATERIALIZED")


def _carried(s: Session, lines: Lines, procurements: Collection[int]) -> set[tuple[int, int, str]]:
    """Subscriber, procurement and stage of what stays above a line, by another notice or profile, when these are drawn."""
    drawn = _drawn(lines)
    moves = (Notice.current_version_id == NoticeVersion.id) & and_(*_is_movable())
    line = case((moves, func.coalesce(drawn.c.value, Match.threshold_then)), else_=Match.threshold_then)
    stays = (
        select(Profile.subscriber_id, Notice.procurement_id, NoticeVersion.stage)
        .select_from(Match)
        .join(Profile, Profile.id == Match.profile_id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.id == NoticeVersion.notice_id)
        .outerjoin(drawn, drawn.c.profile_id == Match.profile_id)
        .where(
            Notice.procurement_id.in_(procurements),
            Profile.active.is_(True),
            Match.barred_by.is_(None),
            speaking(),
            Match.score >= line,
        )
    )
    return {(subscriber_id, procurement_id, kind) for subscriber_id, procurement_id, kind in s.execute(stays)}


def _once(s: Session, crossings: Select[*tuple[Any, ...]]) -> list[Crossing]:
    """Each subscriber, procurement and stage once, by its best match; the likeliest first."""
    found: dict[tuple[int, int, str], Crossing] = {}
    rows = [Crossing(*row) for row in s.execute(crossings)]
    for one in sorted(rows, key=lambda one: (-one.score, one.version_id, one.profile_id)):
        found.setdefault(_key(one), one)
    return [*found.values()]


def _key(one: Crossing) -> tuple[int, int, str]:
    return one.subscriber_id, one.procurement_id, one.kind


def _untold() -> list[ColumnElement[bool]]:
    """Whether an Alert can still be taken back: no digest has it, no door told it, and nobody spoke of it."""
    return [
        Alert.digest_id.is_(None),
        ~exists().where(DoorDelivery.alert_id == Alert.id, DoorDelivery.state != PushState.VOID),
        ~exists().where(Feedback.alert_id == Alert.id),
    ]


def _owe(s: Session, gained: Sequence[Crossing]) -> None:
    """As matching does, of the rows as they are now drawn."""
    versions = s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.id.in_({one.version_id for one in gained}))
        .order_by(NoticeVersion.id)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()
    profiles = s.scalars(select(Profile).where(Profile.id.in_({one.profile_id for one in gained}))).all()
    rows = [
        {
            "version_id": one.version_id,
            "profile_id": one.profile_id,
            "score": one.score,
            "threshold_then": 0.0,
            "barred_by": None,
        }
        for one in gained
    ]
    alert_matched(s, versions, rows, profiles)


def _take_back(s: Session, lost: Sequence[Crossing]) -> None:
    """Remove the alerts, and the changes of procurements of which nothing else is or was ever told."""
    for one in lost:
        mine = (Alert.subscriber_id == one.subscriber_id, told_of(one.procurement_id))
        s.execute(delete(Alert).where(*mine, Alert.kind == one.kind, *_untold()))
        of_change = Alert.kind == AlertKind.CHANGE
        if not s.scalar(select(exists().where(*mine, ~(of_change & and_(*_untold()))))):
            s.execute(delete(Alert).where(*mine, of_change, *_untold()))


def _redraw(s: Session, lines: Lines) -> None:
    """Matches of open notices are told by the new line, but for those that were told by their own."""
    drawn = _drawn(lines)
    told = exists().where(
        told_of(Notice.procurement_id),
        Alert.subscriber_id == Profile.subscriber_id,
        Alert.kind == NoticeVersion.stage,
        not_(and_(*_untold())),
    )
    s.execute(
        update(Match)
        .where(
            Match.profile_id == drawn.c.profile_id,
            Profile.id == Match.profile_id,
            Profile.matched_rev.is_not(None),
            NoticeVersion.id == Match.version_id,
            Notice.current_version_id == NoticeVersion.id,
            Match.threshold_then != drawn.c.value,
            still_open(utcnow()),
            speaking(),
            ~told,
        )
        .values(threshold_then=drawn.c.value)
        .execution_options(synchronize_session=False)
    )
