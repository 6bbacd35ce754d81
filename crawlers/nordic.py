"""Does a notice of a neighbouring country name defence or preparedness, so that it is worth keeping?

udbud.dk and Hilma publish all that Denmark and Finland buy; this service is about defence. What their searches can filter
by is known from public code alone, so what is kept is chosen here, widely: the scope rules decide in the end.
"""

import re
from typing import Final

from crawlers.notice import ParsedNotice

# Divisions and groups of defence and of emergencies (sources.md §8).
_CODES: Final = ("35", "246", "734", "7522", "806", "5062", "5063", "5064", "5065", "5066")
# Danish, Swedish, Finnish and English. "Forsvarlig" is justifiable, "försvara" anybody may.
_WORDS: Final = re.compile(
    r"forsvar(?:\b|et|s)|hjemmeværn|beredskab|militær|flyvevåbn|søværn|"
    r"försvar(?:\b|et|s)|beredskap|militär|hemvärn|gränsbevak|"
    r"puolustus|puolustuk|sotilas|huoltovarmuu|varautumi|väestönsuojel|rajavartio|valmiuslain|"
    r"\bdefen[cs]e\b|\bmilitary\b|\barmed forces\b|\bdual[ -]use\b|\bnato\b|\bcivil protection\b|\bpreparedness\b",
    re.IGNORECASE,
)


def names_defence(notice: ParsedNotice) -> bool:
    """Whether its codes, its buyers or its words speak of defence or of what a country does against emergencies."""
    codes = (*notice.cpv, *(code for lot in notice.lots for code in lot.cpv))
    if any(code.startswith(_CODES) for code in codes):
        return True
    texts = (
        *(buyer.name for buyer in notice.buyers),
        *notice.title.values(),
        *notice.description.values(),
        *(text for lot in notice.lots for text in (*lot.title.values(), *lot.description.values())),
    )
    return any(_WORDS.search(text) for text in texts)
