"""Is this day a public holiday where the reader is? Asked of the ``holidays`` package; pure."""

from collections.abc import Set as AbstractSet
from datetime import date
from functools import lru_cache
from typing import Final

# No public holidays by name, but days off by Sweden's law on annual leave (1977:480, 7 §). Norway has none such.
SWEDISH_EVES: Final = frozenset({"Midsommarafton", "Julafton", "Nyårsafton"})


def is_day_off(country: str, day: date) -> bool:
    """Whether nobody is at work for a holiday's sake; False for a country whose holidays we do not keep.

    A Sunday is no holiday by itself: who wants no mail on Sundays leaves it out of their weekdays.
    """
    return day in _days_off(country, day.year)


@lru_cache(maxsize=64)
def _days_off(country: str, year: int) -> AbstractSet[date]:
    from holidays.constants import OPTIONAL
    from holidays.countries.norway import Norway
    from holidays.countries.sweden import Sweden

    match country:
        case "NO":
            return frozenset(Norway(years=year, include_sundays=False))
        case "SE":
            observed = Sweden(years=year, include_sundays=False, categories=(OPTIONAL,), language="sv")
            eves = {day for day, name in observed.items() if name in SWEDISH_EVES}
            return frozenset(Sweden(years=year, include_sundays=False)) | eves
        case _:
            return frozenset()
