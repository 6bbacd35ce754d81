"""Which alerts would a move of lines owe, and which would it take back? What is foreseen is what moving them does.

A line holds for every open notice that its subscriber was not told of: lowered, it owes what now lies above it; raised,
it takes back what is owed still and now lies below. What was told stays told, by the line of then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    TableValuedAlias,
    and_,
    exists,
    func,
    select,
    union,
)
from sqlalchemy.orm import Session

from classifier.facets import still_open
from classifier.owed import not_owed
from classifier.revisions import speaks_by
from classifier.window import Flags, Ints, Window, read
from db.arrays import among, columns, numbers
from db.models import (
    Alert,
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    found = read(s, lines.keys())
    gained, lost = crossing(s, lines, found)
    return Shift(gained=crossings(found, gained), lost=crossings(found, lost))


def crossing(s: Session, lines: Lines, found: Window) -> tuple[Ints, Ints]:
    """What is gained and lost, as places among matches that have been read already; each the likeliest first."""
    moved = found.by_profile({one: lines[one] for one in _moving(s, lines)})
    is_open = (found.until > utcnow().timestamp()) & ~found.cancelled
    above, was_above = found.score >= moved, found.score >= found.line
    up = _best(found, is_open & above & ~was_above)
    down = _best(found, is_open & (found.score < moved) & was_above)
    return _gained(s, found, up), _lost(s, lines, found, down)


def crossings(found: Window, places: Ints) -> list[Crossing]:
    """What crosses at these places."""
    columns_of = (
        found.subscriber_id(places),
        found.profiles[found.place[places]],
        found.procurement_id(places),
        found.version_id[places],
        found.score[places],
    )
    rows = zip(*(column.tolist() for column in columns_of), found.kinds(places), strict=True)
    return [
        Crossing(
            subscriber_id=subscriber_id,
            profile_id=profile_id,
            procurement_id=procurement_id,
            kind=kind,
            version_id=version_id,
            score=score,
        )
        for subscriber_id, profile_id, procurement_id, version_id, score, kind in rows
    ]


def _moving(s: Session, lines: Lines) -> list[int]:
    """Of these profiles, those whose matches' alerts can still come or go."""
    theirs = select(Profile.id).join(Subscriber, Subscriber.id == Profile.subscriber_id)
    (ids,) = columns(s, theirs.where(among(Profile.id, lines), *_can_move()))
    return list(ids.tolist())


def _can_move() -> list[ColumnElement[bool]]:
    """Whether a profile's line can move anything, in a query that joins its subscriber."""
    return [
        Profile.active.is_(True),
        # One that is owed every open notice is met anew by its new line in any case.
        Profile.matched_rev.is_not(None),
        Subscriber.unsubscribed_at.is_(None),
    ]


def _best(found: Window, crosses: Flags) -> Ints:
    """Of each stage of a procurement that crosses a subscriber's line the best match; the likeliest first."""
    which = np.flatnonzero(crosses)
    which = which[np.lexsort((found.place[which], found.version_id[which], -found.score[which]))]
    _, first = np.unique(found.alert[which], return_index=True)
    return which[np.sort(first)]


def _gained(s: Session, found: Window, up: Ints) -> Ints:
    if not len(up):
        return up
    rows = _listed(found, up)
    spoken_of = union(
        select(rows).join(Alert, _is_of(rows, Alert.procurement_id)),
        select(rows)
        .join(ToldBefore, ToldBefore.procurement_id == rows.c.procurement_id)
        .join(Alert, _is_of(rows, ToldBefore.procurement_id) & (Alert.id == ToldBefore.alert_id)),
    )
    # To be found before it is asked who was told, which takes longer, and of far fewer.
    asked = spoken_of.cte("spoken_of").prefix_with("MATERIALIZED")
    heard = not_owed(subscriber_id=asked.c.subscriber_id, procurement_id=asked.c.procurement_id, kind=asked.c.kind)
    return _but(up, s.scalars(select(asked.c.place).where(heard)))


def _is_of(rows: TableValuedAlias, procurement_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    return and_(Alert.subscriber_id == rows.c.subscriber_id, procurement_id == rows.c.procurement_id)


def _lost(s: Session, lines: Lines, found: Window, down: Ints) -> Ints:
    if not len(down):
        return down
    rows = _listed(found, down)
    owed = exists().where(
        Alert.subscriber_id == rows.c.subscriber_id,
        Alert.procurement_id == rows.c.procurement_id,
        Alert.kind == rows.c.kind,
        *untold(),
    )
    below = down[np.sort(np.array(s.scalars(select(rows.c.place).where(owed)).all(), dtype=np.int64))]
    return _but(below, _carried(s, lines, found, below)) if len(below) else below


def _but(these: Ints, places: Iterable[int]) -> Ints:
    """These without those at the places."""
    return np.delete(these, np.array([*places], dtype=np.int64))


def _listed(found: Window, crossing: Ints) -> TableValuedAlias:
    """What crosses as rows to join: each one's place, from 0, and its subscriber, procurement and stage."""
    kinds = ",".join(found.kinds(crossing))
    listed = (
        numbers(range(len(crossing))),
        numbers(found.subscriber_id(crossing).tolist()),
        numbers(found.procurement_id(crossing).tolist()),
        func.string_to_array(kinds, ","),  # words of ours, which have none
    )
    names = ("place", "subscriber_id", "procurement_id", "kind")
    return func.unnest(*listed).table_valued(*names, name="crossing").render_derived()


def _carried(s: Session, lines: Lines, found: Window, crossing: Ints) -> set[int]:
    """The places of what stays above a line, by another notice or profile, when these lines are drawn."""
    rows = _listed(found, crossing)
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
            rows.c.place,
            NoticeVersion.id,
            Profile.id.label("profile_id"),
            moves.label("moves"),
            speaks_by().label("revision"),
        )
        .join(Notice, Notice.procurement_id == rows.c.procurement_id)
        .join(NoticeVersion, and_(NoticeVersion.notice_id == Notice.id, NoticeVersion.stage == rows.c.kind))
        .join(Profile, Profile.subscriber_id == rows.c.subscriber_id)
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


def untold() -> list[ColumnElement[bool]]:
    """Whether an Alert can still be taken back: no digest has it, no door told it, and nobody spoke of it."""
    return [
        Alert.digest_id.is_(None),
        ~exists().where(DoorDelivery.alert_id == Alert.id, DoorDelivery.state != PushState.VOID),
        ~exists().where(Feedback.alert_id == Alert.id),
    ]
