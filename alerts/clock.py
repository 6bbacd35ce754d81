"""What day and hour is it where our readers are? Zones by country, slots by local hour, pure.

Slots lie between 04:00 and 23:00: the hours from 01:00 to 03:59 are skipped or doubled when the clocks change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from db.models import Cadence

ZONES: Final[Mapping[str, ZoneInfo]] = MappingProxyType(
    {"NO": ZoneInfo("Europe/Oslo"), "SE": ZoneInfo("Europe/Stockholm")}
)
MONDAY: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One time at which digests of one cadence are due: a local day and hour, and the moment that is."""

    cadence: Cadence
    day: date
    hour: int
    due_at: datetime

    @property
    def name(self) -> str:
        """As ``DigestRun.slot`` holds it."""
        return f"{self.hour:02}:00"


def local_day(moment: datetime) -> date:
    """The day it is for our readers; where zones ever differed, the later one's."""
    return min(moment.astimezone(zone).date() for zone in ZONES.values())


def moment_of(day: date, hour: int) -> datetime:
    """When this local hour has come for all our readers (Oslo's and Stockholm's clocks go alike, which a test checks)."""
    return max(datetime.combine(day, time(hour), zone) for zone in ZONES.values())


def latest_slots(now: datetime, cadence: Cadence, hours: Iterable[int]) -> list[Slot]:
    """The last slot of each hour that has come, oldest first: today's or yesterday's, weekly Monday's.

    Whoever was away for several days therefore gets one digest, not one a day.
    """
    slots = []
    for hour in set(hours):
        day = local_day(now)
        while moment_of(day, hour) > now or (cadence is Cadence.WEEKLY and day.weekday() != MONDAY):
            day -= timedelta(days=1)
        slots.append(Slot(cadence=cadence, day=day, hour=hour, due_at=moment_of(day, hour)))
    return sorted(slots, key=lambda slot: (slot.due_at, slot.hour))
