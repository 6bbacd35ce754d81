"""Which notices and profiles does a file of JSON Lines hold, and which line of it is wrong?

Files of the same kind differ: what is missing is taken as empty, a text may be a string or a list, extra fields are
passed over. What cannot be read is an error that names file and line.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from classifier.text import LotText, NoticeText, ProfileText, sentences

_Made = TypeVar("_Made")
_GZIP = b"\x1f\x8b"
# Languages as other sets may spell them; what is not here stays as it is written.
_SPELLED = {
    "no": "nb", "nor": "nb", "nob": "nb", "nno": "nn", "swe": "sv", "se": "sv", "dan": "da", "dk": "da", "eng": "en",
}  # fmt: skip
_UNKNOWN = "und"


class JudgedBroken(ValueError):  # noqa: N818 - a state of the file, told by its name
    """A file that cannot be read; the message names the file and, where there is one, the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotice:
    """A notice as a line tells it."""

    identifier: str
    text: NoticeText
    buyer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProfile:
    """A profile as a line tells it."""

    identifier: str
    text: ProfileText


def read_notices(path: Path) -> list[ReadNotice]:
    """The notices of a file of JSON Lines, plain or gzip. Raises JudgedBroken."""
    return [_made(path, number, row, _notice) for number, row in _rows(path)]


def read_profiles(path: Path) -> list[ReadProfile]:
    """The profiles of a file of JSON Lines, plain or gzip. Raises JudgedBroken."""
    return [_made(path, number, row, _profile) for number, row in _rows(path)]


def _notice(row: Mapping[str, Any]) -> ReadNotice:
    text = NoticeText(
        title=_words(row.get("title"), " "),
        description=_words(row.get("description")),
        language=_language(row),
        cpv=_codes(row),
        lots=tuple(_lot(lot, number) for number, lot in enumerate(row.get("lots") or (), 1)),
    )
    buyer = row.get("buyer")
    named = buyer.get("name") if isinstance(buyer, Mapping) else buyer
    return ReadNotice(identifier=_identifier(row), text=text, buyer=_words(named, ", "))


def _lot(lot: Any, number: int) -> LotText:
    if isinstance(lot, str):
        return LotText(identifier=str(number), title=lot)
    name = lot.get("id") or lot.get("identifier") or number
    said = {"title": _words(lot.get("title"), " "), "description": _words(lot.get("description"))}
    return LotText(identifier=str(name), cpv=_codes(lot), **said)


def _profile(row: Mapping[str, Any]) -> ReadProfile:
    told = row.get("sentences") or row.get("text") or ""
    listed = [told] if isinstance(told, str) else [_words(one) for one in told]
    found = tuple(sentence for text in listed for sentence in sentences(text))
    return ReadProfile(
        identifier=_identifier(row), text=ProfileText(sentences=found, language=_language(row), cpv=_codes(row))
    )


def _identifier(row: Mapping[str, Any]) -> str:
    for key in ("id", "identifier", "source_id", "key"):  # the last two: what our own lists of rows call it
        if row.get(key) not in (None, ""):
            return str(row[key])
    raise ValueError("it has no id")


def _language(row: Mapping[str, Any]) -> str:
    spelled = str(row.get("lang") or row.get("language") or _UNKNOWN).strip().casefold().replace("_", "-").split("-")[0]
    return _SPELLED.get(spelled, spelled)


def _words(told: Any, between: str = "\n") -> str:
    """A text that is written as a string, as a list of strings, by language, or not at all."""
    if isinstance(told, Mapping):
        told = list(told.values())
    return between.join(_words(one, between) for one in told) if isinstance(told, list) else str(told or "")


def _codes(row: Mapping[str, Any]) -> tuple[str, ...]:
    told: list[Any] = []
    for key in ("cpv", "cpv_additional"):
        here = row.get(key)
        if isinstance(here, str):
            here = here.replace(",", " ").replace(";", " ").split()
        told += here if isinstance(here, list) else [here]
    return tuple(dict.fromkeys(code for one in told if (code := _code(one))))


def _code(told: Any) -> str:
    if isinstance(told, Mapping):
        told = told.get("code") or told.get("id")
    # A code that was read as a number has lost the zero that it began with.
    return f"{told:08d}" if isinstance(told, int) else str(told or "").strip()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines_of(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as wrong:
            raise JudgedBroken(f"{path}:{number}: not JSON: {wrong}") from None
        if not isinstance(row, dict):
            raise JudgedBroken(f"{path}:{number}: not an object with named fields")
        yield number, row


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file, plain or gzip, each with its number. Raises JudgedBroken.

    Only a line feed ends one: within JSON, the other breaks of Unicode are letters like any.
    """
    number = 0
    try:
        with path.open("rb") as opened:
            packed = opened.read(2) == _GZIP
        with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                yield number, line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as wrong:
        raise JudgedBroken(f"{path}:{number + 1}: cannot be read: {wrong}") from None


def _made(path: Path, number: int, row: dict[str, Any], make: Callable[[Mapping[str, Any]], _Made]) -> _Made:
    try:
        return make(row)
    except (ValueError, TypeError, AttributeError) as wrong:
        raise JudgedBroken(f"{path}:{number}: {wrong}") from None
