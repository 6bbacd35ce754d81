"""How is a list of a Kommers instance read? Page by page with the state of its form, then the notices' own pages.

An old WebForms page: its next page is asked for by sending all hidden fields back with the name of the button. The state
is large (2 MB a page were met), so it is kept from one page to the next only.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response

from crawlers import kommers_list
from crawlers.kommers import Listing
from crawlers.notice import ParsedNotice, SourceBroken
from crawlers.spiders.base import Yielded, cookies, page
from crawlers.spiders.pages import PagesSpider


class Kommers(PagesSpider):
    """eLite, or the list that one buyer keeps."""

    name = "kommers-list"

    def begin(self) -> Iterable[Request]:
        """The list's first page."""
        yield self.ask(
            self.plan.base_url,
            self.read,
            meta={"dont_redirect": True},
            cb_kwargs={"number": 1, "session": "", "last": 0},
        )

    def read(self, response: Response, number: int, session: str, last: int) -> Iterator[Yielded]:
        """One page of the list, then the next, or the notices' own pages."""
        source = self.plan.source
        listing = kommers_list.parse(page(response), source=source.key, address=source.url)
        rows = self.on_page(listing, number, last)
        yield from self.meet(listing)
        if number < (listing.pages or 0):
            fields = self._onward(listing)
            session = cookies(response) or session
            yield self.send(
                self.plan.base_url, fields, session, self.read, number=number + 1, session=session, last=rows
            )
        else:
            yield from self.pages()

    def _onward(self, listing: Listing) -> list[tuple[str, str]]:
        if not listing.state.get(kommers_list.VIEWSTATE):
            raise SourceBroken("Kommers' list came without its view state: its next page cannot be asked for")
        return [*listing.state.items(), listing.onward or kommers_list.NEXT]

    def page_address(self, row: ParsedNotice) -> str:
        """Beside the list."""
        return urljoin(self.plan.base_url, kommers_list.page_name(row))

    def with_page(self, row: ParsedNotice, response: Response) -> ParsedNotice:
        """Every notice of an instance has its page."""
        return kommers_list.joined(row, page(response))
