"""How probable is it that a firm could bid for a notice, and which two sentences say so?"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifier import explain
from classifier.encoder import OURS, Encoder
from classifier.reader import Reader, read_rarity
from classifier.signals import (
    Mode,
    PreparedProfile,
    Rows,
    Signal,
    Unit,
    shared_digits,
)
from classifier.text import CpvNames, NoticeText, Part, ProfileText, Section

__all__ = ["Evidence", "PreparedProfile", "Scored", "Scorer"]

_BATCH = 256  # notices whose vectors are held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why: a sentence of the notice beside one of the profile, both verbatim, and the words that they share in meaning.

    `words` holds (notice word, profile word), the weightiest first; it is empty for scores below the keep floor, which
    nobody reads. `shared_cpv` are codes of the notice that agree with one of the firm's in three digits or more.
    """

    notice_sentence: str
    section: Section
    lot: str | None
    profile_sentence: str
    words: tuple[tuple[str, str], ...]
    shared_cpv: tuple[str, ...]


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
        spelled = (OURS / "scoring.json").read_bytes()
        scoring = json.loads(spelled)
        self.default_threshold = float(scoring["default_threshold"])
        self.keep_floor = float(scoring["keep_floor"])
        self.fusions = read_fusions(scoring["modes"])
        self.revision = f"{encoder.revision}.{hashlib.sha256(spelled).hexdigest()[:8]}"

    def prepare(self, profile: ProfileText) -> PreparedProfile:
        """Read a profile once. May be kept as long as this scorer; an empty profile is allowed and scores low."""
        return self._reader.prepare(profile)

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
        found: list[list[Scored]] = []
        start = 0
        for of_notice in of_each:
            here = chances[start : start + len(of_notice)]
            best = here.argmax(axis=0)
            found.append(
                [
                    Scored(
                        score=float(here[best[column], column]),
                        evidence=_evidence(of_notice, int(best[column]), profile, rows),
                    )
                    for column, profile in enumerate(profiles)
                ]
            )
            start += len(of_notice)
        return self._worded(found)

    def _worded(self, found: list[list[Scored]]) -> list[list[Scored]]:
        """The same with words, where somebody may read them."""
        read = [(i, j) for i, row in enumerate(found) for j, one in enumerate(row) if one.score >= self.keep_floor]
        told = [(found[i][j].evidence.notice_sentence, found[i][j].evidence.profile_sentence) for i, j in read]
        for (i, j), words in zip(read, explain.pairs(self._encoder, told), strict=True):
            scored = found[i][j]
            found[i][j] = replace(scored, evidence=replace(scored.evidence, words=words))
        return found


def _evidence(of_notice: Sequence[Unit], best: int, profile: PreparedProfile, rows: Mapping[str, Rows]) -> Evidence:
    """The two likest sentences of the unit that scored best; a CPV name is quoted only where nothing else is said."""
    unit = of_notice[best]
    said = (
        unit.told
        or of_notice[0].told
        or tuple(Part(section=Section.CPV, lot=unit.lot, text=name) for name in unit.named)
    )
    shared = tuple(code for code in unit.codes if shared_digits((code,), profile.digits) >= 3)
    part, sentence = (said[0] if said else Part(section=Section.TITLE, lot=None, text="")), ""
    if said and profile.sentences:
        cosines = np.stack([rows[part.text] for part in said]) @ profile.sentence_rows.T
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        part, sentence = said[row], profile.sentences[column]
    return Evidence(
        notice_sentence=part.text,
        section=part.section,
        lot=part.lot,
        profile_sentence=sentence,
        words=(),
        shared_cpv=shared,
    )


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
