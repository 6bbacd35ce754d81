"""Do TED's search answers come out right, whatever shape the service gives them today?"""

import json
import logging
from typing import Any

import pytest
from golden_notices import PORTALS, bodies, check

from crawlers import ted_search
from crawlers.notice import DeadlineKind, SourceBroken, Stage

PAGE = PORTALS / "ted_search" / "page.json"
LEAST: dict[str, Any] = {"publication-number": "1-2031", "title-proc": {"swe": "Titel"}}


def one(**more: Any) -> Any:
    page = ted_search.parse(
        json.dumps({"notices": [LEAST | {k.replace("_", "-"): v for k, v in more.items()}]}).encode()
    )
    assert not page.broken
    return page.notices[0]


def test_the_notices_are_the_golden_ones() -> None:
    pages = {name: ted_search.parse(body) for name, body in bodies("ted_search", "*.json").items()}
    check("ted_search", {name: [*page.notices, *page.broken] for name, page in pages.items()})


def test_a_page_tells_how_to_go_on() -> None:
    page = ted_search.parse(PAGE.read_bytes())
    assert (page.total, page.next_token, page.timed_out) == (1495, "eyJhIjoxfQ==", False)
    assert ted_search.parse((PORTALS / "ted_search" / "few-fields.json").read_bytes()).timed_out


def test_one_bad_hit_is_kept_whole_and_the_rest_goes_on() -> None:
    page = ted_search.parse(PAGE.read_bytes())
    assert [notice.source_id for notice in page.notices] == ["54321-2031", "54322-2031", "54323-2031"]
    assert [(each.source_id, each.reason) for each in page.broken] == [
        ("54324-2031", "the notice has no title in its own language"),
        (None, "the hit is no object"),
    ]
    assert json.loads(page.broken[0].body)["buyer-name"] == {"swe": ["Utan titel"]}


def test_the_same_hit_has_the_same_hash_whatever_its_links_and_order() -> None:
    hit = {**LEAST, "links": {"xml": 1}}
    turned = dict(reversed([*LEAST.items(), ("links", {"pdf": 2})]))
    hashes = {ted_search.parse_hit(each).payload_sha256 for each in (hit, turned, LEAST)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "titles",
    [
        {"eng": "Norway – Bridges – Broer til Hæren", "swe": "Norge – Broar – Broer til Hæren"},
        {"swe": "Norge – Broar – Broer til Hæren"},
    ],
)
def test_the_last_part_of_a_composed_title_is_the_buyers_own(titles: dict[str, str]) -> None:
    notice = ted_search.parse_hit(
        {"publication-number": "1-2031", "notice-title": titles, "buyer-name": {"nob": ["Hæren"]}}
    )
    assert notice.title == {"nb": "Broer til Hæren"}
    assert notice.country == ("NO" if "eng" in titles else None)


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("a", "a"),
        (["a", "b"], "a"),
        (7, "7"),
        ([7.5], "7.5"),
        (None, None),
        ([], None),
        ({}, None),
        (True, None),
        ([[["a"]]], "a"),
    ],
)
def test_a_value_may_have_any_shape(value: Any, first: str | None) -> None:
    assert one(notice_type=value).notice_type == first


@pytest.mark.parametrize(
    ("days", "clocks", "expected", "date_only"),
    [
        (["2031-03-10+01:00"], ["12:00:00+01:00"], "2031-03-10T11:00:00+00:00", False),
        (["2031-03-12Z", "2031-03-10Z"], ["08:00:00Z", "09:00:00Z"], "2031-03-10T09:00:00+00:00", False),
        (["2031-03-12Z", "2031-03-10Z"], ["08:00:00Z"], "2031-03-10T08:00:00+00:00", False),
        ("2031-10-14Z", None, "2031-10-14T23:59:00+00:00", True),
        (["2031-07-14"], [], "2031-07-14T21:59:00+00:00", True),
    ],
)
def test_deadlines(days: Any, clocks: Any, expected: str, date_only: bool) -> None:
    notice = one(buyer_country=["SWE"], deadline_receipt_tender_date_lot=days, deadline_receipt_tender_time_lot=clocks)
    assert (notice.deadline.at.isoformat(), notice.deadline.date_only) == (expected, date_only)
    assert notice.deadline.kind is DeadlineKind.TENDER


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"form_type": "planning"}, Stage.PLANNING),
        ({"form_type": "change", "notice_type": "corr"}, Stage.COMPETITION),
        ({"form_type": "dir-awa-pre"}, Stage.INTENT),
        ({"notice_type": "can-modif"}, Stage.RESULT),
        ({"notice_type": "pin-cfc-social"}, Stage.COMPETITION),
        ({}, Stage.COMPETITION),
    ],
)
def test_stages(fields: dict[str, str], stage: Stage) -> None:
    assert one(**fields).stage is stage


@pytest.mark.parametrize("value", ["-1", 0, "0", -1.0, None, "n/a", "1"])
def test_an_undisclosed_value_is_none(value: Any) -> None:
    assert one(estimated_value_proc=value, estimated_value_cur_proc="SEK").value is None


def test_places() -> None:
    assert one(place_of_performance=["SWE", "SE313"]).nuts == ("SE313",)
    assert not one(place_of_performance=["SWE", "SE313"]).nationwide
    assert one(place_of_performance=["SWE"]).nationwide
    assert one(place_of_performance=["anyw-cou"]).nationwide
    assert not one().nationwide


def test_a_new_key_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            one(a_key_of_tomorrow=1)
    assert [record.__dict__["key"] for record in caplog.records] == ["a-key-of-tomorrow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><head><title>429</title></head></html>",
        b"\xef\xbb\xbf<!DOCTYPE html>",
        b"[]",
        b"null",
        b'{"notices": null}',
        b'{"message": "QUERY_SYNTAX_ERROR", "error": {"type": "x"}}',
        b'{"notices": [',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        ted_search.parse(body)
