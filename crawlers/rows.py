"""Which rows does a parsed notice become? Values into values; :mod:`crawlers.saving` writes them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from crawlers.keys import Role
from crawlers.notice import ParsedLot, ParsedNotice
from db.models import Lot, NoticeVersion

# Not part of what a notice says: where and how it was read.
ABOUT_READING = frozenset({"payload_sha256", "listing_sha256", "wire_format", "oddities"})


def content_hash(notice: ParsedNotice) -> str:
    """SHA-256 of what the notice says; the same for every reading of the same content."""
    said = {name: getattr(notice, name) for name in _names(ParsedNotice) if name not in ABOUT_READING}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_plain, ensure_ascii=False).encode()).hexdigest()


def version_row(notice: ParsedNotice, *, notice_id: int, number: int, fetch_id: int | None) -> NoticeVersion:
    """The row of one reading of a notice, without its lots and buyers."""
    return NoticeVersion(**version_columns(notice, notice_id=notice_id, number=number, fetch_id=fetch_id))


def version_columns(notice: ParsedNotice, *, notice_id: int, number: int, fetch_id: int | None) -> dict[str, Any]:
    """The same as a mapping, for those who store many."""
    deadline = notice.deadline
    return {
        "notice_id": notice_id,
        "number": number,
        "content_hash": notice.digest,
        "payload_sha256": notice.payload_sha256,
        "wire_format": notice.wire_format,
        "fetch_id": fetch_id,
        "stage": notice.stage,
        "title": dict(notice.title),
        "description": dict(notice.description),
        "language": notice.language,
        "country": notice.country,
        "cpv": list(notice.cpv),
        "nuts": list(notice.nuts),
        "nationwide": notice.nationwide,
        "published_at": notice.published_at,
        "deadline_at": deadline.at if deadline else None,
        "deadline_kind": deadline.kind if deadline else None,
        "deadline_date_only": deadline.date_only if deadline else False,
        "value_amount": notice.value.amount if notice.value else None,
        "value_currency": notice.value.currency if notice.value else None,
        "notice_type": notice.notice_type,
        "notice_subtype": notice.notice_subtype,
        "legal_basis": notice.legal_basis,
        "procedure_type": notice.procedure_type,
        "contract_nature": notice.contract_nature,
        "framework": notice.framework,
        "sme_suitable": notice.sme_suitable,
        "security_clearance": notice.security_clearance,
        "activity": notice.activity,
        "cancelled": notice.cancelled,
        "notice_uuid": notice.notice_uuid,
        "notice_version": notice.notice_version,
        "procedure_uuid": notice.procedure_uuid,
        "ojs_number": notice.ojs_number,
        "reference": notice.reference,
        "changes_notice": notice.changes_notice,
        "previous_notices": list(notice.previous_notices),
        "url": notice.url,
        "links": [[link.kind, link.url] for link in notice.links],
        "oddities": list(notice.oddities),
    }


def lot_row(version_id: int, lot: ParsedLot) -> Lot:
    """The row of one lot."""
    return Lot(**lot_columns(version_id, lot))


def lot_columns(version_id: int, lot: ParsedLot) -> dict[str, Any]:
    """The same as a mapping, for those who store many."""
    return {
        "version_id": version_id,
        "identifier": lot.identifier,
        "title": dict(lot.title),
        "description": dict(lot.description),
        "cpv": list(lot.cpv),
        "nuts": list(lot.nuts),
        "deadline_at": lot.deadline.at if lot.deadline else None,
        "deadline_kind": lot.deadline.kind if lot.deadline else None,
        "deadline_date_only": lot.deadline.date_only if lot.deadline else False,
        "value_amount": lot.value.amount if lot.value else None,
        "value_currency": lot.value.currency if lot.value else None,
    }


def key_columns(notice_id: int, notice: ParsedNotice) -> list[dict[str, Any]]:
    """The rows of all its keys but facts, which lie in the notice's own row."""
    return [
        {"notice_id": notice_id, "role": key.role, "kind": key.kind, "value": key.value, "words": key.words}
        for key in notice.keys
        if key.role is not Role.FACT
    ]


def numbered_apart(lots: Iterable[ParsedLot]) -> list[ParsedLot]:
    """The lots with identifiers that differ: some portals number two lots alike, and both are wanted."""
    seen: dict[str, int] = {}
    apart = []
    for lot in lots:
        seen[lot.identifier] = seen.get(lot.identifier, 0) + 1
        count = seen[lot.identifier]
        apart.append(lot if count == 1 else replace(lot, identifier=f"{lot.identifier} ({count})"))
    return apart


def _plain(value: Any) -> object:
    """JSON for what dataclasses of a notice hold; the form never changes, since hashes depend on it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Mapping):
        return dict(value)
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass; every notice has some ten such values, and to ask each anew shows in a long crawl."""
    return tuple(f.name for f in fields(kind))
