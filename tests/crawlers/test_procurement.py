"""Do notices come together in the database whatever the order, and stay as an administrator put them?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from threading import Barrier

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinfolk import FORSVARSBYGG, Groups, groups, member, notice, stored_groups, uuid
from kinstrategy import notices
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from crawlers.kin import partition
from crawlers.notice import ParsedBuyer, ParsedNotice, Stage
from crawlers.rulings import RulingRefused, join, split
from crawlers.saving import Saved
from crawlers.store import store, store_all
from db.kin import notices_of, rulings_of
from db.migrate import alembic_config
from db.models import Notice, NoticeKey
from db.session import engine, transaction

WELD = "Rammeavtale sveisearbeid og stålkonstruksjoner på Værnes"
WHY = {"by": "kari", "why": "to kjøp"}
A, B = notice("doffin", "1", procedure_uuid=uuid(1)), notice("ted", "2", procedure_uuid=uuid(1))


def stored(made: Sequence[ParsedNotice]) -> Groups:
    """What these notices make up in an empty database, in this order."""
    with transaction() as s:
        s.execute(text("TRUNCATE procurement, notice, notice_key, buyer RESTART IDENTITY CASCADE"))
    store_all(made)
    return stored_groups()


# Every example empties the database itself.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=notices(), order=st.randoms(use_true_random=False))
def test_one_by_one_in_any_order_they_become_what_they_are_together(database: URL, made, order) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    together = frozenset(
        frozenset(":".join(name) for name in kinship.members) for kinship in partition(map(member, made))
    )
    assert stored(made) == together
    order.shuffle(made)
    assert stored(made) == together
    assert set(store_all(made)) == {Saved.UNCHANGED}
    assert stored_groups() == together


def tie_of(source: str) -> dict[str, object]:
    with transaction() as s:
        return s.scalars(select(Notice.tie).where(Notice.source == source)).one() or {}


def test_a_guess_is_marked_with_its_evidence_until_a_key_makes_it_certain_or_wrong(database: URL) -> None:
    guessed = notice("ted", "2", title=WELD.replace(" på", ","), day=1)
    store_all([notice("doffin", "1", title=WELD, day=0), guessed])
    assert stored_groups() == groups("doffin:1 ted:2")
    tie = tie_of("ted")
    assert (tie["by"], tie["exact"], tie["with"]) == ("similar title", False, "doffin:1")
    assert 0.6 < float(str(tie["likeness"])) < 1
    assert str(tie["value"]).startswith("forsvarsbygg|2027-01-15 ~ forsvarsbygg|2027-01-16")
    # Doffin's own twin of TED's notice arrives, and the two that were guessed to be one are two.
    store(notice("doffin", "3", title=WELD.replace(" på", ","), day=1))
    assert stored_groups() == groups("doffin:1", "doffin:3 ted:2")
    assert tie_of("ted")["by"] == "title"


def test_a_buyer_known_by_name_alone_is_the_same_buyer(database: URL) -> None:
    nameless = ParsedBuyer(name="FORSVARSBYGG", country="NO")
    store_all([notice("doffin", "1", reference="2026/14"), notice("ted", "2", reference="2026/14", buyers=(nameless,))])
    assert FORSVARSBYGG.digits
    assert stored_groups() == groups("doffin:1 ted:2")


def test_a_split_stays_whatever_is_read_again_and_a_join_takes_it_back(database: URL) -> None:
    store_all([A, B])
    assert stored_groups() == groups("doffin:1 ted:2")
    with transaction() as s:
        done = split(s, [("ted", "2")], **WHY)
    assert len(done.procurement_ids) == 2
    assert stored_groups() == groups("doffin:1", "ted:2")
    store_all(
        [
            A,
            B,
            replace(B, payload_sha256="new", reference="2026/77"),
            replace(A, reference="2026/77", payload_sha256="n"),
        ]
    )
    store(notice("kommers", "3", procedure_uuid=uuid(1)))
    assert stored_groups() == groups("doffin:1 kommers:3", "ted:2")
    with transaction() as s, pytest.raises(RulingRefused, match="no notice"):
        split(s, [("ted", "2")], **WHY)
    with transaction() as s, pytest.raises(RulingRefused, match="not stored: ted:9"):
        join(s, [("doffin", "1"), ("ted", "9")], **WHY)
    with transaction() as s:
        (joined,) = join(s, [("doffin", "1"), ("ted", "2")], by="ola", why="ett kjøp likevel").procurement_ids
    assert stored_groups() == groups("doffin:1 kommers:3 ted:2")
    with transaction() as s:
        told = list(rulings_of(s, joined))
        assert {row["notice"] for row in notices_of(s, joined)} == {"doffin:1", "ted:2", "kommers:3"}
    assert [(row["verb"], row["by"], row["why"]) for row in told] == [
        ("split", "kari", "to kjøp"),
        ("join", "ola", "ett kjøp likevel"),
    ]
    assert all(one["at"] <= other["at"] for one, other in pairwise(told))
    assert told[0]["pairs"] == [["doffin:1", "ted:2"]]


def test_a_join_of_what_nothing_ties_stays_when_both_are_read_again(database: URL) -> None:
    plain = notice("doffin", "1", procedure_uuid=uuid(1)), notice("ted", "2", procedure_uuid=uuid(2))
    store_all(plain)
    with transaction() as s:
        join(s, [("doffin", "1"), ("ted", "2")], **WHY)
    store_all([replace(one, payload_sha256="new", reference="2026/5") for one in plain])
    assert stored_groups() == groups("doffin:1 ted:2")


def test_a_ruling_is_never_changed(database: URL) -> None:
    store_all([A, B])
    with transaction() as s:
        split(s, [("ted", "2")], **WHY)
    for change in ("UPDATE ruling SET why = 'x'", "DELETE FROM ruled_pair"):
        with pytest.raises(DBAPIError, match="never changed"), transaction() as s:
            s.execute(text(change))


def test_two_crawls_that_store_the_same_purchase_at_once_meet(database: URL) -> None:
    store(notice("kommers", "1"))  # so that the process has its one engine before there are two threads
    started = Barrier(2)

    def crawl(source: str) -> None:
        started.wait()
        for number in range(20):
            store(notice(source, str(number), procedure_uuid=uuid(number)))

    with ThreadPoolExecutor(2) as crawls:
        list(crawls.map(crawl, ("doffin", "ted")))
    together = (f"doffin:{number} ted:{number}" for number in range(20))
    assert stored_groups() == groups("kommers:1", *together)


def test_an_upgrade_reads_the_same_keys_out_of_what_was_stored(database: URL) -> None:
    store_all(
        [
            notice("doffin", "2026-113736", day=0, title=WELD, procedure_uuid=uuid(1), notice_uuid="2026-113736"),
            notice("ted", "2-2026", ojs_number="2-2026", changes_notice=f"{uuid(3)}-01", procedure_uuid=uuid(1)),
            notice("ted", "3-2026", previous_notices=("2-2026", "2026-113736", f"{uuid(4)}-02"), stage=Stage.RESULT),
            notice("kommers", "4", day=0, title=WELD),
        ]
    )
    config = alembic_config()
    config.attributes["engine"] = engine()
    command.downgrade(config, "0021")  # where facts lie among the keys
    before = _exact_keys()
    command.downgrade(config, "0004")
    assert "notice_key" not in inspect(engine()).get_table_names()
    command.upgrade(config, "0005")
    assert _exact_keys() == before


@pytest.mark.parametrize(("cpv", "together"), [("45262670", True), ("15000000", False)])
def test_facts_that_an_earlier_release_wrote_among_the_keys_still_speak(
    database: URL, cpv: str, *, together: bool
) -> None:
    store(notice("doffin", "2026-1", day=0, title=WELD))
    config = alembic_config()
    config.attributes["engine"] = engine()
    command.downgrade(config, "0021")
    command.upgrade(config, "head")
    with transaction() as s:
        assert s.scalars(select(Notice.facts)).all() == [[]]
    store(notice("kommers", "4", day=0, title=WELD, cpv=(cpv,)))
    assert (len(stored_groups()) == 1) is together


def _exact_keys() -> set[tuple[int, str, str, str]]:
    with transaction() as s:
        keys = s.scalars(select(NoticeKey).where(NoticeKey.role != "guess")).all()
    return {(key.notice_id, key.role, key.kind, key.value) for key in keys}
