"""On which days, and at which hour, does a subscriber want mail? Their slots, pure.

A slot is a local day and hour. Each of the subscriber's days has one, and one a week is the week's own. What each
tells is the affair of :mod:`alerts.ripe`; here is only when.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from alerts.clock import local_day, moment_of
from alerts.days_off import is_day_off
from db.models import Cadence

EVERY_DAY: Final = (1, 2, 3, 4, 5, 6, 7)
DAY: Final = timedelta(days=1)
# Whoever has one day a week, and that a holiday several weeks on end, as Fridays may be at the turn of the year.
LONGEST_PAUSE: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One time at which digests are due: a local day and hour, and the moment that is."""

    day: date
    hour: int
    due_at: datetime

    @property
    def name(self) -> str:
        """As ``DigestRun.slot`` holds it."""
        return f"{self.hour:02}:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What subscribers asked for. Weekdays as ISO counts them: 1 is Monday.

    ``country``: whose public holidays are spared; None where none are. ``weekly``: whether anything of theirs comes
    once a week.
    """

    hour: int
    weekdays: tuple[int, ...] = EVERY_DAY
    weekly_day: int = 1
    country: str | None = None
    weekly: bool = True

    def writes_on(self, day: date) -> bool:
        """Whether this is one of their days."""
        return day.isoweekday() in self.weekdays and not (self.country and is_day_off(self.country, day))

    def is_weekly(self, day: date) -> bool:
        """Whether the week's own mail comes this day: on its weekday, or on their first day after a holiday then."""
        if not self.writes_on(day):
            return False
        for earlier in _back(day):
            if earlier.isoweekday() == self.weekly_day:
                return True
            if self.writes_on(earlier - DAY):
                return False
        return False

    def latest(self, now: datetime) -> Slot | None:
        """The last slot that has come; None where there was none for a long time."""
        return next(self._past(now), None)

    def latest_weekly(self, now: datetime) -> Slot | None:
        """The last weekly slot that has come; None where nothing comes once a week."""
        if not self.weekly:
            return None
        return next((slot for slot in self._past(now) if self.is_weekly(slot.day)), None)

    def next_day(self, day: date) -> date:
        """Their first day after this one."""
        ahead = (day + n * DAY for n in range(1, LONGEST_PAUSE + 1))
        return next((one for one in ahead if self.writes_on(one)), day + LONGEST_PAUSE * DAY)

    def previous_weekly(self, day: date) -> Slot:
        """The weekly slot before this day's; where none is near, the moment a week ago."""
        days = (one for one in _back(day - DAY) if self.is_weekly(one))
        return self._slot(next(days, day - 7 * DAY))

    def _past(self, now: datetime) -> Iterator[Slot]:
        days = (day for day in _back(local_day(now)) if self.writes_on(day))
        return (slot for slot in map(self._slot, days) if slot.due_at <= now)

    def _slot(self, day: date) -> Slot:
        return Slot(day=day, hour=self.hour, due_at=moment_of(day, self.hour))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Subscribers of one schedule in one run: what their digests may tell, and since when they must have been there."""

    schedule: Schedule
    cadence: Cadence
    since: datetime


def slots_due(
    now: datetime, schedules: Iterable[Schedule], *, is_open: Callable[[Slot], bool]
) -> list[tuple[Slot, Sequence[Member]]]:
    """The last slots of these schedules with who belongs to each, newest first. ``is_open``: whether it has a run.

    Several missed days are the last one's digest, and a missed week is told in it too; the weekly slot itself is then
    given without members, so that its run stands as done. Newest first, since nobody may lose their week to a crash
    between the two.
    """
    found: dict[Slot, list[Member]] = {}
    for schedule in schedules:
        last, week = schedule.latest(now), schedule.latest_weekly(now)
        if last is None:
            continue
        members = found.setdefault(last, [])
        if week == last:
            members.append(Member(schedule=schedule, cadence=Cadence.WEEKLY, since=last.due_at))
            continue
        if week is not None and not is_open(week):
            of_week = Member(schedule=schedule, cadence=Cadence.WEEKLY, since=week.due_at)
            alone = is_open(last)
            found.setdefault(week, []).extend([of_week] if alone else [])
            members.extend([] if alone else [of_week])
        members.append(Member(schedule=schedule, cadence=Cadence.DAILY, since=last.due_at))
    return sorted(found.items(), key=lambda entry: (entry[0].due_at, entry[0].hour), reverse=True)


def _back(day: date) -> Iterator[date]:
    return (day - n * DAY for n in range(LONGEST_PAUSE + 1))
