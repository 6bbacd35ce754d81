"""How does a static table learn that two texts say the same?

In-batch contrast: of every batch, each text must find its other half among all the others, whichever the languages.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from classifier.training.corpus import Example

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

LONGEST = 64  # pieces of a text that are read while learning; more only blurs a mean
TEMPERATURE = 1 / 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long and how hard the table is trained."""

    dimensions: int = 256
    nested: tuple[int, ...] = (128,)
    epochs: int = 6
    batch: int = 2048
    rate: float = 0.02
    piece_dropout: float = 0.1
    seed: int = 20261122


class Shelf:
    """Every text once, cut into pieces, in one flat array."""

    def __init__(self, tokenizer: "Tokenizer", texts: list[str]) -> None:
        self.number = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        cuts = tokenizer.encode_batch(list(self.number), add_special_tokens=False)
        pieces = [np.asarray(cut.ids[:LONGEST], dtype=np.int64) for cut in cuts]
        self.length = np.asarray([len(cut) for cut in pieces], dtype=np.int64)
        self.start = np.concatenate([[0], np.cumsum(self.length)[:-1]])
        self.flat = np.concatenate(pieces)

    def bag(
        self, texts: NDArray[np.int64], kept: float, chance: np.random.Generator
    ) -> tuple["torch.Tensor", "torch.Tensor"]:
        """Piece numbers and offsets of a batch; every piece is kept with probability `kept`."""
        import torch

        length, start = self.length[texts], self.start[texts]
        ends = np.cumsum(length)
        inside = np.arange(ends[-1]) - np.repeat(ends - length, length)
        pieces = self.flat[np.repeat(start, length) + inside]
        if kept < 1:
            staying = chance.random(len(pieces)) < kept
            owner = np.repeat(np.arange(len(texts)), length)
            staying |= inside == 0  # nothing is emptied
            pieces, length = pieces[staying], np.bincount(owner[staying], minlength=len(texts))
        offsets = np.concatenate([[0], np.cumsum(length)[:-1]])
        return torch.from_numpy(pieces), torch.from_numpy(offsets)


def pairs(examples: list[Example], shelf: Shelf, chance: random.Random) -> NDArray[np.int64]:
    """One epoch's draws of a group: two different texts of each example, as often as its weight says."""
    drawn = []
    for example in examples:
        for _ in range(example.weight):
            if example.left is example.right:
                left, right = chance.sample(example.left, 2)
            else:
                left, right = chance.choice(example.left), chance.choice(example.right)
            if left != right:
                drawn.append((shelf.number[left], shelf.number[right]))
    found = np.asarray(drawn, dtype=np.int64)
    readable = (shelf.length[found[:, 0]] > 0) & (shelf.length[found[:, 1]] > 0)
    return found[readable]


def batches(
    groups: dict[str, list[Example]], shelf: Shelf, course: Course, chance: random.Random
) -> Iterator[NDArray[np.int64]]:
    """One epoch in random order; a batch stays within one group, so that its texts are hard to tell apart."""
    found = []
    order = np.random.default_rng(chance.getrandbits(32))
    for examples in groups.values():
        drawn = order.permutation(pairs(examples, shelf, chance))
        found += [drawn[at : at + course.batch] for at in range(0, len(drawn), course.batch)]
    chance.shuffle(found)
    yield from (batch for batch in found if len(batch) > 1)


def train(tokenizer: "Tokenizer", groups: dict[str, list[Example]], course: Course) -> NDArray[np.float32]:
    """The trained table, one row for each piece. The same corpus, seed and thread count give the same table."""
    import torch

    torch.manual_seed(course.seed)
    chance, dropping = random.Random(course.seed), np.random.default_rng(course.seed)
    texts = [text for group in groups.values() for example in group for text in (*example.left, *example.right)]
    shelf = Shelf(tokenizer, texts)
    table = torch.nn.EmbeddingBag(tokenizer.get_vocab_size(), course.dimensions, mode="mean", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.1)
    learner = torch.optim.SparseAdam(table.parameters(), lr=course.rate)
    per_epoch = sum(1 for _ in batches(groups, shelf, course, random.Random(course.seed)))
    steps, step = per_epoch * course.epochs, 0
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=steps)
        for _ in range(course.epochs):
            for batch in batches(groups, shelf, course, chance):
                warm = min(1.0, (step + 1) / (0.05 * steps + 1))
                for options in learner.param_groups:
                    options["lr"] = course.rate * warm * (1 + math.cos(math.pi * min(1, step / steps))) / 2
                kept = 1 - course.piece_dropout
                left = table(*shelf.bag(batch[:, 0], kept, dropping))
                right = table(*shelf.bag(batch[:, 1], kept, dropping))
                loss = _loss(left, right, batch, (course.dimensions, *course.nested))
                learner.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                learner.step()  # type: ignore[no-untyped-call]  # as above
                step += 1
                progress.update(bar, advance=1, description=f"training, loss {loss.item():.3f}")
    return table.weight.detach().numpy().astype(np.float32)


def _loss(
    left: "torch.Tensor", right: "torch.Tensor", batch: NDArray[np.int64], sizes: tuple[int, ...]
) -> "torch.Tensor":
    """Each left among all rights and each right among all lefts; a text is no wrong answer to its own twin."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    a, b = torch.from_numpy(batch[:, 0].copy()), torch.from_numpy(batch[:, 1].copy())
    twins = (a[:, None] == a[None, :]) | (b[:, None] == b[None, :])
    twins.fill_diagonal_(False)
    truth = torch.arange(len(batch))
    total = torch.zeros(())
    for size in sizes:
        scores = normalize(left[:, :size], dim=1) @ normalize(right[:, :size], dim=1).T / TEMPERATURE
        scores = scores.masked_fill(twins, -1e4)
        total = total + cross_entropy(scores, truth) + cross_entropy(scores.T, truth)
    return total / (2 * len(sizes))
