"""How does a test reach our pages? Through the real server on loopback, in a thread of the test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from demo.served import served as served  # noqa: PLC0414 - whoever visits us has us served too


@contextmanager
def visitor() -> Iterator[httpx.Client]:
    """Someone who asks our pages, follows no redirect and has no cookie."""
    with served() as address, httpx.Client(base_url=address, follow_redirects=False, timeout=20) as client:
        yield client
