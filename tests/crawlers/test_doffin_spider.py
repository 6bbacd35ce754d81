"""Does the Doffin spider fetch what is new, keep what it cannot fetch, and give its key to nobody else? (sources.md §3)"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawl_child import spiders
from loopback import Portal, Reply, Seen

from crawlers import doffin_search
from crawlers.spiders.doffin import HITS, MOST_FAILURES

DAYS = {"key": "doffin", "since": "2026-11-10", "until": "2026-11-20"}
XML = (Path(__file__).parents[1] / "portals" / "doffin" / "2031-100101.xml").read_bytes()
SEARCH, DOWNLOAD = "/public/v2/search", "/public/v2/download/"
KEY = "ocp-apim-subscription-key"


def _hit(number: int, **said: Any) -> dict[str, Any]:
    return {
        "id": f"2026-{number}",
        "heading": f"Kunngjøring {number}",
        "description": "Levering av utstyr til beredskap.",
        "type": "ANNOUNCEMENT_OF_COMPETITION",
        "allTypes": ["ANNOUNCEMENT_OF_COMPETITION", "COMPETITION"],
        "status": "ACTIVE",
        "issueDate": "2026-11-15T10:00:00Z",
        "publicationDate": "2026-11-16",
        "deadline": "2026-12-15T11:00:00Z",
        "cpvCodes": ["35000000"],
        "buyer": [{"id": "b", "organizationId": "916075855", "name": "Forsvarsmateriell"}],
        **said,
    }


HASHES = {
    notice.source_id: notice.payload_sha256
    for notice in (doffin_search.parse_hit(_hit(number)) for number in range(100001, 100010))
}


class Database:
    """Answers a search from its hits, page by page, and hands out the same XML for each; ``total`` may lie."""

    def __init__(
        self,
        hits: list[dict[str, Any]],
        download: Callable[[Seen], Reply] = lambda _: Reply(body=XML),
        total: int | None = None,
    ) -> None:
        self.hits, self.download, self.total = hits, download, total

    def __call__(self, seen: Seen) -> Reply:
        if seen.path != SEARCH:
            return self.download(seen)
        first, last = seen.query["issueDateFrom"], seen.query["issueDateTo"]
        found = [hit for hit in self.hits if first <= hit["issueDate"][:10] <= last]
        size, page = int(seen.query["numHitsPerPage"]), int(seen.query["page"])
        total = len(found) if self.total is None else self.total
        told = {"numHitsTotal": total, "numHitsAccessible": min(total, 1000)}
        if page * size > 1000:
            return Reply.of({"reason": "too deep"}, status=400)
        return Reply.of({**told, "hits": found[(page - 1) * size : page * size]})


def _each_day(count: int) -> list[dict[str, Any]]:
    days = [date(2026, 11, 10) + timedelta(days=number) for number in range(11)]
    return [
        _hit(200000 + 1000 * place + number, issueDate=f"{day}T08:00:00Z")
        for place, day in enumerate(days)
        for number in range(count)
    ]


def _broken(seen: Seen) -> Reply:
    return {
        "100001": Reply(status=404),
        "100002": Reply(body=b"<!doctype html><html>log in</html>"),
        "100003": Reply(body=XML[: len(XML) // 2]),
        "100004": Reply(),
        "100005": Reply(status=302, headers={"Location": "/elsewhere"}),
        "100006": Reply(silent=True),
    }.get(seen.path.rpartition("-")[2], Reply(body=XML))


NINE = [_hit(number) for number in range(100001, 100010)]
SERVICES: dict[str, Database] = {
    "new": Database(NINE),
    "known": Database([*NINE[:8], _hit(100009, status="CANCELLED")]),
    "pages": Database([_hit(number) for number in range(300000, 300250)]),
    "wide": Database(_each_day(120)),
    "one day too wide": Database([_hit(1), _hit(2)], total=1001),
    "whole database": Database([_hit(1)], total=157_143),
    "fewer than told": Database(NINE, total=500),
    "failing downloads": Database(NINE, _broken),
    "no downloads": Database([_hit(400000 + number) for number in range(30)], lambda _: Reply(status=401)),
    "downloads refused": Database(NINE),
    "few downloads": Database(NINE),
    "busy": Database(NINE, lambda _: Reply(status=429, headers={"Retry-After": "3600"})),
    "no key": Database([]),
    "odd hit": Database([*NINE[:2], _hit(1, id="?")]),
}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted databases at once: portal and outcome of each."""
    details: dict[str, dict[str, Any]] = {
        "known": {"known": HASHES},
        "pages": {"changes": {"ANBUDSVAKT_MOST_DOWNLOADS": 0}},
        "wide": {"changes": {"ANBUDSVAKT_MOST_DOWNLOADS": 0}},
        "one day too wide": {"until": "2026-11-10"},
        "few downloads": {"changes": {"ANBUDSVAKT_MOST_DOWNLOADS": 4}},
        "failing downloads": {"changes": {"RETRY_ENABLED": False}},
    }
    rules = {"downloads refused": Reply(body=f"User-agent: *\nDisallow: {DOWNLOAD}\n".encode())}
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(base, rules.get(name))) for name, base in SERVICES.items()}
        portals["no key"]._answer = lambda _: Reply.of({"statusCode": 401, "message": "Access denied"}, status=401)
        runs = spiders(*({**DAYS, "base_url": portal.url, **details.get(name, {})} for name, portal in portals.items()))
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def _by_number(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {met["source_id"]: met for met in run["notices"] if "source_id" in met}


def _downloads(portal: Portal) -> list[str]:
    return [seen.path.removeprefix(DOWNLOAD) for seen in portal.asked() if seen.path.startswith(DOWNLOAD)]


def test_what_is_new_is_read_from_its_xml_and_joined_with_its_hit(told: Any) -> None:
    portal, run = told["new"]
    assert run["outcome"]["error"] is None
    assert sorted(_downloads(portal)) == sorted(HASHES)
    notices = _by_number(run)
    assert {number: notice["listing_sha256"] for number, notice in notices.items()} == HASHES
    for number, notice in notices.items():
        assert notice["wire_format"] == "eforms"
        assert notice["url"] == f"https://www.doffin.no/notices/{number}"
        assert notice["payload_sha256"] != HASHES[number]
        assert notice["published_at"].startswith("2026-11-1")  # the hit's, not the fixture's 2031


def test_the_search_asks_for_its_days_with_parameters_that_exist(told: Any) -> None:
    portal, _ = told["new"]
    (search,) = portal.asked(SEARCH)
    assert search.query == {
        "numHitsPerPage": str(HITS),
        "page": "1",
        "sortBy": "PUBLICATION_DATE_DESC",
        "issueDateFrom": "2026-11-10",
        "issueDateTo": "2026-11-20",
    }


def test_what_is_known_is_not_fetched_again_unless_its_hit_has_changed(told: Any) -> None:
    portal, run = told["known"]
    assert run["outcome"]["error"] is None
    assert _downloads(portal) == ["2026-100009"]
    assert (run["outcome"]["seen"], run["outcome"]["unchanged"]) == (9, 8)
    assert _by_number(run)["2026-100009"]["cancelled"] is True  # only the hit says so


def test_pages_keep_their_size_and_end_with_the_total(told: Any) -> None:
    portal, run = told["pages"]
    assert run["outcome"]["error"] is None
    assert run["outcome"]["seen"] == 250
    assert [(seen.query["page"], seen.query["numHitsPerPage"]) for seen in portal.asked(SEARCH)] == [
        ("1", "100"),
        ("2", "100"),
        ("3", "100"),
    ]


def test_more_than_can_be_reached_is_read_day_by_day(told: Any) -> None:
    portal, run = told["wide"]
    assert run["outcome"]["error"] is None
    assert len(_by_number(run)) == run["outcome"]["seen"] == 11 * 120
    windows = {(seen.query["issueDateFrom"], seen.query["issueDateTo"]) for seen in portal.asked(SEARCH)}
    assert len(windows) == 12
    assert all(first == last for first, last in windows - {("2026-11-10", "2026-11-20")})


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("one day too wide", "1001 notices for 2026-11-10, and 1000 can be reached"),
        ("whole database", "157143 notices for a few days: was a filter lost?"),
        ("fewer than told", "announced 500 notices and gave 9"),
        ("no key", "answered 401 Access denied"),
    ],
)
def test_a_search_that_is_not_what_it_was_fails_the_run(told: Any, name: str, error: str) -> None:
    portal, run = told[name]
    assert error in run["outcome"]["error"]
    assert len(portal.asked(SEARCH)) <= 2


def test_a_notice_without_readable_xml_is_kept_as_its_hit(told: Any) -> None:
    portal, run = told["failing downloads"]
    assert run["outcome"]["error"] is None
    notices = _by_number(run)
    assert sorted(notices) == sorted(HASHES)
    for number in ("2026-100001", "2026-100002", "2026-100003", "2026-100004", "2026-100005", "2026-100006"):
        assert notices[number]["wire_format"] == "listing"
        assert notices[number]["listing_sha256"] is None  # so that the next run tries again
    for number in ("2026-100007", "2026-100008", "2026-100009"):
        assert notices[number]["wire_format"] == "eforms"
    assert [met["broken"] for met in run["notices"] if "broken" in met] == ["2026-100003"]  # the cut XML, kept aside
    assert not portal.asked("/elsewhere")


def test_a_portal_whose_downloads_fail_is_left_alone_and_it_is_told(told: Any) -> None:
    portal, run = told["no downloads"]
    assert len(_downloads(portal)) == MOST_FAILURES
    assert len(_by_number(run)) == 30
    assert f"{MOST_FAILURES} downloads in a row brought no XML" in run["outcome"]["error"]


def test_rules_that_forbid_the_downloads_leave_the_hits(told: Any) -> None:
    portal, run = told["downloads refused"]
    assert _downloads(portal) == []
    assert sorted(_by_number(run)) == sorted(HASHES)


def test_what_one_run_cannot_fetch_is_kept_for_the_next(told: Any) -> None:
    portal, run = told["few downloads"]
    assert run["outcome"]["error"] is None
    assert len(_downloads(portal)) == 4
    assert sorted(_by_number(run)) == sorted(HASHES)
    assert sum(notice["listing_sha256"] is None for notice in _by_number(run).values()) == 5


def test_a_long_wait_ends_the_run_but_loses_no_hit(told: Any) -> None:
    portal, run = told["busy"]
    assert len(_downloads(portal)) == 1
    assert sorted(_by_number(run)) == sorted(HASHES)
    assert "left alone for 3600 seconds" in run["outcome"]["error"]
    assert run["outcome"]["next_check_at"] is not None


def test_one_odd_hit_is_kept_aside(told: Any) -> None:
    _, run = told["odd hit"]
    assert run["outcome"]["error"] is None
    assert (run["outcome"]["seen"], run["outcome"]["quarantined"]) == (3, 1)


def test_the_key_goes_in_a_header_and_a_sandbox_gets_none_of_ours(told: Any) -> None:
    for portal, _ in told.values():
        for seen in portal.asked():
            assert seen.headers[KEY] == "sandbox"
            assert "subscription-key" not in seen.query
        assert not any(KEY in seen.headers for seen in portal.log if seen.path == "/robots.txt")
