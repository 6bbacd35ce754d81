"""What would these lines have told over the last weeks, and in how many mails? The stored matches, told again.

Only what was kept can be told again: a match whose score was below the floor of keeping, and below its line, has no row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from classifier.shift import Lines
from classifier.window import Flags, Ints, Window
from db.arrays import Column, among
from db.models import Cadence, Notice, Profile, Subscriber
from db.notices import CANARY
from db.session import utcnow

BARS: Final = 50  # of the histogram, from 0 to 1
TOO_MANY_A_DAY: Final = 10.0  # more than a small firm reads
MATCHED_EVERY_S: Final = 900
_ROOM: Final = 2**32  # for a slot beside its subscriber in one number
PACES: Final = (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY)  # the quickest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one subscriber would have heard: alerts and mails a week, with the lines as they are and as moved."""

    subscriber_id: int
    company: str
    alerts: tuple[float, float]
    mails: tuple[float, float]

    @property
    def is_flooded(self) -> bool:
        """Whether the moved lines would bring more than anyone reads."""
        return self.alerts[1] > 7 * TOO_MANY_A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The window told again."""

    notices: int  # that we met for the first time in it
    bars: tuple[int, ...]  # matches that nothing bars, by score
    heard: tuple[Heard, ...]  # those for whom anything changes or is told, most alerts first

    def alerts(self) -> tuple[float, float]:
        """Of all subscribers together, a week: with the lines as they are, and as moved."""
        return sum(one.alerts[0] for one in self.heard), sum(one.alerts[1] for one in self.heard)

    def mails(self) -> tuple[float, float]:
        """The same, of mails."""
        return sum(one.mails[0] for one in self.heard), sum(one.mails[1] for one in self.heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who reads what is told of some profiles: subscribers' names, and how soon each profile's matches are told."""

    companies: Mapping[int, str]
    paces: Mapping[int, int]  # by profile: its place among PACES


def readers_of(s: Session, profiles: Iterable[int]) -> Readers:
    """The readers of these profiles."""
    rows = s.execute(
        select(Profile.id, func.coalesce(Profile.cadence, Subscriber.cadence), Subscriber.id, Subscriber.company)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .where(among(Profile.id, profiles))
    ).all()
    return Readers(
        companies={subscriber_id: company for _, _, subscriber_id, company in rows},
        paces={profile_id: PACES.index(Cadence(cadence)) for profile_id, cadence, _, _ in rows},
    )


def replay(
    s: Session, found: Window, profiles: Collection[int], before: Lines, after: Lines, readers: Readers, *, days: int
) -> Replay:  # fmt: skip
    """The last days told again with these lines; ``after`` has the moved ones alone.

    Subscribers are counted with all their profiles, since their mails tell of all; the bars are of ``profiles``.
    """
    since, weeks = utcnow() - timedelta(days=days), days / 7
    came = _came(found, since)
    mine = ~np.isnan(found.by_profile({one: before[one] for one in profiles if one in before}))
    places = np.minimum((found.score[came & mine] * BARS).astype(np.int64), BARS - 1)
    subscribers, counts = _heard(found, came, before, {**before, **after}, readers.paces)
    heard = [
        Heard(
            subscriber_id=subscriber_id,
            company=readers.companies[subscriber_id],
            alerts=(alerts[0] / weeks, alerts[1] / weeks),
            mails=(mails[0] / weeks, mails[1] / weeks),
        )
        for subscriber_id, alerts, mails in zip(
            subscribers, counts[:, :2].tolist(), counts[:, 2:].tolist(), strict=True
        )
    ]
    return Replay(
        notices=s.scalar(select(func.count(Notice.id)).where(Notice.created_at > since, Notice.source != CANARY)) or 0,
        bars=tuple(np.bincount(places, minlength=BARS).tolist()),
        heard=tuple(sorted(heard, key=lambda one: (-one.alerts[1], one.company))),
    )


def above_a_week(found: Window, lines: Lines, *, days: int) -> float:
    """Matches above these lines in a week, of all these profiles together."""
    came = _came(found, utcnow() - timedelta(days=days))
    return float(np.count_nonzero(came & (found.score >= found.by_profile(lines)))) / (days / 7)


def with_their_others(s: Session, profiles: Collection[int]) -> Sequence[int]:
    """These profiles, and the other active ones of their subscribers."""
    theirs = select(Profile.subscriber_id).where(among(Profile.id, profiles))
    return s.scalars(select(Profile.id).where(Profile.subscriber_id.in_(theirs), Profile.active.is_(True))).all()


def _came(found: Window, since: datetime) -> Flags:
    # The revision in force alone speaks of them: a notice that came so lately was scored by it, or by one whose scores
    # are not to be compared.
    return found.ruling & (found.came_at > since.timestamp())


def _heard(
    found: Window, came: Flags, before: Lines, after: Lines, paces: Mapping[int, int]
) -> tuple[list[int], Ints]:  # fmt: skip
    """Who heard anything, and how many alerts and mails, each by the lines before and after.

    An alert is told once per stage of a procurement, with the quickest of the profiles that carry it. What is told at
    once comes with a matching, every quarter of an hour; the rest by the day or the week of our readers.
    """
    lines = [found.by_profile(one) for one in (before, after)]
    told = np.flatnonzero(came & (found.score >= np.minimum(*lines)))
    pace = found.by_profile(paces)[told]
    # Those of one alert stand together, and it is told with the first that came.
    starts = np.flatnonzero(np.diff(found.alert[told], prepend=-1))
    subscribers, of = np.unique(found.subscriber_id(told[starts]), return_inverse=True)
    came_at, day = _least(found.came_at[told], starts), _least(found.day[told], starts)
    slots = [came_at.astype(np.int64) // MATCHED_EVERY_S, day, day // 7]
    alerts, mails = [], []
    for line in lines:
        carried = np.where(found.score[told] >= line[told], pace, np.inf)
        quickest = _least(carried, starts)
        alerts.append(_counted(of[np.isfinite(quickest)], len(subscribers)))
        mailed = [
            np.unique(of[quickest == one] * _ROOM + slot[quickest == one]) // _ROOM for one, slot in enumerate(slots)
        ]
        mails.append(_counted(np.concatenate(mailed), len(subscribers)))
    return subscribers.tolist(), np.stack((*alerts, *mails), axis=1)


def _least(values: Column, starts: Ints) -> Column:
    """The least of each run of values."""
    return np.minimum.reduceat(values, starts) if len(starts) else values


def _counted(of: Ints, subscribers: int) -> Ints:
    return np.bincount(of, minlength=subscribers)
