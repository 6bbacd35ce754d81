"""What lies in Kommers on this day: the Swedish notices that TED has too, and those that only Kommers has?"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from demo.catalogue import FOLDER, buyers
from demo.kommers_numbers import Numbers, mirrored, numbers_of
from demo.notice import ZONES, Buyer, Notice

PROCEDURES = {
    "open": "Öppet förfarande",
    "restricted": "Selektivt förfarande",
    "neg-w-call": "Förhandlat förfarande med föregående meddelande om upphandling",
}
LAST_MINUTE = time(23, 59, 50)  # as eLite closes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One notice of Kommers as of a day. ``kind``: Tender, Qualification, PriorInfo, Award or RFI.

    ``closes``: the local day and time, None where there is none. ``eforms``: the Supplier Hub has a page of it.
    """

    numbers: Numbers
    kind: str
    reference: str
    title: str
    text: str
    buyer: Buyer
    cpv: tuple[str, ...]
    nuts: tuple[str, ...]
    procedure: str
    nature: str
    framework: bool
    value: int | None
    published: date
    closes: datetime | None
    two_stages: bool
    eforms: bool


def listed(notices: Iterable[Notice], today: date) -> tuple[Listed, ...]:
    """All that Kommers has, newest first."""
    found: dict[Numbers, Listed] = {}
    for notice in notices:
        numbers = mirrored(notice)
        if numbers is not None and notice.kind == "competition" and notice.on_portal("ted"):
            # A corrigendum takes the place of what it corrects, under the first day: the row tells of no change but
            # by the days that are left.
            first = found.get(numbers)
            mirror = _mirror(notice, numbers)
            found[numbers] = replace(mirror, published=first.published) if first else mirror
    own = [_own(row, place, today) for place, row in enumerate(_rows())]
    return tuple(sorted((*found.values(), *own), key=lambda one: (one.published, one.numbers.hub), reverse=True))


def _mirror(notice: Notice, numbers: Numbers) -> Listed:
    text = next(iter(notice.texts.values()))
    closing = notice.closing
    return Listed(
        numbers=numbers,
        kind="Tender",
        # FMV's case system has numbers of its own; the others hand on what they gave to TED.
        reference=f"26FMV{notice.case % 10_000}" if numbers.instance == "fmv" else notice.reference,
        title=text.title,
        text=text.body,
        buyer=notice.buyer,
        cpv=notice.cpv,
        nuts=notice.nuts,
        procedure=PROCEDURES.get(notice.procedure, "Annat förfarande i ett steg"),
        nature=notice.nature,
        framework=notice.framework,
        value=notice.value,
        published=notice.published,
        closes=datetime.combine(closing.day, closing.at or LAST_MINUTE, closing.zone) if closing else None,
        two_stages=notice.deadline is None,
        eforms=True,
    )


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "kommers.toml").read_text(encoding="utf-8"))["notice"])


def _own(row: dict[str, Any], place: int, today: date) -> Listed:
    buyer = buyers()[row["buyer"]]
    days = row.get("deadline")
    return Listed(
        numbers=numbers_of(row["instance"], row.get("case", 991_001 + place)),
        kind=row.get("kind", "Tender"),
        reference=row["reference"],
        title=row["title"],
        text=" ".join(row["text"].split()),
        buyer=buyer,
        cpv=tuple(row["cpv"]),
        nuts=tuple(row["nuts"]),
        procedure=row.get("procedure", "Annat förfarande i ett steg"),
        nature=row.get("nature", "services"),
        framework=False,
        value=None,
        published=today - timedelta(days=row["published"]),
        closes=None if days is None else datetime.combine(today + timedelta(days=days), LAST_MINUTE, ZONES["SE"]),
        two_stages=row.get("kind") == "Qualification",
        eforms=row.get("eforms", False),
    )
