"""How are notices' own pages read after the list that names them? One at a time, and no more than a run can bear.

The list is read to its end first: all rows are known before the long part begins. A row that stands as it was needs no
page. A page that cannot be read costs nothing: the row is the notice for now, and the next run asks again.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.guard import Refused
from crawlers.kommers import Listing
from crawlers.notice import NoticeBroken, ParsedNotice, SourceBroken
from crawlers.spiders.base import NoticeSpider, Yielded, told
from crawlers.tally import ERROR

MOST_PAGES: Final = 200  # a run; ten minutes at one in three seconds
MOST_FAILURES: Final = 10  # pages in a row that cannot be read; then no more are asked for in this run
FEWEST_FOR_SHARE: Final = 20
MOST_ODD: Final = 0.15  # share of pages that cannot be read; above it the portal has changed, not the notices


class PagesSpider(NoticeSpider):
    """A list whose rows have pages of their own."""

    def __init__(self, plan: Any, **options: Any) -> None:
        super().__init__(plan, **options)
        self._waiting: deque[ParsedNotice] = deque()
        self._asked = self._failures = self._unread = 0

    def page_address(self, row: ParsedNotice) -> str:
        """Where the row's own page stands."""
        raise NotImplementedError

    def with_page(self, row: ParsedNotice, response: Response) -> ParsedNotice:
        """The row joined with its page, or as it stands where the portal has none. Raises SourceBroken, NoticeBroken."""
        raise NotImplementedError

    def send(
        self, url: str, fields: Iterable[tuple[str, str]], cookie: str, callback: Callable[..., Any], **details: Any
    ) -> Request:
        """A form's fields by POST, with the session's cookies; they go to the same host within the run, and nowhere else."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Cookie": cookie} if cookie else {})
        body = urlencode(list(fields))
        meta = {"dont_redirect": True}
        return self.ask(url, callback, method="POST", body=body, headers=headers, meta=meta, cb_kwargs=details)

    def on_page(self, listing: Listing, number: int, last: int) -> int:
        """How many rows this page of the list has; SourceBroken when it is not the one that was asked for.

        ``last``: how many the page before had. A shorter page without anything new is the list's end: what was published
        meanwhile has pushed its rows there.
        """
        if listing.pages is None:
            raise SourceBroken("Kommers' list does not say how many pages it has")
        if listing.page != number:
            raise SourceBroken(f"Kommers gave page {listing.page} of its list where page {number} was asked for")
        rows = {row.source_id for row in listing.notices}
        if not rows and not listing.broken:
            raise SourceBroken(f"Kommers' list has no notices on page {number} of {listing.pages}")
        if not rows:  # not an odd row among others: the portal has changed
            told_so = f"none of the {len(listing.broken)} rows on page {number} of Kommers' list can be read"
            raise SourceBroken(f"{told_so}: {listing.broken[0].reason}")
        if rows and rows <= self._taken and len(rows) >= last:
            raise SourceBroken("Kommers gave the same page twice")
        return len(rows)

    def meet(self, listing: Listing) -> Iterator[Yielded]:
        """Take what a page of the list holds; rows that are new or changed wait for their pages."""
        yield from self.take(listing.broken)
        self._waiting.extend(self.fresh(listing.notices))

    def pages(self) -> Iterator[Yielded]:
        """Ask for the next page that waits; the list has been read."""
        if not self._waiting:
            return
        if self._asked >= MOST_PAGES or self._failures >= MOST_FAILURES:
            yield from self._leave_the_rest()
            return
        self._asked += 1
        row = self._waiting.popleft()
        # No redirects: the portal sends whom it has no page for elsewhere, and that is an answer too.
        yield self.ask(
            self.page_address(row),
            self.read_page,
            errback=self.no_page,
            meta={"dont_redirect": True},
            cb_kwargs={"row": row},
        )

    def read_page(self, response: Response, row: ParsedNotice) -> Iterator[Yielded]:
        """A notice's page, joined with its row; what cannot be read leaves the row as the notice."""
        try:
            yield from self.take([self.with_page(row, response)])
            self._failures = 0
        except (NoticeBroken, SourceBroken) as reason:
            yield from self._without(row, str(reason))
        yield from self.pages()

    def no_page(self, failure: Failure) -> Iterator[Yielded]:
        """A page that brought no answer."""
        yield from self._without(failure.request.cb_kwargs["row"], told(failure))  # type: ignore[attr-defined]
        # Refused by our own gate: the run is ending, or the portal's rules forbid it; none of the others would pass.
        yield from self._leave_the_rest() if isinstance(failure.value, Refused) else self.pages()

    def _without(self, row: ParsedNotice, reason: str) -> Iterator[Yielded]:
        self._failures += 1
        self._unread += 1
        self.logger.warning("notice without its page", extra={"source_id": row.source_id, "reason": reason})
        yield from self.take([unread(row)])

    def _leave_the_rest(self) -> Iterator[Yielded]:
        yield from self.take(unread(row) for row in self._waiting)
        self._waiting.clear()

    def closed(self, reason: str) -> None:
        """Say so when pages were not to be had: the rows are stored, but nobody should think all is well."""
        del reason  # Scrapy's word for it; ours is longer
        stats = self.crawler.stats
        many = self._asked >= FEWEST_FOR_SHARE and self._unread / self._asked >= MOST_ODD
        if (many or self._failures >= MOST_FAILURES) and stats.get_value(ERROR) is None:
            words = f"{self._unread} of {self._asked} notices' own pages could not be read; their rows were stored"
            stats.set_value(ERROR, words)


def unread(row: ParsedNotice) -> ParsedNotice:
    """The row without its hash, so that the next run does not take its page for read."""
    return replace(row, listing_sha256=None)
