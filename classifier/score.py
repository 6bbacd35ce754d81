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
from classifier.roster import Roster
from classifier.signals import Mode, PreparedProfile, Rows, Signal, Unit
from classifier.text import CpvNames, NoticeText, ProfileText

__all__ = ["Evidence", "Roster", "Scored", "Scorer"]

_BATCH = 256  # notices whose vectors are held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One notice against the profile in one column of a roster; `score` is a probability, from 0 to 1."""

    profile: int
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

    def roster(self, profiles: Sequence[ProfileText]) -> Roster:
        """Read profiles and stack them, each once as long as this scorer lives. An empty one scores low."""
        for profile in profiles:
            if profile not in self._prepared:
                self._prepared[profile] = self._reader.prepare(profile)
        return Roster(profiles=[self._prepared[profile] for profile in profiles])

    def chances(self, notices: Sequence[NoticeText], roster: Roster) -> NDArray[np.float32]:
        """Notices × profiles: the probability, from 0 to 1, of the best lot or the whole. Every sentence is read."""
        found = np.zeros((len(notices), len(roster)), dtype=np.float32)
        for start in range(0, len(notices), _BATCH):
            of_each, _, chances = self._chances(notices[start : start + _BATCH], roster)
            at = 0
            for row, of_notice in enumerate(of_each, start):
                found[row] = chances[at : at + len(of_notice)].max(axis=0)
                at += len(of_notice)
        return found

    def score(
        self, notices: Sequence[NoticeText], roster: Roster, floor: float | NDArray[np.float32] = 0.0
    ) -> list[list[Scored]]:
        """For each notice, in the roster's order, the profiles whose chance is at least `floor`, and why.

        `floor` is one number, or one for each profile.
        """
        floors = np.broadcast_to(np.asarray(floor, dtype=np.float32), (len(roster),))
        found: list[list[Scored]] = []
        for start in range(0, len(notices), _BATCH):
            found += self._score(notices[start : start + _BATCH], roster, floors)
        return found

    def _chances(
        self, notices: Sequence[NoticeText], roster: Roster
    ) -> tuple[list[list[Unit]], Mapping[str, Rows], NDArray[np.float32]]:
        if not len(roster):
            return [], {}, np.zeros((0, 0), dtype=np.float32)
        of_each, rows, measured = self._reader.measure(notices, roster)
        every = [unit for found in of_each for unit in found]
        chances = np.empty(measured.shape[:2], dtype=np.float32)
        has_codes = np.array([bool(unit.codes) for unit in every])
        for notice_has in (False, True):
            for column, profile in enumerate(roster.profiles):
                fusion = self.fusions[Mode.of(notice_has, bool(profile.digits))]
                chances[has_codes == notice_has, column] = fusion(measured[has_codes == notice_has, column])
        return of_each, rows, chances

    def _score(self, notices: Sequence[NoticeText], roster: Roster, floors: Rows) -> list[list[Scored]]:
        of_each, rows, chances = self._chances(notices, roster)
        kept: list[list[tuple[int, float]]] = [[] for _ in notices]
        pairs, start = [], 0
        for row, of_notice in enumerate(of_each):
            here = chances[start : start + len(of_notice)]
            start += len(of_notice)
            most, best = here.max(axis=0), here.argmax(axis=0)
            for column in np.flatnonzero(most >= floors).tolist():
                kept[row].append((column, float(most[column])))
                pairs.append(
                    Pair(
                        units=of_notice,
                        best=int(best[column]),
                        profile=roster.profiles[column],
                        worded=bool(most[column] >= self.keep_floor),
                    )
                )
        told = iter(explain(self._encoder, pairs, rows))
        return [[Scored(profile=at, score=chance, evidence=next(told)) for at, chance in mine] for mine in kept]


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
