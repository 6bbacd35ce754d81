"""What do all spiders share? They read an answer or say why it cannot be read; they never store and never guess."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from logging import DEBUG, ERROR
from typing import Any, Final, Self, TypeAlias

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from twisted.python.failure import Failure

from crawlers.notice import Broken, ParsedNotice, SourceBroken
from crawlers.plan import Plan
from crawlers.tally import SEEN, UNCHANGED

MOST_TRIES: Final = 3  # of a page that came back unfinished
LONGEST_REASON: Final = 200  # TED's answer to a wrong field name lists all 1,830 right ones

Met: TypeAlias = ParsedNotice | Broken
Yielded: TypeAlias = Met | Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a list that we have met so far, by number. ``last``: how many the page before held."""

    numbers: frozenset[str] = frozenset()
    last: int = 0

    def and_page(self, page: Iterable[str], portal: str) -> Self:
        """With one page more. Raises SourceBroken when it is one that we have had.

        A shorter page without anything new is the list's end: what was published meanwhile has pushed its rows there.
        """
        rows = frozenset(page)
        if rows and rows <= self.numbers and len(rows) >= self.last:
            raise SourceBroken(f"{portal} gave the same page twice")
        return type(self)(numbers=self.numbers | rows, last=len(rows))


class NoticeSpider(Spider):
    """One run of one source. What it cannot cope with is raised as SourceBroken, which ends the run."""

    name = "notices"

    def __init__(self, plan: Plan, **options: Any) -> None:
        super().__init__(name=plan.source.key, **options)
        self.plan = plan
        self.fetch_id = plan.fetch_id
        self._seen = 0
        self._taken: set[str] = set()  # numbers of this run: a row comes twice when others are published meanwhile

    async def start(self) -> AsyncIterator[Request]:
        """The run's first requests."""
        for request in self.begin():
            yield request

    def begin(self) -> Iterable[Request]:
        """What to ask for first."""
        raise NotImplementedError

    def ask(self, url: str, callback: Callable[..., Any], **details: Any) -> Request:
        """A request that always goes out, and whose failure ends the run unless ``errback`` says otherwise."""
        return Request(url, callback=callback, **{"errback": self.failed, "dont_filter": True, **details})

    def failed(self, failure: Failure) -> Iterable[Yielded]:
        """A request that brought no answer."""
        raise SourceBroken(told(failure))

    def again(self, response: Response, reason: str) -> Request:
        """The same request once more, a few times; then SourceBroken."""
        request = response.request
        assert request is not None
        retry = get_retry_request(request, spider=self, reason=reason, max_retry_times=MOST_TRIES - 1)
        if retry is None:
            raise SourceBroken(f"{reason}, {MOST_TRIES} times in a row")
        return retry

    def take(self, met: Iterable[Met]) -> Iterator[Met]:
        """Count what was read and pass it on; more than the source can hold means that a filter was lost."""
        for one in met:
            self._count(one)
            yield one

    def pass_over(self, notice: ParsedNotice) -> None:
        """Count a notice that is stored already as it stands."""
        self._count(notice)
        self.crawler.stats.inc_value(UNCHANGED)

    def fresh(self, notices: Iterable[ParsedNotice]) -> Iterator[ParsedNotice]:
        """Those that this run meets for the first time, and that are not stored as they stand: these are passed over."""
        for notice in notices:
            if notice.source_id in self._taken:
                continue
            self._taken.add(notice.source_id)
            if self.plan.known.get(notice.source_id) == notice.listing_sha256:
                self.pass_over(notice)
            else:
                yield notice

    def _count(self, _met: Met) -> None:
        self._seen += 1
        self.crawler.stats.inc_value(SEEN)
        if self._seen > self.plan.source.ceiling:
            raise SourceBroken(f"more than {self.plan.source.ceiling} notices: was a filter lost?")


class BriefLog(LogFormatter):
    """Scrapy's log lines without the notices: they are long, and the store's own records name them."""

    def scraped(self, *_: Any) -> Any:
        """Nothing: the store counts."""
        return None

    def dropped(self, item: Met, exception: BaseException, *_: Any) -> Any:
        """Which notice was left out."""
        return {"level": DEBUG, "msg": "notice dropped: %s, %s", "args": (item.source_id, type(exception).__name__)}

    def spider_error(self, failure: Failure, *asked: Any) -> Any:
        """A fault of ours with its traceback; what is wrong with the portal is told by the run's outcome, in one line."""
        usual = super().spider_error(failure, *asked)
        return {**usual, "level": DEBUG} if isinstance(failure.value, SourceBroken) else usual

    def item_error(self, item: Met, *_: Any) -> Any:
        """Which notice could not be stored; the traceback follows."""
        return {"level": ERROR, "msg": "notice not stored: %s", "args": (item.source_id,)}


def told(failure: Failure) -> str:
    """One line on why a request brought no answer."""
    error = failure.value
    if isinstance(error, IgnoreRequest):
        return str(error)
    request = getattr(failure, "request", None)
    return f"{type(error).__name__} at {request.url if request else 'an unknown address'}"


def answer(response: Response, *, markup: bool = False) -> bytes:
    """The body of an answer that can be read, or SourceBroken with what is wrong with it.

    ``markup``: the portal owes XML, so only an HTML page is wrong; else it owes JSON and any markup is.
    """
    body = page(response)
    start = body.lstrip()[:512].lower()
    if b"<html" in start or b"<!doctype html" in start or (not markup and start.startswith(b"<")):
        raise SourceBroken(f"{response.url}: a page instead of {'XML' if markup else 'JSON'}")
    return body


def page(response: Response) -> bytes:
    """The body of an answer of any kind, HTML too, or SourceBroken when it is a refusal, a challenge or nothing."""
    if b"x-amzn-waf-action" in {name.lower() for name in response.headers}:
        raise SourceBroken(f"{response.url}: a bot challenge instead of an answer")
    if response.status != 200:
        raise SourceBroken(f"{response.url} answered {response.status} {problem(response.body)}".rstrip())
    if not response.body.strip():
        raise SourceBroken(f"{response.url}: an empty body")
    body: bytes = response.body
    return body


def cookies(response: Response) -> str:
    """Names and values of the answer's cookies, as a header that brings them back."""
    given = (line.decode("latin-1").partition(";")[0].strip() for line in response.headers.getlist("Set-Cookie"))
    return "; ".join(pair for pair in given if "=" in pair)


def problem(body: bytes) -> str:
    """Code and words of an error's JSON body, whichever way the portal nests them; "" when it is something else."""
    try:
        told_so = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(told_so, dict):
        return ""
    nested = told_so.get("error")
    inner = nested if isinstance(nested, dict) else {}
    code = inner.get("type") if inner else nested or told_so.get("code")
    words = told_so.get("message") or told_so.get("reason") or inner.get("message")
    return ": ".join(str(part) for part in (code, words) if part)[:LONGEST_REASON]
