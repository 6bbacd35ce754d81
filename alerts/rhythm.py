"""When is a source read next, and from when is it overdue? By its cadence and the hours of the waking day; pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

from alerts.clock import local_day, moment_of

FIRST_CRAWL_HOUR: Final = 4
FIRST_MINUTE: Final = timedelta(minutes=15)  # of the hour, in which the sources are read one after another
SHORTEST: Final = timedelta(hours=1)


def crawl_hours(cadence: timedelta) -> tuple[int, ...]:
    """The local hours at which a source of this cadence is read: every so many of the waking day, from four on."""
    return tuple(range(FIRST_CRAWL_HOUR, 24, max(1, cadence // SHORTEST)))


def next_due(after: datetime, cadence: timedelta) -> datetime:
    """From when on, after this moment, a source of this cadence is read again; sources follow one another."""
    today = local_day(after)
    days = (today, today + timedelta(days=1))
    slots = (moment_of(day, hour).astimezone(UTC) + FIRST_MINUTE for day in days for hour in crawl_hours(cadence))
    return next(at for at in slots if at > after)


def overdue_at(after: datetime, cadence: timedelta) -> datetime:
    """From when a source that was last read at this moment should have been read again: no later than two cadences.

    The night, in which nothing is read, counts for nothing.
    """
    return next_due(after, cadence) + max(cadence, SHORTEST)
