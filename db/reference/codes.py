"""What is a CPV or NUTS code called, and which code stands above it?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CPV: Final = re.compile(r"[0-9]{8}", re.ASCII)
NUTS: Final = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}", re.ASCII)


class Area(StrEnum):
    """Where a region lies, seen from the firms on both sides of the border between Trøndelag and Jämtland."""

    MID_NORWAY = "mid-norway"
    MID_SWEDEN = "mid-sweden"
    NEAR = "near"


@dataclass(frozen=True, slots=True, kw_only=True)
class CpvName:
    """A CPV code (eight digits, without the check digit) and its official names; ``nn`` is our own, of the Norwegian one.

    An empty name means that the list which the row came from has none in that language: the Norwegian list speaks no
    Swedish, the European one no Norwegian. ``Reference.with_cpv`` fills such gaps from what was known before.
    """

    code: str
    en: str = ""
    sv: str = ""
    nb: str = ""
    nn: str = ""  # where it differs from ``nb``

    def told_in(self, language: str) -> str:
        """The name in this language; in a neighbouring one where it is missing."""
        return _told(self, language)

    def over(self, older: "CpvName | None") -> "CpvName":
        """The row with its empty names filled from an older row of the same code."""
        if older is None:
            return self
        return CpvName(code=self.code, en=self.en or older.en, sv=self.sv or older.sv, nb=self.nb or older.nb,
                       nn=self.nn or older.nn)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NutsName:
    """A region of Norway or Sweden. ``level`` is 0 for the country, 3 for a county; codes no longer in force stay.

    ``area`` is None both for what lies far away and for what is too wide to say, such as all of Northern Norway.
    """

    code: str
    level: int
    area: Area | None
    nb: str
    sv: str
    en: str
    nn: str = ""  # where it differs from ``nb``

    def told_in(self, language: str) -> str:
        """The name in ``nb``, ``nn``, ``sv`` or ``en``."""
        return _told(self, language)


def _told(names: CpvName | NutsName, language: str) -> str:
    """English speaks for a language we do not have, and for a name that is missing."""
    if language == "nn" and names.nn:
        return names.nn
    if language in ("nb", "nn") and names.nb:
        return names.nb
    if language == "sv" and names.sv:
        return names.sv
    return names.en or names.nb or names.sv


def cpv_upwards(code: str) -> Iterator[str]:
    """The code itself, then each wider code up to its division; nothing for what is not eight digits.

    35613100 → 35613100, 35613000, 35610000, 35600000, 35000000. Not every one of them need exist in CPV: 35611100 stands
    directly under 35610000, for there is no 35611000.
    """
    if CPV.fullmatch(code) is None:
        return
    yield code
    for kept in range(7, 1, -1):
        if code[kept] != "0":
            yield code[:kept].ljust(8, "0")


def nuts_upwards(code: str) -> Iterator[str]:
    """The code itself, then each region that holds it up to the country; nothing for what is not a NUTS code."""
    if NUTS.fullmatch(code) is None:
        return
    for length in range(len(code), 1, -1):
        yield code[:length]
