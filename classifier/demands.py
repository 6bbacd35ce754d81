"""Which well-known certificates and clearances does a notice name, and does a profile say that the firm has them? Pure.

A short list: what is not on it is not told, and what is told was found word for word in the notice. Having one is
believed only where the profile names it too; otherwise it is unclear, for a profile need not tell everything.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from classifier.split import sentences

CLEARANCE: Final = "clearance"
AGREEMENT: Final = "agreement"
# Standards by number, however the notice writes them: NS-EN 1090-2, ISO 9001:2015, SS-EN ISO 3834-2.
STANDARDS: Final = ("1090", "3834", "9606", "9001", "9100", "14001", "17025", "22301", "27001", "45001")
_STANDARD: Final = (
    r"\b(?:(?:NS|SS|DS|SFS|BS|DIN)[-\s]?)?(?:(?:EN|ISO|IEC|AS)[-/\s]{{0,2}}){{1,3}}"
    r"{number}(?:[-\u2013]\d{{1,2}})?(?::\d{{4}})?(?!\d)"
)
_WORDS: Final[Mapping[str, str]] = {
    CLEARANCE: (
        r"\b(?:sikkerhets|tryggleiks|tryggings|sikkerheds|leverandør|anleggs)klarering\w*"
        r"|\bsikkerhetsklarert\w*|\btryggleiksklarert\w*"
        r"|\bsäkerhetsklarer\w*|\bsäkerhetspröv\w*|\bplacera\w* i säkerhetsklass\b"
        r"|\b(?:personnel |facility )?security[- ]clear(?:ed|ances?)\b|\bfacility clearances?\b"
    ),
    AGREEMENT: (
        r"\bsikkerhetsavtale\w*|\btryggleiksavtale\w*|\bsäkerhetsskyddsavtal\w*"
        r"|\bsecurity (?:protection )?agreements?\b|\bsecurity aspects letters?\b"
    ),
    "aqap": r"\bAQAP[-\s]?\d{3,4}(?!\d)",
    "norsok": r"\bNORSOK [A-Z]-\d{3}\b",
    "miljofyrtarn": r"\bmiljøfyrtårn\w*",
    "approval": r"\bsentral godkjenning\b|\bsentralt godkjent\b",
    "startbank": r"\bstart ?bank\b",
}
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    key: re.compile(words, re.IGNORECASE)
    for key, words in {**_WORDS, **{number: _STANDARD.format(number=number) for number in STANDARDS}}.items()
}
_DENIED: Final = re.compile(
    r"\b(?:ikke|ikkje|inte|ej|ingen|inget|inga|uten|utan|not|no|without|mangler|manglar|saknar|lacks?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Something that a notice names. ``quote``: its own words for it, if any; ``held``: that the profile says so too."""

    key: str  # CLEARANCE, AGREEMENT, or one that goes by the notice's own words
    quote: str
    held: bool


def demands(notice: Iterable[str], profiles: Iterable[str], *, asked: Collection[str] = ()) -> tuple[Demand, ...]:
    """What the notice's texts name, each once, in the order of the list; ``profiles`` are the firm's own sentences.

    A sentence that denies anything (not required, without …) names nothing. ``asked``: what the notice's form asks for,
    in no words that could be quoted.
    """
    named = {**dict.fromkeys(asked, ""), **_named(notice)}
    held = _named(profiles).keys()
    return tuple(Demand(key=key, quote=named[key], held=key in held) for key in _PATTERNS if key in named)


def _named(texts: Iterable[str]) -> dict[str, str]:
    """The first words by which each is named."""
    found: dict[str, str] = {}
    for text in texts:
        if not any(pattern.search(text) for pattern in _PATTERNS.values()):
            continue
        for sentence in sentences(text):
            if _DENIED.search(sentence):
                continue
            for key, pattern in _PATTERNS.items():
                if key not in found and (match := pattern.search(sentence)):
                    found[key] = match[0]
    return found
