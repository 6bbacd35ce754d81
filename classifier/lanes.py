"""How does a machine's every processor score, without two programs' threads waiting for one another?

A matrix library that spreads each small product over all processors spends more time on agreeing than on multiplying,
and comes to a halt where another process wants a processor too. So each lane multiplies alone, and takes the next
batch when it is done.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from itertools import chain, islice
from threading import Lock
from typing import TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it ships no types

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_AHEAD = 2  # tasks that wait for each lane: enough to keep it busy, few enough to hold in memory


def each(task: Callable[[_Asked], _Answer], asked: Iterable[_Asked]) -> Iterator[_Answer]:
    """The answers in the order asked, a few computed ahead, on as many lanes as this process has processors."""
    waiting: deque[Future[_Answer]] = deque()
    asked = iter(asked)
    first = list(islice(asked, 2))
    if len(first) < 2:  # a lone task is done before a lane would have begun
        with _matrices().alone():
            answers = [task(one) for one in first]
        yield from answers
        return
    with _matrices().alone(), ThreadPoolExecutor(count(), thread_name_prefix="scoring") as lanes:
        for one in chain(first, asked):
            waiting.append(lanes.submit(task, one))
            if len(waiting) >= _AHEAD * count():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Matrices:
    """The matrix library's own threads, stopped while any caller has lanes."""

    def __init__(self) -> None:
        self._lock, self._callers = Lock(), 0
        self._controller = ThreadpoolController().select(user_api="blas")
        self._limit: ExitStack | None = None
        self._keeper: ThreadPoolExecutor | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Every caller's lane multiplies alone, until the last caller is done."""
        with self._lock:
            if not self._callers:
                self._stop()
            self._callers += 1
        try:
            yield
        finally:
            with self._lock:
                self._callers -= 1
                if not self._callers:
                    self._go_on()

    def _stop(self) -> None:
        # Only the thread that set a limit may lift it (threadpoolctl ignores every other one), and callers end in any
        # order: so a thread of its own does both.
        self._limit, self._keeper = ExitStack(), ThreadPoolExecutor(1, thread_name_prefix="limiting")
        self._keeper.submit(lambda limit: limit.enter_context(self._controller.limit(limits=1)), self._limit).result()

    def _go_on(self) -> None:
        assert self._keeper is not None
        assert self._limit is not None
        self._keeper.submit(self._limit.close).result()
        self._keeper.shutdown()


@lru_cache(maxsize=1)
def _matrices() -> _Matrices:
    return _Matrices()
