"""How do the rows of many new notices go in by a few statements? Values into rows; nothing is decided here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from crawlers.clean import fold
from crawlers.keys import facts_written
from crawlers.lookup import listed, of_each
from crawlers.notice import ParsedBuyer, ParsedNotice
from crawlers.rows import key_columns, lot_columns, numbered_apart, version_columns
from crawlers.saving import Ids
from db.kinship import NoticeKey
from db.models import Buyer, Lot, Notice, NoticeVersion, Procurement, VersionBuyer
from db.session import utcnow

Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A notice that is new, with the ids that its rows will have, and where it belongs."""

    notice: ParsedNotice
    ids: Ids
    procurement_id: int
    tie: dict[str, Any] | None

    @property
    def founds(self) -> bool:
        """Whether its procurement is made with it."""
        return self.procurement_id == self.ids.procurement_id


def insert_all(s: Session, arrivals: Sequence[Arrival], known: Mapping[Identity, int], fetch_id: int | None) -> None:
    """All rows of these notices; ``known``: the buyers that are stored already."""
    now = utcnow()
    _insert(s, Procurement, [{"id": one.procurement_id} for one in arrivals if one.founds])
    notices = [
        {
            "id": one.ids.notice_id,
            "source": one.notice.source,
            "source_id": one.notice.source_id,
            "procurement_id": one.procurement_id,
            "current_version_id": one.ids.version_id,
            "tie": one.tie,
            "facts": facts_written(one.notice.keys),
            "listing_sha256": one.notice.listing_sha256,
            "seen_at": now,
        }
        for one in arrivals
    ]
    _insert(s, Notice, notices)
    versions = [
        {
            "id": one.ids.version_id,
            **version_columns(one.notice, notice_id=one.ids.notice_id, number=1, fetch_id=fetch_id),
        }
        for one in arrivals
    ]
    _insert(s, NoticeVersion, versions)
    lots = [lot_columns(one.ids.version_id, lot) for one in arrivals for lot in numbered_apart(one.notice.lots)]
    _insert(s, Lot, lots)
    _insert(s, NoticeKey, [row for one in arrivals for row in key_columns(one.ids.notice_id, one.notice)])
    _insert_buyers(s, arrivals, known)


def _insert_buyers(s: Session, arrivals: Sequence[Arrival], known: Mapping[Identity, int]) -> None:
    wanted: dict[Identity, ParsedBuyer] = {}
    for one in arrivals:
        for buyer in one.notice.buyers:
            wanted.setdefault(identity(buyer), buyer)
    new = [
        {
            "country": buyer.country or "",
            "digits": buyer.digits,
            "name": buyer.name,
            "folded_name": fold(buyer.name),
            "identifier": buyer.identifier,
        }
        for who, buyer in wanted.items()
        if who not in known
    ]
    _insert(s, Buyer, new)
    ids = {**known, **(stored_buyers(s, wanted.keys() - known.keys()) if new else {})}
    rows = [
        {"version_id": one.ids.version_id, "buyer_id": id_, "position": place}
        for one in arrivals
        for place, id_ in enumerate(dict.fromkeys(ids[identity(buyer)] for buyer in one.notice.buyers))
    ]
    _insert(s, VersionBuyer, rows)


@lru_cache(maxsize=4096)
def identity(buyer: ParsedBuyer) -> Identity:
    """What tells one buyer from another: country and digits, or country and folded name where there is no number."""
    digits = buyer.digits
    return (buyer.country or "", digits, "") if digits else (buyer.country or "", "", fold(buyer.name))


def stored_buyers(s: Session, wanted: Iterable[Identity]) -> dict[Identity, int]:
    """The ids of those of these buyers that are stored."""
    asked = list(wanted)
    numbered = [(country, digits) for country, digits, _ in asked if digits]
    named = [(country, folded) for country, digits, folded in asked if not digits]
    found: dict[Identity, int] = {}
    if numbered:
        them = listed(*zip(*numbered, strict=True))
        same = (Buyer.country == them.c.first) & (Buyer.digits == them.c.second)
        rows = s.execute(of_each(them, select(Buyer.country, Buyer.digits, Buyer.id).where(same)))
        found |= {(country, digits or "", ""): id_ for country, digits, id_ in rows}
    if named:
        them = listed(*zip(*named, strict=True))
        same = (Buyer.country == them.c.first) & (Buyer.folded_name == them.c.second) & Buyer.digits.is_(None)
        rows = s.execute(of_each(them, select(Buyer.country, Buyer.folded_name, Buyer.id).where(same)))
        found |= {(country, "", folded or ""): id_ for country, folded, id_ in rows}
    return found


def reserve(s: Session, count: int) -> list[Ids]:
    """Ids that nobody else will get, rising from one notice to the next."""
    drawn = (
        func.nextval(func.pg_get_serial_sequence(_table(one).name, "id"))
        for one in (Procurement, Notice, NoticeVersion)
    )
    rows = s.execute(select(*drawn).select_from(func.generate_series(1, count)))
    return [Ids(procurement_id=one, notice_id=two, version_id=three) for one, two, three in rows]


def _insert(s: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all set the same columns, as one parameter: to take each value by itself costs more than to
    store it.
    """
    if not rows:
        return
    table = _table(model).name
    columns = ", ".join(f'"{name}"' for name in rows[0])
    # The names are those of our own tables and columns.
    statement = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, :rows)"  # noqa: S608
    s.execute(text(statement), {"rows": json.dumps(rows, default=_plain, ensure_ascii=False)})


def _plain(value: object) -> str:
    """JSON for what columns hold and JSON does not; raises ValueError for a moment without a zone, as the tables do."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"no column holds {type(value).__name__}")


def _table(model: Any) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
