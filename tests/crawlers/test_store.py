"""Is a notice stored once, a corrigendum as a corrigendum, and the same purchase as one procurement?"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from crawlers.notice import (
    Broken,
    Deadline,
    DeadlineKind,
    Link,
    Money,
    ParsedBuyer,
    ParsedLot,
    ParsedNotice,
    Stage,
    WireFormat,
)
from crawlers.saving import Saved
from crawlers.store import (
    AlreadyRunning,
    FetchOutcome,
    NotYet,
    Validators,
    close_fetch,
    open_fetch,
    store,
    store_all,
)
from db.models import Buyer, Fetch, Lot, Notice, NoticeVersion, Procurement, Quarantined, VersionBuyer
from db.session import transaction, utcnow

DEADLINE = datetime(2027, 1, 15, 11, tzinfo=UTC)
UUID = "50859edc-926f-405a-a1ad-6590a08a5ba9"


def doffin(**values: object) -> ParsedNotice:
    """A welding notice as Doffin's XML tells it."""
    notice = ParsedNotice(
        source="doffin",
        source_id="2026-113736",
        wire_format=WireFormat.EFORMS,
        stage=Stage.COMPETITION,
        title={"nb": "Rammeavtale sveisearbeid, Værnes"},
        language="nb",
        published_at=datetime(2026, 11, 20, tzinfo=UTC),
        url="https://www.doffin.no/notices/2026-113736",
        payload_sha256="a" * 64,
        buyers=(ParsedBuyer(name="Forsvarsbygg", identifier="NO 975 950 662 MVA", country="NO"),),
        country="NO",
        cpv=("45262670",),
        deadline=Deadline(at=DEADLINE, kind=DeadlineKind.TENDER),
        value=Money(amount=Decimal("4000000.00"), currency="NOK"),
        lots=(ParsedLot(identifier="LOT-0001", title={"nb": "Sveis"}),),
        notice_uuid=UUID,
        procedure_uuid="19379be5-7821-4761-b6bf-30876e2f678e",
    )
    return replace(notice, **values)  # type: ignore[arg-type]


def ted(**values: object) -> ParsedNotice:
    """The same notice as TED's search tells it, in English."""
    same = doffin(
        source="ted",
        source_id="599740-2026",
        wire_format=WireFormat.LISTING,
        title={"en": "Framework agreement for welding, Værnes"},
        language="en",
        ojs_number="599740-2026",
        url="https://ted.europa.eu/en/notice/-/detail/599740-2026",
        payload_sha256="b" * 64,
    )
    return replace(same, **values)  # type: ignore[arg-type]


def count(table: type) -> int:
    with transaction() as s:
        return s.scalar(select(func.count()).select_from(table)) or 0


def current(source: str = "doffin") -> NoticeVersion:
    with transaction() as s:
        return s.scalars(
            select(NoticeVersion)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(Notice.source == source)
        ).one()


def test_storing_twice_changes_nothing(database: URL) -> None:
    assert store(doffin()) is Saved.NEW
    assert store(doffin()) is Saved.UNCHANGED
    assert [count(t) for t in (Notice, NoticeVersion, Lot, Procurement)] == [1, 1, 1, 1]


def test_a_moved_deadline_is_a_second_version(database: URL) -> None:
    store(doffin())
    later = Deadline(at=DEADLINE + timedelta(days=14), kind=DeadlineKind.TENDER)
    assert store(doffin(deadline=later, payload_sha256="c" * 64)) is Saved.CHANGED
    assert current().number == 2
    assert current().deadline_at == later.at


def test_reading_the_same_payload_better_is_no_corrigendum(database: URL) -> None:
    store(doffin())
    assert store(doffin(sme_suitable=True)) is Saved.CHANGED
    assert current().number == 1
    assert current().sme_suitable is True


def test_a_richer_format_takes_over_without_a_corrigendum(database: URL) -> None:
    store(doffin(wire_format=WireFormat.LISTING, lots=(), payload_sha256="d" * 64))
    store(doffin())
    assert (current().number, current().wire_format) == (1, "eforms")
    assert store(doffin(wire_format=WireFormat.LISTING, lots=(), payload_sha256="d" * 64)) is Saved.UNCHANGED
    assert store(doffin(wire_format=WireFormat.LISTING, lots=(), payload_sha256="e" * 64, cpv=())) is Saved.UNCHANGED
    assert current().wire_format == "eforms"


def test_a_hit_the_portal_changed_tells_a_moved_deadline_even_if_its_xml_cannot_be_had(database: URL) -> None:
    store(doffin(listing_sha256="1" * 64))
    later = Deadline(at=DEADLINE + timedelta(days=7), kind=DeadlineKind.TENDER)
    hit = doffin(wire_format=WireFormat.LISTING, payload_sha256="2" * 64, listing_sha256="2" * 64, deadline=later)
    assert store(hit) is Saved.CHANGED
    assert current().number == 2


def test_a_cancellation_that_only_the_hit_tells_is_a_corrigendum(database: URL) -> None:
    store(doffin(listing_sha256="1" * 64))
    assert store(doffin(listing_sha256="2" * 64, cancelled=True)) is Saved.CHANGED
    assert current().number == 2
    assert [change for change in current().changes or () if change["material"]] == [
        {"field": "cancelled", "old": False, "new": True, "material": True}
    ]
    run = open_fetch("doffin")
    assert store(doffin(listing_sha256="3" * 64), fetch_id=run.id) is Saved.CHANGED  # taken up again
    assert (current().number, current().cancelled) == (3, False)


def test_reading_less_of_the_same_payload_is_no_corrigendum(database: URL) -> None:
    run = open_fetch("doffin")
    documents = Link(kind="documents", url="https://anbud.example/12345")
    store(doffin(), fetch_id=run.id)
    store(doffin(ojs_number="599740-2026", links=(documents,)), fetch_id=run.id)
    assert (current().number, current().ojs_number) == (1, "599740-2026")
    assert store(doffin(), fetch_id=run.id) is Saved.CHANGED
    assert (current().number, current().ojs_number) == (1, None)
    assert not [change for change in current().changes or () if change["material"]]


def test_a_deadline_moved_back_is_told_again(database: URL) -> None:
    run = open_fetch("doffin")
    store(doffin(), fetch_id=run.id)
    later = Deadline(at=DEADLINE + timedelta(days=7), kind=DeadlineKind.TENDER)
    store(doffin(deadline=later, payload_sha256="c" * 64), fetch_id=run.id)
    assert store(doffin(), fetch_id=run.id) is Saved.CHANGED
    assert (current().number, current().deadline_at, current().matched_rev) == (3, DEADLINE, None)


def test_the_same_notice_on_two_portals_is_one_procurement(database: URL) -> None:
    store(doffin())
    store(ted())
    assert [count(Notice), count(Procurement)] == [2, 1]


@pytest.mark.parametrize("shared_key", ["notice_uuid", "procedure_uuid"])
def test_either_uuid_is_enough(database: URL, shared_key: str) -> None:
    store(doffin())
    other = {"notice_uuid": "aaaaaaaa-0000-4000-8000-000000000001", "procedure_uuid": None}
    other.pop(shared_key, None)
    store(ted(**other))
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 1


def test_a_corrigendum_finds_what_it_corrects_whichever_comes_first(database: URL) -> None:
    correction = doffin(
        source_id="2026-114000",
        notice_uuid="bbbbbbbb-0000-4000-8000-000000000002",
        procedure_uuid=None,
        changes_notice=f"{UUID}-01",
    )
    store(correction)
    store(doffin())
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 1


def test_two_procurements_become_one_when_a_notice_knows_both(database: URL) -> None:
    store(doffin(procedure_uuid=None))
    store(ted(notice_uuid=None))
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 2
    store(doffin(payload_sha256="f" * 64))
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 1


def test_two_purchases_of_one_portal_stay_two_though_all_words_agree(database: URL) -> None:
    plain = {"notice_uuid": None, "procedure_uuid": None}
    store(doffin(**plain))
    store(doffin(**plain, source_id="2026-113737"))
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 2


def test_buyer_title_and_deadline_make_a_guess_across_portals(database: URL) -> None:
    plain = {"notice_uuid": None, "procedure_uuid": None, "title": {"nb": "Rammeavtale sveisearbeid, Værnes"}}
    store(doffin(**plain))
    store(ted(**plain, language="nb", buyers=(ParsedBuyer(name="FORSVARSBYGG", identifier="975950662", country="NO"),)))
    with transaction() as s:
        assert len(set(s.scalars(select(Notice.procurement_id)))) == 1
    assert count(Buyer) == 1


def test_lots_that_share_a_number_are_both_kept(database: URL) -> None:
    store(doffin(lots=(ParsedLot(identifier="1", title={"nb": "A"}), ParsedLot(identifier="1", title={"nb": "B"}))))
    with transaction() as s:
        assert set(s.scalars(select(Lot.identifier))) == {"1", "1 (2)"}


def test_buyers_keep_their_order(database: URL) -> None:
    store(doffin(buyers=(ParsedBuyer(name="B", country="NO"), ParsedBuyer(name="A", country="NO"))))
    with transaction() as s:
        rows = s.execute(
            select(Buyer.name).join(VersionBuyer, VersionBuyer.buyer_id == Buyer.id).order_by(VersionBuyer.position)
        )
        assert list(rows.scalars()) == ["B", "A"]


def test_a_broken_notice_is_kept_whole_and_once(database: URL) -> None:
    broken = Broken(source="ted", source_id=None, reason="no title", body=b"<x/>")
    store_all([broken, broken, doffin()])
    with transaction() as s:
        row = s.scalars(select(Quarantined)).one()
    assert (row.body, row.payload_sha256) == (b"<x/>", hashlib.sha256(b"<x/>").hexdigest())
    assert count(Notice) == 1


def test_one_run_of_a_source_at_a_time(database: URL) -> None:
    run = open_fetch("ted")
    with pytest.raises(AlreadyRunning):
        open_fetch("ted")
    open_fetch("doffin")
    close_fetch(run.id, FetchOutcome(seen=3, new=2, unchanged=1))
    again = open_fetch("ted", overlap_days=3)
    assert again.since == utcnow().date() - timedelta(days=3)


def test_a_failed_run_does_not_move_the_day_and_waits_as_told(database: URL) -> None:
    run = open_fetch("ted")
    until = utcnow() + timedelta(hours=1)
    close_fetch(run.id, FetchOutcome(error="429", next_check_at=until))
    with pytest.raises(NotYet) as waits:
        open_fetch("ted")
    assert waits.value.until == until
    with transaction() as s:
        assert s.scalars(select(Fetch.state)).one() == "failed"


def test_validators_are_remembered(database: URL) -> None:
    run = open_fetch("feed")
    close_fetch(run.id, FetchOutcome(validators={"https://x.example/rss": Validators(etag='"1"')}))
    assert open_fetch("feed").validators == {"https://x.example/rss": Validators(etag='"1"')}


def test_what_a_run_usually_meets_is_told_by_its_good_runs(database: URL) -> None:
    def ran(seen: int, *, error: str | None = None) -> None:
        close_fetch(open_fetch("ted").id, FetchOutcome(seen=seen, error=error))

    for seen in (6000, 1400):
        ran(seen)
    assert usual() == 0  # two are too few to tell
    ran(0)  # a feed that had not changed says nothing
    ran(3, error="3 notices where 20 or more were due")
    assert usual() == 0
    ran(1500)
    assert usual() == 1500
    with transaction() as s:
        s.execute(update(Fetch).values(started_at=utcnow() - timedelta(days=15)))
    assert usual() == 0  # what it was before it grew smaller for good


def usual() -> int:
    run = open_fetch("ted")
    with transaction() as s:
        s.delete(s.get_one(Fetch, run.id))
    return run.usual
