"""How are Doffin's notices read? Search hits by issue date, then the eForms XML of those that are new or changed.

The public API v2 with the installation's own free key. A parameter it does not know is ignored without a word, so an
answer far larger than a window can hold is a broken source, not a rich day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers import doffin_search, eforms
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken
from crawlers.spiders.base import NoticeSpider, Yielded, answer, told
from crawlers.tally import ERROR

HITS: Final = 100  # per page; kept the same through a run, for the order within a day is not stable
WINDOW: Final = 1000  # page times hits; more cannot be reached
# At a request a second, so that a first run (30 days, some 1,500 notices) ends well within its 20 minutes. What is
# left over is stored as its search hit says, and its XML is fetched by the next run.
MOST_DOWNLOADS: Final = 600
MOST_FAILURES: Final = 10  # downloads in a row that bring no XML; then no more are asked for in this run


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in which issue days' hits we are. ``met`` are the numbers of the page before."""

    since: date
    until: date
    page: int = 1
    met: frozenset[str] = frozenset()
    count: int = 0


class Doffin(NoticeSpider):
    """Doffin, the public API v2."""

    name = "doffin"

    def __init__(self, plan: Any, **options: Any) -> None:
        super().__init__(plan, **options)
        self._downloads = 0
        self._failures = 0

    def begin(self) -> Iterable[Request]:
        """The first page of the run's days."""
        yield self._page(Cursor(since=self.plan.since, until=self.plan.until))

    def _call(self, path: str, callback: Any, **details: Any) -> Request:
        headers = {"Accept": "*/*"}
        if self.plan.subscription_key is not None:
            headers["Ocp-Apim-Subscription-Key"] = self.plan.subscription_key
        # No redirects: Scrapy would send the key along to wherever they lead.
        meta = {"dont_redirect": True}
        return self.ask(f"{self.plan.base_url}/public/v2/{path}", callback, headers=headers, meta=meta, **details)

    def _page(self, cursor: Cursor) -> Request:
        asked = {
            "numHitsPerPage": HITS,
            "page": cursor.page,
            "sortBy": "PUBLICATION_DATE_DESC",
            "issueDateFrom": cursor.since.isoformat(),
            "issueDateTo": cursor.until.isoformat(),
        }
        # Pages before downloads: all hits are known before the long part begins.
        return self._call(f"search?{urlencode(asked)}", self.read, cb_kwargs={"cursor": cursor}, priority=10)

    def read(self, response: Response, cursor: Cursor) -> Iterator[Yielded]:
        """One page of hits: a download for each that is new or changed, then the next page or the end."""
        page = doffin_search.parse(answer(response))
        total = page.total or 0
        if total > self.plan.source.ceiling:
            raise SourceBroken(f"Doffin has {total} notices for a few days: was a filter lost?")
        if total > WINDOW:
            yield from self._narrow(cursor, total)
            return
        yield from self.take(page.broken)
        for hit in page.notices:
            yield from self._hit(hit)
        yield from self._go_on(cursor, page, total)

    def _narrow(self, cursor: Cursor, total: int) -> Iterator[Request]:
        if cursor.since == cursor.until:
            raise SourceBroken(f"Doffin has {total} notices for {cursor.since}, and {WINDOW} can be reached")
        for day in range((cursor.until - cursor.since).days + 1):
            at = cursor.since + timedelta(days=day)
            yield self._page(Cursor(since=at, until=at))

    def _go_on(self, cursor: Cursor, page: Any, total: int) -> Iterator[Request]:
        count = cursor.count + len(page.notices) + len(page.broken)
        met = frozenset(hit.source_id for hit in page.notices)
        if met and met == cursor.met:
            raise SourceBroken("Doffin gave the same page twice")
        if count > cursor.count and count < total:
            yield self._page(replace(cursor, page=cursor.page + 1, met=met, count=count))
        elif count < total:
            raise SourceBroken(f"Doffin announced {total} notices and gave {count}")

    def _hit(self, hit: ParsedNotice) -> Iterator[Yielded]:
        if self.plan.known.get(hit.source_id) == hit.payload_sha256:
            self.pass_over(hit)
        elif self._downloads >= MOST_DOWNLOADS or self._failures >= MOST_FAILURES:
            yield from self.take([_unread(hit)])
        else:
            self._downloads += 1
            yield self._call(
                f"download/{quote(hit.source_id, safe='')}",
                self.read_notice,
                errback=self.without_xml,
                cb_kwargs={"hit": hit},
            )

    def read_notice(self, response: Response, hit: ParsedNotice) -> Iterator[Yielded]:
        """A notice's XML, joined with what only the hit says; without readable XML, the hit is the notice."""
        try:
            body = answer(response, markup=True)
        except SourceBroken as reason:
            yield from self._without_xml(hit, str(reason))
            return
        self._failures = 0
        try:
            notice = eforms.parse(body, source=hit.source, source_id=hit.source_id)
        except NoticeBroken as reason:
            broken = Broken(source=hit.source, source_id=hit.source_id, reason=str(reason), body=body)
            yield from self.take([broken, _unread(hit)])
            return
        yield from self.take([joined(notice, hit)])

    def without_xml(self, failure: Failure) -> Iterator[Yielded]:
        """A download that brought nothing: the hit is the notice until the next run."""
        yield from self._without_xml(failure.request.cb_kwargs["hit"], told(failure))  # type: ignore[attr-defined]

    def _without_xml(self, hit: ParsedNotice, reason: str) -> Iterator[Yielded]:
        self._failures += 1
        self.logger.warning("notice without XML", extra={"source_id": hit.source_id, "reason": reason})
        yield from self.take([_unread(hit)])

    def closed(self) -> None:
        """Say so when XML was not to be had: the hits are stored, but nobody should think all is well."""
        stats = self.crawler.stats
        if self._failures >= MOST_FAILURES and stats.get_value(ERROR) is None:
            stats.set_value(ERROR, f"{self._failures} downloads in a row brought no XML; the hits were stored")


def joined(notice: ParsedNotice, hit: ParsedNotice) -> ParsedNotice:
    """The XML's notice with the hit's page address and hash, and with what the XML leaves open."""
    return replace(
        notice,
        url=hit.url,
        listing_sha256=hit.payload_sha256,
        deadline=notice.deadline or hit.deadline,
        value=notice.value or hit.value,
        published_at=hit.published_at or notice.published_at,
        cancelled=notice.cancelled or hit.cancelled,
    )


def _unread(hit: ParsedNotice) -> ParsedNotice:
    # Without the hash, so that the next run does not take the XML for read.
    return replace(hit, listing_sha256=None)
