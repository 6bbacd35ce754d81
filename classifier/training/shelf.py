"""Where do all texts stand, cut into pieces, so that a batch is gathered without a loop over texts?"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.training.teacher import Guide

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

LONGEST = 64  # pieces of a text that are read while learning; more only blurs a mean


class Shelf:
    """Every text once, in one flat array; `number`, `length` in pieces and the teacher's row, -1 for none, of each."""

    def __init__(self, tokenizer: "Tokenizer", guide: Guide | None = None) -> None:
        self._tokenizer, self._guide = tokenizer, guide
        self.number: dict[str, int] = {}
        self.length = self.taught = self._flat = np.zeros(0, dtype=np.int64)

    def add(self, texts: Iterable[str]) -> None:
        """Put up the texts that do not stand here yet."""
        new = [text for text in dict.fromkeys(texts) if text not in self.number]
        if not new:
            return
        self.number |= {text: index for index, text in enumerate(new, start=len(self.number))}
        cuts = self._tokenizer.encode_batch(new, add_special_tokens=False)
        pieces = [np.asarray(cut.ids[:LONGEST], dtype=np.int64) for cut in cuts]
        taught = [-1 if self._guide is None else self._guide.number(text) for text in new]
        self.length = np.append(self.length, [len(cut) for cut in pieces])
        self.taught = np.append(self.taught, taught)
        self._flat = np.concatenate([self._flat, *pieces])
        self._start = np.concatenate([[0], np.cumsum(self.length)[:-1]])

    def bag(
        self, texts: NDArray[np.int64], kept: float, chance: np.random.Generator
    ) -> tuple["torch.Tensor", "torch.Tensor"]:
        """Piece numbers and offsets of a batch; every piece is kept with probability `kept`."""
        import torch

        length, start = self.length[texts], self._start[texts]
        ends = np.cumsum(length)
        inside = np.arange(ends[-1]) - np.repeat(ends - length, length)
        pieces = self._flat[np.repeat(start, length) + inside]
        if kept < 1:
            staying = chance.random(len(pieces)) < kept
            owner = np.repeat(np.arange(len(texts)), length)
            staying |= inside == 0  # nothing is emptied
            pieces, length = pieces[staying], np.bincount(owner[staying], minlength=len(texts))
        offsets = np.concatenate([[0], np.cumsum(length)[:-1]])
        return torch.from_numpy(pieces), torch.from_numpy(offsets)
