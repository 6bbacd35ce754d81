"""Does the spider of the EU's calls ask as the portal wants it, read to the end, and notice when a filter is lost?"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from email import message_from_bytes
from typing import Any

import pytest
from asking import TODAY
from crawl_child import spiders
from golden_notices import PORTALS
from loopback import Portal, Reply, Seen
from sandbox_crawl import crawl, said, stored, versions
from sqlalchemy.engine import URL

from crawlers.spiders.funding import PARTS, multipart
from demo import funding_wire
from demo.portals import SandboxPortals

RUN = {"key": "eu-funding", "since": "2026-11-10", "until": TODAY.isoformat()}
EXPECTED = json.loads((PORTALS / "eu_funding" / "expected.json").read_text(encoding="utf-8"))["sandbox"]


def _parts(seen: Seen) -> dict[str, Any]:
    """The JSON parts of a request's form, read by a parser that is not ours."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + seen.body)
    parts: list[Any] = form.get_payload()  # type: ignore[assignment]  # a list, for the message is multipart
    assert {part.get_content_type() for part in parts} == {"application/json"}
    return {
        str(part.get_param("name", header="content-disposition")): json.loads(part.get_payload(decode=True))
        for part in parts
    }


def _told(seen: Seen) -> dict[str, Any]:
    status, told = funding_wire.search(seen.query, _parts(seen), TODAY)
    assert status == 200
    return told


def _true(seen: Seen) -> Reply:
    return Reply.of(_told(seen))


def _changed(seen: Seen, **said_instead: Any) -> Reply:
    return Reply.of({**_told(seen), **said_instead})


class EmptyOnce:
    """The portal gives an empty page now and then."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, seen: Seen) -> Reply:
        if seen.query["pageNumber"] == "2" and not self.times:
            self.times += 1
            return _changed(seen, results=[])
        return _true(seen)


def _torn(seen: Seen) -> Reply:
    """One call lost its name, another one is no object at all."""
    told = _told(seen)
    for record in told["results"]:
        if record["metadata"]["identifier"] == ["EDIP-2027-CAP-AMMO"]:
            record["metadata"] = "EDIP-2027-CAP-AMMO"
    return Reply.of(told)


def _renamed(seen: Seen) -> Reply:
    told = _told(seen)
    for record in told["results"]:
        record["metadata"] = {f"{name}New": value for name, value in record["metadata"].items()}
    return Reply.of(told)


ANSWERS: dict[str, Callable[[Seen], Reply]] = {
    "true": _true,
    "empty once": EmptyOnce(),
    "torn": _torn,
    "renamed": _renamed,
    "always empty": lambda seen: _changed(seen, results=[]) if seen.query["pageNumber"] == "2" else _true(seen),
    "same page": lambda seen: Reply.of(funding_wire.search({**seen.query, "pageNumber": "1"}, _parts(seen), TODAY)[1]),
    "filter lost": lambda seen: _changed(seen, totalResults=4_170_000),
    "error": lambda _: Reply.of({"message": "Internal Server Error"}, status=403),
    "page": lambda _: Reply(body=b"<!doctype html><html>maintenance</html>"),
    "cut": lambda seen: Reply(body=_true(seen).body[:5000]),
    "moved": lambda _: Reply(status=302, headers={"Location": "/other"}),
}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the scripted searches at once: portal and outcome of each."""
    with ExitStack() as opened:
        # Copies: what they have said is counted, and a second worker may set this up once more.
        portals = {name: opened.enter_context(Portal(deepcopy(reply))) for name, reply in ANSWERS.items()}
        runs = spiders(*({**RUN, "base_url": portal.url} for portal in portals.values()))
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def _numbers(run: dict[str, Any]) -> list[str]:
    return sorted(met["source_id"] for met in run["notices"] if "source_id" in met)


def test_every_page_is_asked_for_as_the_portal_wants_it(told: Any) -> None:
    portal, run = told["true"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == [notice["source_id"] for notice in EXPECTED]
    assert [seen.query["pageNumber"] for seen in portal.asked()] == ["1", "2"]
    for seen in portal.asked():
        assert (seen.method, seen.path) == ("POST", "/search-api/prod/rest/search")
        assert seen.raw_query.startswith("apiKey=SEDIA&text=***&pageSize=100&")
        assert _parts(seen) == PARTS


def test_of_a_call_with_two_records_the_one_with_text_is_the_notice(told: Any) -> None:
    _, run = told["true"]
    texts = {met["source_id"]: met["description"].get("en", "") for met in run["notices"]}
    assert "Detect and follow small drones" in texts["EDF-2026-RA-SENS-MDRS"]


def test_an_empty_page_is_asked_for_again(told: Any) -> None:
    portal, run = told["empty once"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == [notice["source_id"] for notice in EXPECTED]
    assert [seen.query["pageNumber"] for seen in portal.asked()] == ["1", "2", "2"]


def test_an_odd_record_is_quarantined_and_the_rest_goes_on(told: Any) -> None:
    _, run = told["torn"]
    assert run["outcome"]["error"] is None
    assert run["outcome"]["quarantined"] == 1
    assert set(_numbers(run)) == {notice["source_id"] for notice in EXPECTED} - {"EDIP-2027-CAP-AMMO"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("renamed", "notices could not be read"),
        ("always empty", "3 times in a row"),
        ("same page", "the EU portal gave the same page twice"),
        ("filter lost", "was a filter lost?"),
        ("error", "answered 403 Internal Server Error"),
        ("page", "a page instead of JSON"),
        ("cut", "what is no JSON"),
        ("moved", "answered 302"),
    ],
)
def test_what_is_not_the_answer_is_a_failed_run(told: Any, name: str, error: str) -> None:
    _, run = told[name]
    assert error in run["outcome"]["error"]


def test_the_form_is_one_that_others_can_read() -> None:
    body = multipart({"query": {"a": "ø\r\n--"}})
    assert json.loads(body.split(b"\r\n\r\n")[1].rpartition(b"\r\n")[0].split(b"\r\n")[0]) == {"a": "ø\r\n--"}


def test_the_sandbox_is_stored_once_and_a_second_crawl_writes_nothing(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        first = crawl("eu-funding", portals.base_url, TODAY)
        assert first["error"] is None
        assert first["new"] == first["seen"] == len(EXPECTED)
        assert stored("eu-funding") == {notice["source_id"]: said(notice) for notice in EXPECTED}
        before = versions("eu-funding")
        second = crawl("eu-funding", portals.base_url, TODAY)
        assert (second["error"], second["unchanged"], second["new"], second["changed"]) == (None, len(EXPECTED), 0, 0)
        assert versions("eu-funding") == before
        assert [request.status for request in portals.requests if "search-api" in request.path] == [200] * 4
