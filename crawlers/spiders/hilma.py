"""How is Hilma read? Its search by day of publication, with the installation's own free key, page by page.

The filter is by day alone: codes and names could be asked for too, but a question that the index no longer understands
may find nothing, and nobody would notice. What names defence is chosen here, of some fifty notices a day.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scrapy import Request
from scrapy.http import Response

from crawlers import hilma
from crawlers.nordic import names_defence
from crawlers.notice import SourceBroken
from crawlers.spiders.base import NoticeSpider, Yielded, answer

RECORDS: Final = 100  # a page
MOST: Final = 10_000  # records; some 12,000 are published in a year, and the index has 150,000
SLACK: Final = 5  # records that may come or go while we read


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in the results we are. ``met``: all numbers until now; ``last``: how many the page before held."""

    met: frozenset[str | None] = frozenset()
    last: int = 0
    skip: int = 0


class Hilma(NoticeSpider):
    """Hilma, Finland's portal."""

    name = "hilma"

    def begin(self) -> Iterable[Request]:
        """The first page."""
        yield self._page(Cursor())

    def _page(self, cursor: Cursor) -> Request:
        asked = {
            "search": "*",
            "filter": f"datePublished ge {self.plan.since.isoformat()}T00:00:00Z",
            "orderby": "datePublished desc",
            "top": RECORDS,
            "skip": cursor.skip,
            "count": True,
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.plan.subscription_key is not None:
            headers["Ocp-Apim-Subscription-Key"] = self.plan.subscription_key
        return self.ask(
            f"{self.plan.base_url}/avp/eformnotices/docs/search",
            self.read,
            method="POST",
            body=json.dumps(asked).encode(),
            headers=headers,
            meta={"dont_redirect": True},  # Scrapy would send the key along to wherever it leads
            cb_kwargs={"cursor": cursor},
        )

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page: what names defence in it, then the next page or the end."""
        page = hilma.parse(answer(response))
        numbers = page.numbers
        # A shorter page without anything new is the end: what was published meanwhile has pushed its records there.
        if numbers and numbers <= cursor.met and len(numbers) >= cursor.last:
            raise SourceBroken("Hilma gave the same page twice")
        skip = cursor.skip + len(page.notices) + len(page.broken)
        total = skip if page.total is None else page.total
        if max(total, skip) > MOST:
            raise SourceBroken(f"Hilma has {max(total, skip)} notices for a few days: was the filter lost?")
        if not numbers and skip < total - SLACK:
            raise SourceBroken(f"Hilma announced {total} notices and gave {skip}")
        yield from self.take(page.broken)
        yield from self.take(self.fresh(filter(names_defence, page.notices)))
        # Where no total is told, a page that is full may have a next one.
        if numbers and (skip < total or (page.total is None and skip - cursor.skip >= RECORDS)):
            yield self._page(Cursor(met=cursor.met | numbers, last=len(numbers), skip=skip))
