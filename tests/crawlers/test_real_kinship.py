"""Of all real notices that we have, are any two different purchases merged, and is every planted twin found?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

from kinfolk import Groups, stored_groups
from sqlalchemy import select
from sqlalchemy.engine import URL

from crawlers import payload
from crawlers.clean import fold
from crawlers.importing import ImportReport, files, import_paths
from crawlers.keys import SHORTEST_TITLE, Key, Kind
from crawlers.kin import partition
from crawlers.member import Member
from crawlers.notice import ParsedNotice, Stage
from crawlers.similar import trigrams
from db.models import Notice
from db.session import transaction

UNLIKE = 0.3  # share of trigrams below which two titles are clearly different


@cache
def real(shared: Path) -> tuple[ParsedNotice, ...]:
    """Every reading of every notice of the recorded payloads."""
    found: list[ParsedNotice] = []
    for file in files([shared / "portals"], ImportReport()):
        with suppress(payload.NotANotice):
            found += [one for one in payload.read(file.body, file.name) if isinstance(one, ParsedNotice)]
    return tuple(found)


def differ(one: ParsedNotice, other: ParsedNotice) -> bool:
    """Two purchases for certain: one portal says two procedures, or both buyer and title are clearly others.

    A planning notice may have a procedure UUID of its own (sources.md §7).
    """
    if one.source != other.source:
        return False
    uuids = {one.procedure_uuid, other.procedure_uuid}
    if len(uuids - {None}) == 2 and Stage.PLANNING not in (one.stage, other.stage):
        return True
    buyers = [{buyer.digits or fold(buyer.name) for buyer in notice.buyers} for notice in (one, other)]
    mine, theirs = (trigrams(fold(" ".join(notice.title.values()))) for notice in (one, other))
    return not buyers[0] & buyers[1] and len(mine & theirs) < UNLIKE * len(mine | theirs)


def twins(notice: ParsedNotice) -> Iterator[ParsedNotice]:
    """The same notice as four other portals might know it: by its UUID, its OJ number, its own number, its words."""
    bare = replace(
        notice, notice_uuid=None, procedure_uuid=None, ojs_number=None, reference=None, changes_notice=None,
        previous_notices=(), links=(), source_id=f"of {notice.source}:{notice.source_id}",
    )  # fmt: skip
    if notice.procedure_uuid:
        yield replace(bare, source="by-uuid", procedure_uuid=notice.procedure_uuid)
    if notice.ojs_number:
        yield replace(bare, source="by-ojs", ojs_number=notice.ojs_number)
    if notice.source == "doffin":
        yield replace(bare, source="by-number", changes_notice=notice.source_id)
    if notice.deadline and notice.buyers and len(fold(notice.title[notice.language])) >= SHORTEST_TITLE:
        yield replace(bare, source="by-words")


def words(notice: ParsedNotice) -> list[Key]:
    """Its keys of buyer, title and deadline."""
    return [key for key in notice.keys if key.kind == Kind.TITLE]


def grouped(made: Iterable[ParsedNotice]) -> Groups:
    """The procurements of these readings; several of one notice are one member."""
    keys: dict[tuple[str, str], set[Key]] = defaultdict(set)
    for one in made:
        keys[one.source, one.source_id].update(one.keys)
    members = (Member(source=source, source_id=number, keys=frozenset(has)) for (source, number), has in keys.items())
    return frozenset(frozenset(":".join(name) for name in kinship.members) for kinship in partition(members))


def test_no_two_purchases_are_merged(shared: Path, database: URL) -> None:
    met = {f"{one.source}:{one.source_id}": one for one in real(shared)}
    import_paths([shared / "portals"])
    stored = stored_groups()
    assert {name for group in stored for name in group} == met.keys()
    merged = [group for group in stored if len(group) > 1]
    pairs = [pair for group in merged for pair in combinations(sorted(group), 2)]
    assert [pair for pair in pairs if differ(met[pair[0]], met[pair[1]])] == []
    assert len(merged) >= 9, "competitions, each with what followed it"
    with transaction() as s:
        ties = [tie for tie in s.scalars(select(Notice.tie)) if tie]
    assert all(tie["exact"] for tie in ties), "no guess is needed among these"


def test_every_planted_twin_is_found_and_joins_no_others(shared: Path) -> None:
    met = real(shared)
    said = Counter(
        key.value for one in {(one.source, one.source_id): one for one in met}.values() for key in words(one)
    )
    # Two notices of one procedure say the same in the same words: a mirror's two copies are then left alone on purpose.
    planted = [
        (f"{one.source}:{one.source_id}", twin)
        for one in met
        for twin in twins(one)
        if twin.source != "by-words" or all(said[key.value] == 1 for key in words(one))
    ]
    counts = Counter(twin.source for _, twin in planted)
    assert min(counts[kind] for kind in ("by-uuid", "by-ojs", "by-number", "by-words")) >= 50, counts
    together = grouped([*met, *(twin for _, twin in planted)])
    group_of = {name: group for group in together for name in group}
    assert [
        (name, twin.source) for name, twin in planted if f"{twin.source}:{twin.source_id}" not in group_of[name]
    ] == []
    names = {f"{one.source}:{one.source_id}" for one in met}
    assert frozenset(group & names for group in together) == grouped(met)


def test_the_check_would_see_a_wrong_merge(shared: Path) -> None:
    pairs = [pair for pair in combinations(real(shared)[:160], 2) if pair[0].source == pair[1].source]
    assert sum(differ(*pair) for pair in pairs) > 0.9 * len(pairs) > 1000
