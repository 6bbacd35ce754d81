"""Are Doffin's details asked for last, sparingly and only where wanted, and does a bad one cost nothing? (sources.md §3.3)"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asking import TODAY
from crawl_child import spiders
from loopback import Portal, Reply, Seen
from sandbox_crawl import crawl, versions
from sqlalchemy import select, tuple_
from sqlalchemy.engine import URL

from crawlers.spiders.doffin import MOST_DETAIL_FAILURES
from db.models import Notice, NoticeVersion
from db.session import transaction
from demo.doffin_wire import DETAIL
from demo.notice import Notice as Published
from demo.portals import SandboxPortals
from demo.witness import Faults

DAYS = {"key": "doffin", "since": "2026-11-10", "until": "2026-11-20"}
XML = (Path(__file__).parents[1] / "portals" / "doffin" / "2031-100101.xml").read_bytes()
UUID = "50859edc-926f-405a-a1ad-6590a08a5ba9"
NINE = [f"2026-{number}" for number in range(100001, 100010)]


def _hit(number: str) -> dict[str, Any]:
    return {
        "id": number,
        "heading": f"Kunngjøring {number}",
        "type": "ANNOUNCEMENT_OF_COMPETITION",
        "issueDate": "2026-11-15T10:00:00Z",
        "publicationDate": "2026-11-16",
        "cpvCodes": ["35000000"],
    }


def _detail(seen: Seen) -> Reply:
    number = seen.path.rpartition("/")[2]
    return Reply.of({"id": number, "tedId": f"{number[-6:]}-2026", "competitionDocsUrl": f"https://a.example/{number}"})


class Doffin:
    """Nine hits, no XML (so that every key is wanted), and details as told."""

    def __init__(self, detail: Callable[[Seen], Reply] = _detail, *, xml: bytes = b"") -> None:
        self.detail, self.xml = detail, xml

    def __call__(self, seen: Seen) -> Reply:
        if seen.path == "/public/v2/search":
            return Reply.of({"numHitsTotal": len(NINE), "hits": [_hit(number) for number in NINE]})
        if seen.path.startswith("/public/"):
            return Reply(body=self.xml) if self.xml else Reply(status=404)
        return self.detail(seen)


def _some_bad(seen: Seen) -> Reply:
    return {
        "100001": Reply(status=404),
        "100002": Reply(body=b"<!doctype html><html>Just a moment</html>"),
        "100004": Reply.of({"id": "2026-999999", "tedId": "1-2026"}),
        "100005": Reply(status=302, headers={"Location": "/elsewhere"}),
        "100007": Reply(silent=True),
        "100008": Reply(status=500),
    }.get(seen.path.rpartition("-")[2], _detail(seen))


SERVICES = {
    "whole": Doffin(),
    "off": Doffin(),
    "xml": Doffin(xml=XML),
    "some bad": Doffin(_some_bad),
    "shut": Doffin(lambda _: Reply(status=403)),
    "forbidden": Doffin(),
    "few": Doffin(),
    "busy": Doffin(lambda _: Reply(status=429, headers={"Retry-After": "3600"})),
}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted services at once: portal and outcome of each."""
    more: dict[str, dict[str, Any]] = {
        "off": {"details": False},
        "few": {"changes": {"ANBUDSVAKT_MOST_DETAILS": 4}},
    }
    rules = {"forbidden": Reply(body=b"User-agent: *\nDisallow: /webclient/\n")}
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(serve, rules.get(name))) for name, serve in SERVICES.items()}
        asked = ({**DAYS, "base_url": one.url, "details": True, **more.get(name, {})} for name, one in portals.items())
        runs = spiders(*asked)
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def _details(portal: Portal) -> list[Seen]:
    return [seen for seen in portal.asked() if seen.path.startswith(DETAIL)]


def _last(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each notice as it was stored last."""
    return {met["source_id"]: met for met in run["notices"] if "source_id" in met}


def test_each_is_stored_first_and_once_more_with_what_its_detail_adds(told: Any) -> None:
    portal, run = told["whole"]
    assert run["outcome"]["error"] is None
    assert [met["source_id"] for met in run["notices"][:9]] == NINE
    assert all(met["ojs_number"] is None for met in run["notices"][:9])
    assert [seen.path.rpartition("/")[2] for seen in _details(portal)] == NINE
    assert [(met["source_id"], met["ojs_number"]) for met in run["notices"][9:]] == [
        (number, f"{number[-6:]}-2026") for number in NINE
    ]
    assert run["notices"][9]["links"] == [{"kind": "documents", "url": "https://a.example/2026-100001"}]
    assert run["outcome"]["seen"] == 9  # a notice is met once


def test_details_come_after_every_download_and_without_the_key(told: Any) -> None:
    portal, _ = told["whole"]
    paths = [seen.path.split("/")[1] for seen in portal.asked()]
    assert paths == sorted(paths)  # public before webclient
    assert all("ocp-apim-subscription-key" not in seen.headers for seen in _details(portal))


def test_without_the_setting_none_is_asked_for(told: Any) -> None:
    portal, run = told["off"]
    assert _details(portal) == []
    assert len(_last(run)) == 9


def test_what_the_xml_says_in_full_is_not_asked_for(told: Any) -> None:
    portal, run = told["xml"]
    assert run["outcome"]["error"] is None
    assert all(met["links"] for met in run["notices"][:9])
    # The XML names no number on TED, so the detail is wanted; its link is not: the XML has one.
    assert len(_details(portal)) == 9
    assert _last(run)["2026-100003"]["ojs_number"] == "100003-2026"
    assert _last(run)["2026-100003"]["links"] == run["notices"][2]["links"]


def test_a_bad_detail_costs_itself_alone(told: Any) -> None:
    portal, run = told["some bad"]
    assert run["outcome"]["error"] is None
    assert sorted(_last(run)) == NINE
    assert sorted(number for number, met in _last(run).items() if met["ojs_number"]) == [
        "2026-100003",
        "2026-100006",
        "2026-100009",
    ]
    # Each once, for an enrichment is not worth a second try; only Twisted itself asks again where a connection that was
    # kept open proves to be closed.
    asked = [seen.path.rpartition("/")[2] for seen in _details(portal)]
    assert [number for number in asked if number != "2026-100007"] == [n for n in NINE if n != "2026-100007"]
    assert not portal.asked("/elsewhere")


@pytest.mark.parametrize(("name", "asked"), [("shut", MOST_DETAIL_FAILURES), ("forbidden", 0), ("few", 4)])
def test_a_service_that_refuses_is_left_alone_and_no_notice_is_hindered(told: Any, name: str, asked: int) -> None:
    portal, run = told[name]
    assert run["outcome"]["error"] is None
    assert len(_details(portal)) == asked
    assert sorted(_last(run)) == NINE


def test_a_host_that_is_too_busy_is_left_alone_with_every_notice_stored(told: Any) -> None:
    portal, run = told["busy"]
    assert len(_details(portal)) == 1
    assert sorted(_last(run)) == NINE
    assert "left alone for 3600 seconds" in run["outcome"]["error"]


def test_a_notice_whose_xml_is_broken_meets_its_mirror_on_ted_by_its_detail(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        on_both = [one for one in portals.notices if one.on_portal("doffin") and one.on_portal("ted")]
        mirrored = on_both[-6:]  # the newest, which a second run reads again
        portals.set_faults(Faults(doffin_burst=None, broken_xml=tuple(one.key for one in mirrored)))
        assert crawl("ted", portals.base_url, TODAY)["error"] is None
        assert crawl("doffin", portals.base_url, TODAY)["error"] is None
        # A hit says no key of the notice, and its words are Norwegian where TED's are English.
        assert not any(_together(one) for one in mirrored)
        assert not [request for request in portals.requests if request.path.startswith(DETAIL)]
        environment.setenv("ANBUDSVAKT_DOFFIN_DETAILS", "true")
        assert crawl("doffin", portals.base_url, TODAY)["error"] is None
        assert [one.key for one in mirrored if not _together(one)] == []
        asked = [request for request in portals.requests if request.path.startswith(DETAIL)]
        assert len(asked) == len(mirrored)  # of those whose XML was read, nothing is new
        assert not any(request.had_key for request in asked)
    assert {number for _, _, number in versions("doffin")} == {1}  # no detail is a corrigendum


def _together(notice: Published) -> bool:
    """Whether a notice's two publications are one procurement by now."""
    names = [("doffin", notice.doffin_id), ("ted", notice.ted_number)]
    with transaction() as s:
        rows = s.execute(select(Notice.procurement_id).where(tuple_(Notice.source, Notice.source_id).in_(names))).all()
    assert len(rows) == 2
    return len(set(rows)) == 1


def test_ted_numbers_and_documents_are_stored(database: URL, environment: pytest.MonkeyPatch) -> None:
    del database
    environment.setenv("ANBUDSVAKT_DOFFIN_DETAILS", "true")
    with SandboxPortals(today=TODAY, faults=Faults(doffin_burst=None)) as portals:
        assert crawl("doffin", portals.base_url, TODAY)["error"] is None
        on_both = {one.doffin_id: one.ted_number for one in portals.notices if one.on_portal("doffin") and one.on_portal("ted")}  # fmt: skip
        again = crawl("doffin", portals.base_url, TODAY)
        assert (again["new"], again["changed"], again["error"]) == (0, 0, None)
    with transaction() as s:
        rows = s.execute(
            select(Notice.source_id, NoticeVersion.ojs_number).join(
                NoticeVersion, NoticeVersion.id == Notice.current_version_id
            )
        )
        stored = {number: ojs for number, ojs in rows if ojs is not None}
    assert set(stored.items()) <= set(on_both.items())
    assert len(stored) > 5
