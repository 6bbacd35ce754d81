"""Are two titles of one buyer the same purchase, put differently? By their trigrams, as PostgreSQL's pg_trgm counts."""

from functools import lru_cache
from typing import Final

ENOUGH: Final = 0.6  # sources.md §7, key 7


@lru_cache(maxsize=4096)
def trigrams(folded: str) -> frozenset[str]:
    """Three letters at a time of each word, with two blanks before it and one after."""
    return frozenset(
        padded[at : at + 3] for word in folded.split() if (padded := f"  {word} ") for at in range(len(word) + 1)
    )


def similarity(one: str, other: str) -> float:
    """Share of trigrams in common of two folded titles, 0 to 1; 0 where they name different numbers.

    "Konsulenter del 1" and "Konsulenter del 2" are two purchases however alike they read.
    """
    if numbers(one) != numbers(other):
        return 0.0
    mine, theirs = trigrams(one), trigrams(other)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def numbers(folded: str) -> frozenset[str]:
    """The words of a folded title that hold a digit."""
    return frozenset(word for word in folded.split() if any(char.isdigit() for char in word))
