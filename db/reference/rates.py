"""What was a euro worth, about, when this release was made? A stopgap until the first daily rates have been read."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

# Not the European Central Bank's figures but round ones near to them, of the month in which they were written down.
# They serve a fresh installation for its first days, and are forgotten like any other rate when they are a month old.
SEED_DAY: Final = date(2026, 11, 1)
SEED_RATES: Final[Mapping[str, Decimal]] = {
    "NOK": Decimal("11.8"),
    "SEK": Decimal("11.0"),
    "DKK": Decimal("7.46"),
    "GBP": Decimal("0.87"),
    "USD": Decimal("1.16"),
}
