"""What has the table learned? Measured on rows of the corpus that training never saw."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.rows import unit_rows
from classifier.training.corpus import Example

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIRECTIONS = (("sv", "nb"), ("nb", "en"), ("sv", "en"), ("nn", "sv"), ("da", "nb"))


def embed(tokenizer: "Tokenizer", table: NDArray[np.float32], texts: list[str]) -> NDArray[np.float32]:
    """Unit rows, as the shipped model computes them."""
    rows = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
    for index, cut in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False)):
        if cut.ids:
            rows[index] = table[cut.ids].mean(axis=0)
    return unit_rows(rows)


def translations(
    tokenizer: "Tokenizer", table: NDArray[np.float32], held_out: list[dict[str, str]]
) -> dict[str, tuple[float, int]]:
    """Per direction: the share of held-out texts whose nearest neighbour is their translation, and of how many."""
    found = {}
    for source, target in DIRECTIONS:
        both = {row[source]: row[target] for row in held_out if source in row and target in row}
        both = {left: right for left, right in both.items() if left.lower() != right.lower()}
        if not both:
            continue
        left, right = embed(tokenizer, table, list(both)), embed(tokenizer, table, list(both.values()))
        hits = float(((left @ right.T).argmax(axis=1) == np.arange(len(both))).mean())
        found[f"{source}-{target}"] = (round(hits, 4), len(both))
    return found


def codes_found(
    tokenizer: "Tokenizer", table: NDArray[np.float32], unseen: Iterable[Example], cpv: dict[str, dict[str, str]]
) -> dict[str, float]:
    """The share of unseen titles whose nearest CPV name, Swedish, bokmål and English together, has the right division.

    And the right group. `unseen` are examples with one title on their left and a code as their label.
    """
    names = [embed(tokenizer, table, [row[language] for row in cpv.values()]) for language in ("sv", "nb", "en")]
    called = unit_rows(np.sum(names, axis=0))
    titles = {example.left[0]: f"{example.label:08}" for example in unseen if len(example.left) == 1 and example.label}
    nearest = (embed(tokenizer, table, list(titles)) @ called.T).argmax(axis=1)
    codes = list(cpv)
    pairs = [(codes[at], truth) for at, truth in zip(nearest, titles.values(), strict=True)]
    named = {"division": 2, "group": 3}
    return {
        name: round(sum(one[:digits] == truth[:digits] for one, truth in pairs) / len(pairs), 4)
        for name, digits in named.items()
    }
