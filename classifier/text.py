"""What do we read of a notice and of a profile, sentence by sentence?

Pure: no model, no database. Every sentence is a verbatim piece of its text, so that a mail can quote it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from classifier.split import sentences

__all__ = [
    "CpvNames",
    "LotText",
    "NoticeText",
    "Part",
    "ProfileText",
    "Section",
    "cpv_digits",
    "cpv_name",
    "parts",
    "sentences",
]


class Section(StrEnum):
    """Where in a notice a part stands."""

    TITLE = "title"
    DESCRIPTION = "description"
    LOT_TITLE = "lot_title"
    LOT_DESCRIPTION = "lot_description"
    CPV = "cpv"

    @property
    def is_title(self) -> bool:
        """Whether it is the heading of a notice or of a lot."""
        return self in (Section.TITLE, Section.LOT_TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotText:
    """The words of one lot."""

    identifier: str
    title: str = ""
    description: str = ""
    cpv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """The words of one notice version, in the language it was published in (nb, nn, sv, da, en)."""

    title: str
    description: str = ""
    language: str
    cpv: tuple[str, ...] = ()
    lots: tuple[LotText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileText:
    """What a firm says it can do, in its own words, and the CPV codes it picked (perhaps none).

    `weights` has one number for each sentence, as feedback taught; none given means that all count alike.
    """

    sentences: tuple[str, ...]
    language: str
    cpv: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where weights and sentences do not go together."""
        if self.weights and len(self.weights) != len(self.sentences):
            raise ValueError("a profile has one weight for each of its sentences, or none at all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that is compared: a title, a sentence or a CPV name; `text` is verbatim but for CPV names."""

    section: Section
    lot: str | None
    text: str


class CpvNames(Protocol):
    """What a CPV code is called."""

    def cpv_name(self, code: str, language: str) -> str | None:
        """The name of an eight-digit code in a language, or None where it is not known."""


def parts(notice: NoticeText, names: CpvNames) -> list[Part]:
    """Every part of a notice in reading order: title, description, lots, then what its CPV codes are called.

    Nothing is left out of a long notice. Codes are named in the notice's language, each name once.
    """
    found = [*_told(Section.TITLE, Section.DESCRIPTION, None, notice.title, notice.description)]
    for lot in notice.lots:
        found += _told(Section.LOT_TITLE, Section.LOT_DESCRIPTION, lot.identifier, lot.title, lot.description)
    coded = [(None, notice.cpv), *((lot.identifier, lot.cpv) for lot in notice.lots)]
    seen: set[str] = set()
    for identifier, codes in coded:
        for code in codes:
            name = cpv_name(names, code, notice.language)
            if name and name not in seen:
                seen.add(name)
                found.append(Part(section=Section.CPV, lot=identifier, text=name))
    return found


def _told(title: Section, description: Section, lot: str | None, heading: str, body: str) -> Iterator[Part]:
    if heading.strip():
        yield Part(section=title, lot=lot, text=heading.strip())
    for sentence in sentences(body):
        yield Part(section=description, lot=lot, text=sentence)


# The model was made with the official names, of which Norway has bokmål ones alone.
_SPOKEN = {"nb": ("nb", "en"), "nn": ("nb", "en"), "sv": ("sv", "en"), "da": ("da", "nb", "en"), "en": ("en",)}


def cpv_name(names: CpvNames, code: str, language: str) -> str | None:
    """The code's name in the language or the nearest one that has it; an unknown code is called as its parent is."""
    digits = cpv_digits(code)
    for length in range(len(digits), 1, -1):
        for spoken in _SPOKEN.get(language, ("en",)):
            if name := names.cpv_name(digits[:length].ljust(8, "0"), spoken):
                return name
    return None


def cpv_digits(code: str) -> str:
    """The digits of a code that mean something: `35613000-9` is `35613`, a division `35000000` is `35`."""
    digits = code.strip().split("-")[0][:8]
    if not digits.isascii() or not digits.isdigit() or len(digits) < 2:
        return ""
    return digits[:2] + digits[2:].rstrip("0")
