"""What do the codes of the portals mean once they are written one way: CPV, NUTS, numbers, countries, directives?

A code that is not one gives None, never an exception: one bad code does not cost a subscriber the notice.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from babel.core import get_global

_CPV: Final = re.compile(r"\s*(\d{8})(?:-\d)?\s*")
# The 45 divisions of CPV 2008 (Regulation 213/2008); anything else with eight digits is a typing error.
CPV_DIVISIONS: Final = frozenset(
    f"{number:02}"
    for number in (
        *(3, 9, 14, 15, 16, 18, 19, 22, 24, 30, 31, 32, 33, 34, 35, 37, 38, 39, 41, 42, 43, 44, 45, 48, 50, 51, 55, 60),
        *(63, 64, 65, 66, 70, 71, 72, 73, 75, 76, 77, 79, 80, 85, 90, 92, 98),
    )
)
_NUTS: Final = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_AND_VERSION: Final = re.compile(rf"({_UUID.pattern})-(\d{{1,4}})")
_OJ_NUMBER: Final = re.compile(r"0{0,7}([1-9]\d{0,7})-((?:19|20)\d\d)")
_OJ_LONG_NUMBER: Final = re.compile(r"((?:19|20)\d\d)/S\s?\d{1,3}[-\u2013]0{0,7}([1-9]\d{0,7})")
_DOFFIN_ID: Final = re.compile(r"20\d\d-\d{5,7}")
_CELEX: Final = re.compile(r"3(?:19|20)\d\d[A-Z]{1,2}\d{4}")
_DIRECTIVE: Final = re.compile(r"(\d{2}|\d{4})/(\d{1,4})/(?:EC|EU|EEC|EF|EG)")
_DIGITS: Final = re.compile(r"\d")
_SWEDISH_VAT: Final = re.compile(r"SE(\d{10})01")
# What the Union writes and ISO 3166 does not.
_UNION_COUNTRIES: Final = {"UK": "GB", "EL": "GR", "GBR": "GB", "GRC": "GR", "XKX": "XK", "1A0": "XK"}


def cpv(raw: str | None) -> str | None:
    """Eight digits without the check digit, in a division that exists."""
    found = _CPV.fullmatch(raw or "")
    return found.group(1) if found and found.group(1)[:2] in CPV_DIVISIONS else None


def cpv_codes(raw: Iterable[str | None]) -> tuple[str, ...]:
    """Codes in the order given, each once."""
    return tuple(dict.fromkeys(code for code in map(cpv, raw) if code))


def most_specific_first(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Doffin's search lists every code with all its ancestors, unordered; here the codes meant come first."""
    stems = {code: code[:2] + code[2:].rstrip("0") for code in codes}
    ancestors = {stem[:length] for stem in stems.values() for length in range(2, len(stem))}
    meant = tuple(code for code in codes if stems[code] not in ancestors)
    return meant + tuple(code for code in codes if stems[code] in ancestors)


def nuts(raw: str | None) -> str | None:
    """A NUTS code in capitals; None for ``anyw``, ``00`` and what is no code."""
    code = (raw or "").strip().upper()
    return code if _NUTS.fullmatch(code) and not code.startswith("ANYW") else None


def nuts_codes(raw: Iterable[str | None]) -> tuple[str, ...]:
    """Codes in the order given, each once."""
    return tuple(dict.fromkeys(code for code in map(nuts, raw) if code))


def is_whole_country(code: str) -> bool:
    """``NO``, ``NO0``, ``SE``: places that name no part of the country (sources.md §8)."""
    return len(code) == 2 or (len(code) == 3 and code.endswith("0"))


def says_anywhere(raw: str | None) -> bool:
    """BT-727 ``anyw``, ``anyw-cou``, ``anyw-eea``: no place excludes anybody."""
    return (raw or "").strip().lower().startswith("anyw")


def ojs_number(raw: str | None) -> str | None:
    """``00626862-2026``, ``626862-2026`` and ``2026/S 175-626862`` → ``626862-2026``."""
    number = (raw or "").strip()
    if (found := _OJ_NUMBER.fullmatch(number)) is not None:
        return f"{found.group(1)}-{found.group(2)}"
    if (found := _OJ_LONG_NUMBER.fullmatch(number)) is not None:
        return f"{found.group(2)}-{found.group(1)}"
    return None


def doffin_id(raw: str | None) -> str | None:
    """Doffin's own number, year first: ``2024-101190``."""
    number = (raw or "").strip()
    return number if _DOFFIN_ID.fullmatch(number) else None


def uuid(raw: str | None) -> str | None:
    """A lower-case UUID, and nothing else."""
    number = (raw or "").strip().lower()
    return number if _UUID.fullmatch(number) else None


def uuid_or_doffin_id(raw: str | None) -> str | None:
    """A lower-case UUID; migrated notices (before 2023) have their Doffin id in its place."""
    number = (raw or "").strip().lower()
    return number if _UUID.fullmatch(number) else doffin_id(number)


def notice_reference(raw: str | None) -> str | None:
    """Another notice: ``<uuid>-<version>``, a bare UUID, an OJ number or a Doffin id, written one way."""
    number = (raw or "").strip().lower()
    if (found := _UUID_AND_VERSION.fullmatch(number)) is not None:
        return f"{found.group(1)}-{int(found.group(2)):02d}"
    return ojs_number(number.replace("/s", "/S")) or uuid_or_doffin_id(number)


def uuid_of(reference: str | None) -> str | None:
    """The UUID (or migrated Doffin id) in a reference to another notice; None when that is an OJ number."""
    number = notice_reference(reference)
    if number is None or (found := _UUID_AND_VERSION.fullmatch(number)) is None:
        return uuid_or_doffin_id(number)
    return found.group(1)


def organisation_digits(raw: str | None) -> str | None:
    """Digits of an organisation number, for comparison; None when there are fewer than six.

    ``202100-0340``, ``SE202100034001`` and ``16202100-0340`` are one; so are ``916 075 855`` and ``NO916075855MVA``.
    """
    written = re.sub(r"[\s.\u2013-]", "", raw or "").upper()
    if (found := _SWEDISH_VAT.fullmatch(written)) is not None:
        return found.group(1)
    digits = "".join(_DIGITS.findall(written))
    if len(digits) == 12 and digits.startswith("16") and digits[4] >= "2":
        return digits[2:]
    return digits if len(digits) >= 6 else None


@lru_cache(maxsize=512)
def country(raw: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of an alpha-2 or alpha-3 code, the Union's UK and EL included."""
    code = (raw or "").strip().upper()
    code = _UNION_COUNTRIES.get(code, code)
    if len(code) == 3:
        aliases: list[str] = get_global("territory_aliases").get(code, [])
        code = aliases[0] if len(aliases) == 1 else ""
    known = code == "XK" or (code != "ZZ" and code in get_global("territory_zones"))
    return code if len(code) == 2 and known else None


def celex(raw: str | None) -> str | None:
    """``2009/81/EC`` → ``32009L0081``; CELEX numbers and other words (``other``, ``CODE_OTHERS``) as given."""
    basis = (raw or "").strip()
    if _CELEX.fullmatch(basis.upper()):
        return basis.upper()
    if (found := _DIRECTIVE.fullmatch(basis)) is not None:
        year = found.group(1) if len(found.group(1)) == 4 else f"19{found.group(1)}"
        return f"3{year}L{int(found.group(2)):04d}"
    return basis[:64] or None
