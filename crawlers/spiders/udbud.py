"""How is udbud.dk read? Its own search, newest first, back to the first day that is wanted.

The service is the one that the portal's own page asks (sources.md §5.4); nobody has promised it to us, so as little as
possible of it is relied upon: no filter, which might be lost without a word, only the order. Where that is lost, the run
fails; else it ends with the first page that reaches back beyond the days of the run. What names defence is chosen here.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from scrapy import Request
from scrapy.http import Response

from crawlers import udbud
from crawlers.nordic import names_defence
from crawlers.notice import ParsedNotice, SourceBroken
from crawlers.page import Page
from crawlers.spiders.base import NoticeSpider, Yielded, answer

RESULTS: Final = 100  # a page
DISORDER: Final = timedelta(days=3)  # by which an order by moment may seem wrong where only days are told
MOST: Final = 15_000  # results; some 2,400 are open at a time, and a first run goes back 30 days


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in the results we are. ``met``: all until now, each version; ``last``: how many the page before held."""

    page: int = 1
    met: frozenset[tuple[str | None, str | None]] = frozenset()
    last: int = 0
    count: int = 0
    oldest: date | None = None


class Udbud(NoticeSpider):
    """udbud.dk, Denmark's portal."""

    name = "udbud"

    def __init__(self, plan: Any, **options: Any) -> None:
        super().__init__(plan, **options)
        self._newest: dict[str, ParsedNotice] = {}  # by number; kept to the end, for versions come newest first

    def begin(self) -> Iterable[Request]:
        """The first page."""
        yield self._page(Cursor())

    def _page(self, cursor: Cursor) -> Request:
        asked = {
            "pagineringDto": {
                "aktuelSide": cursor.page,
                "maksElementer": RESULTS,
                "sorteringFelt": "PUBLIKATION_DATO",
                "retning": "Desc",
            },
            "filterDto": {"cpvKoder": [], "formularType": []},
            "udbudStatusFilter": "ALLE",  # results too: who has won is told beside what was bought
        }
        return self.ask(
            f"{self.plan.base_url}/soegning/public/soegeresultat",
            self.read,
            method="POST",
            body=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            meta={"dont_redirect": True},
            cb_kwargs={"cursor": cursor},
        )

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page, then the next one or, when the days are read, all that names defence."""
        page = udbud.parse(answer(response))
        rows = _rows(page)
        # A shorter page without anything new is the end: what was published meanwhile has pushed its rows there.
        if rows and rows <= cursor.met and len(rows) >= cursor.last:
            raise SourceBroken("udbud.dk gave the same page twice")
        count = cursor.count + len(page.notices) + len(page.broken)
        if count > MOST:
            raise SourceBroken(f"udbud.dk gave {count} results, none of them from before {self.plan.since}")
        yield from self.take(page.broken)
        self._keep(page)
        if not rows and page.total is not None and count < page.total:
            raise SourceBroken(f"udbud.dk announced {page.total} results and gave {count}")
        oldest = self._oldest(page, cursor.oldest)
        is_read = oldest is not None and oldest < self.plan.since - DISORDER
        if rows and not is_read and (page.total is None or count < page.total):
            met = cursor.met | rows
            yield self._page(Cursor(page=cursor.page + 1, met=met, last=len(rows), count=count, oldest=oldest))
            return
        yield from self._end()

    def _keep(self, page: Page) -> None:
        for notice in page.notices:
            known = self._newest.get(notice.source_id)
            if known is None or udbud.version_of(known.notice_version) < udbud.version_of(notice.notice_version):
                self._newest[notice.source_id] = notice

    def _oldest(self, page: Page, before: date | None) -> date | None:
        """The oldest day until now. Raises SourceBroken when what follows it is newer."""
        for notice in page.notices:
            if notice.published_at is None:
                continue
            day = notice.published_at.date()
            if before is not None and day - before > DISORDER:
                raise SourceBroken("udbud.dk no longer gives the newest first")
            before = day if before is None else min(before, day)
        return before

    def _end(self) -> Iterator[Yielded]:
        yield from self.take(self.fresh(filter(names_defence, self._newest.values())))


def _rows(page: Page) -> frozenset[tuple[str | None, str | None]]:
    """What a page holds, each version apart."""
    read = [(one.source_id, one.notice_version) for one in page.notices]
    return frozenset([*read, *((one.source_id, None) for one in page.broken)])
