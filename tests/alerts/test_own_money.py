"""Is a value told in the reader's currency too, where it is in another and a rate of this month is known?"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from owing import LONG_AGO, owe, views
from sqlalchemy import delete
from sqlalchemy.engine import URL

from alerts.digest import run
from db.models import Cadence, ExchangeRate
from db.rates import keep
from db.session import transaction, utcnow
from factories import make_profile, make_subscriber

WORTH = Decimal(4_200_000)


def told(*, rates_are_days_old: int = 1, **values: Any) -> tuple[Decimal | None, Decimal | None, str | None]:
    """The amount and about how much it is in kroner, of one Norwegian's only entry."""
    with transaction() as s:
        s.execute(delete(ExchangeRate))
        day = (utcnow() - timedelta(days=rates_are_days_old)).date()
        keep(s, day, {"SEK": Decimal("11.0"), "NOK": Decimal("11.8")})
    subscriber = make_subscriber(confirmed_at=LONG_AGO)
    owe(subscriber, make_profile(subscriber), **values)
    run(Cadence.DAILY, utcnow())
    ((entry,),) = [view.entries for view in views()]
    return entry.amount, entry.own_amount, entry.own_currency


def test_a_value_from_across_the_border_is_told_in_both(database: URL) -> None:
    assert told(value_amount=WORTH, value_currency="SEK") == (WORTH, Decimal(4_500_000), "NOK")


def test_the_readers_own_is_told_once(database: URL) -> None:
    assert told(value_amount=WORTH, value_currency="NOK") == (WORTH, None, None)


def test_old_rates_say_nothing(database: URL) -> None:
    found = told(rates_are_days_old=40, value_amount=WORTH, value_currency="SEK")
    assert found == (WORTH, None, None)


def test_a_currency_without_a_rate_is_told_as_it_is(database: URL) -> None:
    assert told(value_amount=WORTH, value_currency="XTS") == (WORTH, None, None)
