"""How long is a row of numbers, where does the middle of several point, and what do its first numbers say alone?"""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

_SHORTEST = 1e-9  # keeps a row of zeros what it is


def unit_rows(rows: Rows) -> Rows:
    """Each row at length one; a row of zeros stays one."""
    found: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _SHORTEST)
    return found


def leading(rows: Rows, dimensions: int) -> Rows:
    """The first numbers of each row, at length one: what a model trained to nest its dimensions says in few."""
    return rows if rows.shape[1] <= dimensions else unit_rows(rows[:, :dimensions])


def unit_row(rows: Rows) -> Rows:
    """The mean direction of some rows; zeros of none."""
    if not len(rows):
        return np.zeros(rows.shape[1:], dtype=np.float32)
    mean: Rows = rows.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), _SHORTEST))
