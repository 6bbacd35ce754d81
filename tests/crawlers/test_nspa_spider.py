"""Does the NSPA spider read both lists to their ends, keep its session, and end when the portal loses it?"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from asking import TODAY
from crawl_child import crawl as crawl_on_paper
from crawl_child import spiders
from golden_notices import PORTALS
from loopback import Portal, Reply, Seen
from sandbox_crawl import crawl, said, stored, versions
from sqlalchemy.engine import URL

from demo import nspa_wire
from demo.portals import SandboxPortals

LIST, ROWS, PAGER = nspa_wire.LIST, nspa_wire.ROWS_PIECE, nspa_wire.PAGER_PIECE
RUN = {"key": "nspa", "since": "2026-11-10", "until": "2026-11-22"}
EXPECTED = json.loads((PORTALS / "nspa" / "expected.json").read_text(encoding="utf-8"))["sandbox"]


def _html(body: str, **headers: str) -> Reply:
    return Reply(body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def _asked(seen: Seen) -> tuple[str, int]:
    return seen.query["PreFilter"], int(seen.query.get("CurrentPageIndex", "1"))


def _true(seen: Seen) -> Reply:
    """The list as it is."""
    prefilter, number = _asked(seen)
    if seen.path == LIST:
        return _html(nspa_wire.page(TODAY, prefilter, "t"), **{"Set-Cookie": "a=b; path=/; HttpOnly"})
    if seen.path == PAGER:
        return _html(nspa_wire.pager_piece(len(nspa_wire.opportunities(TODAY, prefilter))))
    return _html(nspa_wire.rows_piece(TODAY, prefilter, number))


def _without_count(seen: Seen) -> Reply:
    reply = _true(seen)
    return _html(reply.body.decode().replace("id='GridPagerTotalRowCount'", "id='x'")) if seen.path == LIST else reply


def _odd_row(seen: Seen) -> Reply:
    reply = _true(seen)
    return _html(reply.body.decode().replace("<td>RFP<br/><small>Works</small></td>", ""))


def _ends_early(seen: Seen) -> Reply:
    reply = _true(seen)
    return reply if seen.path == LIST else _html("<table class='table-condensed'></table>")


def _pushed_down(seen: Seen) -> Reply:
    """A new row came in on top while the list was read: each further page begins with the last row of the one before."""
    prefilter, number = _asked(seen)
    if seen.path == LIST:
        return _true(seen)
    rows = nspa_wire.opportunities(TODAY, prefilter)
    first = (number - 1) * nspa_wire.ROWS - 1
    table = "".join(map(nspa_wire._row, rows[first : first + nspa_wire.ROWS]))
    return _html(f"<table class='table-condensed'>{table}</table>")


LISTS: dict[str, Callable[[Seen], Reply]] = {
    "true": _true,
    "known": _true,
    "without count": _without_count,
    "odd row": _odd_row,
    "session lost": lambda seen: _true(seen) if seen.path == LIST else _html(nspa_wire.rows_piece(TODAY, "RFP", 1)),
    "ends early": _ends_early,
    "pushed down": _pushed_down,
    "log-in": lambda _: _html("<html><body><h1>Log in</h1></body></html>"),
    "log-in elsewhere": lambda _: Reply(status=302, headers={"Location": "/Account/Login"}),
    "filter lost": lambda seen: _html(_true(seen).body.decode().replace("value='12'", "value='6236'")),
    "error": lambda seen: _true(seen) if seen.path == LIST else Reply(status=403, body=b"<h1>Error.</h1>"),
}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted lists at once: portal and outcome of each."""
    hashes = {notice["source_id"]: notice["listing_sha256"] for notice in EXPECTED}
    hashes["26LMS070"] = "of another content"
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(answer)) for name, answer in LISTS.items()}
        runs = spiders(
            *(
                {**RUN, "base_url": portal.url, "known": hashes if name == "known" else {}}
                for name, portal in portals.items()
            )
        )
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def _numbers(run: dict[str, Any]) -> list[str]:
    return [met.get("source_id", met.get("broken")) for met in run["notices"]]


def test_both_lists_are_read_to_their_ends_each_number_once(told: Any) -> None:
    portal, run = told["true"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == [notice["source_id"] for notice in EXPECTED]
    asked = [(seen.method, seen.path, _asked(seen)) for seen in portal.asked()]
    assert asked == [
        ("GET", LIST, ("RFP", 1)),
        ("POST", ROWS, ("RFP", 2)),
        ("GET", LIST, ("FBO", 1)),
        ("POST", ROWS, ("FBO", 2)),
    ]
    # An opportunity that is in both lists is a competition by now.
    assert {met["source_id"]: met["notice_type"] for met in run["notices"]}["26LDC118"] == "RFP"


def test_the_session_goes_with_the_further_pages_and_nowhere_else(told: Any) -> None:
    portal, _ = told["true"]
    first, piece, other, _ = portal.asked()
    assert (piece.headers["cookie"], piece.headers["__requestverificationtoken"]) == ("a=b", "t")
    assert piece.headers["x-requested-with"] == "XMLHttpRequest"
    assert "cookie" not in first.headers
    assert "cookie" not in other.headers


def test_what_is_known_as_it_stands_is_not_stored_again(told: Any) -> None:
    _, run = told["known"]
    assert _numbers(run) == ["26LMS070"]
    outcome = run["outcome"]
    assert (outcome["seen"], outcome["unchanged"], outcome["error"]) == (len(EXPECTED), len(EXPECTED) - 1, None)


def test_a_page_without_its_count_asks_the_pager(told: Any) -> None:
    portal, run = told["without count"]
    assert run["outcome"]["error"] is None
    assert len(_numbers(run)) == len(EXPECTED)
    assert len(portal.asked(PAGER)) == 2


def test_an_odd_row_is_quarantined_and_the_rest_goes_on(told: Any) -> None:
    _, run = told["odd row"]
    assert run["outcome"]["error"] is None
    assert run["outcome"]["quarantined"] == 1
    assert set(_numbers(run)) == {notice["source_id"] for notice in EXPECTED}
    assert [met for met in run["notices"] if "broken" in met] == [
        {"broken": "26SAO188", "reason": "the row has 5 cells and not 6"}
    ]


def test_a_row_that_comes_in_meanwhile_costs_no_other(told: Any) -> None:
    _, run = told["pushed down"]
    assert run["outcome"]["error"] is None
    assert sorted(_numbers(run)) == sorted(notice["source_id"] for notice in EXPECTED)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("session lost", "NSPA gave the same page twice"),
        ("ends early", "NSPA announced 12 opportunities and gave 10"),
        ("log-in", "without its list of opportunities"),
        ("log-in elsewhere", "answered 302"),
        ("filter lost", "was the filter RFP lost?"),
        ("error", "answered 403"),
    ],
)
def test_what_is_not_the_list_is_a_failed_run(told: Any, name: str, error: str) -> None:
    _, run = told[name]
    assert error in run["outcome"]["error"]


def test_the_sandbox_is_stored_once_and_a_second_crawl_writes_nothing(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        first = crawl("nspa", portals.base_url, TODAY)
        assert first["error"] is None
        assert first["new"] == first["seen"] == len(EXPECTED)
        assert stored("nspa") == {notice["source_id"]: said(notice) for notice in EXPECTED}
        before = versions("nspa")
        second = crawl("nspa", portals.base_url, TODAY)
        assert (second["error"], second["unchanged"], second["new"], second["changed"]) == (None, len(EXPECTED), 0, 0)
        assert versions("nspa") == before
        assert [request.status for request in portals.requests if "Opportunities" in request.path] == [200] * 8


def test_the_pause_between_two_pages_is_five_seconds() -> None:
    from crawlers.sources import sources

    assert sources()["nspa"].delay_s == 5
    with Portal(_true) as portal:
        run = crawl_on_paper("nspa", base_url=portal.url, delay_s=0.3)
    assert run["outcome"]["error"] is None
    assert min(portal.gaps()) >= 0.3
