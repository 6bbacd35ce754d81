"""Do udbud.dk's and Hilma's spiders read their days, keep what names defence, and end loudly when a search is not itself?"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from asking import TODAY
from crawl_child import spiders
from golden_notices import PORTALS
from loopback import Portal, Reply, Seen
from sandbox_crawl import crawl, said, stored, versions
from sqlalchemy.engine import URL

from crawlers.sources import SourceClosed, SourceState, sources
from demo import hilma_wire, udbud_wire
from demo.portals import SandboxPortals
from settings import Settings

SINCE = TODAY - timedelta(days=12)
KEY = "ocp-apim-subscription-key"
EXPECTED = {
    key: json.loads((PORTALS / key / "expected.json").read_text(encoding="utf-8"))["sandbox"]
    for key in ("udbud", "hilma")
}
Change = Callable[[dict[str, Any]], Any]


def _danish(change: Change = lambda told: told, *, today: date = TODAY) -> Callable[[Seen], Reply]:
    return lambda seen: Reply.of(change(udbud_wire.search(seen.body, today)[1]))


def _finnish(change: Change = lambda told: told) -> Callable[[Seen], Reply]:
    return lambda seen: Reply.of(change(hilma_wire.search(seen.body, TODAY)[1]))


def _without(*keys: str) -> Change:
    return lambda told: {key: value for key, value in told.items() if key not in keys}


def _page(told: dict[str, Any], key: str, rows: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    return {**told, key: rows(told[key])}


def _pushed_down(seen: Seen) -> Reply:
    """One more was published while we read: each further page begins with the last record of the one before."""
    asked = json.loads(seen.body)
    asked["skip"] = max(0, asked["skip"] - 1)
    return Reply.of(hilma_wire.search(json.dumps(asked).encode(), TODAY)[1])


RESULTS, VALUE = "resultatElementDtoList", "value"
PORTALS_OF: Mapping[str, Mapping[str, Callable[[Seen], Reply]]] = {
    "udbud": {
        "true": _danish(),
        "known": _danish(),
        "no total": _danish(_without("totaltAntalResultater")),
        "odd": _danish(lambda told: _page(told, RESULTS, lambda rows: [{**rows[0], "noticeId": "?"}, *rows[1:]])),
        "one page for ever": lambda _: Reply.of(udbud_wire.search(_first(), TODAY)[1]),
        "order lost": _danish(lambda told: _page(told, RESULTS, lambda rows: rows[::-1])),
        "goes round": lambda seen: _danish(_without("totaltAntalResultater"))(_turned(seen)),
        "ends early": _danish(lambda told: {**told, RESULTS: [], "totaltAntalResultater": 368}),
        "an error": lambda _: Reply.of({"status": 400, "error": "Bad Request"}, status=400),
        "something else": lambda _: Reply.of({"hits": []}),
        "log-in": lambda _: Reply(status=302, headers={"Location": "/log-ind"}),
    },
    "hilma": {
        "true": _finnish(),
        "known": _finnish(),
        "no total": _finnish(_without("@odata.count")),
        "odd": _finnish(lambda told: _page(told, VALUE, lambda rows: [{**rows[0], "titleFi": None, "titleSv": ""}, *rows[1:]])),
        "pushed down": _pushed_down,
        "one page for ever": lambda _: Reply.of({"@odata.count": 999, "value": hilma_wire.search(b"{}", TODAY)[1]["value"]}),
        "filter lost": _finnish(lambda told: {**told, "@odata.count": 149_000}),
        "ends early": _finnish(lambda told: {**told, VALUE: []}),
        "an error": lambda _: Reply.of({"error": {"code": "x", "message": "Invalid expression"}}, status=400),
        "something else": lambda _: Reply.of({"hits": []}),
        "log-in": lambda _: Reply(status=302, headers={"Location": "/login"}),
    },
}  # fmt: skip


def _turned(seen: Seen) -> Seen:
    """The third page is the first one again, and so on."""
    asked = json.loads(seen.body)
    asked["pagineringDto"]["aktuelSide"] = (asked["pagineringDto"]["aktuelSide"] - 1) % 2 + 1
    asked["pagineringDto"]["maksElementer"] = 4
    return replace(seen, body=json.dumps(asked).encode())


def _first() -> bytes:
    paging = {"aktuelSide": 1, "maksElementer": 5, "sorteringFelt": "PUBLIKATION_DATO", "retning": "Desc"}
    return json.dumps({"pagineringDto": paging, "udbudStatusFilter": "ALLE"}).encode()


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted searches at once: portal and outcome of each."""
    known = {key: {one["source_id"]: one["listing_sha256"] for one in EXPECTED[key][1:]} for key in EXPECTED}
    with ExitStack() as opened:
        portals = {
            (key, name): opened.enter_context(Portal(answer))
            for key, several in PORTALS_OF.items()
            for name, answer in several.items()
        }
        runs = spiders(
            *(
                {"key": key, "since": SINCE.isoformat(), "until": TODAY.isoformat(), "base_url": portal.url}
                | ({"known": known[key]} if name == "known" else {})
                for (key, name), portal in portals.items()
            )
        )
    return {pair: (portals[pair], run) for pair, run in zip(portals, runs, strict=True)}


def _numbers(run: dict[str, Any]) -> list[str]:
    return [met["source_id"] for met in run["notices"] if "source_id" in met]


@pytest.mark.parametrize("key", EXPECTED)
@pytest.mark.parametrize("name", ["true", "no total"])
def test_what_names_defence_is_kept_and_nothing_else(told: Any, key: str, name: str) -> None:
    _, run = told[key, name]
    assert run["outcome"]["error"] is None
    assert sorted(_numbers(run)) == sorted(notice["source_id"] for notice in EXPECTED[key])
    assert run["outcome"]["seen"] == len(EXPECTED[key])


def test_udbud_is_asked_for_the_newest_first_and_no_further_than_its_days(told: Any) -> None:
    portal, _ = told["udbud", "true"]
    (asked,) = [json.loads(seen.body) for seen in portal.asked()]  # the first hundred reach back beyond twelve days
    assert asked == {
        "pagineringDto": {"aktuelSide": 1, "maksElementer": 100, "sorteringFelt": "PUBLIKATION_DATO", "retning": "Desc"},
        "filterDto": {"cpvKoder": [], "formularType": []},
        "udbudStatusFilter": "ALLE",
    }  # fmt: skip
    assert KEY not in portal.asked()[0].headers


def test_the_newest_version_of_a_notice_is_the_notice(told: Any) -> None:
    _, run = told["udbud", "true"]
    (hangar,) = [met for met in run["notices"] if met["source_id"] == udbud_wire.notice_id("hangar")]
    assert hangar["notice_version"] == "02"


def test_hilma_is_asked_by_day_with_the_key_in_a_header(told: Any) -> None:
    portal, _ = told["hilma", "true"]
    asked = [json.loads(seen.body) for seen in portal.asked()]
    assert asked[0] == {
        "search": "*",
        "filter": f"datePublished ge {SINCE}T00:00:00Z",
        "orderby": "datePublished desc",
        "top": 100,
        "skip": 0,
        "count": True,
    }
    assert all(seen.headers[KEY] == "sandbox" and not seen.query for seen in portal.asked())
    assert not any(KEY in seen.headers for seen in portal.log if seen.path == "/robots.txt")


@pytest.mark.parametrize("key", EXPECTED)
def test_what_is_known_as_it_stands_is_not_stored_again(told: Any, key: str) -> None:
    _, run = told[key, "known"]
    assert _numbers(run) == [EXPECTED[key][0]["source_id"]]
    assert (run["outcome"]["seen"], run["outcome"]["unchanged"]) == (len(EXPECTED[key]), len(EXPECTED[key]) - 1)


@pytest.mark.parametrize("key", EXPECTED)
def test_an_odd_record_is_kept_aside(told: Any, key: str) -> None:
    _, run = told[key, "odd"]
    assert run["outcome"]["error"] is None
    assert run["outcome"]["quarantined"] == 1
    assert len(_numbers(run)) >= len(EXPECTED[key]) - 1


def test_a_record_that_is_pushed_to_the_next_page_is_counted_once(told: Any) -> None:
    _, run = told["hilma", "pushed down"]
    assert run["outcome"]["error"] is None
    assert sorted(_numbers(run)) == sorted(notice["source_id"] for notice in EXPECTED["hilma"])


@pytest.mark.parametrize(
    ("key", "name", "error"),
    [
        ("udbud", "one page for ever", "the same page twice"),
        ("udbud", "order lost", "no longer gives the newest first"),
        ("udbud", "goes round", "the same page twice"),
        ("udbud", "ends early", "announced 368 results and gave 0"),
        ("udbud", "an error", "answered 400"),
        ("udbud", "something else", "another shape"),
        ("udbud", "log-in", "answered 302"),
        ("hilma", "one page for ever", "the same page twice"),
        ("hilma", "filter lost", "was the filter lost?"),
        ("hilma", "ends early", "and gave 0"),
        ("hilma", "an error", "answered 400 Invalid expression"),
        ("hilma", "something else", "another shape"),
        ("hilma", "log-in", "answered 302"),
    ],
)
def test_what_is_not_the_search_is_a_failed_run(told: Any, key: str, name: str, error: str) -> None:
    portal, run = told[key, name]
    assert error in run["outcome"]["error"]
    assert len(portal.asked()) <= 3


@pytest.mark.parametrize("key", EXPECTED)
def test_the_sandbox_is_stored_once_and_a_second_crawl_writes_nothing(database: URL, key: str) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        first = crawl(key, portals.base_url, TODAY)
        assert first["error"] is None
        assert first["new"] == first["seen"] == len(EXPECTED[key])
        assert stored(key) == {notice["source_id"]: said(notice) for notice in EXPECTED[key]}
        before = versions(key)
        second = crawl(key, portals.base_url, TODAY)
        assert (second["error"], second["new"], second["changed"]) == (None, 0, 0)
        assert versions(key) == before


def test_both_are_off_until_somebody_turns_them_on(environment: pytest.MonkeyPatch) -> None:
    from crawlers.run import crawl as crawl_source

    states = {key: (one.state, one.reason) for key, one in sources().items()}
    for key, word in (("udbud", "ANBUDSVAKT_UDBUD"), ("hilma", "ANBUDSVAKT_HILMA_KEY")):
        assert states[key][0] is SourceState.OFF
        assert "known from public code alone" in states[key][1]
        assert word in states[key][1]
        with pytest.raises(SourceClosed, match=word):
            crawl_source(key)
    environment.setenv("ANBUDSVAKT_UDBUD", "true")
    environment.setenv("ANBUDSVAKT_HILMA_KEY", "a-key-of-our-own")
    wanted = Settings()
    assert "a-key-of-our-own" not in repr(wanted)
    on = sources(wanted)
    assert {on[key].state for key in EXPECTED} == {SourceState.ON}
    assert {on[key].grounds for key in EXPECTED} == {()}
