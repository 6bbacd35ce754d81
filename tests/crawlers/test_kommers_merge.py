"""Is a purchase that TED and several lists of Kommers tell of one procurement, and its change a change?"""

import json

import pytest
from asking import TODAY
from golden_notices import PORTALS
from kinfolk import stored_groups
from sandbox_crawl import crawl, said, stored, versions
from sqlalchemy import select
from sqlalchemy.engine import URL

from crawlers.sources import source_of
from db.models import Notice, NoticeVersion
from db.session import transaction
from demo import kommers_wire
from demo.addresses import address_of
from demo.kommers_notices import Listed, listed
from demo.kommers_numbers import mirrored
from demo.portals import SandboxPortals
from demo.witness import Faults

INSTANCES = ("elite", "fmv", "polis", "trafik")
HUB = json.loads((PORTALS / "kommers_hub" / "expected.json").read_text(encoding="utf-8"))["sandbox"]
LISTS = json.loads((PORTALS / "kommers_list" / "expected.json").read_text(encoding="utf-8"))


def address(portals: SandboxPortals, key: str) -> str:
    return address_of(source_of(key), portals.base_url) or ""


def names_of(one: Listed) -> set[str]:
    """How the lists of Kommers call a notice."""
    number, kind = one.numbers.hub, {"Tender": "", "RFI": ""}.get(one.kind, f"{one.kind}-")
    hub = {f"kommers:{kind}{number}"} if one.kind in sum(kommers_wire.LISTS.values(), ()) else set()
    award = "-efterannons" if one.kind == "Award" else ""
    return hub | {f"kommers-{one.numbers.instance}:{one.numbers.procurement}{award}"}


@pytest.mark.parametrize("key", ["kommers", *(f"kommers-{instance}" for instance in INSTANCES)])
def test_the_sandbox_is_stored_once_and_a_second_crawl_writes_nothing(database: URL, key: str) -> None:
    del database
    expected = HUB if key == "kommers" else LISTS[f"sandbox {key.removeprefix('kommers-')}"]
    with SandboxPortals(today=TODAY) as portals:
        first = crawl(key, address(portals, key), TODAY)
        assert (first["error"], first["quarantined"]) == (None, 0)
        assert first["new"] == first["seen"] == len(expected)
        assert stored(key) == {notice["source_id"]: said(notice) for notice in expected}
        before, asked = versions(key), len(portals.requests)
        second = crawl(key, address(portals, key), TODAY)
        assert (second["error"], second["unchanged"], second["new"], second["changed"]) == (None, len(expected), 0, 0)
        assert versions(key) == before
        pages = [seen for seen in portals.requests[asked:] if "/Notice/" in seen.path and seen.method == "GET"]
        assert [seen for seen in pages if not seen.path.lower().endswith("noticelist.aspx")] == []  # no page anew


def test_one_purchase_on_ted_in_the_hub_and_in_its_instance_is_one_procurement(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        for key, base in [("ted", portals.base_url), ("kommers", portals.base_url)]:
            assert crawl(key, base, TODAY)["error"] is None
        two = stored_groups()
        for instance in INSTANCES:
            assert crawl(f"kommers-{instance}", address(portals, f"kommers-{instance}"), TODAY)["error"] is None
        published, every = portals.notices, listed(portals.notices, TODAY)
    on_ted = {
        numbers: f"ted:{one.ted_number}" for one in published if (numbers := mirrored(one)) and one.on_portal("ted")
    }
    mirrors = [one for one in every if one.numbers in on_ted]
    assert len(mirrors) == 26
    for one in mirrors:  # TED and the hub alone: by the dispatch link, whatever else they say alike
        assert frozenset({on_ted[one.numbers], f"kommers:{one.numbers.hub}"}) in two
    found = stored_groups()
    for one in every:
        ted = {on_ted[one.numbers]} if one.numbers in on_ted and one.eforms and one.kind == "Tender" else set()
        assert frozenset(names_of(one) | ted) in found, one.title
    with transaction() as s:
        ties = {
            (source, (tie or {}).get("by"), (tie or {}).get("exact"))
            for source, tie in s.execute(select(Notice.source, Notice.tie).where(Notice.source.like("kommers%")))
        }
    assert ("kommers-fmv", "kommers instance", True) in ties
    assert {by for source, by, exact in ties if exact is False} <= {"link", "reference"}


def test_an_instance_alone_finds_its_mirror_by_what_both_say(database: URL) -> None:
    """FMV's own list has another reference than TED: buyer, title and day are left."""
    del database
    with SandboxPortals(today=TODAY) as portals:
        assert crawl("ted", portals.base_url, TODAY)["error"] is None
        assert crawl("kommers-fmv", address(portals, "kommers-fmv"), TODAY)["error"] is None
        every = listed(portals.notices, TODAY)
        on_ted = {mirrored(one): f"ted:{one.ted_number}" for one in portals.notices if one.on_portal("ted")}
    found = stored_groups()
    fmv = [one for one in every if one.numbers.instance == "fmv" and one.numbers in on_ted]
    assert len(fmv) == 8
    for one in fmv:
        assert frozenset({on_ted[one.numbers], f"kommers-fmv:{one.numbers.procurement}"}) in found


def test_a_moved_deadline_is_seen_by_the_days_that_are_left(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        assert crawl("kommers", portals.base_url, TODAY)["error"] is None
        portals.set_day(2)
        second = crawl("kommers", portals.base_url, TODAY)
    assert (second["error"], second["new"], second["changed"]) == (None, 0, 1)
    with transaction() as s:
        (changes,) = s.scalars(
            select(NoticeVersion.changes)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(Notice.source == "kommers", NoticeVersion.number == 2)
        )
    assert [change["field"] for change in changes or () if change["material"]] == ["deadline"]


@pytest.mark.parametrize(("key", "rule"), [("kommers", "/Notices"), ("kommers-elite", "/elite/notice")])
def test_robots_txt_is_obeyed_whatever_was_agreed(database: URL, key: str, rule: str) -> None:
    del database
    with SandboxPortals(today=TODAY, faults=Faults(robots_text=f"User-agent: *\nDisallow: {rule}\n")) as portals:
        outcome = crawl(key, address(portals, key), TODAY)
        asked = [seen.path for seen in portals.requests]
    assert "robots.txt forbids it" in outcome["error"]
    assert asked == ["/robots.txt"]


def test_a_rule_that_forbids_the_pages_alone_leaves_the_rows(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY, faults=Faults(robots_text="User-agent: *\nDisallow: /Notice/\n")) as portals:
        outcome = crawl("kommers", portals.base_url, TODAY)
        asked = {seen.path for seen in portals.requests}
    assert outcome["new"] == len(HUB)
    assert asked == {"/robots.txt", *kommers_wire.LISTS}


def test_a_page_that_comes_later_tells_more_and_corrects_nothing(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY, faults=Faults(robots_text="User-agent: *\nDisallow: /Notice/\n")) as portals:
        assert crawl("kommers", portals.base_url, TODAY)["new"] == len(HUB)
        portals.set_faults(Faults())
        second = crawl("kommers", portals.base_url, TODAY)
    assert (second["error"], second["new"]) == (None, 0)
    assert stored("kommers") == {notice["source_id"]: said(notice) for notice in HUB}
    assert {number for _, _, number in versions("kommers")} == {1}  # no reader is told of a change that was none
    with transaction() as s:
        told = s.scalars(select(NoticeVersion.changes).where(NoticeVersion.changes.is_not(None))).all()
    assert len(told) >= 26
    assert not [change for changes in told for change in changes or () if change["material"]]
