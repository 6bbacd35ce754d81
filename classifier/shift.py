"""Which alerts would a move of lines owe, and which would it take back? What is foreseen is what moving them does.

A line holds for every open notice that its subscriber was not told of: lowered, it owes what now lies above it; raised,
it takes back what is owed still and now lies below. What was told stays told, by the line of then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    SQLColumnExpression,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session, selectinload

from classifier.facets import still_open
from classifier.owed import alert_matched, not_owed, told_of
from classifier.revisions import speaking, speaks_by
from classifier.window import Flags, Window, read
from db.arrays import among
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
    ToldBefore,
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


def foresee(s: Session, lines: Lines, found: Window | None = None) -> Shift:
    """What these lines would owe and take back, if they were drawn now. Writes nothing.

    ``found``: the matches of their profiles, where they have been read already.
    """
    if not lines:
        return Shift()
    found = read(s, lines.keys()) if found is None else found
    moved = found.by_profile({one: lines[one] for one in _moving(s, lines)})
    is_open = (found.until > utcnow().timestamp()) & ~found.cancelled
    above, was_above = found.score >= moved, found.score >= found.line
    return Shift(
        gained=_gained(s, _best(found, is_open & above & ~was_above)),
        lost=_lost(s, lines, _best(found, is_open & (found.score < moved) & was_above)),
    )


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


def _moving(s: Session, lines: Lines) -> Sequence[int]:
    """Of these profiles, those whose matches' alerts can still come or go."""
    return s.scalars(
        select(Profile.id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .where(among(Profile.id, lines), *_can_move())
    ).all()


def _can_move() -> list[ColumnElement[bool]]:
    """Whether a profile's line can move anything, in a query that joins its subscriber."""
    return [
        Profile.active.is_(True),
        # One that is owed every open notice is met anew by its new line in any case.
        Profile.matched_rev.is_not(None),
        Subscriber.unsubscribed_at.is_(None),
    ]


def _best(found: Window, crosses: Flags) -> list[Crossing]:
    """Of each stage of a procurement that crosses a subscriber's line the best match; the likeliest first."""
    which = np.flatnonzero(crosses)
    profile_id = found.profiles[found.place[which]]
    which = which[np.lexsort((profile_id, found.version_id[which], -found.score[which]))]
    _, first = np.unique(found.alert[which], return_index=True)
    return [Crossing(*row) for row in found.rows(which[np.sort(first)])]


def _gained(s: Session, up: Sequence[Crossing]) -> list[Crossing]:
    if not up:
        return []
    crossing = _listed(up)
    spoken_of = union(
        select(crossing).join(Alert, _is_of(crossing, Alert.procurement_id)),
        select(crossing)
        .join(ToldBefore, ToldBefore.procurement_id == crossing.c.procurement_id)
        .join(Alert, _is_of(crossing, ToldBefore.procurement_id) & (Alert.id == ToldBefore.alert_id)),
    )
    # To be found before it is asked who was told, which takes longer, and of far fewer.
    asked = spoken_of.cte("spoken_of").prefix_with("MATERIALIZED")
    heard = not_owed(subscriber_id=asked.c.subscriber_id, procurement_id=asked.c.procurement_id, kind=asked.c.kind)
    old = set(s.scalars(select(asked.c.place).where(heard)))
    return [one for place, one in enumerate(up) if place not in old]


def _is_of(crossing: TableValuedAlias, procurement_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    return and_(Alert.subscriber_id == crossing.c.subscriber_id, procurement_id == crossing.c.procurement_id)


def _lost(s: Session, lines: Lines, down: Sequence[Crossing]) -> list[Crossing]:
    if not down:
        return []
    crossing = _listed(down)
    owed = exists().where(
        Alert.subscriber_id == crossing.c.subscriber_id,
        Alert.procurement_id == crossing.c.procurement_id,
        Alert.kind == crossing.c.kind,
        *_untold(),
    )
    still = set(s.scalars(select(crossing.c.place).where(owed)))
    below = [one for place, one in enumerate(down) if place in still]
    kept = _carried(s, lines, below) if below else set()
    return [one for place, one in enumerate(below) if place not in kept]


def _listed(crossings: Sequence[Crossing]) -> TableValuedAlias:
    """What crosses as rows to join: each one's place, from 0, and its subscriber, procurement and stage."""
    columns = (
        bindparam(None, [*range(len(crossings))], type_=ARRAY(BigInteger)),
        bindparam(None, [one.subscriber_id for one in crossings], type_=ARRAY(BigInteger)),
        bindparam(None, [one.procurement_id for one in crossings], type_=ARRAY(BigInteger)),
        bindparam(None, [one.kind for one in crossings], type_=ARRAY(Text)),
    )
    names = ("place", "subscriber_id", "procurement_id", "kind")
    return func.unnest(*columns).table_valued(*names, name="crossing").render_derived()


def _carried(s: Session, lines: Lines, crossings: Sequence[Crossing]) -> set[int]:
    """The places of what stays above a line, by another notice or profile, when these lines are drawn."""
    crossing = _listed(crossings)
    moves = and_(
        Notice.current_version_id == NoticeVersion.id,
        *_can_move(),
        NoticeVersion.cancelled.is_(False),
        still_open(utcnow()),
    )
    # Each with the profiles that could carry it, before their matches are looked up: the other way round the matches
    # of all other subscribers would be read as well.
    theirs = (
        select(
            crossing.c.place,
            NoticeVersion.id,
            Profile.id.label("profile_id"),
            moves.label("moves"),
            speaks_by().label("revision"),
        )
        .join(Notice, Notice.procurement_id == crossing.c.procurement_id)
        .join(NoticeVersion, and_(NoticeVersion.notice_id == Notice.id, NoticeVersion.stage == crossing.c.kind))
        .join(Profile, Profile.subscriber_id == crossing.c.subscriber_id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .where(Profile.active.is_(True))
        .cte("theirs")
        .prefix_with("MATERIALIZED")
    )
    stays = (
        select(theirs.c.place, Match.profile_id, Match.score, Match.threshold_then, theirs.c.moves)
        .join(Match, and_(Match.version_id == theirs.c.id, Match.profile_id == theirs.c.profile_id))
        .where(Match.barred_by.is_(None), Match.model_rev == func.coalesce(theirs.c.revision, Match.model_rev))
    )
    return {
        place
        for place, profile_id, score, line, is_moved in s.execute(stays)
        if score >= (float(lines.get(profile_id, line)) if is_moved else line)
    }


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
