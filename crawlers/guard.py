"""May this request go out, and may this run go on? The one gate to the network.

It stands nearest to the network: no request leaves and no answer enters but through it, robots.txt and redirects
included. A run that must not go on is stopped with its reason, which :mod:`crawlers.run` writes down.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest, StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from crawlers import robots
from crawlers.notice import NotStored, SourceBroken
from crawlers.pace import Pace, retry_after
from crawlers.sources import forbidden_host
from crawlers.tally import BYTES, ERROR, NEXT_CHECK, REQUESTS
from db.session import utcnow
from net.addresses import SCHEMES, Allowance, refusal

THROTTLED: Final = frozenset({429, 503})
MOST_WAITS: Final = 5  # in a row, without a good answer between
_ROBOTS: Final = "anbudsvakt_robots"  # marks our own request for robots.txt
_TURN: Final = "anbudsvakt_turn"  # marks a request that holds its host's turn


class Refused(IgnoreRequest):
    """Raised for a request that may not go out, or not now; its text is the reason."""


class Gate:
    """Scrapy downloader middleware: addresses, robots.txt, pace, Retry-After and ceilings, for every request."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.allowance: Allowance = settings["ANBUDSVAKT_ALLOWANCE"]
        self.agent: str = settings["USER_AGENT"]
        self.delay_s = settings.getfloat("ANBUDSVAKT_DELAY_S")
        self.patience_s = settings.getfloat("ANBUDSVAKT_PATIENCE_S")
        self.backoff_s = tuple(float(wait) for wait in settings["ANBUDSVAKT_BACKOFF_S"])
        self.most_requests = settings.getint("ANBUDSVAKT_MOST_REQUESTS")
        self.most_bytes = settings.getint("ANBUDSVAKT_MOST_BYTES")
        self.most_seconds = settings.getfloat("ANBUDSVAKT_MOST_SECONDS")
        self.stopping = asyncio.Event()
        self._began = monotonic()
        self._paces: dict[str, Pace] = {}
        self._rules: dict[str, asyncio.Task[robots.Rules]] = {}
        self._waits: dict[str, int] = {}
        self._unfolded = 0
        self._closing: asyncio.Task[None] | None = None
        self._bell: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy makes its components; also listens for what must end a run."""
        gate = cls(crawler)
        for listener, signal in (
            (gate.opened, signals.spider_opened),
            (gate.closed, signals.spider_closed),
            (gate.bytes_arrived, signals.bytes_received),
            (gate.body_unfolded, signals.response_received),
            (gate.spider_failed, signals.spider_error),
            (gate.store_failed, signals.item_error),
        ):
            crawler.signals.connect(listener, signal=signal)
        return gate

    async def process_request(self, request: Request) -> None:
        """Let it out when its turn has come, or raise Refused."""
        self._must_go_on()
        if reason := self._objection(request.url):
            raise Refused(reason)
        host = _host(request.url)
        if not request.meta.get(_ROBOTS):
            rules = await self._rules_for(request.url)
            if reason := rules.objection(request.url):
                raise Refused(f"{host}: {reason}")
        pace = self._pace(host)
        await pace.enter(self.stopping)
        request.meta[_TURN] = True
        try:
            self._must_go_on()
            self._count_request()
        except Refused:
            self._leave(request)
            raise
        request.headers["User-Agent"] = self.agent  # whatever a spider set: we say who we are

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Give the turn on; keep what a portal that is too busy asks for."""
        self._leave(request)
        host = _host(request.url)
        if response.status not in THROTTLED:
            self._waits.pop(host, None)
            return response
        return self._come_back_later(host, request, response)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Give the turn on; say it plainly when it was our own resolver that found no public address."""
        self._leave(request)
        if isinstance(exception, CannotResolveHostError):
            from twisted.internet import reactor  # installed by now; a reactor is chosen when it is first imported

            host = urlsplit(request.url).hostname or ""
            address = getattr(getattr(reactor, "nameResolver", None), "refused", {}).get(host)
            if address is not None:
                raise Refused(f"{host} leads to {address}, which is not a public address") from exception

    def stop(self, reason: str) -> None:
        """End the run; its first reason is the one that counts. What is on its way may still arrive."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.crawler.stats.set_value(ERROR, reason)
        self._closing = asyncio.ensure_future(self._close())

    async def _close(self) -> None:
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            await engine.close_spider_async(reason="stopped")

    # What a run may cost.

    def _must_go_on(self) -> None:
        if self.stopping.is_set():
            raise Refused("the run is being stopped")

    def _count_request(self) -> None:
        stats = self.crawler.stats
        if stats.get_value(REQUESTS, 0) >= self.most_requests:
            self.stop(f"ceiling: {self.most_requests} requests")
            raise Refused("the run is being stopped")
        stats.inc_value(REQUESTS)

    def opened(self) -> None:
        """The clock of the run starts."""
        self._began = monotonic()
        reason = f"ceiling: {self.most_seconds:g} seconds"
        self._bell = asyncio.get_running_loop().call_later(self.most_seconds, self.stop, reason)

    def closed(self) -> None:
        """The clock of the run stops."""
        if self._bell is not None:
            self._bell.cancel()

    def bytes_arrived(self, data: bytes) -> None:
        """Count what comes over the wire while it comes: a body that never ends is cut."""
        self.crawler.stats.inc_value(BYTES, len(data))
        if self.crawler.stats.get_value(BYTES) > self.most_bytes:
            self.stop(f"ceiling: {self.most_bytes} bytes")
            raise StopDownload

    def body_unfolded(self, response: Response) -> None:
        """Count what bodies unfold to as well: many small bombs are one large one."""
        self._unfolded += len(response.body)
        if self._unfolded > self.most_bytes:
            self.stop(f"ceiling: {self.most_bytes} bytes unfolded")

    def spider_failed(self, failure: Failure) -> None:
        """Whatever a spider cannot cope with ends the run: going on would store wrong notices."""
        error = failure.value
        self.stop(str(error) if isinstance(error, SourceBroken) else f"{type(error).__name__}: {error}")

    def store_failed(self, failure: Failure) -> None:
        """A store that fails ends the run: the next one begins before it. What one notice alone says does not."""
        if not isinstance(failure.value, NotStored):
            self.stop(f"not stored: {type(failure.value).__name__}")

    # What a portal asks for.

    def _objection(self, url: str) -> str | None:
        return refusal(url, self.allowance) or forbidden_host(urlsplit(url).hostname or "")

    def _pace(self, host: str) -> Pace:
        return self._paces.setdefault(host, Pace(self.delay_s))

    def _leave(self, request: Request) -> None:
        if request.meta.pop(_TURN, False):
            self._pace(_host(request.url)).leave()

    def _come_back_later(self, host: str, request: Request, response: Response) -> Request | Response:
        now = utcnow()
        waits = self._waits.get(host, 0)
        self._waits[host] = waits + 1
        told = retry_after(_header(response, "Retry-After"), now)
        wait = self.backoff_s[min(waits, len(self.backoff_s) - 1)] if told is None else told
        if request.meta.get(_ROBOTS):
            if told is not None:
                self._write_down(now + timedelta(seconds=wait))
            return response
        left = self.most_seconds - (monotonic() - self._began)
        if wait <= self.patience_s and wait < left and waits < MOST_WAITS:
            self._pace(host).hold(wait)
            return request.replace(dont_filter=True)
        self._write_down(now + timedelta(seconds=wait))
        self.stop(f"{host} answered {response.status} and is left alone for {wait:g} seconds")
        raise Refused("the run is being stopped")

    def _write_down(self, moment: datetime) -> None:
        self.crawler.stats.set_value(NEXT_CHECK, moment)

    async def _rules_for(self, url: str) -> robots.Rules:
        # One task per origin, whoever comes first starts it, and all who wait get its answer (promises.md 3.14).
        # It lives as long as the run, which is far less than the 24 hours of RFC 9309 §2.4.
        origin = _origin(url)
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._read_rules(origin))
        return await asyncio.shield(self._rules[origin])

    async def _read_rules(self, origin: str) -> robots.Rules:
        url = f"{origin}/robots.txt"
        for _ in range(robots.MOST_REDIRECTS + 1):
            try:
                response = await self._download_rules(url)
            except Exception as error:  # noqa: BLE001 - whatever it was, the rules are out of reach: nothing is fetched
                reason = error if isinstance(error, Refused) else type(error).__name__
                return robots.closed(f"robots.txt is out of reach ({reason})")
            location = _header(response, "Location")
            if not 300 <= response.status < 400 or location is None:
                rules = robots.read(response.status, dict(_headers(response)), response.body)
                pace = self._pace(_host(origin))
                pace.delay_s = max(pace.delay_s, rules.delay_s)
                pace.hold(rules.delay_s)
                return rules
            url = urljoin(url, location)
        return robots.closed(f"robots.txt redirects more than {robots.MOST_REDIRECTS} times")

    async def _download_rules(self, url: str) -> Response:
        meta = {_ROBOTS: True, "dont_redirect": True, "dont_retry": True}
        request = Request(url, callback=NO_CALLBACK, meta=meta, dont_filter=True, priority=1000)
        return await self.crawler.engine.download_async(request)


def _host(url: str) -> str:
    """What is paced as one: a host, whatever its scheme; its port too, for one machine serves many sandboxes."""
    parts = urlsplit(url)
    port = SCHEMES.get(parts.scheme, 0) if parts.port is None else parts.port
    return (parts.hostname or "") if port in SCHEMES.values() else f"{parts.hostname}:{port}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if isinstance(value, bytes) else None


def _headers(response: Response) -> Iterator[tuple[str, str]]:
    for name in response.headers:
        key = name.decode("latin-1")
        yield key.lower(), _header(response, key) or ""
