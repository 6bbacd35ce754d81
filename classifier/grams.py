"""How much do two texts look alike, letter by letter?

Runs of four and five letters, hashed and weighed by how rare they are: they see that `svetsning` and `svetsare`, or
`radiokommunikasjon` and `radiokommunikation`, share their stem, which no list of whole words does.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
_LENGTHS = (4, 5)
# Letters and spellings by which the Scandinavian languages differ while the word is the same.
_FOLDS = (("æ", "ä"), ("ø", "ö"), ("ck", "kk"), ("ch", "k"), ("x", "ks"), ("qu", "kv"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """The buckets that a text falls into and their weights; the weights' squares sum to one, or there are none."""

    buckets: NDArray[np.int64]
    weights: NDArray[np.float32]


def count(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The buckets of a text's runs of letters, and how often each occurs."""
    folded = unicodedata.normalize("NFKC", text).lower()
    for spelled, read in _FOLDS:
        folded = folded.replace(spelled, read)
    spaced = " " + "".join(letter if letter.isalnum() else " " for letter in folded) + " "
    points = np.frombuffer(spaced.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    blank = points == ord(" ")
    found = []
    for length in _LENGTHS:
        if len(points) < length:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(points, length)
        inside = ~np.lib.stride_tricks.sliding_window_view(blank, length)[:, 1:-1].any(axis=1)
        powers = np.array([1_000_003**power % (1 << 32) for power in range(length)], dtype=np.uint64)
        hashed = (windows[inside] * powers).sum(axis=1)
        hashed ^= hashed >> np.uint64(15)
        found.append(hashed % np.uint64(BUCKETS))
    both = np.concatenate(found) if found else np.empty(0, dtype=np.uint64)
    buckets, counts = np.unique(both.astype(np.int64), return_counts=True)
    return buckets, counts


def grams(text: str, rarity: NDArray[np.float32]) -> Grams:
    """The text as a unit vector over buckets; `rarity` has one weight for each bucket."""
    buckets, counts = count(text)
    weights = (1 + np.log(counts)).astype(np.float32) * rarity[buckets]
    length = float(np.linalg.norm(weights))
    if length == 0:
        return Grams(buckets=np.empty(0, dtype=np.int64), weights=np.empty(0, dtype=np.float32))
    return Grams(buckets=buckets, weights=weights / np.float32(length))


def dense(rows: list[Grams]) -> NDArray[np.float32]:
    """The vectors written out, one column each: buckets × texts."""
    table = np.zeros((BUCKETS, len(rows)), dtype=np.float32)
    for column, row in enumerate(rows):
        table[row.buckets, column] = row.weights
    return table


def likeness(text: Grams, table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of a text with every column of a written-out table."""
    found: NDArray[np.float32] = text.weights @ table[text.buckets]
    return found
