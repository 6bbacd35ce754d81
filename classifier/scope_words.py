"""Which of the listed words stand in a text?

A blank of an entry also fits a hyphen, and a Nordic letter also the mark that a portal's broken encoding left in its
place; capitals do not matter.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from classifier.scope_lists import WORD_LISTS, Theme, WordList


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A word that was found: as it stands, in lower case, with its list."""

    seen: str
    listed: WordList

    @property
    def root(self) -> str:
        """What its forms and near compounds share."""
        return self.seen[:8]


def hits(text: str) -> list[Hit]:
    """The words of the lists that stand in the text, each root once; one theme's loudest list takes a word."""
    folded = text.casefold()
    found: dict[tuple[Theme, str], Hit] = {}
    for candidate in _every().finditer(folded):
        themes: set[Theme] = set()
        for listed in WORD_LISTS:
            if listed.theme not in themes and (match := pattern(listed.words).match(folded, candidate.start())):
                themes.add(listed.theme)
                hit = Hit(seen=match[0], listed=listed)
                before = found.get((listed.theme, hit.root))
                if before is None or before.listed.in_title < listed.in_title:
                    found[listed.theme, hit.root] = hit
    return list(found.values())


@lru_cache(maxsize=1)
def _every() -> re.Pattern[str]:
    """All lists in one expression: a text is read once, and only what is found is asked for its lists."""
    return pattern(",".join(listed.words for listed in WORD_LISTS))


@lru_cache(maxsize=32)
def pattern(words: str) -> re.Pattern[str]:
    """One expression for a list, to be searched in a case-folded text; it is made once.

    Words that begin alike stand together in it, so that most of a text is passed over in two steps.
    """
    begun: dict[str, list[str]] = defaultdict(list)
    inside: list[str] = []
    for word in sorted(
        {" ".join(entry.split()) for entry in words.split(",")} - {""}, key=lambda word: (-len(word), word)
    ):
        if word.startswith("*"):
            inside.append(_letters(word[1:]))
        else:
            begun[word[:2]].append(_letters(word[2:]))
    branches = [rf"{_letters(two)}(?:{'|'.join(rest)})" for two, rest in sorted(begun.items())]
    bound = rf"\b(?:{'|'.join(branches)})"
    loose = rf"|{'|'.join(inside)}" if inside else ""
    return re.compile(rf"(?:{bound}{loose})(?!\w)")


def _letters(word: str) -> str:
    """The expression for these letters of an entry."""
    return "".join(
        {"*": "[\\w\ufffd]*", " ": r"(?:\s+|-\s?)", "-": r"-?"}.get(letter)
        or (f"[{letter}\ufffd]" if letter in "æøåäö" else re.escape(letter))
        for letter in word
    )
