"""How is Kommers' Supplier Hub read? The list of open notices page by page, the prior information, then notices' pages.

The first page is asked for its anti-forgery token and cookie alone, which serve a whole run; the list itself comes by
POST, from its first page on, because nobody recorded whether the plain page shows as many rows. The list of prior
information takes no POST (it answered 500) and is one page.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from crawlers import kommers_hub, kommers_page
from crawlers.notice import ParsedNotice, SourceBroken
from crawlers.spiders.base import Yielded, cookies, page
from crawlers.spiders.pages import PagesSpider

NO_PAGE = "/statuscode/"  # where the portal sends whom it has no page for
SENT_ON = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in the list we are, and what we ask with. ``rows``: how many the page before had."""

    page: int
    token: str
    session: str
    rows: int = 0


class Hub(PagesSpider):
    """Kommers Annons, its Supplier Hub."""

    name = "kommers"

    def begin(self) -> Iterable[Request]:
        """The plain page, for its token."""
        yield self.ask(self.plan.base_url + kommers_hub.CALLS, self.read_token, meta={"dont_redirect": True})

    def read_token(self, response: Response) -> Iterator[Yielded]:
        """The form's token and cookie, then the list's first page."""
        listing = kommers_hub.parse(page(response), self.plan.until)
        if not listing.token:
            raise SourceBroken("Kommers' list came without its anti-forgery token: nothing more can be asked for")
        yield self._page(Cursor(page=1, token=listing.token, session=cookies(response)))

    def _page(self, cursor: Cursor) -> Request:
        fields = (
            ("SearchString", ""),
            ("SearchOldNotices", "false"),
            ("PageIndex", str(cursor.page)),
            (kommers_hub.TOKEN, cursor.token),
        )
        address = self.plan.base_url + kommers_hub.CALLS
        return self.send(address, fields, cursor.session, self.read, cursor=cursor)

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page of the list, then the next or the end."""
        listing = kommers_hub.parse(page(response), self.plan.until)
        rows = self.on_page(listing, cursor.page, cursor.rows)
        yield from self.meet(listing)
        if cursor.page < (listing.pages or 0):
            yield self._page(replace(cursor, page=cursor.page + 1, rows=rows))
        else:
            yield self.ask(self.plan.base_url + kommers_hub.PRIOR, self.read_prior, meta={"dont_redirect": True})

    def read_prior(self, response: Response) -> Iterator[Yielded]:
        """The list of prior information: a few rows, or none; then the notices' own pages."""
        yield from self.meet(kommers_hub.parse(page(response), self.plan.until))
        yield from self.pages()

    def page_address(self, row: ParsedNotice) -> str:
        """Where the list's link leads by a redirect."""
        return self.plan.base_url + kommers_hub.page_path(row)

    def with_page(self, row: ParsedNotice, response: Response) -> ParsedNotice:
        """About a third of the notices, the national ones, have no page: the portal sends to its error page."""
        if response.status in SENT_ON:
            location = (response.headers.get("Location") or b"").decode("latin-1")
            if NO_PAGE not in urlsplit(location).path.lower():
                raise SourceBroken(f"{response.url} sends to {location[:100]}")
            return kommers_hub.without_page(row)
        if response.status in {400, 404}:
            return kommers_hub.without_page(row)
        return kommers_page.joined(row, page(response))
