"""How does a static table learn that two texts say the same?

In-batch contrast: of every batch, each text must find its other half among all the others, whichever the languages.
Where a text's English is known, a teacher's vector pulls as well.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from classifier.training.corpus import Example
from classifier.training.firms import Firms
from classifier.training.shelf import Shelf
from classifier.training.teacher import Guide

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

TEMPERATURE = 1 / 20
_FEWEST = 64  # pairs that the teacher knows; of fewer, likeness within a batch says nothing
_SMALLEST = 1 / 8  # of a batch: fewer wrong answers than that teach little
_MOST_LIKENED = 1024

Batch = NDArray[np.int64]  # left text, right text, label: one row for each pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long and how hard the table is trained."""

    dimensions: int = 256
    nested: tuple[int, ...] = (128,)
    epochs: int = 8
    batch: int = 2048
    rate: float = 0.02
    piece_dropout: float = 0.1
    firms: int = 100_000  # invented in each epoch
    closeness: float = 8.0  # weight of the cosine to the teacher's vector
    likeness: float = 2.0  # weight of the divergence from the teacher's likenesses within a batch
    seed: int = 20261123


def train(
    tokenizer: "Tokenizer",
    groups: Mapping[str, Sequence[Example]],
    course: Course,
    *,
    firms: Firms | None = None,
    guide: Guide | None = None,
) -> NDArray[np.float32]:
    """The trained table, one row for each piece. The same corpus, seed and thread count give the same table."""
    import torch

    torch.manual_seed(course.seed)
    chance, dropping = random.Random(course.seed), np.random.default_rng(course.seed)
    shelf = Shelf(tokenizer, guide)
    shelf.add(text for group in groups.values() for example in group for text in (*example.left, *example.right))
    table = torch.nn.EmbeddingBag(tokenizer.get_vocab_size(), course.dimensions, mode="mean", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.1)
    learner = torch.optim.SparseAdam(table.parameters(), lr=course.rate)
    taught = None if guide is None else torch.from_numpy(guide.vectors)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar, step = progress.add_task("training"), 0
        for epoch in range(course.epochs):
            batches = _epoch(groups, firms, shelf, course, chance)
            steps = step + len(batches) * (course.epochs - epoch)
            for batch in batches:
                warm = min(1.0, (step + 1) / (0.05 * steps + 1))
                for options in learner.param_groups:
                    options["lr"] = course.rate * warm * (1 + math.cos(math.pi * min(1, step / steps))) / 2
                left, right = (table(*shelf.bag(batch[:, side], 1 - course.piece_dropout, dropping)) for side in (0, 1))
                loss = _loss(left, right, batch, shelf, taught, course)
                learner.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                learner.step()  # type: ignore[no-untyped-call]  # as above
                step += 1
                progress.update(bar, completed=step, total=steps, description=f"training, loss {loss.item():.3f}")
    return table.weight.detach().numpy().astype(np.float32)


def _epoch(
    groups: Mapping[str, Sequence[Example]], firms: Firms | None, shelf: Shelf, course: Course, chance: random.Random
) -> list[Batch]:
    """All batches of one epoch in random order; each stays within one group, so that its texts are hard to tell apart."""
    order = np.random.default_rng(chance.getrandbits(32))
    drawn = [_pairs(examples, shelf, chance) for examples in groups.values()]
    if firms is not None:
        told = firms.draw(course.firms, chance)
        shelf.add(text for said, fits, _ in told for text in (said, fits))
        drawn.append(np.asarray([(shelf.number[said], shelf.number[fits], label) for said, fits, label in told]))
    found = []
    for pairs in drawn:
        mixed = order.permutation(pairs[(shelf.length[pairs[:, :2]] > 0).all(axis=1)])
        starts = range(0, len(mixed), course.batch)
        found += [
            mixed[at : at + course.batch] for at in starts if at == 0 or len(mixed) - at > course.batch * _SMALLEST
        ]
    chance.shuffle(found)
    return found


def _pairs(examples: Sequence[Example], shelf: Shelf, chance: random.Random) -> Batch:
    """One epoch's draws of a group: two different texts of each example, as often as its weight says."""
    drawn = []
    for example in examples:
        for _ in range(example.weight):
            if example.left is example.right:
                left, right = chance.sample(example.left, 2)
            else:
                left, right = chance.choice(example.left), chance.choice(example.right)
            if left != right:
                drawn.append((shelf.number[left], shelf.number[right], example.label))
    return np.asarray(drawn, dtype=np.int64)


def _loss(
    left: "torch.Tensor",
    right: "torch.Tensor",
    batch: Batch,
    shelf: Shelf,
    taught: "torch.Tensor | None",
    course: Course,
) -> "torch.Tensor":
    """Each left among all rights and each right among all lefts; what means nearly the same is no wrong answer."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    a, b, label = (torch.from_numpy(batch[:, column].copy()) for column in range(3))
    alike = (a[:, None] == a) | (b[:, None] == b) | ((label[:, None] == label) & (label > 0))
    alike.fill_diagonal_(False)
    truth, total = torch.arange(len(batch)), torch.zeros(())
    sizes = (course.dimensions, *course.nested)
    for size in sizes:
        scores = normalize(left[:, :size], dim=1) @ normalize(right[:, :size], dim=1).T / TEMPERATURE
        scores = scores.masked_fill(alike, -1e4)
        total = total + cross_entropy(scores, truth) + cross_entropy(scores.T, truth)
    total = total / (2 * len(sizes))
    if taught is not None:
        total = total + _distance(normalize(left, dim=1), normalize(right, dim=1), batch, shelf, taught, course)
    return total


def _distance(
    left: "torch.Tensor", right: "torch.Tensor", batch: Batch, shelf: Shelf, taught: "torch.Tensor", course: Course
) -> "torch.Tensor":
    """How far the batch lies from the teacher: each text from its vector, and all their likenesses from the teacher's."""
    import torch
    from torch.nn.functional import kl_div, log_softmax

    first, second = shelf.taught[batch[:, 0]], shelf.taught[batch[:, 1]]
    one, other = np.flatnonzero(first >= 0), np.flatnonzero(second >= 0)
    distance = torch.zeros(())
    if len(one) + len(other) > _FEWEST:
        cosines = torch.cat([(left[one] * taught[first[one]]).sum(1), (right[other] * taught[second[other]]).sum(1)])
        distance = distance + course.closeness * (1 - cosines).mean()
    both = np.flatnonzero((first >= 0) & (second >= 0))[:_MOST_LIKENED]
    if len(both) > _FEWEST:
        ours = left[both] @ right[both].T / TEMPERATURE
        theirs = taught[first[both]] @ taught[second[both]].T / TEMPERATURE
        spread = kl_div(log_softmax(ours, 1), log_softmax(theirs, 1), log_target=True, reduction="batchmean")
        distance = distance + course.likeness * spread
    return distance
