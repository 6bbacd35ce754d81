"""What does a crawl find when it needs no database? The child's side of :mod:`crawl_child`."""

import socket
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings as ScrapySettings
from twisted.internet._resolver import GAIResolver

from crawlers import run
from crawlers.notice import Broken, ParsedNotice
from crawlers.resolver import PublicResolver
from crawlers.settings import scrapy_settings
from crawlers.sources import source_of
from crawlers.store import FetchOutcome, OpenFetch, Validators
from db.session import utcnow
from net.addresses import PUBLIC_ONLY, Allowance

COLLECTED: dict[int, list[ParsedNotice | Broken]] = defaultdict(list)  # by the crawler's id
ANSWERS: dict[str, str] = {}  # a test's name service: name -> address


class Collect:
    """The pipeline: keeps what a spider yields."""

    def __init__(self, crawler: Any) -> None:
        self.stats = crawler.stats
        self.kept = COLLECTED[id(crawler)]

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Collect":
        return cls(crawler)

    def process_item(self, item: ParsedNotice | Broken) -> ParsedNotice | Broken:
        self.kept.append(item)
        self.stats.inc_value("anbudsvakt/quarantined" if isinstance(item, Broken) else "anbudsvakt/new")
        return item


class Books:
    """Opens and closes fetches on paper."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.closed: list[FetchOutcome] = []
        self._spec = spec

    def open_fetch(self, source: str, since: date | None = None, *, overlap_days: int = 3) -> OpenFetch:
        return OpenFetch(
            id=1,
            source=source,
            since=since or utcnow().date() - timedelta(days=overlap_days),
            known=self._spec.get("known", {}),
            validators={url: Validators(**pair) for url, pair in self._spec.get("validators", {}).items()},
        )

    def close_fetch(self, fetch_id: int, outcome: FetchOutcome) -> None:
        assert fetch_id == 1
        self.closed.append(outcome)


class ScriptedResolver(PublicResolver):
    """Our resolver over a name service that the test writes; what it does not know does not exist."""

    def __init__(self, reactor: Any, allowance: Allowance) -> None:
        super().__init__(reactor, allowance)
        self.inner = GAIResolver(reactor, getaddrinfo=_look_up)


def _look_up(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> list[Any]:  # noqa: A002 - as getaddrinfo names it
    del family, type, proto, flags
    try:
        return socket.getaddrinfo(ANSWERS.get(host, host), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []


class Asker(scrapy.Spider):
    """Asks for every URL at once and notes what came."""

    name = "asker"

    def __init__(self, urls: list[str], heard: dict[str, Any]) -> None:
        super().__init__()
        self.urls, self.heard = urls, heard

    async def start(self) -> Any:
        for number, url in enumerate(self.urls):
            try:
                request = scrapy.Request(
                    url,
                    self.came,
                    errback=self.came_not,
                    dont_filter=True,
                    cb_kwargs={"number": number},
                    headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) a disguise the gate must not let out"},
                )
            except ValueError as error:  # not even an address
                self.heard[str(number)] = f"ValueError: {error}"
                continue
            yield request

    def came(self, response: Any, number: int) -> None:
        self.heard[str(number)] = response.status

    def came_not(self, failure: Any) -> None:
        told = f"{type(failure.value).__name__}: {failure.value}"
        self.heard[str(failure.request.cb_kwargs["number"])] = told


def main(spec: dict[str, Any]) -> dict[str, Any]:
    ANSWERS.update(spec.get("answers", {}))
    changes = {"ITEM_PIPELINES": {"crawl_in_memory.Collect": 300}, **spec.get("changes", {})}
    if spec.get("answers"):
        changes["TWISTED_DNS_RESOLVER"] = "crawl_in_memory.ScriptedResolver"
    told = {"fetch": _fetch, "crawl": _crawl, "spiders": _spiders}[spec["do"]](spec, changes)
    return {**told, "peak_kib": _peak_kib()}


def _crawl(spec: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """One run as the command line does it."""
    books = Books(spec)
    since = date.fromisoformat(spec["since"]) if "since" in spec else None
    details = {name: spec[name] for name in ("base_url", "delay_s", "paging") if name in spec}
    outcome = run.crawl(spec["key"], since=since, books=books, changes=changes, **details)
    assert books.closed == [outcome]
    (kept,) = COLLECTED.values() or [[]]
    return {"outcome": asdict(outcome), "notices": [_notice(met) for met in kept]}


def _spiders(spec: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Many runs side by side, each with its own portal, gate and books; the name service is one."""
    allowances = [Allowance.of(one["base_url"]) for one in spec["runs"]]
    doors = Allowance(origins=frozenset().union(*(allowance.origins for allowance in allowances)))
    process = CrawlerProcess(scrapy_settings(delay_s=0.0, allowance=doors, **changes))
    crawlers: list[Crawler] = []
    for one, allowance in zip(spec["runs"], allowances, strict=True):
        source = source_of(one["key"])
        since = date.fromisoformat(one["since"])
        fetch = Books(one).open_fetch(source.key, since)
        plan = run._plan(source, fetch, base_url=one["base_url"], paging=one.get("paging"), sandbox=True)
        plan = replace(plan, until=date.fromisoformat(one["until"]), details=one.get("details", False))
        module = import_module(f"crawlers.spiders.{source.spider}")
        spider = getattr(module, str(source.spider).title())
        crawler = _crawler(spider, one, allowance, changes, first=not crawlers)
        crawlers.append(crawler)
        process.crawl(crawler, plan=plan)
    process.start()
    return {
        "runs": [
            {
                "outcome": asdict(run._outcome(crawler.stats.get_stats() if crawler.stats else {}, floor=0)),
                "notices": [_notice(met) for met in COLLECTED[id(crawler)]],
            }
            for crawler in crawlers
        ]
    }


def _fetch(spec: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Every URL of each ask at once; each ask is a run of its own with a gate of its own."""
    allowances = []
    for ask in spec["asks"]:
        doors = [Allowance.of(url).origins for url in ask.get("doors", [])]
        # More ports, so that the address rule stands alone between a request and a canary.
        ports = PUBLIC_ONLY.ports | set(ask.get("ports", []))
        allowances.append(Allowance(origins=frozenset().union(*doors), ports=ports))
    everything = Allowance(origins=frozenset().union(*(allowance.origins for allowance in allowances)))
    process = CrawlerProcess(scrapy_settings(allowance=everything, **changes))
    crawlers: list[Crawler] = []
    heard: list[dict[str, Any]] = [{} for _ in spec["asks"]]
    for ask, allowance, said in zip(spec["asks"], allowances, heard, strict=True):
        crawlers.append(_crawler(Asker, ask, allowance, changes, first=not crawlers))
        process.crawl(crawlers[-1], urls=ask["urls"], heard=said)
    process.start()
    return {
        "asks": [
            {
                "heard": [said.get(str(number)) for number in range(len(ask["urls"]))],
                "stats": crawler.stats.get_stats() if crawler.stats else {},
                "extensions": [type(each).__name__ for each in getattr(crawler.extensions, "middlewares", ())],
            }
            for ask, said, crawler in zip(spec["asks"], heard, crawlers, strict=True)
        ]
    }


def _crawler(
    spider: type[scrapy.Spider], one: dict[str, Any], allowance: Allowance, changes: dict[str, Any], *, first: bool
) -> Crawler:
    wanted = scrapy_settings(
        delay_s=one.get("delay_s", 0.0), allowance=allowance, **{**changes, **one.get("changes", {})}
    )
    # Above the settings of the process, which are laid over each run's.
    return Crawler(spider, ScrapySettings(wanted, priority="cmdline"), init_reactor=first)


def _notice(met: ParsedNotice | Broken) -> dict[str, Any]:
    if isinstance(met, Broken):
        return {"broken": met.source_id, "reason": met.reason}
    return asdict(met)


def _peak_kib() -> int:
    """The most memory this process has held; of its own, unlike ru_maxrss, which a child inherits."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])
