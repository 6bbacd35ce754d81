"""What day and hour is it where our readers are? Zones by country, moments by local hour, pure.

The hours of the timetable and of subscribers lie between 04:00 and 23:00: the hours from 01:00 to 03:59 are skipped or doubled when the clocks change.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

ZONES: Final[Mapping[str, ZoneInfo]] = MappingProxyType(
    {"NO": ZoneInfo("Europe/Oslo"), "SE": ZoneInfo("Europe/Stockholm")}
)


def local_day(moment: datetime) -> date:
    """The day it is for our readers; where zones ever differed, the later one's."""
    return min(moment.astimezone(zone).date() for zone in ZONES.values())


def moment_of(day: date, hour: int) -> datetime:
    """When this local hour has come for all our readers (Oslo's and Stockholm's clocks go alike, which a test checks)."""
    return max(datetime.combine(day, time(hour), zone) for zone in ZONES.values())
