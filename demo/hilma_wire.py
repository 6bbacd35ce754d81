"""How does Hilma's search answer, which is an index of Azure Search behind a gateway?

Pure: the request's body in, status and answer out. Beside the notices of `hilma.toml` it holds what cities buy, day after
day for a year. It understands a filter by day of publication and refuses every other, as an index refuses what it lacks.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.catalogue import FOLDER, NAMESPACE

PATH = "/avp/eformnotices/docs/search"
ZONE = ZoneInfo("Europe/Helsinki")
LARGEST_PAGE = 1000
SUBJECTS = ("Lumityöt", "Katuvalaistus", "Toimistokalusteet", "Bussiliikenne", "Leikkipuistot", "Kattoremontti")
OTHERS = 400
NO_KEY = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
_SINCE = re.compile(r"datePublished ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")
Record = dict[str, Any]


def search(body: bytes, today: date) -> tuple[int, dict[str, Any]]:
    """Status and answer of `POST …/docs/search`."""
    try:
        asked = json.loads(body)
        top, skip = min(LARGEST_PAGE, int(asked.get("top", 50))), int(asked.get("skip", 0))
    except (ValueError, TypeError, AttributeError):
        return _refused("The request is invalid.")
    found = sorted(records(today), key=lambda one: one["datePublished"])
    if asked.get("filter"):
        since = _SINCE.fullmatch(asked["filter"])
        if since is None:
            return _refused("Invalid expression: Could not find a property.")
        found = [one for one in found if one["datePublished"] >= since.group(1)]
    if asked.get("orderby", "").endswith(" desc"):
        found.reverse()
    answer: dict[str, Any] = {"@odata.context": "https://hilma.search.example/indexes('eformnotices')/$metadata#docs"}
    if asked.get("count"):
        answer["@odata.count"] = len(found)
    score = 1.0 + len(body) % 7 / 10  # an index scores each answer anew
    return 200, answer | {"value": [{"@search.score": score, **one} for one in found[skip : skip + top]]}


def records(today: date) -> Iterator[Record]:
    """All that the portal holds."""
    for place, row in enumerate(_rows()):
        yield _record(row, 90_001 + place, today)
    for place in range(OTHERS):
        yield _record(_other(place), 80_001 + place, today)


def _refused(words: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": {"code": "InvalidRequestParameter", "message": words}}


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "hilma.toml").read_text(encoding="utf-8"))["notice"])


def _other(place: int) -> dict[str, Any]:
    subject = SUBJECTS[place % len(SUBJECTS)]
    return {
        "key": f"other-{place}",
        "buyer": ["Joen kaupunki", "0100100-1"],
        "type": ("ContractNotices", "ContractAwardNotices")[place % 2],
        "published": place * 9 // 10,
        "deadline": [30 - place, "12:00"],
        "cpv": [f"{45 + place % 5}000000"],
        "fi": [f"{subject}, sopimus {place}", f"{subject} kaupungin alueella."],
    }


def _record(row: Mapping[str, Any], number: int, today: date) -> Record:
    published = today - timedelta(days=row["published"])
    named = f"{published.year}-{number:06d}"
    texts: Record = {
        f"{field}{language.title()}": row[language][place] if language in row else None
        for place, field in enumerate(("title", "description"))
        for language in ("fi", "sv", "en", "other")
    }
    return {
        "id": f"EF-{number}",
        "noticeId": number,
        "procedureId": number - 700,
        "noticeNumber": named,
        "eFormsId": eforms_id(row["key"]),
        "contractFolderId": _uuid("procedure", row["key"]),
        "datePublished": f"{published}T06:30:02.448Z",
        "deadline": _deadline(today, *row["deadline"]) if "deadline" in row else None,
        "expirationDate": f"{today + timedelta(days=60)}T00:00:00Z",
        "mainType": row["type"],
        "type": "16",
        "procedureType": row.get("procedure"),
        "procurementTypeCode": row.get("nature"),
        **texts,
        "organisationNameFi": row["buyer"][0],
        "organisationNationalRegistrationNumber": row["buyer"][1],
        "cpvCodes": " ".join(row["cpv"]),
        "nutsCodes": " ".join(row.get("nuts", ())),
        "estimatedValue": row.get("value"),
        "currency": "EUR",
        "procurementDocumentsUrl": f"https://tarjous.example/id/{number}",
        "isEuProcurement": not row.get("national", False),
        "isNationalProcurement": row.get("national", False),
        "isCorrigendum": False,
        "isCancelled": row.get("cancelled", False),
        "includesFrameworkAgreement": row.get("framework", False),
        "includesDynamicPurcharingSystem": False,
        "tedPublicationId": f"{number + 800_000}-{published.year}" if row.get("ted") else None,
        "previousNoticeNumber": [],
        "lots": [{"titleFi": title, "estimatedValue": None} for title in row.get("lots", row.get("fi", ())[:1])],
    }


def eforms_id(key: str) -> str:
    """The UUID of one of the portal's notices."""
    return _uuid("notice", key)


def _uuid(purpose: str, key: str) -> str:
    return str(UUID(bytes=uuid5(NAMESPACE, f"hilma/{purpose}/{key}").bytes, version=4))


def _deadline(today: date, days: int, clock: str) -> str:
    at = datetime.combine(today + timedelta(days=days), time.fromisoformat(clock), ZONE)
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
