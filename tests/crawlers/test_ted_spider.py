"""Does the TED spider take all that was announced, and stop when the service is not what it was? (sources.md §2)"""

from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from crawl_child import spiders
from loopback import Portal, Reply, Seen

from crawlers.spiders.ted_query import FIELDS, PAGE, WINDOW, body, query

DAYS = {"key": "ted", "since": "2026-11-18", "until": "2026-11-20"}


def _hit(number: int) -> dict[str, Any]:
    return {
        "publication-number": f"{number}-2026",
        "publication-date": "2026-11-20+01:00",
        "notice-type": "cn-standard",
        "form-type": "competition",
        "title-proc": {"swe": f"Nummer {number}"},
        "buyer-name": {"swe": ["Försvarets materielverk"]},
        "buyer-country": ["SWE"],
    }


def _page(numbers: range, total: int | None, token: str | None = None, *, timed_out: bool = False) -> Reply:
    return Reply.of(
        {
            "notices": [_hit(number) for number in numbers],
            "totalNoticeCount": total,
            "iterationNextToken": token,
            "timedOut": timed_out,
        }
    )


def _days(seen: Seen) -> tuple[str, str]:
    words = seen.json["query"].split()
    return words[words.index(">=") + 1], words[words.index("<=") + 1]


class Service:
    """Answers with one scripted page after the other; whatever comes after the last is a refusal."""

    def __init__(self, *pages: Reply) -> None:
        self.pages = list(pages)

    def __call__(self, _: Seen) -> Reply:
        return self.pages.pop(0) if self.pages else Reply(status=404)


def _iterations(seen: Seen) -> Reply:
    """Five notices in pages of two; the last page is empty and still carries a token, as TED's does."""
    start = int(seen.json.get("iterationNextToken", "t0")[1:])
    return _page(range(100 + start, min(100 + start + 2, 105)), 5, f"t{min(start + 2, 5)}" if start < 5 else "t9")


def _numbered(seen: Seen) -> Reply:
    start = (seen.json["page"] - 1) * 2
    return _page(range(100 + start, min(100 + start + 2, 105)), 5)


def _too_wide(seen: Seen) -> Reply:
    """16,000 notices in three days, 15,600 of them on one: too many to number even there."""
    first, last = _days(seen)
    if first != last:
        return _page(range(1), WINDOW + 1000)
    if first == "20261119":
        if seen.json["paginationMode"] == "PAGE_NUMBER":
            return _page(range(1), WINDOW + 1)
        return _page(range(200, 203), 3) if "iterationNextToken" not in seen.json else _page(range(0), 3)
    return _page(range(int(first), int(first) + 1), 1)


def _always_cut(_: Seen) -> Reply:
    return _page(range(100, 101), 3, timed_out=True)


def _endless(seen: Seen) -> Reply:
    start = int(seen.json.get("iterationNextToken", "0"))
    return _page(range(start, start + 50), 60, str(start + 50))


def _growing(seen: Seen) -> Reply:
    start = int(seen.json.get("iterationNextToken", "0"))
    return _page(range(start, start + 5), start + 1000, str(start + 5))


REFUSAL = {"message": "Value 'cpv' is not supported", "error": {"type": "UNSUPPORTED_VALUE", "location": None}}
BROKEN: dict[str, tuple[Callable[[Seen], Reply], str]] = {
    "an error with its code": (Service(Reply.of(REFUSAL, status=400)), "400 UNSUPPORTED_VALUE: Value 'cpv'"),
    "a bot challenge": (Service(Reply(status=202, headers={"x-amzn-waf-action": "challenge"})), "bot challenge"),
    "an empty body": (Service(Reply(headers={"Content-Type": "application/json"})), "empty body"),
    "a page": (Service(Reply(body=b" <!DOCTYPE html><html>log in</html>")), "a page instead of JSON"),
    "markup": (Service(Reply(body=b"<error>no</error>")), "a page instead of JSON"),
    "another shape": (Service(Reply.of({"results": []})), "shape"),
    "a redirect": (Service(Reply(status=301, headers={"Location": "/v4/notices/search"})), "answered 301"),
    "cut three times": (_always_cut, "timed out, 3 times"),
    "the same page twice": (Service(_page(range(4), 8, "a"), _page(range(4), 8, "b")), "same page twice"),
    "the same token twice": (Service(_page(range(4), 8, "a"), _page(range(4, 8), 8, "a")), "same token twice"),
    "less than announced": (
        Service(_page(range(10), 100), _page(range(10, 20), 100)),
        "announced 100 notices and gave 10",
    ),
    "no end": (_endless, "goes on after"),
    "a growing total": (_growing, "ceiling: 30 requests"),
    "an odd word for paging": (Service(), "paging is ITERATION or PAGE_NUMBER"),
}


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[Portal, dict[str, Any]]]:
    """One process reads all the scripted services at once: portal and outcome of each."""
    services: dict[str, Callable[[Seen], Reply]] = {
        "iteration": _iterations,
        "numbered": _numbered,
        "too wide": _too_wide,
        "cut twice": Service(
            _page(range(100, 101), 3, timed_out=True),
            _page(range(100, 102), 3, timed_out=True),
            _page(range(100, 103), 3),
        ),
        "odd hit": Service(Reply.of({"notices": [_hit(7), {"links": {}}, _hit(8)], "totalNoticeCount": 3})),
        "nothing": Service(_page(range(0), 0)),
        # Copies: what they have left to say is counted, and a second worker may set this up once more.
        **{name: deepcopy(service) for name, (service, _) in BROKEN.items()},
    }
    details: dict[str, dict[str, Any]] = {
        "numbered": {"paging": "PAGE_NUMBER"},
        "too wide": {"paging": "PAGE_NUMBER"},
        "a growing total": {"changes": {"ANBUDSVAKT_MOST_REQUESTS": 30}},
        "an odd word for paging": {"paging": "SIDEWAYS"},
    }
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(service)) for name, service in services.items()}
        runs = spiders(*({**DAYS, "base_url": portal.url, **details.get(name, {})} for name, portal in portals.items()))
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def _numbers(run: dict[str, Any]) -> list[str]:
    return sorted(met["source_id"] for met in run["notices"] if "source_id" in met)


def test_iteration_follows_the_token_to_the_empty_page(told: Any) -> None:
    portal, run = told["iteration"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == ["100-2026", "101-2026", "102-2026", "103-2026", "104-2026"]
    assert [seen.json.get("iterationNextToken") for seen in portal.asked()] == [None, "t2", "t4", "t5"]
    assert {seen.json["paginationMode"] for seen in portal.asked()} == {"ITERATION"}
    assert not any("page" in seen.json for seen in portal.asked())


def test_pages_by_number_end_with_what_was_announced(told: Any) -> None:
    portal, run = told["numbered"]
    assert run["outcome"]["error"] is None
    assert len(_numbers(run)) == run["outcome"]["seen"] == 5
    assert [seen.json["page"] for seen in portal.asked()] == [1, 2, 3]
    assert not any("iterationNextToken" in seen.json for seen in portal.asked())


def test_the_request_is_one_that_the_service_takes(told: Any) -> None:
    portal, _ = told["iteration"]
    first = portal.asked()[0]
    assert (first.method, first.path) == ("POST", "/v3/notices/search")
    assert first.headers["content-type"] == "application/json"
    assert set(first.json) == {"query", "fields", "limit", "scope", "paginationMode"}  # an unknown key is a 400
    assert first.json["limit"] == PAGE <= 250
    assert (len(FIELDS) + 1) * PAGE <= 10_000
    assert len(set(FIELDS)) == len(FIELDS)
    assert "publication-date >= 20261118 AND publication-date <= 20261120" in first.json["query"]


def test_the_query_takes_everything_of_two_countries_and_defence_of_all() -> None:
    asked = query(date(2026, 11, 18), date(2026, 11, 20))
    for part in ("buyer-country IN (SWE NOR)", "legal-basis = 32009L0081", "authority-main-activity = defence"):
        assert part in asked
    assert body(date(2026, 11, 18), date(2026, 11, 20), page=3)["page"] == 3


def test_more_than_can_be_numbered_is_read_day_by_day_and_then_by_token(told: Any) -> None:
    portal, run = told["too wide"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == sorted(["200-2026", "201-2026", "202-2026", "20261118-2026", "20261120-2026"])
    modes = {_days(seen): seen.json["paginationMode"] for seen in portal.asked()}
    assert modes[("20261118", "20261118")] == "PAGE_NUMBER"
    assert modes[("20261119", "20261119")] == "ITERATION"


def test_a_cut_answer_is_asked_for_again_and_moves_nothing(told: Any) -> None:
    portal, run = told["cut twice"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == ["100-2026", "101-2026", "102-2026"]
    assert run["outcome"]["seen"] == 3  # nothing of the cut answers was taken
    assert len({seen.body for seen in portal.asked()}) == 1


def test_one_odd_hit_is_kept_aside_and_the_rest_goes_on(told: Any) -> None:
    _, run = told["odd hit"]
    assert run["outcome"]["error"] is None
    assert _numbers(run) == ["7-2026", "8-2026"]
    assert run["outcome"]["quarantined"] == 1


def test_a_day_without_notices_is_no_error(told: Any) -> None:
    _, run = told["nothing"]
    assert run["outcome"]["error"] is None
    assert run["outcome"]["seen"] == 0


@pytest.mark.parametrize("name", BROKEN)
def test_a_service_that_is_not_what_it_was_fails_the_run(told: Any, name: str) -> None:
    portal, run = told[name]
    assert BROKEN[name][1] in (run["outcome"]["error"] or "")
    assert len(portal.log) <= 30


def test_what_is_refused_is_not_asked_again(told: Any) -> None:
    for name in ("an error with its code", "a bot challenge", "an empty body", "a page", "a redirect"):
        assert len(told[name][0].asked()) == 1, name
