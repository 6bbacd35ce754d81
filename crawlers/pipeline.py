"""How do the notices of a running crawl reach the store? Those of one answer together, none told of before it is stored.

A notice waits for the ones that come in the same moment, and they are committed as one (a group commit). Scrapy takes
it as stored only then, so that a killed crawl loses nothing that was counted.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, Self, TypeAlias

from scrapy import signals

from crawlers.batches import BATCH
from crawlers.notice import Broken, NotStored, ParsedNotice
from crawlers.saving import Saved
from crawlers.store import store, store_each
from db.session import engine

MOMENT_S: Final = 0.002  # without another notice: then all of this answer are here
Met: TypeAlias = ParsedNotice | Broken


class StorePipeline:
    """Scrapy's item pipeline. What is wrong with one notice is that notice's alone: it is quarantined with its answer.

    Storing goes on in a thread while the next page is fetched and read; one batch at a time, in the order they came.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self._waiting: list[tuple[Met, asyncio.Future[Saved]]] = []
        self._storing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """As Scrapy makes its components."""
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.not_stored, signal=signals.item_error)
        return pipeline

    async def process_item(self, item: Met) -> Met:
        """Store it, with those that come at once, and count what became of it."""
        if isinstance(item, ParsedNotice):
            # Here, while the thread that stores waits for the database; a fault is met again, and told, where it stores.
            with suppress(Exception):
                item.digest, item.keys  # noqa: B018 - worked out once
        stored: asyncio.Future[Saved] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, stored))
        if self._storing is None:
            self._storing = asyncio.ensure_future(self._store_what_waits())
        self._count(await stored)
        return item

    def not_stored(self, item: Met, response: Any, failure: Any) -> None:
        """Keep the answer in which a notice came that cannot be stored, so that it can be tried again."""
        if not isinstance(failure.value, NotStored) or isinstance(item, Broken) or response is None:
            return
        kind = (response.headers.get("Content-Type") or b"").decode("ascii", "replace").partition(";")[0].strip()
        kept = Broken(
            source=item.source,
            source_id=item.source_id,
            reason=str(failure.value),
            body=response.body,
            content_type=kind or "application/xml",
        )
        self._count(store(kept, fetch_id=self._fetch_id))

    @property
    def _fetch_id(self) -> int | None:
        return getattr(self.crawler.spider, "fetch_id", None)

    def _count(self, saved: Saved) -> None:
        self.crawler.stats.inc_value(f"anbudsvakt/{saved}")

    async def _store_what_waits(self) -> None:
        """Batch after batch until nobody waits; whoever brought a notice is told how it went."""
        while self._waiting:
            before = 0
            while before < len(self._waiting) < BATCH:  # more are on their way
                before = len(self._waiting)
                await asyncio.sleep(MOMENT_S)
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            told: list[Saved | Exception]
            try:
                told = [*await asyncio.to_thread(store_each, [item for item, _ in batch], fetch_id=self._fetch_id)]
            except Exception as fault:  # noqa: BLE001 - raised where each of them is awaited
                told = [fault] * len(batch)
            for (_, stored), outcome in zip(batch, told, strict=True):
                if stored.done():  # a run that is being stopped waits for nobody
                    continue
                if isinstance(outcome, Exception):
                    stored.set_exception(outcome)
                else:
                    stored.set_result(outcome)
        self._storing = None

    def close_spider(self) -> None:
        """Give the connections back; Scrapy has waited for every notice by now."""
        engine().dispose()
