"""How do benchmarks ask our pages? Over HTTP from a process of its own, as somebody who is logged in, or by a token."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import numpy as np
import psutil
from starlette.requests import Request

from db.session import transaction
from web.session import log_in

_START_S = 60.0
COOKIE = "anbudsvakt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long answers took, in milliseconds: half of them, nineteen of twenty, and the very first."""

    half: float
    most: float
    first: float


@contextmanager
def served() -> Iterator[tuple[str, psutil.Process]]:
    """Our web as `anbudsvakt web` serves it, on a free loopback port; its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = f"from web.app import serve; serve('127.0.0.1', {port})"
    child = subprocess.Popen([sys.executable, "-c", told])
    try:
        _wait(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(20)


def _wait(address: str) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        try:
            httpx.get(f"{address}/login")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("our web did not start")


def visitor(address: str, **who: int) -> httpx.Client:
    """A browser that is logged in, as ``subscriber_id`` or ``administrator_id``."""
    with transaction() as s:
        token = log_in(s, Request({"type": "http", "headers": []}), **who)
    return httpx.Client(base_url=address, cookies={COOKIE: token}, timeout=60)


def took(asked: Callable[[int], httpx.Response], times: int, *, between: Callable[[], object] = lambda: None) -> Took:
    """Ask so many times after a first one, which is told apart; ``between`` happens before each and is not counted."""
    spent = []
    for place in range(times + 1):
        between()
        started = time.perf_counter()
        answer = asked(place)
        spent.append((time.perf_counter() - started) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise AssertionError(f"{answer.url} was answered with {answer.status_code}")
    half, most = np.quantile(spent[1:], [0.5, 0.95]).tolist()
    return Took(half=half, most=most, first=spent[0])
