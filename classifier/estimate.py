"""Where would a firm's line and the weights of its sentences lie, going by its verdicts? Pure: no database, no clock."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

import numpy as np
from numpy.typing import NDArray

# How far one firm's true odds lie from the calibrated ones, as a logit's standard deviation. Of 0.25 to 2, one is the
# likeliest for judged profiles (docs/adr/0010).
PRIOR_SD = 1.0
# A sentence is believed to be as good as its scores, as if so many expected relevant verdicts had come.
PRIOR_VERDICTS = 4.0
GRAIN = Decimal("0.001")
LEAST_LINE, MOST_LINE = Decimal("0.05"), Decimal("0.95")
LEAST_WEIGHT, MOST_WEIGHT = Decimal("0.7"), Decimal("1.1")
_SURE = 1e-3  # no score is believed to be surer than this


def offset(scores: Sequence[float], relevant: Sequence[bool]) -> float:
    """By how much a firm's log odds of "relevant" lie above those of its calibrated scores: the likeliest value.

    The prior is a normal distribution about zero: without verdicts the shipped calibration is right. All relevant
    gives no value below zero, none relevant gives none above.
    """
    logits, said = _logit(np.asarray(scores, dtype=np.float64)), np.asarray(relevant, dtype=np.float64)
    # The posterior's slope falls all the way, so its one zero is found by halving; beyond this it cannot lie.
    high = PRIOR_SD**2 * (len(said) + 1.0)
    low = -high
    for _ in range(80):
        middle = (low + high) / 2
        slope = float((said - _chance(logits + middle)).sum()) - middle / PRIOR_SD**2
        low, high = (middle, high) if slope > 0 else (low, middle)
    return (low + high) / 2


def chances(scores: Sequence[float], by: float) -> NDArray[np.float64]:
    """The scores as probabilities of this firm, whose log odds lie ``by`` above them."""
    return _chance(_logit(np.asarray(scores, dtype=np.float64)) + by)


def line_for(base: Decimal, by: float) -> Decimal:
    """The score at which this firm's true chance is what ``base`` promises; within the bounds of learning.

    A line is worth most where one alert more is as likely to be wanted as whoever drew the line asked for. That is
    the line of the shipped scores moved by the firm's offset, and for no offset it is the line itself.
    """
    moved = float(_chance(_logit(np.array([float(base)])) - by)[0])
    return _within(Decimal(str(moved)), LEAST_LINE, MOST_LINE) if by else base


def weight_for(expected: Sequence[float], relevant: Sequence[bool]) -> Decimal:
    """What a sentence is worth beside the firm's others: its relevant verdicts over those its chances led to expect.

    The ratio has a gamma prior with mean 1 and ``PRIOR_VERDICTS`` expected: no surprise, no change. Within its bounds.
    """
    ratio = (PRIOR_VERDICTS + sum(relevant)) / (PRIOR_VERDICTS + sum(expected))
    return _within(Decimal(str(ratio)), LEAST_WEIGHT, MOST_WEIGHT)


def step(now: Decimal, aim: Decimal, *, most: Decimal, least: Decimal, relevant: Sequence[bool]) -> Decimal:
    """How far to go from ``now`` towards ``aim``: ``most`` at most, and zero where that is below ``least``.

    A line is raised by not-relevant verdicts and lowered by relevant ones: without a single one of that kind it does
    not move that way, wherever the aim lies. For weights, whose sense is the opposite, give both negated.
    """
    way = aim - now
    if (way > 0 and all(relevant)) or (way < 0 and not any(relevant)):
        return Decimal(0)
    size = min(abs(way), most).quantize(GRAIN, rounding=ROUND_DOWN)
    return (size if way > 0 else -size) if size >= least else Decimal(0)


def _within(value: Decimal, least: Decimal, most: Decimal) -> Decimal:
    return min(max(value.quantize(GRAIN), least), most)


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    sure = np.clip(chance, _SURE, 1 - _SURE)
    found: NDArray[np.float64] = np.log(sure / (1 - sure))
    return found


def _chance(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    # As a tangent it cannot overflow, however far the logit lies out.
    found: NDArray[np.float64] = (1 + np.tanh(logit / 2)) / 2
    return found
