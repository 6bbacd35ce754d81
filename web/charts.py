"""Where does each mark of a chart stand? Figures turned into places on a sheet that a template draws. Pure.

The template draws plain SVG with classes, so that our style sheet colours it by day and by night, and so that no style
stands in the page, which our own Content-Security-Policy would refuse (docs/adr/0020).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from classifier.measures import Bin

WIDTH: Final = 600
HEIGHT: Final = 160
GAP: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: where it stands, what it counts, and on which side of the lines it lies."""

    x: float
    y: float
    width: float
    height: float
    low: float
    high: float
    count: int
    side: str  # above, below, or moved: on one side of the line of now and on the other of the moved one


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bars by score, and where the line is and would be."""

    bars: Sequence[Bar]
    now: float | None
    moved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One tenth of the scores: across what they said, upwards how often it was so, and its interval."""

    x: float
    y: float
    low: float
    high: float


def histogram(counts: Sequence[int], now: float | None, moved: float | None) -> Histogram:
    """Heights go by the square root, so that a few near misses are seen beside thousands far below."""
    most, width = max(*counts, 1), WIDTH / len(counts)
    bars = []
    for place, count in enumerate(counts):
        low, high = place / len(counts), (place + 1) / len(counts)
        height = sqrt(count / most) * HEIGHT
        bars.append(
            Bar(x=round(place * width, 2), y=round(HEIGHT - height, 2), width=round(width - GAP, 2),
                height=round(height, 2), low=low, high=high, count=count, side=_side((low + high) / 2, now, moved))
        )  # fmt: skip
    return Histogram(bars=bars, now=_across(now), moved=_across(moved))


def calibration(bins: Sequence[Bin]) -> list[Dot]:
    """As a square as wide as it is high, in which a right score lies on the rising line."""
    return [
        Dot(x=_up(1 - one.said), y=_up(one.was.value), low=_up(one.was.low), high=_up(one.was.high)) for one in bins
    ]


def _side(score: float, now: float | None, moved: float | None) -> str:
    above = [score >= line for line in (now, moved) if line is not None]
    if not any(above):
        return "below"
    return "above" if all(above) else "moved"


def _across(score: float | None) -> float | None:
    return None if score is None else round(score * WIDTH, 2)


def _up(share: float) -> float:
    return round((1 - share) * HEIGHT, 2)
