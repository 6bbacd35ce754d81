"""Which matches could a move of lines bring, take, or tell again? Read at once, as columns, and kept while nothing changes.

Those of notices that came in the last weeks, or that one may still act on, as they now read; nothing bars them, and
they are of the revision that speaks of their version.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Final

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
    select,
    union_all,
)
from sqlalchemy.orm import Session

from classifier.facets import open_until, still_open
from classifier.revisions import in_force, speaks_by
from db.arrays import Column, among, columns
from db.models import Match, Notice, NoticeVersion, Profile
from db.session import utcnow
from db.unchanged import Kept

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WINDOWS: Final = (30, 90)  # days that can be told again
FEW: Final = 50  # profiles whose matches are read alone, which is sooner done than reading everybody's
MOST: Final = 1_000_000  # matches of one window that are kept in memory, at 90 bytes each
_NOTHING: Final = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
# A day of our readers, counted from a Monday.
_DAY: Final = cast(func.timezone("Europe/Oslo", NoticeVersion.created_at), Date) - literal_column("DATE '2001-01-01'")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """Matches as columns, ordered by subscriber, procurement and stage, and then as they came."""

    profiles: Ints  # all that have any, ascending
    stages: tuple[str, ...]
    place: Ints  # of its profile among them
    version_id: Ints
    subscriber_id: Ints
    procurement_id: Ints
    stage: Ints  # its place among the stages
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


_KEPT: Final[Kept[Window]] = Kept(most=8)


def window(s: Session, profiles: Sequence[int], *, days: int) -> Window:
    """All that these profiles, and maybe others, matched within so many days or may still act on.

    It is kept in memory until anybody writes where it is read from, ten minutes at most; so many as MOST at most for
    each number of days.
    """
    few = tuple(profiles) if len(profiles) <= FEW else None
    now = utcnow()
    since = now - timedelta(days=days, seconds=now.timestamp() % 600)
    return _KEPT.get(s, (few, since), lambda: read(s, few, since=since), fits=lambda found: len(found) <= MOST)


def read(s: Session, profiles: Collection[int] | None, *, since: datetime | None = None) -> Window:
    """The matches of these profiles, or of all, with what may still be acted on, or came after ``since``."""
    ids, procurement_id, came_at, day, until, cancelled, stage, revision = columns(s, _notices(s, profiles, since))
    lately = came_at > (0.0 if since is None else since.timestamp())
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
    subscriber_id = _subscribers(s, profiles_met)[place]
    stages, coded = _coded(stage)
    ordered = np.lexsort((came_at[of], coded[of], procurement_id[of], subscriber_id))
    of, subscriber_id = of[ordered], subscriber_id[ordered]
    return Window(
        profiles=profiles_met,
        stages=stages,
        place=place[ordered],
        version_id=version_id[ordered],
        subscriber_id=subscriber_id,
        procurement_id=procurement_id[of],
        stage=coded[of],
        alert=_numbered(subscriber_id, procurement_id[of], coded[of]),
        score=score[ordered],
        line=line[ordered],
        came_at=came_at[of],
        day=day[of],
        until=until[of],
        cancelled=cancelled[of],
        ruling=(revision == in_force(s))[of],
    )


def _notices(s: Session, profiles: Collection[int] | None, since: datetime | None) -> SelectBase:
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


def _coded(words: Column) -> tuple[tuple[str, ...], Ints]:
    """The different words, and the place among them of each."""
    different = {word: place for place, word in enumerate(dict.fromkeys(words.tolist()))}
    return tuple(different), np.array([different[word] for word in words.tolist()], dtype=np.int64)


def _numbered(*by: Ints) -> Ints:
    """The same number for neighbours that are the same in all of these."""
    if not len(by[0]):
        return np.empty(0, np.int64)
    differs = np.any([one[1:] != one[:-1] for one in by], axis=0)
    return np.concatenate(([0], np.cumsum(differs)))


def _seconds(moment: SQLColumnExpression[datetime]) -> SQLColumnExpression[float]:
    return func.date_part("epoch", moment, type_=Double)
