"""What do we hold about a subscriber? All of it, found by a walk of the schema, so that no table can be forgotten (P8).

A table is theirs when its rows refer, however far, to their row in ``subscriber``; two more hold their address itself.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.orm import Session

from alerts.suppress import suppression_key
from db.models import Base, Signup, Subscriber, Suppression

# Columns that are not handed out, each with its reason.
WITHHELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web_session.token_hash": "by it a browser is let in",
        "api_token.sha256": "by it a program is let in",
        "door.secrets": "by them messages of ours are proved; each is shown once, when it is made",
    }
)
CHUNK: Final = 500


def owned(subscriber_id: int, email: str) -> dict[Table, ColumnElement[bool]]:
    """Every table that holds anything of theirs, with which of its rows are."""
    subscriber = _table(Subscriber)
    theirs: dict[Table, ColumnElement[bool]] = {subscriber: subscriber.c.id == subscriber_id}
    for table in Base.metadata.sorted_tables:
        ways = [
            key.parent.in_(select(key.column).where(theirs[key.column.table]))
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if key.column.table in theirs and key.column.table is not table
        ]
        if ways:
            theirs[table] = or_(*ways)
    theirs[_table(Signup)] = func.lower(_table(Signup).c.email) == email.lower()
    theirs[_table(Suppression)] = _table(Suppression).c.address == suppression_key(email)
    return theirs


def handed_out(s: Session, subscriber_id: int, email: str) -> Iterator[bytes]:
    """One JSON object, table by table, in pieces, so that any number of rows fits in memory."""
    opening = b"{"
    for table, mine in owned(subscriber_id, email).items():
        columns = [column for column in table.columns if f"{table.name}.{column.name}" not in WITHHELD]
        yield opening + json.dumps(table.name).encode() + b": ["
        rows = s.execute(
            select(*columns).where(mine).order_by(*table.primary_key.columns), execution_options={"yield_per": CHUNK}
        )
        between = b"\n"
        for row in rows.mappings():
            yield (
                between + json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False).encode()
            )
            between = b",\n"
        yield b"]"
        opening = b",\n"
    yield b"}\n"


def _table(model: type[Base]) -> Table:
    found = model.__table__
    assert isinstance(found, Table)
    return found


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case bytes() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case _:
            return value
