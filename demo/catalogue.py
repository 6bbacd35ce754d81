"""Which notices does the sandbox publish today?

The notices are written by us in `demo/notices/*.toml`, with dates relative to today, and are resolved here to
identifiers, numbers and moments. Nothing in this module knows a wire format.
"""

import tomllib
from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.notice import LANGUAGES, ZONES, Buyer, Change, Deadline, Lot, Notice, Text

FOLDER = Path(__file__).parent / "notices"
FILES = ("se_defence", "se_preparedness", "se_municipal", "both_portals", "no_defence", "no_municipal")
NAMESPACE = UUID("6f0c9a52-58d1-4c1e-9d0c-3f7b1d0a2e64")
# TED gives out about 850,000 numbers a year and Doffin about 130,000, so these never name a real notice.
FIRST_NUMBER = 990_001


@lru_cache(maxsize=8)
def catalogue(today: date, day: int = 1) -> tuple[Notice, ...]:
    """Every notice out on this day of the sandbox's life, oldest number first.

    On day 2 the corrigenda of `second_day.toml` are out as well; all dates stay relative to the same `today`.
    """
    raw = [entry for name in FILES for entry in _read(name)["notice"]]
    raw.sort(key=lambda entry: (-entry["published"], entry["key"]))
    notices = {entry["key"]: _notice(entry, FIRST_NUMBER + place, today) for place, entry in enumerate(raw)}
    if day >= 2:
        for place, entry in enumerate(_read("second_day")["change"]):
            changed = _changed(notices[entry["of"]], entry, FIRST_NUMBER + len(raw) + place, today)
            notices[changed.key] = changed
    return tuple(notices.values())


@cache
def buyers() -> dict[str, Buyer]:
    """The buyers of `buyers.toml` by key."""
    return {
        key: Buyer(
            key=key,
            name=row["name"],
            id=row["id"],
            doffin_id=row.get("doffin_id", row["id"]),
            country=row["country"],
            city=row["city"],
            post=row["post"],
            nuts=row["nuts"],
            activity=row.get("activity", "gen-pub"),
            legal=row.get("legal", "la"),
            contact=tuple(row["contact"]) if "contact" in row else None,
        )
        for key, row in _read("buyers").items()
    }


@cache
def cpv_labels() -> dict[str, dict[str, str]]:
    """Names in English and Swedish of the main CPV codes, which TED puts into its titles."""
    return _read("labels")


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _uuid(purpose: str, key: str) -> str:
    # Random-looking version 4 as the standard wants, yet the same at every start, so that a second run repeats itself.
    return str(UUID(bytes=uuid5(NAMESPACE, f"{purpose}/{key}").bytes, version=4))


def _text(title: str, body: str) -> Text:
    # Line breaks in the file are for its readers; a tab is kept, since portals let control characters through.
    return Text(title=title, body=" ".join(line.strip(" ") for line in body.strip().splitlines()))


def _deadline(value: list[Any] | None, today: date, zone: ZoneInfo) -> Deadline | None:
    if value is None:
        return None
    at = time.fromisoformat(value[1]) if len(value) > 1 else None
    return Deadline(day=today + timedelta(days=value[0]), at=at, zone=zone)


def _notice(entry: dict[str, Any], number: int, today: date) -> Notice:
    buyer = buyers()[entry["buyer"]]
    published = today - timedelta(days=entry["published"])
    texts = {code: _text(entry[code]["title"], entry[code]["text"]) for code in LANGUAGES if code in entry}
    return Notice(
        key=entry["key"],
        number=number,
        case=number,
        buyer=buyer,
        on=tuple(entry["on"]),
        kind=entry.get("kind", "competition"),
        nature=entry["nature"],
        cpv=tuple(entry["cpv"]),
        nuts=tuple(entry["nuts"]),
        procedure=entry.get("procedure", "open"),
        framework=entry.get("framework", False),
        value=entry.get("value"),
        law=entry.get("law", "32014L0024"),
        activity=entry.get("activity", buyer.activity),
        texts=texts,
        lots=tuple(_lot(place, lot) for place, lot in enumerate(entry.get("lot", ()), start=1)),
        clearance=_clearance(entry, next(iter(texts))),
        bilingual=entry.get("bilingual", False),
        status_unknown=entry.get("status") == "null",
        winner=tuple(entry["winner"]) if "winner" in entry else None,
        relevant_for=tuple(entry.get("relevant_for", ())),
        published=published,
        issued=published - timedelta(days=number % 3),  # Doffin publishes 0 to 7 days after issue
        deadline=_deadline(entry.get("deadline"), today, ZONES[buyer.country]),
        request=_deadline(entry.get("request"), today, ZONES[buyer.country]),
        planned=today + timedelta(days=entry["planned"]) if "planned" in entry else None,
        notice_id=_uuid("notice", entry["key"]),
        procedure_id=_uuid("procedure", entry["key"]),
    )


def _clearance(entry: dict[str, Any], language: str) -> dict[str, str]:
    words = {language: entry.get("clearance"), "en": entry.get("clearance_en")}
    if language == "en":
        words = {"en": entry.get("clearance")}
    return {code: text for code, text in words.items() if text}


def _lot(place: int, row: dict[str, Any]) -> Lot:
    texts = {code: _text(*row[code]) for code in LANGUAGES if code in row}
    return Lot(id=f"LOT-{place:04d}", cpv=row["cpv"], texts=texts)


def _changed(old: Notice, entry: dict[str, Any], number: int, today: date) -> Notice:
    """The corrigendum of a notice: a new one that points back, or the same one in its second version."""
    deadline = _deadline(entry.get("deadline"), today, old.zone) or old.deadline
    request = _deadline(entry.get("request"), today, old.zone) or old.request
    if entry.get("same_id"):
        return replace(old, deadline=deadline, request=request, version=old.version + 1)
    return replace(
        old,
        key=entry["key"],
        number=number,
        notice_id=_uuid("notice", entry["key"]),
        published=today,
        issued=today,
        deadline=deadline,
        request=request,
        change=Change(
            notice_id=f"{old.notice_id}-{old.version:02d}",
            number=old.ted_number if entry.get("points_by") == "number" else None,
            reason={code: entry[code] for code in LANGUAGES if code in entry},
        ),
    )
