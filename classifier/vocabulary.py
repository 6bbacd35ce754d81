"""Which of a firm's own words does a notice speak of, in whatever language, and how much do they tell?

A sentence's vector is a mean, in which one rare word that says everything weighs no more than its neighbours. So the
words themselves are compared: each word of a profile with the likest one of the notice, weighed by how much it tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifier.rows import Rows

_ALIKE = np.float32(0.45)  # below this cosine two words are only of one language or one length
_FEW = 5  # words of a profile that tell most are added up: a long profile is no better for being long
_LONGEST = 256  # words of a profile that are compared, those that tell most
_REMEMBERED = 30_000  # words of notices, some hundred bytes each
_AT_ONCE = 256  # new words of notices, so that their products with ten thousand words stay small


class Speaks(Protocol):
    """What knows words (see Lexicon)."""

    def rows(self, words: Sequence[str]) -> Rows:
        """One row of length one for each word."""
        ...

    def surprise(self, words: Sequence[str]) -> Rows:
        """How much each word tells."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The words of a notice, or of one lot, that say something of a trade: those of the title, and all."""

    title: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Alike:
    """Which of the profiles' words a word is like, and how much; and how much it tells itself."""

    which: NDArray[np.int32]
    cosines: Rows
    tells: np.float32


class Vocabulary:
    """The words of some profiles. Any thread may ask; what a notice's word is like is remembered for the next notice."""

    def __init__(self, of_each: Sequence[Mapping[str, float]], lexicon: Speaks) -> None:
        """`of_each` has each profile's words and what each counts there, 1 for most."""
        self._lexicon = lexicon
        number = {word: at for at, word in enumerate(dict.fromkeys(word for words in of_each for word in words))}
        self._rows = np.ascontiguousarray(lexicon.rows(list(number)).T)
        # One more word than there are stands where a profile has no more: it is like nothing.
        self._tells = np.append(lexicon.surprise(list(number)), np.float32(0))
        widest = max(min(max(map(len, of_each), default=0), _LONGEST), _FEW)
        self._places = np.full((len(of_each), widest), len(number), dtype=np.int32)
        self._counts = np.zeros((len(of_each), widest), dtype=np.float32)
        for row, words in enumerate(of_each):
            most = sorted(words, key=lambda word: -self._tells[number[word]] * words[word])[:_LONGEST]
            self._places[row, : len(most)] = [number[word] for word in most]
            self._counts[row, : len(most)] = [words[word] for word in most]
        self._met: dict[str, _Alike] = {}

    def met(self, spoken: Spoken, columns: NDArray[np.int64]) -> Rows:
        """Two rows, a number for each profile of `columns`: how much the five words tell that are likest to words of
        the notice, each times its cosine; and how much the title's word does that is likest to one of the profile.
        """
        alike = self._alike(spoken.text)
        text, title = np.zeros_like(self._tells), np.zeros_like(self._tells)
        found = [alike[word] for word in spoken.text]
        if found:
            np.maximum.at(text, np.concatenate([a.which for a in found]), np.concatenate([a.cosines for a in found]))
        for word in spoken.title:
            mine = alike[word]
            title[mine.which] = np.maximum(title[mine.which], mine.cosines * mine.tells)
        places, counts = self._places[columns], self._counts[columns]
        told = (text * self._tells)[places] * counts
        told.partition(told.shape[1] - _FEW, axis=1)
        return np.stack([told[:, -_FEW:].sum(axis=1), (title[places] * counts).max(axis=1)])

    def _alike(self, words: Sequence[str]) -> Mapping[str, _Alike]:
        held = self._met  # another thread may put a new one in its place meanwhile
        new = [word for word in words if word not in held]
        if not new:
            return held
        fresh: dict[str, _Alike] = {}
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            cosines = self._lexicon.rows(some) @ self._rows
            rows, which = np.nonzero(cosines >= _ALIKE)
            ends = np.cumsum(np.bincount(rows, minlength=len(some)))[:-1]
            each = zip(
                some,
                np.split(which.astype(np.int32), ends),
                np.split(cosines[rows, which], ends),
                self._lexicon.surprise(some),
                strict=True,
            )
            fresh.update({word: _Alike(which=w, cosines=c, tells=t) for word, w, c, t in each})
        known = {word: held[word] for word in words if word in held} | fresh
        if len(held) + len(fresh) > _REMEMBERED:
            self._met = fresh
        else:
            held.update(fresh)
        return known
