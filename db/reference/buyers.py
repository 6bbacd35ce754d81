"""Which buyers are known to buy for defence or preparedness, and is this one of them?"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

# Letters that Unicode does not take apart into a plain letter and a mark.
_STROKES: Final = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})


class BuyerScope(StrEnum):
    """What a known buyer's purchases serve, before anybody has read the notice."""

    DEFENCE = "defence"
    PREPAREDNESS = "preparedness"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBuyer:
    """A defence or preparedness buyer. ``note`` says how we know its number, or that only the name is known.

    ``digits`` is the organisation number without country, hyphen or suffix, None where we are not sure of it.
    ``country`` is NO, SE, DK or FI, empty for an international body. An alias stands anywhere in a buyer's name, as
    whole words; ``^alias`` at its beginning only; ``=alias`` must be the whole name, for short forms that others use too.
    """

    digits: str | None
    country: str
    name: str
    scope: BuyerScope
    aliases: tuple[str, ...]
    note: str


def find(
    buyers: Iterable[KnownBuyer], *, digits: str | None, name: str, country: str | None = None
) -> KnownBuyer | None:
    """The buyer with this number, else the one whose longest alias stands in the name; exact accents, then the
    table's order, settle ties.

    ``country`` (two letters), when given, keeps a name from meaning its neighbour; a number needs no country.
    """
    known = tuple(buyers)
    numbers = numbers_in(digits)
    for buyer in known:
        if buyer.digits in numbers:
            return buyer
    best, farthest = None, (0, False)
    for buyer in known:
        if country and buyer.country and buyer.country != country.upper():
            continue
        reach = max(_reach(alias, name) for alias in buyer.aliases)
        if reach > farthest:
            best, farthest = buyer, reach
    return best


def numbers_in(identifier: str | None) -> frozenset[str]:
    """Every organisation number that an identifier may mean: ``SE202100034001`` and ``202100-0340`` give 2021000340 both.

    A Swedish VAT number is the organisation number and 01; some systems put the century mark 16 before it instead.
    """
    digits = re.sub(r"[^0-9]", "", identifier or "")
    found = {digits} if digits else set()
    if len(digits) == 12:
        if digits.endswith("01"):
            found.add(digits[:-2])
        if digits.startswith("16"):
            found.add(digits[2:])
    return frozenset(found)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case, without accents, everything but letters and digits a single blank: for comparing names only."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return _words("".join(letter for letter in plain if not unicodedata.combining(letter)))


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text))


def _reach(alias: str, name: str) -> tuple[int, bool]:
    """How many characters of the folded name the alias covers (0: it does not stand there), and if accents agree too.

    They tell the Swedish ministry of defence from the Norwegian one where a notice gives neither number nor country.
    """
    mark, bare = (alias[0], alias[1:]) if alias[0] in "=^" else ("", alias)
    words, spoken = fold(bare), fold(name)
    if mark == "=":
        stands = spoken == words
    elif mark == "^":
        stands = f"{spoken} ".startswith(f"{words} ")
    else:
        stands = f" {words} " in f" {spoken} "
    if not stands:
        return 0, False
    spelled = _words(unicodedata.normalize("NFC", bare.casefold()))
    return len(words), spelled in _words(unicodedata.normalize("NFC", name.casefold()))
