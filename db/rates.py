"""What is an amount in another currency, about? The European Central Bank's daily reference rates, one row a day and currency.

A rate that is older than a month says nothing of today: then there is no answer, and only the amount itself is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import Numeric, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.types import Base

EURO: Final = "EUR"
KEEPS: Final = timedelta(days=30)


class ExchangeRate(Base):
    """How many of a currency one euro was worth on a day."""

    __tablename__ = "exchange_rate"
    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    per_euro: Mapped[Decimal] = mapped_column(Numeric(18, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The newest rates of some day."""

    per_euro: Mapping[str, Decimal]

    def convert(self, amount: Decimal, currency: str, into: str) -> Decimal | None:
        """The amount in another currency to two figures, which is as much as anybody should rely on; None where a rate is not known."""
        known = {EURO: Decimal(1), **self.per_euro}
        if currency not in known or into not in known:
            return None
        return Decimal(f"{amount / known[currency] * known[into]:.2g}")


def keep(s: Session, day: date, per_euro: Mapping[str, Decimal]) -> None:
    """Write down a day's rates. What is known of the day stays, so that doing it again changes nothing."""
    rows = [{"day": day, "currency": currency, "per_euro": rate} for currency, rate in sorted(per_euro.items())]
    if rows:
        s.execute(insert(ExchangeRate).values(rows).on_conflict_do_nothing())


def rates_on(s: Session, day: date) -> Rates:
    """The newest rate of each currency on that day, if it is of the month before."""
    rows = s.scalars(
        select(ExchangeRate)
        .where(ExchangeRate.day <= day, ExchangeRate.day >= day - KEEPS)
        .ext(distinct_on(ExchangeRate.currency))
        .order_by(ExchangeRate.currency, ExchangeRate.day.desc())
    )
    return Rates(per_euro={row.currency: row.per_euro for row in rows})
