"""What is a euro worth today? The European Central Bank's daily reference rates, read through the same gate as portals.

They are no notices and therefore no source: one small document, free to use with the bank named, published on working
days at about 16:00 in Frankfurt.
"""

import re
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.notice import NoticeBroken, SourceBroken
from crawlers.run import SHORTEST_PAUSE_S, run_spider
from crawlers.spiders.base import answer, told
from crawlers.tally import ERROR
from crawlers.xml import all_named, root
from net.addresses import Allowance

URL: Final = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
CURRENCY: Final = re.compile("[A-Z]{3}")
LARGEST: Final = 1_000_000  # of a currency to the euro; above it stands a mistake


DayRates: TypeAlias = tuple[date, dict[str, Decimal]]  # the day, and how many of each currency a euro was worth


class Rates(Spider):
    """One GET; what it read is put into ``found``, for Scrapy hands nothing back."""

    name = "rates"

    def __init__(self, url: str, found: list[DayRates], **options: Any) -> None:
        super().__init__(**options)
        self.url = url
        self.found = found

    async def start(self) -> AsyncIterator[Request]:
        """The day's document."""
        yield Request(self.url, callback=self.read, errback=self.failed)

    def read(self, response: Response) -> None:
        """Its rates; the gate ends the run where there are none, and writes down why."""
        self.found.append(parse(answer(response, markup=True)))

    def failed(self, failure: Failure) -> None:
        """No answer."""
        raise SourceBroken(told(failure))


def fetch(url: str | None = None) -> DayRates:
    """The newest rates, from the bank or from another address, such as the sandbox's. Raises SourceBroken."""
    found: list[DayRates] = []
    stats = run_spider(
        Rates,
        delay_s=SHORTEST_PAUSE_S,
        allowance=Allowance.of(url),
        changes={"ITEM_PIPELINES": {}},  # no notices: there is nothing to store on the way
        url=url or URL,
        found=found,
    )
    if not found:
        raise SourceBroken(stats.get(ERROR, "no answer"))
    return found[0]


def parse(body: bytes) -> DayRates:
    """What the document says. Raises SourceBroken for what is no such document."""
    try:
        top = root(body)
        (cube,) = [one for one in all_named(top, ".//Cube") if one.get("time")]
        day = date.fromisoformat(cube.get("time") or "")
        rates = {str(one.get("currency")): Decimal(one.get("rate") or "") for one in all_named(cube, "Cube")}
    except (NoticeBroken, ValueError, InvalidOperation) as wrong:
        raise SourceBroken(f"no daily rates: {wrong}") from None
    good = {
        currency: rate
        for currency, rate in rates.items()
        if CURRENCY.fullmatch(currency) and rate.is_finite() and 0 < rate < LARGEST
    }
    if not good or len(good) < len(rates):
        raise SourceBroken(f"{len(rates) - len(good)} of {len(rates)} rates are none")
    return day, good
