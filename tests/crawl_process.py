"""How does a test crawl into its database, and stop or kill the crawl on its way? In a process, as the worker does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any

from nursery import Child, child


@contextmanager
def crawling(key: str, base_url: str, **said: Any) -> Iterator[Child]:
    """A crawl on its way; killed where the test leaves it, if it still runs."""
    with child(_crawl, {"key": key, "base_url": base_url, "delay_s": 0.0, **said}) as process:
        yield process


def crawl(key: str, base_url: str, **said: Any) -> dict[str, Any]:
    """A crawl to its end: its outcome, the name of what it raised, or how it died."""
    with crawling(key, base_url, **said) as process:
        code = process.wait()
        told: dict[str, Any] = json.loads(process.told() or json.dumps({"died": code}))
        return told


def _crawl(said: dict[str, Any]) -> None:
    from crawlers import run
    from crawlers.store import AlreadyRunning, NotYet

    since = date.fromisoformat(said.pop("since")) if "since" in said else None
    try:
        print(json.dumps(asdict(run.crawl(said.pop("key"), since=since, **said)), default=str))
    except (AlreadyRunning, NotYet, LookupError) as raised:
        print(json.dumps({"raised": type(raised).__name__}))
