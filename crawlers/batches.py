"""How are many notices stored in a few statements? New and unchanged ones together, the rest by :mod:`crawlers.saving`.

Most of what a crawl or a package brings is either stored already as it reads, or new. Neither needs a decision on its
versions, so neither needs statements of its own. What is left behind is as if all had been stored one by one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crawlers.bulk import Arrival, Identity, identity, insert_all, reserve, stored_buyers
from crawlers.diff import differences
from crawlers.lookup import listed, of_each
from crawlers.meeting import Pair
from crawlers.member import Member
from crawlers.notice import Broken, ParsedBuyer, ParsedNotice
from crawlers.procurement import corrected_by
from crawlers.rows import lot_row, numbered_apart, version_row
from crawlers.saving import SEEN_ANEW, Ids, Saved
from crawlers.seating import seats
from db.models import Notice, NoticeVersion
from db.session import utcnow

BATCH: Final = 500
Name = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plainly:
    """What was stored at once, by place in the batch; and the ids that are kept for the rows of the rest."""

    saved: Mapping[int, Saved] = field(default_factory=dict)
    ids: Mapping[int, Ids] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A notice that is stored, and what its current version reads."""

    id: int
    seen_at: datetime
    listing_sha256: str | None
    content_hash: str | None


def save_plain(s: Session, met: Sequence[ParsedNotice | Broken], *, fetch_id: int | None = None) -> Plainly:
    """Store those of a batch that need no decision; the rest is untouched, and for the caller to store in its order.

    The caller holds :func:`crawlers.procurement.lock`.
    """
    notices = {place: one for place, one in enumerate(met) if isinstance(one, ParsedNotice)}
    if not notices:
        return Plainly()
    known = _known(s, list(notices.values()))
    first: dict[Name, int] = {}
    for place, one in notices.items():
        first.setdefault(_name(one), place)
    same: set[int] = set()
    new: list[int] = []
    waiting: list[int] = []
    for place, one in notices.items():
        stored = known.get(_name(one))
        if first[_name(one)] != place:
            waiting.append(place)
            continue
        if stored is None:
            new.append(place)
        elif stored.content_hash == one.digest:
            same.add(place)
        else:
            waiting.append(place)
    _seen_again(s, [(known[_name(notices[place])], notices[place]) for place in same])
    saved = dict.fromkeys(same, Saved.UNCHANGED)
    if not new:
        return Plainly(saved=saved)
    # Of the waiting ones too, so that versions are numbered in the order in which they came.
    decided = sorted([*new, *waiting])
    ids = dict(zip(decided, reserve(s, len(decided)), strict=True))
    stored_at_once = _store_new(s, notices, ids, waiting, fetch_id)
    return Plainly(saved=saved | dict.fromkeys(stored_at_once, Saved.NEW), ids=ids)


def _name(notice: ParsedNotice) -> Name:
    return (notice.source, notice.source_id)


def _known(s: Session, notices: Sequence[ParsedNotice]) -> dict[Name, _Known]:
    """The stored ones among these, by source and number."""
    them = listed(*zip(*(_name(one) for one in notices), strict=True))
    standing = (
        select(
            Notice.source,
            Notice.source_id,
            Notice.id,
            Notice.seen_at,
            Notice.listing_sha256,
            NoticeVersion.content_hash,
        )
        .outerjoin(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(Notice.source == them.c.first, Notice.source_id == them.c.second)
    )
    rows = s.execute(of_each(them, standing))
    return {
        (source, source_id): _Known(id=id_, seen_at=seen_at, listing_sha256=listing, content_hash=digest)
        for source, source_id, id_, seen_at, listing, digest in rows
    }


def _seen_again(s: Session, pairs: Sequence[tuple[_Known, ParsedNotice]]) -> None:
    """Note that they were met, where that says more than is written down."""
    now = utcnow()
    for stored, notice in pairs:
        if notice.listing_sha256 and notice.listing_sha256 != stored.listing_sha256:
            moved = update(Notice).where(Notice.id == stored.id)
            s.execute(moved.values(seen_at=now, listing_sha256=notice.listing_sha256))
    stale = sorted(stored.id for stored, _ in pairs if now - stored.seen_at >= SEEN_ANEW)
    if stale:
        s.execute(update(Notice).where(Notice.id.in_(stale)).values(seen_at=now))


def _store_new(
    s: Session,
    notices: Mapping[int, ParsedNotice],
    ids: Mapping[int, Ids],
    waiting: Sequence[int],
    fetch_id: int | None,
) -> list[int]:
    """Store those new ones that have their seats; gives their places."""
    new = [place for place in ids if place not in waiting]
    numbers = {place: ids[place].notice_id for place in new} | {place: -place - 1 for place in waiting}
    members = {place: _member(notices[place]) for place in numbers}
    buyers = stored_buyers(s, {identity(buyer) for place in numbers for buyer in notices[place].buyers})
    found = seats(
        s,
        {numbers[place]: members[place] for place in new},
        {numbers[place]: members[place] for place in waiting},
        _written_otherwise({numbers[place]: notices[place] for place in numbers}, buyers),
    )
    own = {one.notice_id: one.procurement_id for one in ids.values()}
    arrivals = [
        Arrival(
            notice=notices[place],
            ids=mine,
            procurement_id=seat.procurement_id or own[seat.founder or mine.notice_id],
            tie=seat.tie,
        )
        for place in new
        if (mine := ids[place]) and (seat := found.get(mine.notice_id)) is not None
    ]
    if arrivals:
        insert_all(s, arrivals, buyers, fetch_id)
        _tell_corrections(s, [one for one in arrivals if found[one.ids.notice_id].company])
    return [place for place in new if numbers[place] in found]


def _member(notice: ParsedNotice) -> Member:
    return Member(source=notice.source, source_id=notice.source_id, keys=notice.keys)


def _written_otherwise(notices: Mapping[int, ParsedNotice], known: Mapping[Identity, int]) -> Iterator[Pair]:
    """Pairs of notices that write one new buyer in two ways: it is kept as the first one that is stored writes it."""
    holders: dict[Identity, dict[int, ParsedBuyer]] = defaultdict(dict)
    for number, notice in notices.items():
        for buyer in notice.buyers:
            holders[identity(buyer)].setdefault(number, buyer)
    for who, written in holders.items():
        if who not in known and len(set(written.values())) > 1:
            yield from pairwise(written)


def _tell_corrections(s: Session, arrivals: Sequence[Arrival]) -> None:
    """What new notices change of the ones that they correct."""
    correcting = {one.ids.notice_id: one for one in arrivals if one.notice.changes_notice}
    told = []
    for notice_id, corrected in (corrected_by(s, correcting) if correcting else {}).items():
        one = correcting[notice_id]
        row = version_row(one.notice, notice_id=one.ids.notice_id, number=1, fetch_id=None)
        lots = [lot_row(one.ids.version_id, lot) for lot in numbered_apart(one.notice.lots)]
        changes = differences(corrected, corrected.lots, row, lots, corrigendum=True)
        told.append({"id": one.ids.version_id, "changes": changes})
    if told:
        s.execute(update(NoticeVersion), told)
