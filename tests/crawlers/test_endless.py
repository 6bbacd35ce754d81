"""Does a list that repeats itself, or never ends, end the run as failed, whichever portal it is on? (promises.md C6)"""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from asking import TODAY
from crawl_child import spiders
from loopback import Portal, Reply, Seen

from crawlers.spiders.doffin import HITS
from crawlers.spiders.ted_query import PAGE
from demo import nspa_wire

CEILING = 25  # requests; the promise's 2,000 are run by test_guard.py


def _ted(first: int, total: int | None, token: str) -> Reply:
    hits = [
        {
            "publication-number": f"{number}-2026",
            "publication-date": "2026-11-20+01:00",
            "notice-type": "cn-standard",
            "title-proc": {"swe": f"Nummer {number}"},
            "buyer-name": {"swe": ["Försvarets materielverk"]},
            "buyer-country": ["SWE"],
        }
        for number in range(first, first + PAGE)
    ]
    return Reply.of({"notices": hits, "totalNoticeCount": total, "iterationNextToken": token, "timedOut": False})


def _doffin(first: int, total: int) -> Reply:
    hits = [
        {
            "id": f"2026-{number}",
            "heading": f"Kunngjøring {number}",
            "type": "ANNOUNCEMENT_OF_COMPETITION",
            "status": "ACTIVE",
            "issueDate": "2026-11-20T10:00:00Z",
        }
        for number in range(first, first + HITS)
    ]
    return Reply.of({"numHitsTotal": total, "numHitsAccessible": total, "hits": hits})


def _funding(first: int, total: int) -> Reply:
    results = [
        {
            "reference": f"{number}TOPICSen",
            "metadata": {"identifier": [f"EDF-2027-{number}"], "title": [f"Call {number}"], "status": ["31094502"]},
        }
        for number in range(first, first + 100)
    ]
    return Reply.of({"totalResults": total, "results": results})


def _nspa(first: int, total: int) -> Reply:
    rows = "".join(
        "<tr class='selectable' row-id='1'>"
        f"<td><a href='/DetailsOpportunity?reference=26LMS{number:04}'>26LMS{number:04}</a><br/>Cable {number}</td>"
        "<td>RFP<br/>Supply</td><td>LM<br/>Rockets</td><td>RFP Published</td><td>Publication Date 06 Nov 2026</td>"
        "<td>Closing Date 06 Dec 2026</td></tr>"
        for number in range(first, first + nspa_wire.ROWS)
    )
    count_field = f"<input id='GridPagerTotalRowCount' value='{total}'/>"
    return Reply(body=f"<table class='table-condensed'>{rows}</table>{count_field}".encode())


class Pages:
    """Answers with page after page of a list; ``starts`` tells where each begins, ``total`` how many rows there are."""

    def __init__(self, starts: Callable[[int], int], page: Callable[[int, int], Reply]) -> None:
        self.starts, self.page, self.asked = starts, page, count()

    def __call__(self, seen: Seen) -> Reply:
        if "/download/" in seen.path:
            return Reply(status=404)
        number = next(self.asked)
        return self.page(self.starts(number), number)


def _round(size: int, period: int) -> Callable[[int], int]:
    return lambda number: 100_001 + size * (number % period)


SIZES = {"ted": PAGE, "doffin": HITS, "nspa": nspa_wire.ROWS, "eu-funding": 100}
ANNOUNCED = {"ted": 14_000, "doffin": 999, "nspa": 2900, "eu-funding": 1900}  # as many as the source may have
MAKERS: dict[str, Callable[[int, int, int], Reply]] = {
    "ted": lambda first, total, number: _ted(first, total, f"t{number}"),
    "doffin": lambda first, total, _: _doffin(first, total),
    "nspa": lambda first, total, _: _nspa(first, total),
    "eu-funding": lambda first, total, _: _funding(first, total),
}


def _pages(key: str, kind: str) -> Pages:
    """``again``: every second page is the one before last; ``grows``: new rows for ever, and always more announced."""
    size, make = SIZES[key], MAKERS[key]
    if kind == "grows":
        return Pages(
            lambda number: 100_001 + size * number, lambda first, number: make(first, (number + 3) * size, number)
        )
    period = 2 if kind == "two pages in turn" else 3
    return Pages(_round(size, period), lambda first, number: make(first, ANNOUNCED[key], number))


KINDS = ("two pages in turn", "three pages in turn", "grows")


@pytest.fixture(scope="module")
def told() -> Any:
    """All lists read side by side in one process: portal and outcome of each."""
    pairs = [(key, kind) for key in SIZES for kind in KINDS]
    with ExitStack() as opened:
        portals = {pair: opened.enter_context(Portal(_pages(*pair))) for pair in pairs}
        runs = spiders(
            *(
                {
                    "key": key,
                    "base_url": portals[key, kind].url,
                    "since": "2026-11-20",
                    "until": TODAY.isoformat(),
                    "changes": {"ANBUDSVAKT_MOST_REQUESTS": CEILING},
                }
                for key, kind in pairs
            ),
            limit_s=100,
        )
    return {pair: (portals[pair], run) for pair, run in zip(pairs, runs, strict=True)}


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("key", SIZES)
def test_a_list_that_goes_round_is_a_failed_run(told: Any, key: str, kind: str) -> None:
    """C6: noticed at the first page that brings nothing new, long before the ceiling."""
    portal, run = told[key, kind]
    assert "the same page twice" in str(run["outcome"]["error"])
    assert len([seen for seen in portal.asked() if "/download/" not in seen.path]) <= 5


@pytest.mark.parametrize("key", SIZES)
def test_a_list_without_an_end_ends_at_a_ceiling(told: Any, key: str) -> None:
    """C6: by what was announced at first, by what the source can hold, or by the run's requests."""
    portal, _ = told[key, "grows"]
    assert len(portal.log) <= CEILING
