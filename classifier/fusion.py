"""How do the signals of a pair become one probability?

In two steps. All signals that thousands of pairs can be asked for at once say how likely each is; of those that are
likely enough, the words are read too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.batch import Batch
from classifier.meeting import Meeting, Shared
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.signals import FIRST, OF_WORDS, Mode, measured

_FAR = 30.0  # beyond this a logistic is 0 or 1 for anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """How the signals of one mode become a probability: logistic, over signals brought to one scale."""

    middle: Rows  # of FIRST, as are spread and weights
    spread: Rows
    weights: Rows
    bias: float
    worded_from: float  # the logit from which on words are read
    words: Rows  # weights of OF_WORDS; unread words weigh nothing
    slope: float  # of the logit beside the words
    offset: float

    def __call__(self, measured: Rows) -> NDArray[np.float64]:
        """Probabilities of measurements (… × signals); a signal that is missing says nothing either way."""
        first, words = self.first(measured), measured[..., len(FIRST) :]
        read = np.where(first[..., None] >= self.worded_from, words, 0)
        return likely(self.slope * first + self.offset + read @ self.words)

    def first(self, measured: Rows) -> NDArray[np.float64]:
        """The logit before any word is read."""
        scaled = np.nan_to_num((measured[..., : len(FIRST)] - self.middle) / self.spread).astype(np.float64)
        found: NDArray[np.float64] = scaled @ self.weights + self.bias
        return found


def likely(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of each logit."""
    found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -_FAR, _FAR)))
    return found


def fused(batch: Batch, roster: Roster, fusions: Mapping[Mode, Fusion]) -> Rows:
    """Units × profiles: the probability of each pair."""
    found = np.empty((len(batch.units), len(roster)), dtype=np.float32)
    shared = Shared(batch, roster)
    for block in roster.blocks:
        found[:, block.columns] = _first(Meeting(shared, block), fusions)
    for coded in np.unique(batch.coded).tolist():
        modes = [fusions[Mode.of(coded, theirs)] for theirs in (False, True)]
        worded_from = _of_each(roster, [mode.worded_from for mode in modes])
        slope, offset = (
            _of_each(roster, [mode.slope for mode in modes]),
            _of_each(roster, [mode.offset for mode in modes]),
        )
        weights = np.stack([mode.words for mode in modes])
        for unit in np.flatnonzero(batch.coded == coded).tolist():
            logits = found[unit]
            read = np.flatnonzero(logits >= worded_from)
            logits *= slope
            logits += offset
            if len(read):
                words = roster.vocabulary.met(batch.spoken[unit], read)
                logits[read] += (words.T * weights[roster.coded[read].astype(np.int64)]).sum(axis=1)
    np.clip(found, -_FAR, _FAR, out=found)
    np.negative(found, out=found)
    np.exp(found, out=found)
    found += 1
    return np.reciprocal(found, out=found)


def _of_each(roster: Roster, of_modes: list[float]) -> Rows:
    """For each profile, what goes for one without codes or for one with codes."""
    found: Rows = np.where(roster.coded, np.float32(of_modes[1]), np.float32(of_modes[0]))
    return found


def _first(meeting: Meeting, fusions: Mapping[Mode, Fusion]) -> Rows:
    """Units × profiles of a block: the logit of each pair, signal by signal, so that no more is ever held."""
    modes = [fusions[Mode.of(coded, meeting.block.coded)] for coded in (False, True)]
    which = meeting.batch.coded.astype(np.int64)
    found = np.empty((len(which), len(meeting.block.columns)), dtype=np.float32)
    found[:] = np.array([mode.bias for mode in modes], dtype=np.float32)[which, None]
    held = np.empty_like(found)
    for column, signal in enumerate(FIRST):
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
    return found


def read_fusions(modes: Mapping[str, Mapping[str, object]]) -> dict[Mode, Fusion]:
    """The fusion of each mode as `scoring.json` spells it; a signal that the mode does not have weighs nothing."""
    found = {}
    for mode in Mode:
        spelled = modes[mode]
        weighed: dict[str, dict[str, float]] = spelled["signals"]  # type: ignore[assignment]  # JSON has no types
        words: dict[str, float] = spelled["words"]  # type: ignore[assignment]  # JSON has no types
        column = [weighed.get(signal, {"middle": 0.0, "spread": 1.0, "weight": 0.0}) for signal in FIRST]
        found[mode] = Fusion(
            middle=np.array([one["middle"] for one in column], dtype=np.float32),
            spread=np.array([one["spread"] for one in column], dtype=np.float32),
            weights=np.array([one["weight"] for one in column], dtype=np.float32),
            bias=float(spelled["bias"]),  # type: ignore[arg-type]  # JSON has no types
            worded_from=words["from"],
            words=np.array([words[signal] for signal in OF_WORDS], dtype=np.float32),
            slope=words["slope"],
            offset=words["offset"],
        )
    return found
