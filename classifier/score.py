"""How probable is it that a firm could bid for a notice, and which two sentences say so?"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.encoder import OURS, Encoder
from classifier.explain import Evidence, Pair, explain
from classifier.reader import Reader, read_rarity
from classifier.signals import (
    Mode,
    PreparedProfile,
    Rows,
    Signal,
)
from classifier.text import CpvNames, NoticeText, ProfileText

__all__ = ["Evidence", "PreparedProfile", "Scored", "Scorer"]

_BATCH = 256  # notices whose vectors are held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One notice against one profile; `score` is a probability, from 0 to 1."""

    score: float
    evidence: Evidence


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
        found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(scaled @ self.weights + self.bias, -30, 30)))
        return found


class Scorer:
    """Scores notices against profiles. Weights and calibration come from `scoring.json` beside the shipped model."""

    def __init__(self, encoder: Encoder, names: CpvNames) -> None:
        self._encoder, self._reader = encoder, Reader(encoder, names, read_rarity(OURS))
        self._prepared: dict[ProfileText, PreparedProfile] = {}
        spelled = (OURS / "scoring.json").read_bytes()
        scoring = json.loads(spelled)
        self.default_threshold = float(scoring["default_threshold"])
        self.keep_floor = float(scoring["keep_floor"])
        self.fusions = read_fusions(scoring["modes"])
        self.revision = f"{encoder.revision}.{hashlib.sha256(spelled).hexdigest()[:8]}"

    def prepare(self, profile: ProfileText) -> PreparedProfile:
        """Read a profile, once: the same words are given back as long as this scorer lives. An empty one scores low."""
        if profile not in self._prepared:
            self._prepared[profile] = self._reader.prepare(profile)
        return self._prepared[profile]

    def score(self, notices: Sequence[NoticeText], profiles: Sequence[PreparedProfile]) -> list[list[Scored]]:
        """For each notice, for each profile: its best lot's probability, and why. Every sentence is read."""
        if not profiles:
            return [[] for _ in notices]
        found: list[list[Scored]] = []
        for start in range(0, len(notices), _BATCH):
            found += self._score(notices[start : start + _BATCH], profiles)
        return found

    def _score(self, notices: Sequence[NoticeText], profiles: Sequence[PreparedProfile]) -> list[list[Scored]]:
        of_each, rows, measured = self._reader.measure(notices, profiles)
        every = [unit for found in of_each for unit in found]
        chances = np.empty(measured.shape[:2])
        has_codes = np.array([bool(unit.codes) for unit in every])
        for notice_has in (False, True):
            for column, profile in enumerate(profiles):
                fusion = self.fusions[Mode.of(notice_has, bool(profile.digits))]
                chances[has_codes == notice_has, column] = fusion(measured[has_codes == notice_has, column])
        bests, start = [], 0
        for of_notice in of_each:
            here = chances[start : start + len(of_notice)]
            bests.append((here.argmax(axis=0), here.max(axis=0)))
            start += len(of_notice)
        pairs = [
            Pair(units=of_notice, best=int(best[column]), profile=profile, worded=chance[column] >= self.keep_floor)
            for of_notice, (best, chance) in zip(of_each, bests, strict=True)
            for column, profile in enumerate(profiles)
        ]
        told = iter(explain(self._encoder, pairs, rows))
        return [[Scored(score=float(chance), evidence=next(told)) for chance in chances] for _, chances in bests]


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
