"""When is a deadline on the reader's clock, and how long is it until then? Local time is spoken here.

A deadline is told in the reader's zone, and days left are counted in that zone's calendar. Pure; moments are aware.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from alerts.texts import Texts

# The zones of buyers, for a deadline that is a day without a time; readers are in the first four.
ZONES: Final = {
    "NO": "Europe/Oslo",
    "SE": "Europe/Stockholm",
    "DK": "Europe/Copenhagen",
    "FI": "Europe/Helsinki",
    "EE": "Europe/Tallinn",
    "LV": "Europe/Riga",
    "LT": "Europe/Vilnius",
    "BG": "Europe/Sofia",
    "RO": "Europe/Bucharest",
    "GR": "Europe/Athens",
    "CY": "Asia/Nicosia",
    "TR": "Europe/Istanbul",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "PT": "Europe/Lisbon",
    "IS": "Atlantic/Reykjavik",
}
CENTRAL_EUROPE: Final = "Europe/Brussels"  # every other country of the Union, and its institutions
# Whose clock a reader is told, where we have a word for it; other readers are told Norway's, which is central Europe's.
READERS: Final = ("NO", "SE", "DK", "FI")
KINDS: Final = ("tender", "request", "interest")


class Urgency(StrEnum):
    """How near a deadline is; the mail's only colour."""

    CALM = "calm"
    SOON = "soon"  # less than 7 days
    URGENT = "urgent"  # less than 3 days
    PASSED = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidDeadline:
    """A deadline in words, and how near it is: frist 28. nov. kl. 12.00, om 6 dager. ``left`` is None when it passed."""

    said: str
    left: str | None
    kind: str  # tender | request | interest
    urgency: Urgency

    @property
    def text(self) -> str:
        """Both together: frist 28. nov. kl. 12.00 (om 6 dager)."""
        return f"{self.said} ({self.left})" if self.left else self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The clock and calendar of one reader at one moment. ``country`` is the reader's, alpha-2."""

    texts: Texts
    country: str
    as_of: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clock the reader is told."""
        return ZoneInfo(ZONES[self._country])

    @property
    def zone_name(self) -> str:
        """The zone in plain words: norsk tid, svensk tid."""
        return self.texts.say(f"zone.{self._country}")

    @property
    def today(self) -> date:
        """The reader's calendar day at this moment."""
        return self.local(self.as_of).date()

    def local(self, moment: datetime) -> datetime:
        """The moment on the reader's clock."""
        return moment.astimezone(self.zone)

    def day(self, day: date) -> str:
        """A day: 28. nov.; with its year when that is not the present one."""
        skeleton = "MMMd" if day.year == self.today.year else "yMMMd"
        noon = datetime.combine(day, time(12), tzinfo=self.zone)
        return str(format_skeleton(skeleton, noon, tzinfo=self.zone, locale=self.texts.locale))

    def long_day(self, day: date) -> str:
        """A day in full: søndag 22. november 2026."""
        return str(format_date(day, format="full", locale=self.texts.locale))

    def when(self, at: datetime, *, date_only: bool, country: str | None) -> str:
        """A deadline's day and clock time; its zone too when the notice comes from another country than the reader.

        ``date_only``: the portal gave a day and no time; the day is told as the buyer's calendar has it.
        """
        day = self.day(self.deadline_day(at, date_only=date_only, country=country))
        if date_only:
            return day
        clock = str(format_time(self.local(at), self.texts.say("clock.pattern"), locale=self.texts.locale))
        if country in (None, self._country):
            return self.texts.say("when.clock", day=day, clock=clock)
        return self.texts.say("when.clock_zone", day=day, clock=clock, zone=self.zone_name)

    def deadline_day(self, at: datetime, *, date_only: bool, country: str | None) -> date:
        """The calendar day of a deadline: the reader's, or of a day without a time, the buyer's."""
        zone = ZoneInfo(ZONES.get(country or self._country, CENTRAL_EUROPE)) if date_only else self.zone
        return at.astimezone(zone).date()

    def left(self, day: date) -> str:
        """Days from the reader's today until this day: i dag, i morgen, om 6 dager."""
        days = (day - self.today).days
        if days <= 1:
            return self.texts.say("left.today" if days <= 0 else "left.tomorrow")
        return self.texts.plural("left.days", days)

    def deadline(
        self, at: datetime, *, kind: str | None = None, date_only: bool = False, country: str | None = None
    ) -> SaidDeadline:
        """A deadline with the days left, or said as passed. ``kind``: tender (also when not told), request, interest."""
        kind = kind if kind in KINDS else "tender"
        when = self.when(at, date_only=date_only, country=country)
        if at <= self.as_of:
            passed = self.texts.say("deadline.passed", when=when)
            return SaidDeadline(said=passed, left=None, kind=kind, urgency=Urgency.PASSED)
        day = self.deadline_day(at, date_only=date_only, country=country)
        days = (day - self.today).days
        return SaidDeadline(
            said=self.texts.say(f"deadline.{kind}", when=when),
            left=self.left(day),
            kind=kind,
            urgency=Urgency.URGENT if days < 3 else Urgency.SOON if days < 7 else Urgency.CALM,
        )

    def moved(self, old: datetime, new: datetime, *, date_only: bool, country: str | None) -> tuple[str, str]:
        """Two deadlines for comparison: days alone, with clock times where the day is the same."""
        days = [self.deadline_day(at, date_only=date_only, country=country) for at in (old, new)]
        if days[0] != days[1]:
            return self.day(days[0]), self.day(days[1])
        first, last = (self.when(at, date_only=False, country=country) for at in (old, new))
        return first, last

    @property
    def _country(self) -> str:
        return self.country if self.country in READERS else "NO"
