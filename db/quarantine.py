"""What could not be read, and why? The quarantine as rows, for the command line."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from db.models import Quarantined
from db.session import transaction


def kept(source: str | None = None) -> Iterator[dict[str, Any]]:
    """Each kept notice without its body, oldest first; ``bytes`` is how large that is."""
    columns = (
        Quarantined.id,
        Quarantined.source,
        Quarantined.source_id,
        Quarantined.reason,
        Quarantined.content_type,
        func.length(Quarantined.body).label("bytes"),
        Quarantined.created_at.label("first_seen"),
        Quarantined.seen_at.label("last_seen"),
    )
    query = select(*columns).order_by(Quarantined.id)
    if source is not None:
        query = query.where(Quarantined.source == source)
    with transaction() as s:
        found = s.execute(query).mappings().all()
    for row in found:
        yield {**row, "first_seen": row["first_seen"].isoformat(), "last_seen": row["last_seen"].isoformat()}


def reasons(source: str | None = None) -> list[dict[str, Any]]:
    """How many are kept for each reason of each source, the commonest first."""
    number = func.count().label("notices")
    query = (
        select(Quarantined.source, Quarantined.reason, number, func.max(Quarantined.seen_at).label("last_seen"))
        .group_by(Quarantined.source, Quarantined.reason)
        .order_by(number.desc(), Quarantined.source, Quarantined.reason)
    )
    if source is not None:
        query = query.where(Quarantined.source == source)
    with transaction() as s:
        return [{**row, "last_seen": row["last_seen"].isoformat()} for row in s.execute(query).mappings()]


def body_of(row_id: int) -> bytes | None:
    """What the portal sent, to the last byte; None for an id that is not kept."""
    with transaction() as s:
        return s.scalar(select(Quarantined.body).where(Quarantined.id == row_id))
