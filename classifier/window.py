"""Which matches could a move of lines bring, take, or tell again? Read at once, as columns, and kept while nothing changes.

Those of notices that came in the last weeks, or that one may still act on, as they now read; nothing bars them, and
they are of the revision that speaks of their version.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import repeat
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Date,
    Double,
    Integer,
    Select,
    SelectBase,
    SQLColumnExpression,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from classifier.facets import open_until, still_open
from classifier.revisions import in_force, speaks_by
from db.arrays import Column, among, columns
from db.models import AlertKind, Match, Notice, NoticeVersion, Profile, ScoreRevision
from db.session import utcnow
from db.unchanged import Changes, Kept

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Number = TypeVar("Number", int, Ints)

WINDOWS: Final = (30, 90)  # days that can be told again
FEW: Final = 50  # profiles whose matches are read alone, which is sooner done than reading everybody's
MOST: Final = 1_000_000  # matches of one window that are kept in memory, at 62 bytes each
ANEW: Final = 5000  # versions that are looked up at most; beyond them everything is as soon read
_NOTHING: Final = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
_KINDS: Final = tuple(AlertKind)
_PLACES: Final[Mapping[str, int]] = MappingProxyType({kind: place for place, kind in enumerate(_KINDS)})
_BITS: Final = (34, 3)  # of an alert's number, for its procurement and its kind; more than there will ever be
# A day of our readers, counted from a Monday.
_DAY: Final = cast(func.timezone("Europe/Oslo", NoticeVersion.created_at), Date) - literal_column("DATE '2001-01-01'")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """Matches as columns, those that would be told by the same alert together."""

    profiles: Ints  # all that have any, ascending
    subscribers: Ints  # whose each of them is
    place: Ints  # of its profile among them
    version_id: Ints
    alert: Ints  # one number for all that would be told by the same alert; ascending
    score: Floats
    line: Floats  # by which it is told, or would be
    came_at: Floats  # in seconds since 1970, as every moment here
    day: Ints
    until: Floats  # when it will be too late to act on it
    cancelled: Flags
    ruling: Flags  # scored by the revision in force

    def __len__(self) -> int:
        return len(self.place)

    def by_profile(self, values: Mapping[int, float | Decimal]) -> Floats:
        """A value of each match's profile; not a number where it has none."""
        each = map(values.get, self.profiles.tolist(), repeat(np.nan))
        return np.fromiter(each, np.float64, len(self.profiles))[self.place]

    def subscriber_id(self, at: Ints) -> Ints:
        """Who would be told of the matches at these places."""
        return self.alert[at] >> sum(_BITS)

    def procurement_id(self, at: Ints) -> Ints:
        """Of which procurement they would be told."""
        return self.alert[at] >> _BITS[1] & (1 << _BITS[0]) - 1

    def kinds(self, at: Ints) -> list[AlertKind]:
        """Of which of its stages."""
        return [_KINDS[one] for one in (self.alert[at] & (1 << _BITS[1]) - 1).tolist()]


_ROWS: Final = [one.name for one in fields(Window) if one.name not in ("profiles", "subscribers", "place")]
_KEPT: Final[Kept[Window]] = Kept(Match, Notice, NoticeVersion, Profile, ScoreRevision, most=8)


def window(s: Session, profiles: Sequence[int], *, days: int) -> Window:
    """All that these profiles, and maybe others, matched within so many days, and maybe longer ago, or may still act on.

    It is kept in memory, so many as MOST at most for each number of days. What is written where it is read from is read
    anew, and no more than that where it is known of which versions it is.
    """
    few = tuple(profiles) if len(profiles) <= FEW else None
    since = utcnow() - timedelta(days=days)
    return _KEPT.get(
        s,
        (few, days),
        lambda: read(s, few, since=since),
        renew=lambda kept, changes: _renewed(s, kept, changes, few, since),
        fits=lambda found: len(found) <= MOST,
    )


def number_of(subscriber_id: int, procurement_id: int, kind: str) -> int:
    """The number that all have that would be told by this alert."""
    return _packed(subscriber_id, procurement_id, _PLACES[kind])


def read(
    s: Session,
    profiles: Collection[int] | None,
    *,
    since: datetime | None = None,
    versions: Collection[int] | None = None,
) -> Window:
    """The matches of these profiles, or of all, with what may still be acted on, or came after ``since``.

    ``versions``: with these alone.
    """
    ids, procurement_id, came_at, day, until, cancelled, stage, revision = columns(
        s, _notices(s, profiles, since, versions)
    )
    # Single versions are looked up as those that came earlier are.
    lately = came_at > (0.0 if since is None else since.timestamp())
    if versions is not None:
        lately = np.zeros(len(ids), np.bool_)
    parts: list[tuple[Column, ...]] = [_NOTHING]
    for one in dict.fromkeys(revision.tolist()):
        asked = revision == one
        for part in _matches(one, ids[asked], ids[lately & asked], profiles):
            said = columns(s, part)
            # Versions whose numbers lie between the others' are read over, and some of them are spoken of by another
            # revision, which is asked for itself.
            is_asked = np.isin(said[1], ids[asked])
            parts.append(tuple(column[is_asked] for column in said))
    profile_id, version_id, score, line = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(ids)
    of = order[np.searchsorted(ids, version_id, sorter=order)]
    profiles_met, place = np.unique(profile_id, return_inverse=True)
    subscribers = _subscribers(s, profiles_met)
    kind = np.array([_PLACES[one] for one in stage.tolist()], dtype=np.int64)
    alert = _packed(subscribers[place], procurement_id[of], kind[of])
    together = np.argsort(alert, kind="stable")
    of = of[together]
    return Window(
        profiles=profiles_met,
        subscribers=subscribers,
        place=place[together],
        version_id=version_id[together],
        alert=alert[together],
        score=score[together],
        line=line[together],
        came_at=came_at[of],
        day=day[of],
        until=until[of],
        cancelled=cancelled[of],
        ruling=(revision == in_force(s))[of],
    )


def _packed(subscriber: Number, procurement: Number, kind: Number) -> Number:
    return (subscriber << _BITS[0] | procurement) << _BITS[1] | kind


def _renewed(
    s: Session, kept: Window, changes: Changes, few: Collection[int] | None, since: datetime
) -> Window | None:  # fmt: skip
    """A kept window with its matches of these versions read anew; None where more than that has changed."""
    if changes.tables - {Profile.__tablename__} or len(changes.versions) > ANEW:
        return None
    if changes.tables and not np.array_equal(_subscribers(s, kept.profiles), kept.subscribers):
        return None
    found = read(s, few, since=since, versions=changes.versions)
    stays = ~np.isin(kept.version_id, [*changes.versions])
    stays &= (kept.came_at > since.timestamp()) | (kept.until > utcnow().timestamp())
    return _joined(kept, np.flatnonzero(stays), found)


def _joined(one: Window, places: Ints, other: Window) -> Window:
    """The matches at these places of the one, and all of the other."""
    profiles, first = np.unique(np.concatenate((one.profiles, other.profiles)), return_index=True)
    order = np.argsort(np.concatenate((one.alert[places], other.alert)), kind="stable")
    which = np.concatenate((places, np.arange(len(other)) + len(one)))[order]

    def both(left: Column, right: Column) -> Column:
        return np.concatenate((left, right))[which]

    return Window(
        profiles=profiles,
        subscribers=np.concatenate((one.subscribers, other.subscribers))[first],
        place=both(*(np.searchsorted(profiles, each.profiles)[each.place] for each in (one, other))),
        **{name: both(getattr(one, name), getattr(other, name)) for name in _ROWS},
    )


def _notices(
    s: Session, profiles: Collection[int] | None, since: datetime | None, versions: Collection[int] | None
) -> SelectBase:
    """Versions that are as their notices now read, and what is asked of them."""
    query = select(
        NoticeVersion.id,
        Notice.procurement_id,
        _seconds(NoticeVersion.created_at),
        cast(_DAY, Integer),
        _seconds(open_until()),
        NoticeVersion.cancelled,
        NoticeVersion.stage,
        speaks_by(),
    ).join(Notice, Notice.current_version_id == NoticeVersion.id)
    if profiles is not None:
        theirs = select(Match.version_id).where(among(Match.profile_id, profiles), Match.barred_by.is_(None))
        query = query.where(NoticeVersion.id.in_(theirs))
    is_open = still_open(utcnow())
    if since is None:
        return query.where(is_open)
    came = NoticeVersion.created_at > since
    if versions is not None:
        return query.where(among(NoticeVersion.id, versions), or_(came, is_open))
    # Told so much, the database reads the end of an index instead of all notices. The sum keeps it from looking for
    # the least number in the order of numbers, where what came lately stands last.
    lowest = s.scalar(select(func.min(NoticeVersion.id + 0)).where(came)) or 0
    return union_all(query.where(came, Notice.current_version_id >= lowest), query.where(not_(came), is_open))


def _matches(
    revision: str | None, ids: Ints, lately: Ints, profiles: Collection[int] | None
) -> list[Select[int, int, float, float]]:
    """What a revision says of these versions. Those that came lately have numbers that lie close together."""
    lowest = int(lately.min(initial=ids.max() + 1))
    early = ids[ids < lowest].tolist()
    wanted = [Match.version_id >= lowest] if len(lately) else []
    wanted += [among(Match.version_id, early)] if early else []
    return [_said_by(revision, profiles).where(these) for these in wanted]


def _said_by(revision: str | None, profiles: Collection[int] | None) -> Select[int, int, float, float]:
    query = select(Match.profile_id, Match.version_id, Match.score, Match.threshold_then)
    query = query.where(Match.barred_by.is_(None))
    if revision is not None:
        query = query.where(Match.model_rev == revision)
    return query if profiles is None else query.where(among(Match.profile_id, profiles))


def _subscribers(s: Session, profiles: Ints) -> Ints:
    """Whose each of these profiles is."""
    ids, subscribers = columns(s, select(Profile.id, Profile.subscriber_id).where(among(Profile.id, profiles.tolist())))
    order = np.argsort(ids)
    return subscribers[order]


def _seconds(moment: SQLColumnExpression[datetime]) -> SQLColumnExpression[float]:
    return func.date_part("epoch", moment, type_=Double)
