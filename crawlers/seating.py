"""Which of a batch's new notices can go to their procurements at once, and to which?

Those whose whole company is new, or who only join procurements that stay as they are. For the others the way counts:
what is joined and parted again between two of them leaves its traces in what was told, so they come one by one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.orm import Session

from crawlers.keys import Kind, Role, days_around
from crawlers.kin import Kinship, Rulings, partition
from crawlers.lookup import listed, of_each
from crawlers.meeting import Pair, gatherings, touching
from crawlers.member import Member
from crawlers.procurement import kin_of, rulings_on
from crawlers.regroup import written
from crawlers.similar import ENOUGH, similarity
from db.kinship import NoticeKey, ToldBefore
from db.models import Alert, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a new notice belongs. ``founder``: the new notice whose own procurement it is; else it is stored already."""

    founder: int | None = None
    procurement_id: int | None = None
    tie: dict[str, Any] | None = None
    company: bool = False  # whether any key brings it near another notice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    procurement_id: int
    tie: dict[str, Any] | None


def seats(
    s: Session, fresh: Mapping[int, Member], waiting: Mapping[int, Member], beside: Iterable[Pair] = ()
) -> dict[int, Seat]:
    """The seats of those new notices that can be seated at once, by the id that each will have.

    ``waiting``: other notices of the batch, under numbers of their own, whose company is not to be seated at once;
    ``beside``: pairs that must not be seated but together. Ties of stored notices that change by it are written.
    """
    tied = list(_tied(s, fresh))
    known = kin_of(s, {stored for _, stored in tied}) if tied else {}
    rulings = rulings_on(s, known) if known else Rulings()
    members = {**known, **fresh, **waiting}
    pairs = [*tied, *_ruled(known, rulings), *touching(members), *beside]
    found = dict.fromkeys(fresh, Seat())
    companies = []
    for gathering in gatherings(members, pairs):
        if not gathering.isdisjoint(waiting):
            for number in gathering & fresh.keys():
                del found[number]
        elif len(gathering) > 1:
            companies.append(gathering)
    if companies:
        _seat(s, companies, known, members, rulings, found)
    return found


def _seat(
    s: Session,
    companies: Sequence[set[int]],
    known: Mapping[int, Member],
    members: Mapping[int, Member],
    rulings: Rulings,
    found: dict[int, Seat],
) -> None:
    """Seat whole companies, and take away the seats of those that cannot be seated at once."""
    ids = {members[number].name: number for company in companies for number in company}
    standing = _standing(s, ids.values() & known.keys())
    told = _anything_told(s, {one.procurement_id for one in standing.values()})
    of_company = {number: place for place, company in enumerate(companies) for number in company}
    groups: list[list[Kinship]] = [[] for _ in companies]
    for kinship in partition([members[number] for number in ids.values()], rulings):
        groups[of_company[ids[kinship.members[0]]]].append(kinship)
    for company, kinships in zip(companies, groups, strict=True):
        new = company & found.keys()
        homes = [{standing[ids[name]].procurement_id for name in one.members if ids[name] in known} for one in kinships]
        stay = [home for home in homes if home]
        history = len(new) > 1 and any(home & told for home in homes)
        if history or any(len(home) > 1 for home in homes) or len(set().union(*homes)) < len(stay):
            for number in new:
                del found[number]
            continue
        for kinship, home in zip(kinships, homes, strict=True):
            founder = min(ids[name] for name in kinship.members)
            for name in kinship.members:
                tie = written(name, kinship.ties.get(name))
                if ids[name] in known:
                    if tie != standing[ids[name]].tie:
                        retied = update(Notice).where(Notice.id == ids[name])
                        s.execute(retied.values(tie=null() if tie is None else tie))
                elif home:
                    found[ids[name]] = Seat(procurement_id=next(iter(home)), tie=tie, company=True)
                else:
                    found[ids[name]] = Seat(founder=founder, tie=tie, company=True)


def _tied(s: Session, fresh: Mapping[int, Member]) -> Iterator[Pair]:
    """New notices with the stored ones that any key of theirs leads to."""
    asked: dict[tuple[str, str], list[int]] = {}
    days: dict[str, list[tuple[int, str, str]]] = {}
    for number, member in fresh.items():
        for key in member.keys:
            if key.kind == Kind.DAY:
                for day in days_around(key.value):
                    days.setdefault(day, []).append((number, member.source, key.words))
            elif key.role is not Role.FACT:
                asked.setdefault((key.kind, key.value), []).append(number)
    if asked:
        keys = listed(*zip(*asked, strict=True))
        same = (NoticeKey.kind == keys.c.first) & (NoticeKey.value == keys.c.second)
        sharing = of_each(keys, select(NoticeKey.kind, NoticeKey.value, NoticeKey.notice_id).where(same))
        for kind, value, stored in s.execute(sharing):
            for number in asked[kind, value]:
                yield number, stored
    yield from _near(s, days)


def _near(s: Session, days: Mapping[str, Sequence[tuple[int, str, str]]]) -> Iterator[Pair]:
    if not days:
        return
    sources = {source for holders in days.values() for _, source, _ in holders}
    around = listed(list(days))
    query = (
        select(NoticeKey.notice_id, Notice.source, NoticeKey.value, NoticeKey.words)
        .join(Notice, Notice.id == NoticeKey.notice_id)
        .where(NoticeKey.kind == Kind.DAY, NoticeKey.value == around.c.first)
    )
    if len(sources) == 1:
        query = query.where(Notice.source != next(iter(sources)))
    rows = s.execute(of_each(around, query))
    for stored, its_source, value, its_words in rows:
        for number, source, words in days[value]:
            if source != its_source and similarity(words, its_words) > ENOUGH:
                yield number, stored


def _ruled(known: Mapping[int, Member], rulings: Rulings) -> Iterator[Pair]:
    ids = {member.name: number for number, member in known.items()}
    for one, other in (*rulings.together, *rulings.apart):
        yield ids[one], ids[other]


def _standing(s: Session, notice_ids: Collection[int]) -> dict[int, _Standing]:
    if not notice_ids:
        return {}
    rows = s.execute(select(Notice.id, Notice.procurement_id, Notice.tie).where(Notice.id.in_(notice_ids)))
    return {number: _Standing(procurement_id=procurement_id, tie=tie) for number, procurement_id, tie in rows}


def _anything_told(s: Session, procurement_ids: Collection[int]) -> set[int]:
    """Those of these procurements of which anything is owed, was told, or counts as told."""
    if not procurement_ids:
        return set()
    owed = select(Alert.procurement_id).where(Alert.procurement_id.in_(procurement_ids))
    before = select(ToldBefore.procurement_id).where(ToldBefore.procurement_id.in_(procurement_ids))
    return set(s.scalars(owed.union(before)))
