"""How are NSPA's opportunities read? The two lists of what can still be acted upon, page by page, as its own page does.

The first page of a list is a plain page; the others are pieces of it that the page itself asks for by POST, with the
token and the cookies that the first one brought. They are sent back to the same host within the run and forgotten.

A recorded reading of this list by a browser holds the same ten rows 33 times over: when the portal loses the session it
goes on giving the first page. So a page that repeats the one before ends the run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from crawlers import nspa
from crawlers.notice import SourceBroken
from crawlers.nspa import Listing
from crawlers.spiders.base import NoticeSpider, Rows, Yielded, cookies, page

ROWS: Final = 10  # per page, as the portal's own page asks
# RFP first: an opportunity that is in both lists is a competition by now. RFQ, RFI and NOA are left alone: each of these
# filters answered with the same 6,236 rows, the archive (sources.md §5.2), while these two add up to all that is open.
FILTERS: Final = ("RFP", "FBO")
_FOLDER: Final = "eProcurement5G/Opportunities/OpportunitiesList"
SLACK: Final = 50  # the fiftieth part of what was announced may close while we read


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in which list we are. ``count``: different rows of the list until now."""

    prefilter: str
    page: int = 1
    total: int | None = None
    token: str | None = None
    cookies: str = ""
    met: Rows = field(default_factory=Rows)
    count: int = 0


class Nspa(NoticeSpider):
    """NSPA's eProcurement portal, its public list."""

    name = "nspa"

    def begin(self) -> Iterable[Request]:
        """The first page of the first list; the lists are read one after the other, as a person would."""
        yield self._first(FILTERS[0])

    def _first(self, prefilter: str) -> Request:
        asked = urlencode({"PreFilter": prefilter})
        cursor = Cursor(prefilter=prefilter)
        # No redirects: the portal sends whom it does not want to a log-in page, and that is an answer too.
        return self.ask(
            f"{self.plan.base_url}/{_FOLDER}?{asked}",
            self.read_first,
            meta={"dont_redirect": True},
            cb_kwargs={"cursor": cursor},
        )

    def _piece(self, cursor: Cursor, name: str, callback: Callable[..., Any]) -> Request:
        asked = {
            "DisplayMode": "Default",
            "QueryMode": "AvailableForActionOnly",
            "NavigationContext": "None",
            "CurrentPageIndex": cursor.page,
            "SkippedPages": 0,
            "PageSize": ROWS,
            "ColumnsToGet": "*",
            "PreFilter": cursor.prefilter,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Requested-With": "XMLHttpRequest",
            **({"__RequestVerificationToken": cursor.token} if cursor.token else {}),
            **({"Cookie": cursor.cookies} if cursor.cookies else {}),
        }
        return self.ask(
            f"{self.plan.base_url}/{_FOLDER}/{name}?{urlencode(asked)}",
            callback,
            method="POST",
            headers=headers,
            meta={"dont_redirect": True},
            cb_kwargs={"cursor": cursor},
        )

    def read_first(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """The plain page: its rows, how many there are in all, and what the next pieces are asked for with."""
        listing = nspa.parse(page(response))
        cursor = replace(cursor, total=listing.total, token=listing.token, cookies=cookies(response))
        yield from self._take(listing)
        following = self._met(cursor, listing)
        if listing.total is None and len(listing.notices) + len(listing.broken) >= ROWS:
            # The count stands in the pager, which is a piece of its own where the page came without it.
            yield self._piece(replace(following, page=1), "OpportunitiesListPager", self.read_count)
            return
        yield from self._go_on(following, listing)

    def read_count(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """The pager: how many rows there are in all."""
        listing = nspa.parse(page(response))
        if listing.total is None:
            raise SourceBroken("NSPA's pager does not tell how many opportunities there are")
        yield from self._go_on(replace(cursor, page=2, total=listing.total), listing)

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """A further piece: its rows, then the next piece, the next list or the end."""
        listing = nspa.parse(page(response))
        if not listing.notices and not listing.broken:
            yield from self._end(cursor)
            return
        following = self._met(cursor, listing)
        yield from self._take(listing)
        yield from self._go_on(following, listing)

    def _met(self, cursor: Cursor, listing: Listing) -> Cursor:
        met = cursor.met.and_page((one.source_id for one in listing.notices), "NSPA")
        # A row that came twice, because others were published meanwhile, is no row that we have not seen.
        count = cursor.count + len(met.numbers) - len(cursor.met.numbers) + len(listing.broken)
        return replace(cursor, page=cursor.page + 1, met=met, count=count)

    def _take(self, listing: Listing) -> Iterator[Yielded]:
        yield from self.take(listing.broken)
        yield from self.take(self.fresh(listing.notices))

    def _go_on(self, cursor: Cursor, listing: Listing) -> Iterator[Yielded]:
        total = cursor.total if cursor.total is not None else len(listing.notices) + len(listing.broken)
        if total > self.plan.source.ceiling:
            raise SourceBroken(f"NSPA has {total} opportunities: was the filter {cursor.prefilter} lost?")
        if cursor.count < total:
            yield self._piece(cursor, "OpportunitiesList", self.read)
        else:
            yield from self._end(cursor)

    def _end(self, cursor: Cursor) -> Iterator[Request]:
        total = cursor.total or 0
        if cursor.count < total - max(1, total // SLACK):
            raise SourceBroken(f"NSPA announced {total} opportunities and gave {cursor.count}")
        rest = FILTERS[FILTERS.index(cursor.prefilter) + 1 :]
        yield from (self._first(prefilter) for prefilter in rest[:1])
