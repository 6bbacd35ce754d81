"""Which of a firm's own words does a notice have, and how much do those that it wants count? Pure.

A wanted word doubles the odds of a notice that has it, however many it has. That brings what lies just under a line over
it and leaves what is far below where it is: a firm's word is a reason to look, but a common one must not fill its mail.
For a firm without such words no score is another.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from db.models import NoticeVersion

ODDS: Final = 2.0


def lifted(score: float) -> float:
    """The score of a notice that has a wanted word: its odds doubled; from 0 to 1, as before."""
    return ODDS * score / (1 + (ODDS - 1) * score)


def unlifted(score: float) -> float:
    """The score that is lifted to this one."""
    return score / (ODDS - (ODDS - 1) * score)


def wanted(words: Sequence[str], version: NoticeVersion) -> tuple[str, ...]:
    """Those of a profile's wanted words that the notice or a lot of it has, in the profile's order."""
    if not words:
        return ()
    texts = [
        *_told(version),
        *(text for lot in version.lots for text in (*lot.title.values(), *lot.description.values())),
    ]
    return tuple(word for word in words if _any_has(texts, (word,)))


def unwanted(words: Sequence[str], version: NoticeVersion) -> bool:
    """Whether the notice itself has one of these. A lot that has one bars no other lot."""
    return bool(words) and _any_has(_told(version), tuple(words))


def _told(version: NoticeVersion) -> list[str]:
    return [*version.title.values(), *version.description.values()]


def _any_has(texts: Iterable[str], words: tuple[str, ...]) -> bool:
    pattern = _pattern(words)
    return any(pattern.search(text) for text in texts)


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # Whole words: "bro" is no reason to read of brosjyrer.
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in words) + r")(?!\w)", re.IGNORECASE)
