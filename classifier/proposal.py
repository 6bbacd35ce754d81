"""What could a firm's profile be, going by its own words? Capability sentences and CPV branches, for the firm to correct."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier.codes import CodeRows
from classifier.encoder import Encoder
from classifier.split import sentences
from db import reference

MOST_SENTENCES: Final = 40  # as many as a profile may have
LONGEST: Final = 500  # characters of one sentence; more is cut off at a word
MOST_BRANCHES: Final = 10
LIKE: Final = 0.36  # a cosine below which a code's name has little to do with a sentence
VERY_LIKE: Final = 0.5
MOST_SURE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One CPV code that a firm may mean; ``sure``: so like its words that it is proposed as chosen."""

    code: str
    sure: bool


def capability_sentences(text: str) -> list[str]:
    """The sentences of a firm's own text, in order, each once; what says nothing is left out."""
    found = dict.fromkeys(" ".join(one.split()) for one in sentences(text))
    return [_cut(one) for one in found if sum(map(str.isalpha, one)) >= 3][:MOST_SENTENCES]


class Branches:
    """The CPV codes that we ship, read once; any thread may ask which ones sentences are like."""

    def __init__(self, encoder: Encoder) -> None:
        names = reference.builtin()
        self._encoder = encoder
        self._codes = list(names.cpv)
        self._rows = CodeRows(encoder, names).of(self._codes).T

    def of(self, told: Sequence[str]) -> list[Branch]:
        """The likest codes of each sentence, likest first; one that is like none of them is not proposed."""
        if not told:
            return []
        likeness = (self._encoder.encode(told, query=True) @ self._rows).max(axis=0)
        likest = np.argsort(-likeness)[:MOST_BRANCHES].tolist()
        return [
            Branch(code=self._codes[at], sure=place < MOST_SURE and bool(likeness[at] >= VERY_LIKE))
            for place, at in enumerate(likest)
            if likeness[at] >= LIKE
        ]


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rpartition(" ")[0] or sentence[:LONGEST]
