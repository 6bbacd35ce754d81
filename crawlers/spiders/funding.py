"""How are the EU's calls for proposals read? By the portal's own search: all that is forthcoming or open, page by page.

The search wants its query as a part of a multipart body that calls itself JSON; plain form fields answer 500. What is
about defence is chosen here and not there: a programme's number that the portal no longer knows would bring nothing, and
nobody would notice.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from crawlers import funding
from crawlers.notice import ParsedNotice, SourceBroken
from crawlers.spiders.base import NoticeSpider, Rows, Yielded, answer

PAGE: Final = 100
SLACK: Final = 50  # the fiftieth part of what was announced may come or go while we read
MOST: Final = 5000  # some 500 calls are forthcoming or open; without its filters the portal has 4 million records
API_KEY: Final = "SEDIA"  # the portal's own public constant, no secret
BOUNDARY: Final = "anbudsvakt-b7f2d1c09a5e4f3e"
QUERY: Final = {
    "bool": {
        "must": [
            {"terms": {"type": ["1", "2", "8"]}},  # topics, calls of the external programmes, cascade funding
            {"terms": {"status": [funding.FORTHCOMING, funding.OPEN]}},
        ]
    }
}
PARTS: Final = {"query": QUERY, "languages": ["en"], "sort": {"field": "sortStatus", "order": "ASC"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in the results we are. ``count``: records until now."""

    page: int = 1
    met: Rows = field(default_factory=Rows)
    count: int = 0


class Funding(NoticeSpider):
    """The EU Funding & Tenders portal, its search for calls."""

    name = "funding"

    def __init__(self, plan: Any, **options: Any) -> None:
        super().__init__(plan, **options)
        self._calls: list[ParsedNotice] = []  # kept to the end, because a later page may say more of the same call

    def begin(self) -> Iterable[Request]:
        """The first page."""
        yield self._page(Cursor())

    def _page(self, cursor: Cursor) -> Request:
        asked = urlencode(
            {"apiKey": API_KEY, "text": "***", "pageSize": PAGE, "pageNumber": cursor.page},
            safe="*",
        )
        return self.ask(
            f"{self.plan.base_url}/search-api/prod/rest/search?{asked}",
            self.read,
            method="POST",
            body=multipart(PARTS),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"},
            meta={"dont_redirect": True},  # a POST would be repeated as a GET, which the search does not answer
            cb_kwargs={"cursor": cursor},
        )

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page: its calls, then the next page, or all calls at once when it was the last."""
        page = funding.parse(answer(response), self.plan.until)
        total = page.total if page.total is not None else cursor.count + len(page.references)
        if total > MOST:
            raise SourceBroken(f"the EU portal has {total} calls: was a filter lost?")
        met = cursor.met.and_page(page.references, "the EU portal")
        count = cursor.count + len(page.references)
        if not page.references and count < total - max(5, total // SLACK):
            yield self.again(response, f"the EU portal announced {total} calls and gave {count}")
            return
        yield from self.take(page.broken)
        self._calls += page.notices
        if page.references and count < total:
            yield self._page(replace(cursor, page=cursor.page + 1, met=met, count=count))
            return
        yield from self.take(funding.richest(self._calls))


def multipart(parts: dict[str, Any]) -> bytes:
    """A form of JSON parts, as a browser sends them."""
    lines = [
        f"--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{name}"; filename="blob"\r\n'
        f"Content-Type: application/json\r\n\r\n{json.dumps(value)}\r\n"
        for name, value in parts.items()
    ]
    return ("".join(lines) + f"--{BOUNDARY}--\r\n").encode()
