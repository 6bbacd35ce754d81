"""How long may a source bring nothing new before something is wrong with it? Told by its own history; pure."""

from bisect import bisect_left
from calendar import SATURDAY, isleap
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from alerts.clock import ZONES, local_day, moment_of
from alerts.days_off import is_day_off

SHORTEST_HISTORY: Final = timedelta(days=30)
FEWEST: Final = 10  # silences, below which they tell nothing
RANK: Final = 5  # the silence that the longest is held against
DAY: Final = timedelta(days=1)
EPOCH: Final = 2020


def working_time(start: datetime, end: datetime) -> timedelta:
    """What lies between two moments of the days on which the offices of both Norway and Sweden are open."""
    return _worked(end) - _worked(start)


def patience(news: Sequence[datetime], cadence: timedelta) -> timedelta | None:
    """The working time from its last news to its last good run at which this source is frozen; None: too little known.

    ``news``: when its runs of the last 90 days brought anything, in order. The first run that begins a reading later
    than the longest silence so far is the one that tells (half a cadence, as runs are not to the minute): a source that
    brings something whenever it is read is noticed within two cadences. Where silences vary, more is borne: what sets
    the longest apart from the fifth longest, twice, as the longest so far is easily passed. The largest and the fifth
    of many silences that end at random lie 1 + 1/2 + 1/3 + 1/4 of their mean apart on average.
    """
    silences = sorted(working_time(one, following) for one, following in pairwise(news))
    if len(silences) < FEWEST or news[-1] - news[0] < SHORTEST_HISTORY:
        return None
    longest = silences[-1]
    return longest + max(cadence / 2, 2 * (longest - silences[-RANK]))


@lru_cache(maxsize=4096)  # a source's runs are asked for again and again
def _worked(moment: datetime) -> timedelta:
    """The working time since the beginning of the reckoning; only differences mean anything."""
    day = local_day(moment)
    open_days = _open_days(day.year)
    before = bisect_left(open_days, day)
    today = moment - moment_of(day, 0) if before < len(open_days) and open_days[before] == day else timedelta(0)
    return sum((len(_open_days(year)) for year in range(EPOCH, day.year)), before) * DAY + today


@lru_cache(maxsize=64)
def _open_days(year: int) -> Sequence[date]:
    days = (date(year, 1, 1) + number * DAY for number in range(366 if isleap(year) else 365))
    return [day for day in days if day.weekday() < SATURDAY and not any(is_day_off(land, day) for land in ZONES)]
