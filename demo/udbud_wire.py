"""How does the search behind udbud.dk's own page answer: newest first when asked so, page by page, dates as Danes write them?

Pure: the request's body in, status and answer out. Beside the notices of `udbud.toml` it holds what municipalities buy,
day after day for a year.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.catalogue import FOLDER, NAMESPACE

PATH = "/soegning/public/soegeresultat"
ZONE = ZoneInfo("Europe/Copenhagen")
LARGEST_PAGE = 100
SUBJECTS = ("Snerydning", "Skolemad", "Vejbelysning", "Kontormøbler", "Tagrenovering", "Bybusser", "Legepladser")
OTHERS = 360  # one a day, for a year
Element = dict[str, Any]


def search(body: bytes, today: date) -> tuple[int, dict[str, Any]]:
    """Status and answer of `POST …/soegeresultat`."""
    try:
        asked = json.loads(body)
        paging = asked["pagineringDto"]
        page, size = int(paging["aktuelSide"]), min(LARGEST_PAGE, int(paging["maksElementer"]))
    except (ValueError, KeyError, TypeError):
        return 400, {"status": 400, "error": "Bad Request", "path": PATH}
    if page < 1 or size < 1 or asked.get("udbudStatusFilter") not in {"AKTIV", "ALLE"}:
        return 400, {"status": 400, "error": "Bad Request", "path": PATH}
    found = list(elements(today))
    codes = [code.rstrip("0") for code in asked.get("filterDto", {}).get("cpvKoder", ())]
    if codes:
        found = [one for one in found if one["dataDa"]["cpvKode"].startswith(tuple(codes))]
    if paging.get("sorteringFelt") == "PUBLIKATION_DATO":
        # The portal's own order is the other way round: who wants the newest first must say so.
        found.sort(key=lambda one: _iso(one["dataDa"]["publiceringsdato"]), reverse=paging.get("retning") == "Desc")
    return 200, {
        "resultatElementDtoList": found[(page - 1) * size : page * size],
        "soegningQueryDto": asked,
        "totaltAntalResultater": len(found),
    }


def elements(today: date) -> Iterator[Element]:
    """All that the portal holds."""
    for place, row in enumerate(_rows()):
        yield _element(row, 880_001 + place, today)
    for place in range(OTHERS):
        yield _element(_other(place), 870_001 + place, today)


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "udbud.toml").read_text(encoding="utf-8"))["notice"])


def _other(place: int) -> dict[str, Any]:
    subject = SUBJECTS[place % len(SUBJECTS)]
    return {
        "key": f"other-{place}",
        "buyer": ["Nordhede Kommune", "29189000"],
        "kind": ("competition", "result")[place % 2],
        "subtype": ("16", "E3")[place % 2],
        "published": place,
        "deadlines": [[30 - place, "12:00"]],
        "cpv": f"{45 + place % 5}000000",
        "title": f"{subject}, aftale {place}",
        "text": f"{subject} i kommunens distrikter.",
    }


def _element(row: Mapping[str, Any], number: int, today: date) -> Element:
    published = today - timedelta(days=row["published"])
    told = {
        "titel": row["title"],
        "beskrivelse": " ".join(row["text"].split()),
        "ordregiver": row["buyer"][0],
        "ordregiverId": row["buyer"][1],
        "alleOrdregivere": [row["buyer"][0], *row.get("others", ())],
        "publiceringsdato": f"{published:%d-%m-%Y}",
        "cpvKode": row["cpv"],
        "cpvTitel": "",
        "formulartype": row["kind"].capitalize(),
        "formulartypeKode": row["kind"],
        "bkSubType": "",
        "bkSubTypeKode": row["subtype"],
        "tidsfrister": [_deadline(today, *told) for told in row.get("deadlines", ())],
        "anslaaetVaerdi": row.get("value"),
        "anslaaetVaerdiValuta": "DKK" if "value" in row else None,
        "erAendring": row.get("change", False),
    }
    return {
        "noticeId": notice_id(row["key"]),
        "noticeVersion": f"{row.get('version', 1):02d}",
        "noticePublicationNumber": f"{number:08d}-{published.year}",
        "dataDa": told,
        "dataEn": told | {"formulartype": row["kind"].capitalize(), "cpvTitel": "in English"},
    }


def notice_id(key: str) -> str:
    """The UUID of one of the portal's notices."""
    return str(UUID(bytes=uuid5(NAMESPACE, f"udbud/{key}").bytes, version=4))


def _deadline(today: date, days: int, clock: str | None = None) -> str:
    """A moment in UTC; a day alone as Danes write it."""
    day = today + timedelta(days=days)
    if clock is None:
        return f"{day:%d-%m-%Y}"
    return f"{datetime.combine(day, time.fromisoformat(clock), ZONE).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _iso(danish: str) -> str:
    day, month, year = danish.split("-")
    return f"{year}-{month}-{day}"
