"""How are Doffin's notices read? Search hits by issue date, then the eForms XML of those that are new or changed.

The public API v2 with the installation's own free key. A parameter it does not know is ignored without a word, so an
answer far larger than a window can hold is a broken source, not a rich day.

Where the installation asks for it, the web client's details follow (sources.md §3.3), after all that the public API has:
a notice is stored before its detail is asked for, and once more when the detail adds something. Nothing that happens
there is more than a word in the log.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers import doffin_detail, doffin_search, eforms
from crawlers.guard import Refused
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken
from crawlers.page import Page
from crawlers.spiders.base import NoticeSpider, Rows, Yielded, answer, told
from crawlers.tally import ERROR

DETAIL: Final = "webclient/api/v2/notices-api/notices"
HITS: Final = 100  # per page; kept the same through a run, for the order within a day is not stable
WINDOW: Final = 1000  # page times hits; more cannot be reached
MOST_FAILURES: Final = 10  # downloads in a row that bring no XML; then no more are asked for in this run
MOST_DETAIL_FAILURES: Final = 3  # details in a row that cannot be had: the web client's service has changed or shut


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where in which issue days' hits we are. ``count``: hits until now, doubles among them."""

    since: date
    until: date
    page: int = 1
    met: Rows = field(default_factory=Rows)
    count: int = 0


class Doffin(NoticeSpider):
    """Doffin, the public API v2."""

    name = "doffin"

    def __init__(self, plan: Any, **options: Any) -> None:
        super().__init__(plan, **options)
        self._waiting: deque[ParsedNotice] = deque()  # hits whose XML is wanted
        self._busy = False  # one download at a time, so that a portal that fails can be left alone at once
        self._downloads = 0
        self._failures = 0
        self._undetailed: deque[ParsedNotice] = deque()  # stored, and a detail could say more
        self._details = 0
        self._detail_failures = 0

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
            if self.plan.known.get(hit.source_id) == hit.payload_sha256:
                self.pass_over(hit)
            else:
                self._waiting.append(hit)
        yield from self._go_on(cursor, page, total)
        yield from self._next()

    def _narrow(self, cursor: Cursor, total: int) -> Iterator[Request]:
        if cursor.since == cursor.until:
            raise SourceBroken(f"Doffin has {total} notices for {cursor.since}, and {WINDOW} can be reached")
        for day in range((cursor.until - cursor.since).days + 1):
            at = cursor.since + timedelta(days=day)
            yield self._page(Cursor(since=at, until=at))

    def _go_on(self, cursor: Cursor, page: Page, total: int) -> Iterator[Request]:
        count = cursor.count + len(page.notices) + len(page.broken)
        met = cursor.met.and_page((hit.source_id for hit in page.notices), "Doffin")
        if count > cursor.count and count < total:
            yield self._page(replace(cursor, page=cursor.page + 1, met=met, count=count))
        elif count < total:
            raise SourceBroken(f"Doffin announced {total} notices and gave {count}")

    def _next(self) -> Iterator[Yielded]:
        if self._busy:
            return
        if not self._waiting:
            yield from self._next_detail()
            return
        if self._downloads >= self.settings.getint("ANBUDSVAKT_MOST_DOWNLOADS") or self._failures >= MOST_FAILURES:
            yield from self._leave_the_rest()
            yield from self._next_detail()
            return
        self._busy = True
        self._downloads += 1
        hit = self._waiting.popleft()
        path, details = f"download/{quote(hit.source_id, safe='')}", {"hit": hit}
        yield self._call(path, self.read_notice, errback=self.without_xml, cb_kwargs=details)

    def _leave_the_rest(self) -> Iterator[Yielded]:
        yield from self.take(_unread(hit) for hit in self._waiting)
        self._waiting.clear()

    def read_notice(self, response: Response, hit: ParsedNotice) -> Iterator[Yielded]:
        """A notice's XML, joined with what only the hit says; without readable XML, the hit is the notice."""
        self._busy = False
        try:
            body = answer(response, markup=True)
            self._failures = 0
            yield from self._stored(joined(eforms.parse(body, source=hit.source, source_id=hit.source_id), hit))
        except NoticeBroken as reason:
            broken = Broken(source=hit.source, source_id=hit.source_id, reason=str(reason), body=body)
            yield from self.take([broken])
            yield from self._stored(_unread(hit))
        except SourceBroken as reason:
            yield from self._without_xml(hit, str(reason))
        yield from self._next()

    def without_xml(self, failure: Failure) -> Iterator[Yielded]:
        """A download that brought nothing: the hit is the notice until the next run."""
        self._busy = False
        yield from self._without_xml(failure.request.cb_kwargs["hit"], told(failure))  # type: ignore[attr-defined]
        # Refused by our own gate: the run is ending, or the portal's rules forbid it; none of the others would pass.
        yield from self._leave_the_rest() if isinstance(failure.value, Refused) else self._next()

    def _without_xml(self, hit: ParsedNotice, reason: str) -> Iterator[Yielded]:
        self._failures += 1
        self.logger.warning("notice without XML", extra={"source_id": hit.source_id, "reason": reason})
        yield from self._stored(_unread(hit))

    def _stored(self, notice: ParsedNotice) -> Iterator[Yielded]:
        yield from self.take([notice])
        if self.plan.details and doffin_detail.may_gain(notice):
            self._undetailed.append(notice)

    def _next_detail(self) -> Iterator[Yielded]:
        """Ask for one detail. Without the key: the web client's service wants none."""
        most = self.settings.getint("ANBUDSVAKT_MOST_DETAILS")
        if not self._undetailed or self._details >= most or self._detail_failures >= MOST_DETAIL_FAILURES:
            return
        self._busy = True
        self._details += 1
        notice = self._undetailed.popleft()
        yield self.ask(
            f"{self.plan.base_url}/{DETAIL}/{quote(notice.source_id, safe='')}",
            self.read_detail,
            errback=self.without_detail,
            meta={"dont_redirect": True, "dont_retry": True},
            cb_kwargs={"notice": notice},
        )

    def read_detail(self, response: Response, notice: ParsedNotice) -> Iterator[Yielded]:
        """A notice's detail: the notice once more, if that adds something to it."""
        self._busy = False
        try:
            fuller = doffin_detail.enriched(notice, doffin_detail.parse(answer(response), notice.source_id))
            self._detail_failures = 0
            if fuller != notice:
                yield fuller  # it was counted when it was met
        except SourceBroken as reason:
            self._without_detail(notice, str(reason))
        yield from self._next()

    def without_detail(self, failure: Failure) -> Iterator[Yielded]:
        """A detail that brought nothing: the notice stands as it was stored."""
        self._busy = False
        self._without_detail(failure.request.cb_kwargs["notice"], told(failure))  # type: ignore[attr-defined]
        if isinstance(failure.value, Refused):  # by our own gate: none of the others would pass
            self._undetailed.clear()
        yield from self._next()

    def _without_detail(self, notice: ParsedNotice, reason: str) -> None:
        self._detail_failures += 1
        self.logger.warning("notice without detail", extra={"source_id": notice.source_id, "reason": reason})

    def closed(self, reason: str) -> None:
        """Say so when XML was not to be had: the hits are stored, but nobody should think all is well."""
        del reason  # Scrapy's word for it; ours is longer
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
