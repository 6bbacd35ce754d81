"""How does one run of one source go? Open the fetch, let Scrapy read, close the fetch, whatever happened.

A process crawls once, for a Twisted reactor starts once: the worker runs each crawl as a child process. A process that
is killed leaves its fetch running, which watch closes when it finds the process dead.
"""

import gc
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from importlib import import_module
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from crawlers.plan import Plan
from crawlers.sources import Source, SourceClosed, SourceState, source_of
from crawlers.store import FetchOutcome, OpenFetch
from crawlers.tally import BYTES, CHANGED, ERROR, NEW, NEXT_CHECK, QUARANTINED, REQUESTS, SEEN, UNCHANGED, VALIDATORS
from db.session import utcnow
from net.addresses import Allowance, refusal
from settings import get_settings

LOCAL: Final = ZoneInfo("Europe/Oslo")  # whose day it is; Stockholm keeps the same
SHORTEST_PAUSE_S: Final = 1.0
BORN_BETWEEN_LOOKS: Final = 50_000  # objects; a page of notices is made of some hundred thousand
TURN_S: Final = 0.0001  # of a thread, while another one waits; Python's own is fifty times as long
MOST_ODD: Final = 0.15  # share of notices that could not be read; from it on the portal has changed, not the notices
FEWEST_ODD: Final = 3  # one or two odd notices are no share of anything, however few others there are
LEAST_SHARE: Final = 10
LONGEST_ERROR: Final = 200
SANDBOX_KEY: Final = "sandbox"  # what a sandbox gets as a key: never the installation's own
NOT_MODIFIED: Final = "downloader/response_status_count/304"


class Books(Protocol):
    """Where a run is opened and closed: :mod:`crawlers.store`, or a test's own."""

    def open_fetch(self, source: str, since: date | None = None, *, overlap_days: int = 3) -> OpenFetch:
        """Begin a run. Raises AlreadyRunning and NotYet."""

    def close_fetch(self, fetch_id: int, outcome: FetchOutcome) -> None:
        """Write down how it ended."""


def crawl(
    key: str,
    *,
    since: date | None = None,
    base_url: str | None = None,
    delay_s: float | None = None,
    paging: str | None = None,
    books: Books | None = None,
    changes: Mapping[str, Any] | None = None,
) -> FetchOutcome:
    """Read one source and store what it publishes; returns how it went, which is also written down.

    ``since``: the first day; None goes on from the last good run. ``base_url`` replaces the portal's address: the
    sandbox on loopback, a test system. ``delay_s`` may go below a second on loopback only. ``changes`` override
    Scrapy's settings, in tests. A portal's failure is an outcome with an ``error``; raised are UnknownSource,
    SourceClosed, AlreadyRunning, NotYet, and whatever is wrong with ourselves.
    """
    source = source_of(key)
    allowance = Allowance.of(base_url)
    _may_be_read(source, base_url, allowance)
    ledger: Books = books or import_module("crawlers.store")
    with _turn(source, base_url, allowance, books):
        fetch = ledger.open_fetch(source.key, since, overlap_days=source.overlap_days)
        with _closed_whatever_happens(ledger, fetch):
            plan = _plan(source, fetch, base_url=base_url, paging=paging, sandbox=bool(allowance.origins))
            pause = source.delay_s if delay_s is None else delay_s
            pause = pause if allowance.origins else max(pause, SHORTEST_PAUSE_S)
            stats = run_spider(_spider(source), delay_s=pause, allowance=allowance, changes=changes or {}, plan=plan)
        # A window that somebody chose, or a sandbox, may well be empty.
        outcome = _outcome(stats, floor=_due(source, fetch) if since is None and base_url is None else 0)
        ledger.close_fetch(fetch.id, outcome)
    return outcome


def _turn(
    source: Source, base_url: str | None, allowance: Allowance, books: Books | None
) -> AbstractContextManager[None]:
    # A sandbox on loopback has no patience to spare, and a test that keeps its own books has no database.
    if allowance.origins or books is not None:
        return nullcontext()
    turn: AbstractContextManager[None] = import_module("crawlers.turn").turn_on(base_url or source.url)
    return turn


def _may_be_read(source: Source, base_url: str | None, allowance: Allowance) -> None:
    if source.state is SourceState.FORBIDDEN or source.spider is None:
        raise SourceClosed(source.reason)
    if source.state is SourceState.OFF and not allowance.origins:
        raise SourceClosed(source.reason)
    if base_url is not None and (reason := refusal(base_url, allowance)):
        raise SourceClosed(reason)


@contextmanager
def _closed_whatever_happens(ledger: Books, fetch: OpenFetch) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        words = str(error).partition("\n")[0][:LONGEST_ERROR]  # SQLAlchemy's next lines hold the whole notice
        ledger.close_fetch(fetch.id, FetchOutcome(error=f"{type(error).__name__}: {words}"))
        raise


def _plan(source: Source, fetch: OpenFetch, *, base_url: str | None, paging: str | None, sandbox: bool) -> Plan:
    address = base_url or source.url
    wanted = get_settings()
    key = {"doffin": wanted.doffin_key, "hilma": wanted.hilma_key}.get(source.key)
    return Plan(
        source=source,
        base_url=address if source.spider == "feed" else address.rstrip("/"),
        since=fetch.since,
        until=max(fetch.since, utcnow().astimezone(LOCAL).date()),
        fetch_id=fetch.id,
        known=fetch.known,
        validators=fetch.validators,
        subscription_key=SANDBOX_KEY if sandbox else key.get_secret_value() if key else None,
        paging=paging,
        details=wanted.doffin_details,
    )


def _spider(source: Source) -> Any:
    return getattr(import_module(f"crawlers.spiders.{source.spider}"), str(source.spider).title())


def run_spider(
    spider: Any, *, delay_s: float, allowance: Allowance, changes: Mapping[str, Any], **arguments: Any
) -> dict[str, Any]:
    """Let a spider read through the gate, once in a process; gives Scrapy's figures of it."""
    from scrapy.crawler import CrawlerProcess
    from scrapy.settings import Settings as ScrapySettings

    from crawlers.settings import scrapy_settings

    with _quiet():
        process = CrawlerProcess(ScrapySettings(scrapy_settings(delay_s=delay_s, allowance=allowance, **changes)))
    crawler = process.create_crawler(spider)
    failures: list[Any] = []
    process.crawl(crawler, **arguments).addErrback(failures.append)
    # What was imported stays until the end: to look through it for garbage again and again costs a tenth of the run.
    gc.freeze()
    gc.set_threshold(BORN_BETWEEN_LOOKS)
    # After each answer of the database the thread that stores would wait a whole turn of the one that reads pages.
    sys.setswitchinterval(TURN_S)
    process.start()
    if failures:
        raise failures[0].value
    assert crawler.stats is not None
    return dict(crawler.stats.get_stats())


@contextmanager
def _quiet() -> Iterator[None]:
    # Scrapy tells of its inner life at INFO, and sets its own level to DEBUG when it is made; what matters of it comes
    # as a warning or in the outcome.
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
        logging.getLogger("scrapy").setLevel(logging.WARNING)


def _outcome(stats: Mapping[str, Any], *, floor: int) -> FetchOutcome:
    """The run's figures, and why it failed if it did."""
    return FetchOutcome(
        requests=stats.get(REQUESTS, 0),
        bytes_read=stats.get(BYTES, 0),
        seen=stats.get(SEEN, 0),
        new=stats.get(NEW, 0),
        changed=stats.get(CHANGED, 0),
        unchanged=stats.get(UNCHANGED, 0),
        quarantined=stats.get(QUARANTINED, 0),
        validators=stats.get(VALIDATORS, {}),
        next_check_at=stats.get(NEXT_CHECK),
        error=stats.get(ERROR) or _unlikely(stats, floor),
    )


def _due(source: Source, fetch: OpenFetch) -> int:
    """How many notices a run over the usual window must meet: the floor that is declared, or a tenth of what is usual.

    A holiday halves a week; what a portal never does by itself is to shrink to a tenth overnight.
    """
    return max(source.floor, fetch.usual // LEAST_SHARE)


def _unlikely(stats: Mapping[str, Any], floor: int) -> str | None:
    """What no error said and is wrong all the same: a run that was cut, brought too little or too much that is odd."""
    ended, seen, odd = stats.get("finish_reason"), stats.get(SEEN, 0), stats.get(QUARANTINED, 0)
    if ended != "finished":
        return f"ended before its time: {ended}"
    if odd >= FEWEST_ODD and odd / seen >= MOST_ODD:
        return f"{odd} of {seen} notices could not be read"
    # What could not be read is none of those that were due: a feed of two entries, both odd, has brought nothing.
    if seen - odd < floor and not stats.get(NOT_MODIFIED):
        return f"{seen - odd} notices where {floor} or more were due"
    return None
