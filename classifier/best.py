"""Which row of several is the best for each of some takers, when the takers have different numbers of rows?"""

import threading
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.rows import Rows

Ranges = Sequence[tuple[int, int]]
_Number = TypeVar("_Number", bound=np.generic)

_HELD = 1 << 20  # cosines at once: enough rows that a product pays for laying out its matrix, few enough for the cache
_local = threading.local()


def best_of_ranges(rows: Rows, of_each: Sequence[Ranges], matrix: Rows) -> list[Rows]:
    """For each list of ranges of `rows`: ranges × columns of `matrix`, the best product in a range, NaN in an empty one.

    Ranges rise and do not overlap. The products themselves are never held all at once.
    """
    width = matrix.shape[1]
    step = max(_HELD // max(width, 1), 16)
    found = [np.empty((len(ranges), width), dtype=np.float32) for ranges in of_each]
    nexts = [0] * len(of_each)
    for start in range(0, len(rows), step):
        here = rows[start : start + step]
        products = np.matmul(here, matrix, out=_buffer(len(here) * width).reshape(len(here), width))
        end = start + len(here)
        for which, (ranges, best) in enumerate(zip(of_each, found, strict=True)):
            at = nexts[which]
            count = len(ranges)
            while at < count and (first := ranges[at][0]) < end:
                last = ranges[at][1]
                if first < start:
                    np.maximum(best[at], products[: min(last, end) - start].max(axis=0), out=best[at])
                elif last - first == 1:
                    best[at] = products[first - start]
                elif last > first:
                    np.maximum.reduce(products[first - start : min(last, end) - start], axis=0, out=best[at])
                if last > end:
                    break
                at += 1
            nexts[which] = at
    for ranges, best in zip(of_each, found, strict=True):
        best[[first == last for first, last in ranges]] = np.nan
    return found


def _buffer(size: int) -> Rows:
    """Memory of this thread's own, asked for once."""
    held: Rows | None = getattr(_local, "held", None)
    if held is None or len(held) < size:
        held = _local.held = np.empty(max(size, _HELD), dtype=np.float32)
    return held[:size]


class Taken:
    """Which rows of a table each of some takers takes; the same row may be taken by many."""

    def __init__(self, of_each: Sequence[Sequence[int]]) -> None:
        self.none = np.array([not taken for taken in of_each], dtype=np.bool_)
        most = max(map(len, of_each), default=0)
        having = [np.flatnonzero([len(taken) > at for taken in of_each]) for at in range(most)]
        self._turns = [
            (takers, np.array([of_each[taker][at] for taker in takers.tolist()], dtype=np.int64))
            for at, takers in enumerate(having)
        ]

    def best(self, table: NDArray[_Number], *, none: float) -> NDArray[_Number]:
        """Takers × columns of the table: the best of the rows that each takes, or `none`."""
        if not self._turns:
            return np.full((len(self.none), table.shape[1]), none, dtype=table.dtype)
        found: NDArray[_Number] | None = None
        for takers, rows in self._turns:
            if len(takers) == len(self.none):
                found = table[rows] if found is None else np.maximum(found, table[rows], out=found)
                continue
            if found is None:
                found = np.full((len(self.none), table.shape[1]), none, dtype=table.dtype)
                found[takers] = table[rows]
            else:
                found[takers] = np.maximum(found[takers], table[rows])
        assert found is not None
        return found
