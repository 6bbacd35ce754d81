"""Which firms does a CSV file name? Each row one profile of a firm; the whole file is sound, or each fault has its line.

The columns are :data:`COLUMNS`, in any order under a first row that names them; commas or semicolons between them. In
``sentences`` a bar parts one from the next; in ``cpv``, ``nuts`` and ``countries`` a blank does. ``consent``: the day on
which the firm agreed in writing to our mail, of which the cluster keeps the proof; where it is empty we ask the firm.
"""

import io
from collections.abc import Iterator, Mapping
from csv import Error, reader
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from classifier.profile_said import SubscriberIn
from classifier.profiles import stem_of
from web.forms import cleaned

NEEDED: Final = ("company", "email", "country", "language", "profile", "sentences")
COLUMNS: Final = (*NEEDED, "cpv", "nuts", "countries", "cadence", "threshold", "consent")
OF_FIRM: Final = ("company", "country", "language", "cadence", "consent")
LISTS: Final[Mapping[str, str | None]] = MappingProxyType(
    {"sentences": "|", "cpv": None, "nuts": None, "countries": None}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong in which line and column. ``which``: a key of ``admin.import.wrong``."""

    line: int
    column: str
    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """One firm of the file, and since when it has agreed to our mail; None: it is to be asked."""

    line: int
    told: SubscriberIn
    agreed: date | None


def read(body: bytes, today: date) -> tuple[list[Firm], list[Wrong]]:
    """The firms of a file and what is wrong with it; whoever finds anything wrong stores nothing."""
    try:
        lines = list(reader(io.StringIO(body.decode("utf-8-sig")), delimiter=_delimiter(body), strict=True))
    except UnicodeDecodeError:
        return [], [Wrong(line=1, column="", which="no_utf8")]
    except Error:
        return [], [Wrong(line=1, column="", which="no_csv")]
    heads = [head.strip().lower() for head in lines[0]] if lines else []
    wrong = [Wrong(line=1, column=name, which="unknown") for name in heads if name not in COLUMNS]
    wrong += [Wrong(line=1, column=name, which="no_column") for name in NEEDED if name not in heads]
    wrong += [Wrong(line=1, column=name, which="twice") for name in {*heads} if heads.count(name) > 1]
    if wrong or len(lines) < 2:
        return [], wrong or [Wrong(line=1, column="", which="empty")]
    return _firms(heads, lines[1:], today)


def _firms(heads: list[str], lines: list[list[str]], today: date) -> tuple[list[Firm], list[Wrong]]:
    wrong: list[Wrong] = []
    by_firm: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, fields in enumerate(lines, start=2):
        if not any(one.strip() for one in fields):
            continue
        if len(fields) != len(heads):
            wrong.append(Wrong(line=number, column="", which="fields"))
            continue
        row = {name: cleaned(one).strip() for name, one in zip(heads, fields, strict=True)}
        by_firm.setdefault(row["email"].lower(), []).append((number, row))
    firms = []
    for rows in by_firm.values():
        met = list(_one(rows, today))
        wrong += [one for one in met if isinstance(one, Wrong)]
        firms += [one for one in met if isinstance(one, Firm)]
    return firms, sorted(wrong, key=lambda one: one.line)


def _one(rows: list[tuple[int, dict[str, str]]], today: date) -> Iterator[Firm | Wrong]:
    """A firm of one or several rows, or what is wrong with it."""
    line, first = rows[0]
    sound = True
    for number, row in rows[1:]:
        for name in OF_FIRM:
            if row.get(name, "") != first.get(name, ""):
                sound = False
                yield Wrong(line=number, column=name, which="differs")
    agreed = _day(first.get("consent", ""), today)
    if agreed is None and first.get("consent"):
        sound = False
        yield Wrong(line=line, column="consent", which="wrong")
    if agreed is None and len(rows) > 1:
        sound = False
        yield Wrong(line=rows[1][0], column="consent", which="one_profile")
    keys = [stem_of(row["profile"]) for _, row in rows]
    for at, (number, _) in enumerate(rows):
        if keys[at] in keys[:at]:
            sound = False
            yield Wrong(line=number, column="profile", which="twice")
    told = {name: first[name] for name in ("company", "email", "country", "language")}
    told |= {"cadence": first["cadence"]} if first.get("cadence") else {}
    try:
        one = SubscriberIn.model_validate(told | {"profile": [_profile(row) for _, row in rows]})
    except ValidationError as error:
        seen = {_wrong(problem, rows) for problem in error.errors()}
        yield from sorted(seen, key=lambda found: (found.line, found.column))
        return
    if sound:
        yield Firm(line=line, told=one, agreed=agreed)


def _profile(row: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"key": stem_of(row["profile"]), "name": row["profile"]}
    for name, parts in LISTS.items():
        told[name] = [one.strip() for one in row.get(name, "").split(parts) if one.strip()]
    if row.get("threshold"):
        told["threshold"] = row["threshold"].replace(",", ".")
    return told


def _wrong(problem: Any, rows: list[tuple[int, dict[str, str]]]) -> Wrong:
    """Where a problem of the validation stands in the file."""
    loc = problem["loc"]
    line, column = rows[0][0], str(loc[0])
    if loc[0] == "profile":
        line = rows[loc[1]][0] if len(loc) > 1 else line
        column = {"name": "profile", "key": "profile"}.get(str(loc[2]), str(loc[2])) if len(loc) > 2 else "profile"
    missing = problem["type"] in {"string_too_short", "too_short"}
    return Wrong(line=line, column=column, which="needed" if missing else "wrong")


def _day(written: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if day <= today else None


def _delimiter(body: bytes) -> str:
    first = body.split(b"\n", 1)[0]
    return ";" if first.count(b";") > first.count(b",") else ","
