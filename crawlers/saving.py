"""How is a notice stored once and only once?

Keys say what may not happen twice (house.md, the data's route): a notice is one per source and number, a version one
per content. A richer format of the same publication (XML after a search hit) takes the place of the poorer one
without counting as a corrigendum; a poorer one after a richer is not stored at all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from crawlers.clean import fold
from crawlers.diff import Change, differences
from crawlers.notice import Broken, ParsedBuyer, ParsedNotice, WireFormat
from crawlers.procurement import corrected_by, place
from crawlers.rows import lot_row, numbered_apart, version_row
from db.models import Buyer, Lot, Notice, NoticeVersion, Procurement, Quarantined, VersionBuyer
from db.notices import SUPERSEDED
from db.session import utcnow

LONGEST_REASON: Final = 2000
SEEN_ANEW: Final = timedelta(days=1)  # what "seen" serves counts in days; a write for each look would buy nothing


class Saved(StrEnum):
    """What became of a notice."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids that are kept for the rows of a notice, in the order of the batch: the first two where it is new."""

    procurement_id: int
    notice_id: int
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The current version of a stored notice, as far as storing the next one needs it."""

    id: int
    number: int
    payload_sha256: str
    wire_format: str
    deadline_at: datetime | None
    cancelled: bool


def save(s: Session, notice: ParsedNotice, *, fetch_id: int | None = None, ids: Ids | None = None) -> Saved:
    """Store one notice in the caller's transaction; calling it again with the same notice changes nothing.

    The caller holds :func:`crawlers.procurement.lock`. ``ids``: those that its rows are to have.
    """
    row, fresh = _notice_row(s, notice, ids)
    relisted = bool(row.listing_sha256 and notice.listing_sha256 and row.listing_sha256 != notice.listing_sha256)
    if relisted or utcnow() - row.seen_at >= SEEN_ANEW:
        row.seen_at = utcnow()
    row.listing_sha256 = notice.listing_sha256 or row.listing_sha256
    standing = None if fresh else _standing(s, row)
    met_before = None if fresh else _version_of(s, row.id, notice.digest)
    if met_before is not None:
        return _said_again(s, row, met_before, standing, notice, crawled=fetch_id is not None)
    place(s, row, notice, fresh=fresh)
    number = _next_number(standing, notice, relisted=relisted)
    if number is None:
        return Saved.UNCHANGED
    version = version_row(notice, notice_id=row.id, number=number, fetch_id=fetch_id)
    if ids is not None:
        version.id = ids.version_id
    s.add(version)
    s.flush()
    _add_buyers(s, version.id, notice)
    lots = [lot_row(version.id, lot) for lot in numbered_apart(notice.lots)]
    s.add_all(lots)
    if (changes := _changes(s, standing, version, lots)) is not None:
        version.changes = changes
    _make_current(s, row, version.id)
    return Saved.NEW if standing is None else Saved.CHANGED


def _said_again(
    s: Session, row: Notice, version_id: int, standing: Standing | None, notice: ParsedNotice, *, crawled: bool
) -> Saved:
    """Content that was met before: nothing to do, unless the portal has gone back to it (a deadline moved back).

    Where the payload is the same, it is we who read less of it than before (a detail that could not be had this time):
    then it speaks for the notice again, and is no corrigendum.
    """
    if standing is None or version_id == standing.id or not crawled:
        return Saved.UNCHANGED
    if notice.wire_format.richness < WireFormat(standing.wire_format).richness:
        return Saved.UNCHANGED
    version = s.get_one(NoticeVersion, version_id)
    gone_back = notice.payload_sha256 != standing.payload_sha256 or _moved(standing, notice)
    version.matched_rev, version.number = None, standing.number + gone_back
    version.changes = _changes(s, standing, version, version.lots)
    _make_current(s, row, version_id)
    return Saved.CHANGED


def _changes(s: Session, standing: Standing | None, new: NoticeVersion, lots: Sequence[Lot]) -> list[Change] | None:
    """What differs from the version that stood, or from the notice that this one corrects; None where there is neither.

    Of one publication, only a corrigendum changes what matters: another format tells more or less of the same.
    """
    if standing is not None:
        old = s.get_one(NoticeVersion, standing.id)
        return differences(old, old.lots, new, lots, corrigendum=new.number > standing.number)
    corrected = corrected_by(s, [new.notice_id]).get(new.notice_id) if new.changes_notice else None
    return None if corrected is None else differences(corrected, corrected.lots, new, lots, corrigendum=True)


def _make_current(s: Session, row: Notice, version_id: int) -> None:
    """Let the version speak for its notice; an older reading that was still to be matched is owed to nobody."""
    row.current_version_id = version_id
    s.execute(
        update(NoticeVersion)
        .where(NoticeVersion.notice_id == row.id, NoticeVersion.id != version_id, NoticeVersion.matched_rev.is_(None))
        .values(matched_rev=SUPERSEDED)
    )
    s.flush()


def quarantine(s: Session, broken: Broken, *, crawled: bool = False) -> Saved:
    """Keep a notice that cannot be read, whole, with its reason; the same body is kept once.

    ``crawled``: the portal gives it now, and has not taken it back since it was kept. A file says no such thing.
    """
    statement = insert(Quarantined).values(
        source=broken.source,
        source_id=None if broken.source_id is None else _storable(broken.source_id),
        payload_sha256=hashlib.sha256(broken.body).hexdigest(),
        content_type=_storable(broken.content_type),
        body=broken.body,
        reason=_storable(broken.reason[:LONGEST_REASON]),
    )
    s.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "payload_sha256"],
            set_={"reason": statement.excluded.reason, **({"seen_at": utcnow()} if crawled else {})},
            where=None if crawled else Quarantined.reason != statement.excluded.reason,
        )
    )
    return Saved.QUARANTINED


def _storable(told: str) -> str:
    """A text as every column takes it: what is kept because it cannot be stored must not fail for the same reason."""
    return told.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def known_listings(s: Session, source: str, since: datetime) -> dict[str, str]:
    """Hash of the search hit behind each notice of a source that was seen since; unchanged hits need no download."""
    rows = s.execute(
        select(Notice.source_id, Notice.listing_sha256).where(
            Notice.source == source, Notice.seen_at >= since, Notice.listing_sha256.is_not(None)
        )
    )
    return {source_id: sha for source_id, sha in rows if sha}


def _notice_row(s: Session, notice: ParsedNotice, ids: Ids | None) -> tuple[Notice, bool]:
    """The row of this publication, locked; made, with its procurement, where it is new."""
    of_procurement = {"id": ids.procurement_id} if ids else {}
    of_notice = {"id": ids.notice_id} if ids else {}
    mine = select(Notice).where(Notice.source == notice.source, Notice.source_id == notice.source_id)
    row = s.scalar(mine.with_for_update())
    if row is None:
        statement = insert(Notice).values(
            source=notice.source,
            source_id=notice.source_id,
            procurement_id=s.scalars(insert(Procurement).values(of_procurement).returning(Procurement.id)).one(),
            listing_sha256=notice.listing_sha256,
            **of_notice,
        )
        made = s.scalar(statement.on_conflict_do_nothing(constraint="notice_once").returning(Notice.id))
        row = s.scalars(mine.with_for_update()).one()
        if made is not None:
            return row, True
    return row, False


def _version_of(s: Session, notice_id: int, digest: str) -> int | None:
    return s.scalar(
        select(NoticeVersion.id).where(NoticeVersion.notice_id == notice_id, NoticeVersion.content_hash == digest)
    )


def _standing(s: Session, row: Notice) -> Standing | None:
    v = s.get(NoticeVersion, row.current_version_id) if row.current_version_id is not None else None
    if v is None:
        return None
    return Standing(
        id=v.id,
        number=v.number,
        payload_sha256=v.payload_sha256,
        wire_format=v.wire_format,
        deadline_at=v.deadline_at,
        cancelled=v.cancelled,
    )


def _next_number(standing: Standing | None, notice: ParsedNotice, *, relisted: bool) -> int | None:
    """The number of the new version, or None when it adds nothing to a richer one that stands.

    Two formats may read one publication differently (a search hit shows one deadline of many lots), so between
    formats only a hit that the portal itself changed counts as a corrigendum. Reading the same payload anew with a
    better parser never does.
    """
    if standing is None:
        return 1
    old, new = WireFormat(standing.wire_format), notice.wire_format
    if relisted and _moved(standing, notice):  # a hit may tell what the XML never does, such as a cancellation
        return standing.number + 1
    if new.richness == old.richness:
        return standing.number if notice.payload_sha256 == standing.payload_sha256 else standing.number + 1
    return standing.number if new.richness > old.richness else None


def _moved(standing: Standing, notice: ParsedNotice) -> bool:
    """Whether a bidder would have to act: it was cancelled or taken up again, or its deadline is another."""
    return notice.cancelled != standing.cancelled or (
        notice.deadline is not None and notice.deadline.at != standing.deadline_at
    )


def _add_buyers(s: Session, version_id: int, notice: ParsedNotice) -> None:
    ids = list(dict.fromkeys(_buyer_id(s, buyer) for buyer in notice.buyers))
    s.add_all(VersionBuyer(version_id=version_id, buyer_id=id_, position=place) for place, id_ in enumerate(ids))


def _buyer_id(s: Session, buyer: ParsedBuyer) -> int:
    """The row of this buyer: by country and digits, or by country and folded name where it has no number."""
    digits, country, folded = buyer.digits, buyer.country or "", fold(buyer.name)
    same = (Buyer.country == country) & (
        (Buyer.digits == digits) if digits else (Buyer.digits.is_(None) & (Buyer.folded_name == folded))
    )
    found = s.scalar(select(Buyer.id).where(same))
    if found is not None:
        return found
    statement = insert(Buyer).values(
        name=buyer.name, folded_name=folded, identifier=buyer.identifier, digits=digits, country=country
    )
    made = s.scalar(statement.on_conflict_do_nothing().returning(Buyer.id))
    return made if made is not None else s.scalars(select(Buyer.id).where(same)).one()
