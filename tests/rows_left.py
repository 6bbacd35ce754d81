"""What do the tables hold, told so that two runs can be compared? Names in place of ids, and no moments of ours."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.kinship import NoticeKey, Ruling, ToldBefore
from db.models import Alert, Base, Buyer, Lot, Notice, NoticeVersion, Procurement, Quarantined, VersionBuyer
from db.session import transaction

OUR_OWN = {"id", "notice_id", "version_id", "procurement_id", "current_version_id", "created_at", "seen_at"}
STORED = ("procurement", "notice", "notice_key", "buyer", "quarantined", '"fetch"', "source", "ruling")


def emptied() -> None:
    """Take away all that was ever stored."""
    with transaction() as s:
        s.execute(text(f"TRUNCATE {', '.join(STORED)} RESTART IDENTITY CASCADE"))


def left() -> dict[str, list[Any]]:
    """Every row of what was collected and of what was told of it; notices and versions in the order of their ids."""
    with transaction() as s:
        notices = {row.id: f"{row.source}:{row.source_id}" for row in s.scalars(select(Notice).order_by(Notice.id))}
        versions = {
            row.id: f"{notices[row.notice_id]} {row.content_hash[:12]}"
            for row in s.scalars(select(NoticeVersion).order_by(NoticeVersion.id))
        }
        procurements = _procurements(s, notices)
        buyers = {row.id: str(_said(row)) for row in s.scalars(select(Buyer))}
        return {
            "notices": [
                (notices[row.id], procurements[row.procurement_id], versions[row.current_version_id or 0], _said(row))
                for row in s.scalars(select(Notice).order_by(Notice.id))
            ],
            "versions": [
                (versions[row.id], _said(row)) for row in s.scalars(select(NoticeVersion).order_by(NoticeVersion.id))
            ],
            "lots": [
                (versions[row.version_id], _said(row))
                for row in s.scalars(select(Lot).order_by(Lot.version_id, Lot.id))
            ],
            "buyers": sorted(buyers.values()),
            "who buys": sorted(
                (versions[row.version_id], row.position, buyers[row.buyer_id])
                for row in s.scalars(select(VersionBuyer))
            ),
            "keys": sorted((notices[row.notice_id], str(_said(row))) for row in s.scalars(select(NoticeKey))),
            "procurements": sorted(procurements.values()),
            "rulings": sorted(
                (ruling.verb, notices[pair.notice_id], notices[pair.other_id])
                for ruling in s.scalars(select(Ruling))
                for pair in ruling.pairs
            ),
            "alerts": [
                (procurements[row.procurement_id], versions[row.version_id], row.kind, row.digest_id is None)
                for row in s.scalars(select(Alert).order_by(Alert.id))
            ],
            "told before": sorted(
                (procurements[row.procurement_id], row.alert_id) for row in s.scalars(select(ToldBefore))
            ),
            "quarantined": sorted(str(_said(row)) for row in s.scalars(select(Quarantined))),
        }


def rows_as_they_lie() -> set[tuple[str, str, str]]:
    """Every row version of every table: each write, whatever it changes, moves one."""
    with transaction() as s:
        return {
            (table.name, str(place), str(writer))
            for table in Base.metadata.sorted_tables
            for place, writer in s.execute(select(text("ctid"), text("xmin")).select_from(table))
        }


def _procurements(s: Session, notices: dict[int, str]) -> dict[int, str]:
    """Each procurement by its notices; one that nothing but an alert still names, by that."""
    together: dict[int, list[str]] = {number: [] for number in s.scalars(select(Procurement.id))}
    for number, procurement_id in s.execute(select(Notice.id, Notice.procurement_id)):
        together[procurement_id].append(notices[number])
    return {number: " ".join(sorted(members)) for number, members in together.items()}


def _said(row: Any) -> dict[str, Any]:
    """A row's columns but those that say when and under which number it was stored."""
    return {c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in OUR_OWN}
