"""Do many notices stored at once leave, row for row, what storing them one by one leaves?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinfolk import DUE, FORSVARSBYGG, groups, notice, stored_groups, uuid
from kinstrategy import TITLES, notices
from rows_left import emptied, left
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL

from crawlers.notice import Broken, Deadline, DeadlineKind, ParsedBuyer, ParsedLot, ParsedNotice, Stage, WireFormat
from crawlers.rulings import RulingRefused, join, split
from crawlers.saving import Saved
from crawlers.store import open_fetch, store, store_all
from db.models import Alert, Buyer, Digest, DigestRun, Notice, NoticeVersion
from db.session import transaction, utcnow
from factories import make_subscriber

BROKEN = Broken(source="ted", source_id="1-2026", reason="cut", body=b"<cut")
Met = ParsedNotice | Broken
NAMED = ParsedBuyer(name="FORSVARSBYGG", identifier="NO 975 950 662 MVA", country="NO")
NUMBERLESS = ParsedBuyer(name="Forsvarsbygg", country="NO")
LATER = Deadline(at=DUE + timedelta(days=9), kind=DeadlineKind.TENDER)
# How one notice may come once more: as it is, changed, read better, poorer, by another portal, its buyer written otherwise.
AGAIN: Sequence[Callable[[ParsedNotice], ParsedNotice]] = (
    lambda one: one,
    lambda one: replace(one, listing_sha256="1" * 64),
    lambda one: replace(one, deadline=LATER, payload_sha256="moved"),
    lambda one: replace(one, sme_suitable=True),
    lambda one: replace(one, wire_format=WireFormat.LISTING, payload_sha256="hit", listing_sha256="2" * 64, links=()),
    lambda one: replace(one, source="nspa", title={"en": "Welding"}, language="en", procedure_uuid=uuid(11)),
    lambda one: replace(one, buyers=(NAMED,), payload_sha256="renamed", reference="sak 2026/1"),
    lambda one: replace(one, buyers=(NUMBERLESS, FORSVARSBYGG), payload_sha256="two"),
)


@st.composite
def streams(draw: st.DrawFn) -> list[Met]:
    """Notices that collide in every way, some more than once, with a broken one among them, in any order."""
    met: list[Met] = [BROKEN]
    for one in draw(notices()):
        as_it_comes = draw(st.sampled_from([one, replace(one, buyers=(NAMED,)), replace(one, buyers=())]))
        met += [as_it_comes, *(again(as_it_comes) for again in draw(st.lists(st.sampled_from(AGAIN), max_size=2)))]
    return draw(st.permutations(met))


def happen(random: Random, subscriber_id: int) -> None:
    """What may have happened since: some were told of, some are owed, and an administrator has ruled."""
    with transaction() as s:
        stored = s.execute(
            select(Notice.source, Notice.source_id, Notice.procurement_id, NoticeVersion)
            .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
            .order_by(Notice.id)
        ).all()
        digest_id = s.scalar(select(Digest.id))
        for _, _, procurement_id, version in random.sample(stored, len(stored) // 2):
            alert: dict[str, Any] = {"subscriber_id": subscriber_id, "procurement_id": procurement_id, "kind": version.stage,
                     "version": 0, "version_id": version.id, "facts": {},
                     "digest_id": random.choice([None, digest_id])}  # fmt: skip
            s.execute(insert(Alert).values(alert).on_conflict_do_nothing())
    for verb in random.choices([split, join], k=random.randrange(3)):
        chosen = [(source, number) for source, number, _, _ in random.sample(stored, min(2, len(stored)))]
        try:
            with transaction() as s:
                verb(s, chosen[:1] if verb is split else chosen, by="kari", why="prøve")
        except RulingRefused:
            continue


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    met=streams(), before=st.integers(0, 8), seed=st.integers(0, 999), size=st.integers(2, 12), crawled=st.booleans()
)
def test_many_at_once_leave_row_for_row_what_one_by_one_leaves(
    database: URL, met: list[Met], before: int, seed: int, size: int, *, crawled: bool
) -> None:
    compare(met, before, seed, size, crawled=crawled)


@pytest.mark.parametrize(
    "seeds", [range(3), pytest.param(range(3, 150), marks=[pytest.mark.prove, pytest.mark.timeout(1800)])], ids=str
)
def test_crowds_leave_the_same(database: URL, seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        met = crowd(random)
        compare(met, random.choice([0, 5, 15]), seed, random.choice([2, 5, 10, 40]), crawled=random.random() < 0.5)


def crowd(random: Random) -> list[Met]:
    """Some thirty notices, each with two or three ways to be tied to others, and to be told from them."""

    def maybe(made: Callable[[int], Any], *, chance: float = 0.25, of: int = 6) -> Any:
        return made(random.randrange(of)) if random.random() < chance else None

    met: list[Met] = [BROKEN]
    for number in range(18):
        previous = maybe(lambda n: (f"{uuid(n)}-01",))
        one = notice(
            random.choice(["doffin", "ted", "kommers"]),
            str(number),
            stage=random.choice([Stage.PLANNING, Stage.COMPETITION, Stage.COMPETITION, Stage.RESULT]),
            notice_uuid=maybe(uuid),
            procedure_uuid=maybe(lambda n: uuid(10 + n)),
            changes_notice=maybe(lambda n: f"{uuid(n)}-01"),
            previous_notices=previous or (),
            reference=maybe(lambda n: f"sak 2026/{n}"),
            link=maybe(lambda n: f"https://docs.example/case/1000{n}"),
            day=maybe(lambda n: n, chance=0.7, of=4),
            cpv=random.choice([(), ("45262670",), ("45262670",), ("33100000",)]),
            buyers=random.choice([(FORSVARSBYGG,), (FORSVARSBYGG,), (NAMED,), (NUMBERLESS,), ()]),
            lots=random.choice([(), (ParsedLot(identifier="1"), ParsedLot(identifier="1", title={"nb": "B"}))]),
            **({"title": random.choice(TITLES)} if random.random() < 0.6 else {}),
        )
        met += [one, *(again(one) for again in random.choices(AGAIN, k=random.choice([0, 0, 0, 1, 2])))]
    random.shuffle(met)
    return met


def test_a_new_buyer_is_written_as_the_first_that_is_stored_writes_it(database: URL) -> None:
    first = notice("ted", "1", buyers=())
    again = replace(first, buyers=(NAMED,), payload_sha256="renamed")  # waits its turn, and is written before the next
    assert NAMED.digits == FORSVARSBYGG.digits
    compare([first, again, notice("ted", "2")], 0, 0, 3, crawled=False)
    with transaction() as s:
        assert s.scalars(select(Buyer.name)).one() == NAMED.name


@pytest.mark.parametrize("before", [0, 1])
def test_one_with_a_title_alike_is_no_stranger(database: URL, before: int) -> None:
    elder = notice("doffin", "1", title=TITLES[0], day=0)
    compare([elder, notice("ted", "2", title=TITLES[1], day=1), notice("kommers", "3")], before, 0, 3, crawled=False)
    assert stored_groups() == groups("doffin:1 ted:2", "kommers:3")


def test_what_a_ruling_alone_joined_speaks_against_a_guess(database: URL) -> None:
    store_all([notice("doffin", "1", reference="sak 2026/14"), notice("ted", "2")])
    with transaction() as s:
        join(s, [("doffin", "1"), ("ted", "2")], by="kari", why="ett kjøp")
    store_all([notice("ted", "3", reference="sak 2026/14"), notice("kommers", "4")])  # TED never tells a thing twice
    assert stored_groups() == groups("doffin:1 ted:2", "ted:3", "kommers:4")


def compare(met: list[Met], before: int, seed: int, size: int, *, crawled: bool) -> None:
    """Let the same happen twice: then all that comes is stored one by one, and in batches."""
    outcomes = []
    for at_once in (1, size):
        emptied()
        subscriber = _subscribed()
        for one in met[:before]:
            store(one)
        happen(Random(seed), subscriber)
        run = open_fetch("ted").id if crawled else None
        rest = met[before:]
        told = [saved for at in range(0, len(rest), at_once) for saved in _stored(rest[at : at + at_once], run)]
        outcomes.append((told, left()))
    one_by_one, together = outcomes
    assert together == one_by_one


def _stored(batch: Sequence[Met], run: int | None) -> list[Saved]:
    return store_all(batch, fetch_id=run) if len(batch) > 1 else [store(one, fetch_id=run) for one in batch]


def _subscribed() -> int:
    """One subscriber with one digest, the same in each run."""
    with transaction() as s:
        known: int | None = s.scalar(select(Digest.subscriber_id))
        if known is not None:
            return known
    subscriber = make_subscriber()
    with transaction() as s:
        run = DigestRun(day=utcnow().date(), cadence="daily", slot="07:00", as_of=utcnow())
        s.add(run)
        s.flush()
        s.add(Digest(run_id=run.id, subscriber_id=subscriber.id))
    subscriber_id: int = subscriber.id
    return subscriber_id
