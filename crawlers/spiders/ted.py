"""How are TED's notices read? By its Search API, page by page, until it has given all it announced.

An answer that is cut (``timedOut``), repeats itself, or gives less or more than announced is a broken source: the
cursor never moves past notices that were not seen.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from scrapy import Request
from scrapy.http import Response

from crawlers import ted_search
from crawlers.notice import SourceBroken
from crawlers.page import Page
from crawlers.spiders.base import NoticeSpider, Rows, Yielded, answer
from crawlers.spiders.ted_query import PAGE, WINDOW, body

ITERATION: Final = "ITERATION"
PAGE_NUMBER: Final = "PAGE_NUMBER"
SLACK: Final = 50  # the fiftieth part of what was announced may come or go while we read: notices are withdrawn too


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in which days' notices we are. ``count``: notices until now, doubles among them."""

    since: date
    until: date
    paging: str
    page: int = 1
    token: str | None = None
    met: Rows = field(default_factory=Rows)
    count: int = 0

    def days(self) -> "Iterator[Cursor]":
        """The same days one by one."""
        for day in range((self.until - self.since).days + 1):
            at = self.since + timedelta(days=day)
            yield Cursor(since=at, until=at, paging=self.paging)


class Ted(NoticeSpider):
    """TED, the Search API v3. ITERATION has no limit to its depth; PAGE_NUMBER stops at 15,000 notices."""

    name = "ted"

    def begin(self) -> Iterable[Request]:
        """The first page of the run's days."""
        paging = self.plan.paging or ITERATION
        if paging not in (ITERATION, PAGE_NUMBER):
            raise SourceBroken(f"paging is {ITERATION} or {PAGE_NUMBER}, not {paging}")
        yield self._page(Cursor(since=self.plan.since, until=self.plan.until, paging=paging))

    def _page(self, cursor: Cursor) -> Request:
        page = cursor.page if cursor.paging == PAGE_NUMBER else None
        return self.ask(
            f"{self.plan.base_url}/v3/notices/search",
            self.read,
            method="POST",
            body=json.dumps(body(cursor.since, cursor.until, page=page, token=cursor.token)),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            # An API that redirects has changed, and a POST would be repeated as a GET.
            meta={"dont_redirect": True},
            cb_kwargs={"cursor": cursor},
        )

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page: its notices, then the next page or the end."""
        page = ted_search.parse(answer(response))
        if page.timed_out:
            yield self.again(response, "TED's search timed out")
            return
        if cursor.paging == PAGE_NUMBER and cursor.page == 1 and page.total is not None and page.total > WINDOW:
            yield from (self._page(narrower) for narrower in self._narrow(cursor))
            return
        yield from self.take((*page.notices, *page.broken))
        yield from self._go_on(cursor, page)

    def _narrow(self, cursor: Cursor) -> Iterator[Cursor]:
        if cursor.since < cursor.until:
            yield from cursor.days()
        else:
            yield replace(cursor, paging=ITERATION)

    def _go_on(self, cursor: Cursor, page: Page) -> Iterator[Request]:
        got = len(page.notices) + len(page.broken)
        count = cursor.count + got
        met = cursor.met.and_page((notice.source_id for notice in page.notices), "TED")
        if page.total is not None and count > page.total + max(PAGE, page.total // SLACK):
            raise SourceBroken(f"TED announced {page.total} notices and goes on after {count}")
        if cursor.paging == PAGE_NUMBER:
            more = got > 0 and count < (page.total or 0)
            following = replace(cursor, page=cursor.page + 1, met=met, count=count)
        else:
            # The last page may be empty and still carry a token; a token that stays the same leads nowhere.
            more = got > 0 and page.next_token is not None
            if more and page.next_token == cursor.token:
                raise SourceBroken("TED gave the same token twice")
            following = replace(cursor, token=page.next_token, met=met, count=count)
        if more:
            yield self._page(following)
        elif page.total is not None and count < page.total - max(5, page.total // SLACK):
            raise SourceBroken(f"TED announced {page.total} notices and gave {count}")
