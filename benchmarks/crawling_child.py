"""How do ours and a bare Scrapy spider read the same pages? Each in a process of its own: a reactor starts once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from unittest.mock import patch

import psutil
import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess

from crawlers import run, ted_search
from crawlers.sources import source_of
from crawlers.spiders.ted_query import PAGE, body

SEARCH = "/v3/notices/search"
OURS, BARE = "ours", "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    """One run: notices, seconds from the spider's first to its last moment, and MiB of memory."""

    notices: int
    seconds: float
    settled_mib: float  # when the first page had been dealt with
    highest_mib: float

    @property
    def grown_mib(self) -> float:
        """What reading all the rest added at its worst."""
        return self.highest_mib - self.settled_mib


def crawled(which: str, url: str, day: date, count: int) -> Crawled:
    """Let ours or the bare spider read all pages, in a child process."""
    told = "import sys; from benchmarks.crawling_child import main; main(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", told, which, url, day.isoformat(), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ,
    )
    return Crawled(**json.loads(done.stdout.splitlines()[-1]))


class Gauge:
    """Scrapy extension, the same in both: the clock, the notices that came through, the memory."""

    told: dict[str, Any]

    def __init__(self) -> None:
        self.process, self.notices, self.began = psutil.Process(), 0, 0.0
        self.settled = self.highest = 0

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """As Scrapy makes its components."""
        gauge = cls()
        crawler.signals.connect(gauge.opened, signal=signals.spider_opened)
        crawler.signals.connect(gauge.scraped, signal=signals.item_scraped)
        crawler.signals.connect(gauge.closed, signal=signals.spider_closed)
        return gauge

    def opened(self) -> None:
        """The clock starts."""
        self.began = time.perf_counter()

    def scraped(self) -> None:
        """A notice is through, stored where ours does it."""
        self.notices += 1
        if self.notices % PAGE == 0:
            self.highest = max(self.highest, self.process.memory_info().rss)
            self.settled = self.settled or self.highest

    def closed(self) -> None:
        """The clock stops."""
        seconds = time.perf_counter() - self.began
        mib = {"settled_mib": self.settled / 2**20, "highest_mib": self.highest / 2**20}
        Gauge.told = {"notices": self.notices, "seconds": seconds, **mib}


class Bare(scrapy.Spider):
    """Fetches and parses the same pages, with Scrapy as it comes; stores nothing."""

    name = "bare"

    def __init__(self, url: str, day: date) -> None:
        super().__init__()
        self.url, self.day = url, day

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """The first page."""
        yield self._ask(None)

    def _ask(self, token: str | None) -> scrapy.Request:
        asked = json.dumps(body(self.day, self.day, token=token))
        headers = {"Content-Type": "application/json"}
        return scrapy.Request(self.url + SEARCH, method="POST", body=asked, headers=headers, dont_filter=True)

    def parse(self, response: Any) -> Iterator[Any]:
        """A page: its notices, then the next."""
        page = ted_search.parse(response.body)
        yield from page.notices
        if page.notices:
            yield self._ask(page.next_token)


def main(which: str, url: str, day: str, count: str, new: str = "") -> None:
    """One run; prints what the gauge told as JSON. ``new``: how many are not stored yet, where that is not all."""
    gauge = {"EXTENSIONS": {"benchmarks.crawling_child.Gauge": 500}}
    if which == BARE:
        process = CrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, **gauge})
        process.crawl(Bare, url=url, day=date.fromisoformat(day))
        process.start()
    else:
        # The ceilings hold what one run may cost a portal; here the portal is ours, and no day has so many notices.
        roomy = replace(source_of("ted"), ceiling=int(count) + 1)
        with patch.object(run, "source_of", lambda _: roomy):
            outcome = run.crawl(
                "ted",
                since=date.fromisoformat(day),
                base_url=url,
                delay_s=0,
                changes={"ANBUDSVAKT_MOST_BYTES": 2**40, "ANBUDSVAKT_MOST_SECONDS": 86_400.0, **gauge},
            )
        assert outcome.error is None, outcome.error
        assert outcome.new + outcome.changed == int(new or count), outcome
    assert Gauge.told["notices"] == int(count)
    print(json.dumps(Gauge.told))
