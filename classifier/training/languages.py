"""Which directions of the table tell only the language of a text? They are taken out, for a meaning has none.

Texts that say the same in two languages should have the same mean vector; where the means differ, that difference
draws Swedish profiles to Swedish notices whatever their subject (compare the removal of common components in Arora,
Liang & Ma 2017).
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.training.corpus import LANGUAGES
from classifier.training.measure import embed

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_DIRECTIONS = 6
_ENOUGH = 300  # texts in both languages; the means of fewer differ by their subjects
_MOST = 6000


def without_language(
    tokenizer: "Tokenizer", table: NDArray[np.float32], aligned: Iterable[dict[str, str]]
) -> NDArray[np.float32]:
    """The table without the directions in which translations differ on average. `aligned`: language → wording."""
    told = defaultdict(list)
    for row in aligned:
        for one, other in combinations([language for language in LANGUAGES if row.get(language)], 2):
            told[one, other].append((row[one], row[other]))
    apart = []
    for pairs in told.values():
        if len(pairs) >= _ENOUGH:
            left, right = zip(*pairs[:: max(1, len(pairs) // _MOST)], strict=True)
            apart.append(
                embed(tokenizer, table, list(left)).mean(axis=0) - embed(tokenizer, table, list(right)).mean(axis=0)
            )
    if not apart:
        return table
    directions = np.linalg.svd(np.stack(apart), full_matrices=False)[2][:_DIRECTIONS]
    cleaned: NDArray[np.float32] = table - table @ directions.T @ directions
    return cleaned
