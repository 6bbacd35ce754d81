"""What do several signals ask of the same notices and profiles, and how is it found only once?"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.batch import Batch
from classifier.best import best_of_ranges
from classifier.roster import Block, Roster
from classifier.rows import Rows
from classifier.text import cpv_digits


class Shared:
    """Some notices and a whole roster."""

    def __init__(self, batch: Batch, roster: Roster) -> None:
        self.batch, self.roster = batch, roster

    @cached_property
    def by_code(self) -> tuple[Rows, Rows]:
        """The firms' codes × units: the best cosine with the title, and with title or sentence."""
        assert self.roster.code_rows is not None
        batch = self.batch
        title, text = best_of_ranges(batch.rows, (batch.titles, batch.told), self.roster.code_rows)
        return np.ascontiguousarray(title.T), np.ascontiguousarray(text.T)

    @cached_property
    def digits(self) -> NDArray[np.uint8]:
        """Digits of the firms' codes × units: how many leading ones a code of the unit shares, 0 or 2 to 8."""
        agreed = agreed_digits([cpv_digits(code) for code in self.batch.code_at], self.roster.digits)
        return np.ascontiguousarray(self.batch.codes.best(agreed, none=0).T)

    @cached_property
    def code_by_code(self) -> Rows:
        """The firms' codes × units: the best cosine with a code of the unit, NaN where it has none."""
        assert self.roster.code_rows is not None
        return np.ascontiguousarray(self.batch.codes.best(self.batch.code_rows @ self.roster.code_rows, none=np.nan).T)

    @cached_property
    def letters(self) -> Rows:
        """Units × profiles: letters that title and text share with the profile."""
        return self.roster.letters.likeness(self.batch.grams)


class Meeting:
    """Some notices and one block of profiles. Tables are units × profiles; NaN is what a side leaves unsaid."""

    def __init__(self, shared: Shared, block: Block) -> None:
        self.batch, self.block, self._shared = shared.batch, block, shared

    @cached_property
    def by_sentence(self) -> tuple[Rows, Rows]:
        """The best cosine of a sentence of the firm with the title, and with title or sentence."""
        batch = self.batch
        if not self.block.slots:
            return self._unsaid(), self._unsaid()
        title, text = best_of_ranges(batch.rows, (batch.titles, batch.told), self.block.sentences)
        return self._folded(title), self._folded(text)

    @cached_property
    def by_code(self) -> tuple[Rows, Rows]:
        """The best cosine of one of the firm's codes with the title, and with title or sentence."""
        if self._shared.roster.code_rows is None:
            return self._unsaid(), self._unsaid()
        title, text = (self.block.codes.best(table, none=np.nan).T for table in self._shared.by_code)
        return np.ascontiguousarray(title), np.ascontiguousarray(text)

    @cached_property
    def code_by_code(self) -> Rows:
        """The best cosine of one of the notice's codes with one of the firm's."""
        if self._shared.roster.code_rows is None or not len(self.batch.code_rows):
            return self._unsaid()
        return np.ascontiguousarray(self.block.codes.best(self._shared.code_by_code, none=np.nan).T)

    @cached_property
    def code_by_sentence(self) -> Rows:
        """The best cosine of one of the notice's codes with a sentence of the firm."""
        if not self.block.slots or not len(self.batch.code_rows):
            return self._unsaid()
        batch, block = self.batch, self.block

        def best(codes: list[str]) -> Rows:
            rows = batch.code_rows[[batch.code_at[code] for code in codes]]
            each = [(at, at + 1) for at in range(len(rows))]
            return self._folded(best_of_ranges(rows, (each,), block.sentences)[0])

        return batch.codes.best(block.met.rows([*batch.code_at], best), none=np.nan)

    @cached_property
    def whole(self) -> Rows:
        """The cosine of everything with everything."""
        found: Rows = self.batch.wholes @ self.block.wholes
        return found

    @cached_property
    def coded_whole(self) -> Rows:
        """The cosine of everything with everything, the firm's codes among it."""
        found: Rows = self.batch.wholes @ self.block.coded_wholes
        return found

    @cached_property
    def digits(self) -> Rows:
        """How many leading digits a code of the notice and one of the firm share: 0, or 2 to 8."""
        found = self.block.codes.best(self._shared.digits, none=0)
        return np.ascontiguousarray(found.T).astype(np.float32)

    @property
    def letters(self) -> Rows:
        """The letters that the firm's words share with the title and text."""
        return self._shared.letters[:, self.block.inside]

    def _folded(self, best: Rows) -> Rows:
        """The best over each profile's sentences, which lie in slots."""
        found: Rows = np.maximum.reduce(best.reshape(len(best), self.block.slots, -1), axis=1)
        return found

    def _unsaid(self) -> Rows:
        return np.full((len(self.batch.units), len(self.block.columns)), np.nan, dtype=np.float32)


def agreed_digits(mine: Sequence[str], theirs: Sequence[str]) -> NDArray[np.uint8]:
    """Mine × theirs: how many leading digits agree, 0 or 2 to 8."""
    left, right = _spelled(mine, 0), _spelled(theirs, 1)
    agree = np.ones((len(mine), len(theirs)), dtype=np.bool_)
    found = np.zeros(agree.shape, dtype=np.uint8)
    for place in range(8):
        agree &= left[:, place, None] == right[None, :, place]
        found += agree
    found[found < 2] = 0
    return found


def _spelled(digits: Sequence[str], blank: int) -> NDArray[np.uint8]:
    """Eight characters each; the two sides fill up with different ones, so that blanks never agree."""
    filled = "".join(one.ljust(8, chr(blank)) for one in digits).encode()
    return np.frombuffer(filled, dtype=np.uint8).reshape(len(digits), 8)
