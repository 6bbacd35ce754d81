"""Which procurement does a notice belong to? What :mod:`crawlers.kin` says of it and of all that any key ties to it.

The rows of a notice's keys decide, and :func:`crawlers.kin.partition` is a function of them alone: so it does not
matter in which order notices come, and a merge that a later notice shows to be wrong is taken back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import BigInteger, and_, bindparam, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, aliased, selectinload

from crawlers.keys import Key, Kind, Role, days_around, facts_read, facts_written
from crawlers.kin import Kinship, Rulings, partition
from crawlers.lookup import listed, of_each
from crawlers.member import Member
from crawlers.notice import ParsedNotice
from crawlers.regroup import regroup
from crawlers.rows import key_columns
from crawlers.similar import ENOUGH, similarity
from db.kinship import NoticeKey, RuledPair, Ruling, Verb
from db.models import Notice, NoticeVersion

_ONE_AT_A_TIME = 5_270_514  # the advisory lock under which notices are put together; any number, but this one


_mine, _theirs = aliased(NoticeKey), aliased(NoticeKey)
_OWN = (Role.OWN, Role.CHANGES)
_SHARING = (
    select(_theirs.notice_id)
    .join(
        _mine,
        and_(
            _theirs.kind == _mine.kind,
            _theirs.value == _mine.value,
            _theirs.notice_id != _mine.notice_id,
            or_(
                and_(_mine.role.in_(_OWN), _theirs.role.in_(_OWN)),
                and_(_mine.role == Role.GUESS, _theirs.role == Role.GUESS, _mine.kind != Kind.DAY),
                and_(_mine.role == Role.PREVIOUS, _theirs.role == Role.OWN),
                and_(_mine.role == Role.OWN, _theirs.role == Role.PREVIOUS),
            ),
        ),
    )
    .where(_mine.notice_id.in_(bindparam("met", expanding=True)), _mine.role != Role.FACT)
)
_ADD_KEYS = insert(NoticeKey).on_conflict_do_nothing().returning(NoticeKey.notice_id)


def lock(s: Session) -> None:
    """Wait until no other transaction puts notices together; held until this one ends.

    Two crawls that store the same purchase at once would not see each other's keys, and never meet. To be taken
    before any row is locked, so that two who wait never wait for each other.
    """
    s.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def place(s: Session, row: Notice, notice: ParsedNotice, *, fresh: bool) -> None:
    """Write down the keys of one reading of a notice, and put it and its kin into their procurements.

    ``fresh``: it was never stored before; most such have no kin, and that is found out with the fewest questions.
    """
    added = s.scalars(_ADD_KEYS, key_columns(row.id, notice)).all()
    learned = set(facts_written(notice.keys)) - set(row.facts)
    if not added and not learned:
        return
    row.facts = sorted({*row.facts, *learned})
    if fresh:
        alone = {row.id: Member(source=row.source, source_id=row.source_id, keys=notice.keys)}
        if not _sharing(s, alone) and not _near(s, alone):
            return
    settle(s, [row.id])


def settle(s: Session, notice_ids: Iterable[int]) -> None:
    """Put these notices, and all that any key ties to them, into the procurements that they make up now."""
    members = kin_of(s, notice_ids)
    ids = {member.name: notice_id for notice_id, member in members.items()}
    regroup(s, ids, kinships(s, members))


def kinships(s: Session, members: Mapping[int, Member]) -> list[Kinship]:
    """The procurements that these notices make up by their keys and by what administrators ruled."""
    return partition(members.values(), rulings_on(s, members))


def kin_of(s: Session, notice_ids: Iterable[int]) -> dict[int, Member]:
    """All notices that a chain of shared keys or rulings leads to from these, by id."""
    members: dict[int, Member] = {}
    frontier = set(notice_ids)
    while frontier:
        met = _members(s, frontier)
        members |= met
        frontier = (_sharing(s, met) | _near(s, met) | _ruled(s, met)) - members.keys()
    return members


def _members(s: Session, notice_ids: Collection[int]) -> dict[int, Member]:
    keys: dict[int, set[Key]] = defaultdict(set)
    stored = select(NoticeKey.notice_id, NoticeKey.role, NoticeKey.kind, NoticeKey.value, NoticeKey.words)
    for notice_id, role, kind, value, words in s.execute(stored.where(NoticeKey.notice_id.in_(notice_ids))):
        keys[notice_id].add(Key(role=Role(role), kind=kind, value=value, words=words))
    named = select(Notice.id, Notice.source, Notice.source_id, Notice.facts).where(Notice.id.in_(notice_ids))
    return {
        notice_id: Member(source=source, source_id=source_id, keys=frozenset({*keys[notice_id], *facts_read(facts)}))
        for notice_id, source, source_id, facts in s.execute(named)
    }


def _sharing(s: Session, met: Mapping[int, Member]) -> set[int]:
    """Notices that share a key with these: one to be known by, or a guess; or that point at what these are."""
    return set(s.scalars(_SHARING, {"met": list(met)}))


def _near(s: Session, met: Mapping[int, Member]) -> set[int]:
    """Notices of other portals whose buyer is one of these's, whose deadline is a day off at most, and title like it."""
    days = [(member, key) for member in met.values() for key in member.keys if key.kind == Kind.DAY]
    if not days:
        return set()
    around = {day for _, key in days for day in days_around(key.value)}
    sources = {member.source for member, _ in days}
    query = (
        select(NoticeKey.notice_id, Notice.source, NoticeKey.value, NoticeKey.words)
        .join(Notice, Notice.id == NoticeKey.notice_id)
        .where(NoticeKey.kind == Kind.DAY, NoticeKey.value.in_(around), NoticeKey.notice_id.not_in(met))
    )
    if len(sources) == 1:
        query = query.where(Notice.source.not_in(sources))
    by_day = defaultdict(list)
    for notice_id, source, value, words in s.execute(query):
        by_day[value].append((notice_id, source, words))
    return {
        notice_id
        for member, key in days
        for day in days_around(key.value)
        for notice_id, source, words in by_day[day]
        if source != member.source and similarity(words, key.words) > ENOUGH
    }


def _ruled(s: Session, met: Mapping[int, Member]) -> set[int]:
    spoken = select(RuledPair.notice_id, RuledPair.other_id).where(
        or_(RuledPair.notice_id.in_(met), RuledPair.other_id.in_(met))
    )
    return {notice_id for pair in s.execute(spoken) for notice_id in pair}


def rulings_on(s: Session, members: Mapping[int, Member]) -> Rulings:
    """The newest word on each pair of these notices."""
    newest = (
        select(RuledPair.notice_id, RuledPair.other_id, Ruling.verb, Ruling.id)
        .join(Ruling, Ruling.id == RuledPair.ruling_id)
        .where(RuledPair.notice_id.in_(members), RuledPair.other_id.in_(members))
        .ext(distinct_on(RuledPair.notice_id, RuledPair.other_id))
        .order_by(RuledPair.notice_id, RuledPair.other_id, Ruling.id.desc())
    )
    rows = sorted(s.execute(newest), key=lambda row: -row.id)
    pairs: dict[Verb, list[tuple[tuple[str, str], tuple[str, str]]]] = {verb: [] for verb in Verb}
    for one, other, verb, _ in rows:
        first, second = sorted((members[one].name, members[other].name))
        pairs[Verb(verb)].append((first, second))
    return Rulings(together=tuple(pairs[Verb.JOIN]), apart=frozenset(pairs[Verb.SPLIT]))


def notice_ids(s: Session, named: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of notices by portal and number; one that is not stored is left out."""
    rows = s.execute(
        select(Notice.source, Notice.source_id, Notice.id).where(tuple_(Notice.source, Notice.source_id).in_(named))
    )
    return {(source, source_id): notice_id for source, source_id, notice_id in rows}


def corrected_by(s: Session, notice_ids: Collection[int]) -> dict[int, NoticeVersion]:
    """The notice that each of these corrects, as it reads now; left out where it corrects none that came before it."""
    them = listed([str(notice_id) for notice_id in notice_ids])
    mine, theirs = aliased(NoticeKey), aliased(NoticeKey)
    same = and_(theirs.kind == mine.kind, theirs.value == mine.value, theirs.role == Role.OWN)
    eldest = (
        select(mine.notice_id, NoticeVersion.id)
        .join(theirs, same)
        .join(Notice, Notice.id == theirs.notice_id)
        .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(mine.notice_id == cast(them.c.first, BigInteger), mine.role == Role.CHANGES, Notice.id < mine.notice_id)
        .order_by(Notice.id)
        .limit(1)
    )
    found = s.execute(of_each(them, eldest)).all()
    reads = select(NoticeVersion).where(NoticeVersion.id.in_([version_id for _, version_id in found]))
    versions = {one.id: one for one in s.scalars(reads.options(selectinload(NoticeVersion.lots)))} if found else {}
    return {notice_id: versions[version_id] for notice_id, version_id in found}
