"""How do the signals of a pair become one probability?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.meeting import Meeting
from classifier.rows import Rows
from classifier.signals import Mode, Signal, measured

_FAR = 30.0  # beyond this a logistic is 0 or 1 for anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """How the signals of one mode become a probability: logistic, over signals brought to one scale."""

    middle: Rows
    spread: Rows
    weights: Rows
    bias: float

    def __call__(self, measured: Rows) -> NDArray[np.float64]:
        """Probabilities of measurements (… × signals); a signal that is missing says nothing either way."""
        scaled = np.nan_to_num((measured - self.middle) / self.spread).astype(np.float64)
        found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(scaled @ self.weights + self.bias, -_FAR, _FAR)))
        return found


def fused(meeting: Meeting, fusions: Mapping[Mode, Fusion]) -> Rows:
    """Units × profiles of a block: the probability of each pair, signal by signal, so that no more is ever held."""
    modes = [fusions[Mode.of(coded, meeting.block.coded)] for coded in (False, True)]
    which = meeting.batch.coded.astype(np.int64)
    found = np.empty((len(which), len(meeting.block.columns)), dtype=np.float32)
    found[:] = np.array([mode.bias for mode in modes], dtype=np.float32)[which, None]
    held = np.empty_like(found)
    for column, signal in enumerate(Signal):
        weights = np.array([mode.weights[column] / mode.spread[column] for mode in modes], dtype=np.float32)
        if not weights.any():
            continue
        table = measured(meeting, signal)
        scaled = held[:, : table.shape[1]]
        np.subtract(table, np.array([mode.middle[column] for mode in modes])[which, None], out=scaled)
        scaled *= weights[which, None]
        if np.isnan(scaled.min(initial=0.0)):  # one look is cheaper than mending what is whole
            scaled[np.isnan(scaled)] = 0.0
        found += scaled
    np.clip(found, -_FAR, _FAR, out=found)
    np.negative(found, out=found)
    np.exp(found, out=found)
    found += 1
    return np.reciprocal(found, out=found)


def read_fusions(modes: Mapping[str, Mapping[str, object]]) -> dict[Mode, Fusion]:
    """The fusion of each mode as `scoring.json` spells it; a signal that the mode does not have weighs nothing."""
    found = {}
    for mode in Mode:
        spelled = modes[mode]
        weighed: dict[str, dict[str, float]] = spelled["signals"]  # type: ignore[assignment]  # JSON has no types
        column = [weighed.get(signal, {"middle": 0.0, "spread": 1.0, "weight": 0.0}) for signal in Signal]
        found[mode] = Fusion(
            middle=np.array([one["middle"] for one in column], dtype=np.float32),
            spread=np.array([one["spread"] for one in column], dtype=np.float32),
            weights=np.array([one["weight"] for one in column], dtype=np.float32),
            bias=float(spelled["bias"]),  # type: ignore[arg-type]  # JSON has no types
        )
    return found
