"""What do another model's cosines mean on the scale that our weights, calibration and threshold were fitted on?

Every model has cosines of its own: 0.4 is a close match for one and noise for the next. Judgements settle it, and
`python -m classifier.training.fit_scoring` writes a `scoring.json` for any model from them. Without judgements we look
at how both models see the same texts, CPV names that have nothing to do with one another, and lay the one's noise over
the other's: its middle and its ninth decile. What lies above, names that do have to do with one another, is where
models differ in what they know, and that difference must stay.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.encoder import OURS, Encoder, load_encoder
from classifier.rows import Rows, unit_rows
from classifier.yardstick import LANGUAGES, reference_texts

SCORING = "scoring.json"
_OF_A_WHOLE = 6  # names in a mean, as many as a short notice has sentences
_NOISE = (0.5, 0.9)
# Which signals are cosines of one text with another, and which of many with many; all others need no model.
OF_TEXTS = frozenset({"title_sentence", "text_sentence", "cpv_sentence", "title_cpv", "text_cpv", "cpv_cpv"})
OF_WHOLES = frozenset({"whole", "whole_cpv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Cosines of what has nothing in common, middle and ninth decile: of single texts, and of means of several."""

    texts: tuple[float, float]
    wholes: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What `scoring.json` says, in a model's own cosines; `name` differs wherever it would score otherwise."""

    spelled: Mapping[str, Any]
    name: str
    fitted: bool  # on judgements with this very model; otherwise brought over from ours


def noise(encoder: Encoder) -> Noise:
    """How alike a model finds names that have nothing to do with one another."""
    asking, asked = encoder.encode(reference_texts(), query=True), encoder.encode(reference_texts())
    texts, wholes = [], []
    for language in range(LANGUAGES):  # unlike names of one language: alike in all but what they speak of
        mine, theirs = asking[language::LANGUAGES], asked[language::LANGUAGES]
        texts.append(_between(mine, theirs))
        wholes.append(_between(_wholes(mine), _wholes(theirs)))
    return Noise(texts=_middle_and_ninth(np.concatenate(texts)), wholes=_middle_and_ninth(np.concatenate(wholes)))


def scoring_of(encoder: Encoder) -> Scoring:
    """The scoring that was fitted for this model and lies beside it, or else ours, brought to its cosines."""
    beside = encoder.folder / SCORING
    if beside.is_file():
        body = beside.read_bytes()
        spelled = json.loads(body)
        if encoder.folder.resolve() == OURS or spelled.get("model") == encoder.revision:
            return Scoring(spelled=spelled, name=_hash(body), fitted=True)
    body = (OURS / SCORING).read_bytes()
    ours = load_encoder()
    spelled = _brought(json.loads(body), noise(ours), noise(encoder))
    # Named by what goes in, not by what comes out: the last digits differ between processors.
    return Scoring(
        spelled=spelled, name=_hash(body, ours.revision.encode(), *map(str.encode, reference_texts())), fitted=False
    )


def _brought(scoring: dict[str, Any], ours: Noise, theirs: Noise) -> dict[str, Any]:
    """The same scoring for cosines whose noise lies elsewhere: each cosine's middle and spread moved and stretched."""
    for mode in scoring["modes"].values():
        for name, signal in mode["signals"].items():
            if name in OF_TEXTS:
                _move(signal, ours.texts, theirs.texts)
            elif name in OF_WHOLES:
                _move(signal, ours.wholes, theirs.wholes)
    return scoring


def _move(signal: dict[str, float], ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    stretch = (theirs[1] - theirs[0]) / max(ours[1] - ours[0], 1e-6)
    signal["middle"] = theirs[0] + (signal["middle"] - ours[0]) * stretch
    signal["spread"] *= max(stretch, 1e-6)


def _wholes(rows: Rows) -> Rows:
    """Directions of the means of several rows each, that lie far apart in the list."""
    count = len(rows) // _OF_A_WHOLE
    means = np.stack([rows[start::count].mean(axis=0) for start in range(count)])
    return unit_rows(means)


def _between(left: Rows, right: Rows) -> Rows:
    cosines: Rows = (left @ right.T)[~np.eye(len(left), dtype=np.bool_)]
    return cosines


def _middle_and_ninth(cosines: Rows) -> tuple[float, float]:
    middle, ninth = np.quantile(cosines, _NOISE)
    return float(middle), float(ninth)


def _hash(*bodies: bytes) -> str:
    return hashlib.sha256(b"\0".join(bodies)).hexdigest()[:8]
