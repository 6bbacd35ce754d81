"""How much do two texts look alike, letter by letter?

Runs of four and five letters, hashed and weighed by how rare they are: they see that `svetsning` and `svetsare`, or
`radiokommunikasjon` and `radiokommunikation`, share their stem, which no list of whole words does.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
_LENGTHS = (4, 5)
# Letters and spellings by which the Scandinavian languages differ while the word is the same.
_FOLDS = (("æ", "ä"), ("ø", "ö"), ("ck", "kk"), ("ch", "k"), ("x", "ks"), ("qu", "kv"))
_NO_LETTER = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """The buckets that texts fall into, with weights whose squares sum to one for each text that has any.

    Text number `n` has `buckets[starts[n]:starts[n + 1]]`, in rising order, and the weights there.
    """

    starts: NDArray[np.int64]
    buckets: NDArray[np.int64]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> "Grams":
        """One text of these, alone."""
        start, end = self.starts[number : number + 2]
        buckets, weights = self.buckets[start:end].copy(), self.weights[start:end].copy()
        return Grams(starts=np.array([0, end - start], dtype=np.int64), buckets=buckets, weights=weights)

    @property
    def whose(self) -> NDArray[np.int64]:
        """For each bucket, the number of its text."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def count(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The buckets of a text's runs of letters, and how often each occurs."""
    return np.unique(_fallen([text])[1], return_counts=True)


def grams(texts: Sequence[str], rarity: NDArray[np.float32]) -> Grams:
    """Each text as a unit vector over buckets; `rarity` has one weight for each bucket."""
    whose, fallen = _fallen(texts)
    keys, counts = np.unique(whose * BUCKETS + fallen, return_counts=True)
    whose, buckets = np.divmod(keys, BUCKETS)
    weights = (1 + np.log(counts)).astype(np.float32) * rarity[buckets]
    lengths = np.sqrt(np.bincount(whose, weights.astype(np.float64) ** 2, minlength=len(texts)))
    heavy = lengths[whose] > 0
    whose, buckets, weights = whose[heavy], buckets[heavy], weights[heavy]
    starts = np.concatenate([[0], np.cumsum(np.bincount(whose, minlength=len(texts)))])
    return Grams(starts=starts, buckets=buckets, weights=(weights / lengths[whose]).astype(np.float32))


def joined(of_each: Sequence[Grams]) -> Grams:
    """The texts of several, one after another."""
    ends = np.cumsum([0, *(len(one.buckets) for one in of_each)])
    return Grams(
        starts=np.concatenate([*(one.starts[:-1] + end for one, end in zip(of_each, ends, strict=False)), ends[-1:]]),
        buckets=np.concatenate([np.empty(0, dtype=np.int64), *(one.buckets for one in of_each)]),
        weights=np.concatenate([np.empty(0, dtype=np.float32), *(one.weights for one in of_each)]),
    )


def _fallen(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each run of letters of every text: the number of its text, and its bucket."""
    spaced = [f" {_NO_LETTER.sub(' ', _folded(text))} " for text in texts]
    # One array for all texts: a run holds no blank, so none reaches from one text into the next.
    points = np.frombuffer("".join(spaced).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    texts_of = np.repeat(np.arange(len(spaced)), [len(text) for text in spaced])
    blank = points == ord(" ")
    whose, fallen = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for length in _LENGTHS:
        if len(points) < length:
            continue
        # A run may begin or end with the blank beside a word, never hold one inside.
        size = len(points) - length + 1
        inside = ~np.logical_or.reduce([blank[at : at + size] for at in range(1, length - 1)])
        hashed = np.zeros(size, dtype=np.uint64)
        for power in range(length):
            hashed += points[power : power + size] * np.uint64(1_000_003**power % (1 << 32))
        hashed = hashed[inside]
        hashed ^= hashed >> np.uint64(15)
        fallen.append((hashed % np.uint64(BUCKETS)).astype(np.int64))
        whose.append(texts_of[:size][inside])
    return np.concatenate(whose), np.concatenate(fallen)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    for spelled, read in _FOLDS:
        folded = folded.replace(spelled, read)
    return folded
