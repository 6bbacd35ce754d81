"""How is a feed read? One conditional GET: unchanged costs nothing, changed is parsed and its validators are kept."""

from collections.abc import Iterable, Iterator
from typing import Final

from scrapy import Request
from scrapy.http import Response

from crawlers import feeds
from crawlers.spiders.base import NoticeSpider, Yielded, answer
from crawlers.store import Validators
from crawlers.tally import VALIDATORS

NOT_MODIFIED: Final = 304


class Feed(NoticeSpider):
    """Any RSS or Atom feed: the portal's own news, which are signals and no notices."""

    name = "feed"

    def begin(self) -> Iterable[Request]:
        """The feed, if it has changed since we last read it."""
        kept = self.plan.validators.get(self.plan.base_url, Validators())
        conditions = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
        accept = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"
        headers = {"Accept": accept} | {name: value for name, value in conditions.items() if value is not None}
        yield self.ask(self.plan.base_url, self.read, headers=headers)

    def read(self, response: Response) -> Iterator[Yielded]:
        """The feed's entries; nothing at all when it has not changed."""
        if response.status == NOT_MODIFIED:
            return
        notices, broken = feeds.parse(
            answer(response, markup=True), source=self.plan.source.key, url=self.plan.base_url
        )
        yield from self.take((*notices, *broken))
        # Last, so that a feed that could not be taken whole is asked for again as if we had never seen it.
        fresh = Validators(etag=_header(response, "ETag"), last_modified=_header(response, "Last-Modified"))
        self.crawler.stats.set_value(VALIDATORS, {self.plan.base_url: fresh})


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if isinstance(value, bytes) else None
