"""How sure is a share of so few, and how many more votes would settle it? Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv  # type: ignore[import-untyped]

SURE: Final = 0.95
HALF: Final = 0.5  # Jeffreys' prior: half a vote each way, so that none of three is not "never"
SETTLED: Final = 0.08  # a share is settled once its interval reaches no further than so to each side
Votes = NDArray[np.float64]
_MOST = 400  # votes that settle any share


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of some that were asked, between its bounds; nineteen of twenty such intervals hold the true one."""

    hits: int
    of: int
    value: float
    low: float
    high: float


def share(hits: int, of: int) -> Share | None:
    """The share with its Jeffreys interval; None where nobody was asked."""
    if not of:
        return None
    low, high = _bounds(np.array([hits], dtype=np.float64), np.array([of], dtype=np.float64))
    # Where all or none are hits the bound is the end itself, or the interval would leave out the share that was seen.
    return Share(
        hits=hits,
        of=of,
        value=hits / of,
        low=0.0 if hits == 0 else float(low[0]),
        high=1.0 if hits == of else float(high[0]),
    )


def votes_to_settle(found: Share) -> int:
    """How many votes more, if they go as those before, until the interval is within SETTLED to each side."""
    more = np.arange(_MOST + 1, dtype=np.float64)
    low, high = _bounds(found.value * (found.of + more), found.of + more)
    return int(np.argmax(high - low <= 2 * SETTLED))


def _bounds(hits: Votes, of: Votes) -> tuple[Votes, Votes]:
    tail = (1 - SURE) / 2
    args = (hits + HALF, of - hits + HALF)
    return betaincinv(*args, tail), betaincinv(*args, 1 - tail)
