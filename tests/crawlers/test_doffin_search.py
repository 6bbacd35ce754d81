"""Do the hits of Doffin's search come out right?"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from golden_notices import PORTALS, bodies, check

from crawlers import doffin_search
from crawlers.notice import NoticeBroken, SourceBroken, Stage

PAGE = PORTALS / "doffin_search" / "page.json"
LEAST: dict[str, Any] = {"id": "2031-1000001", "heading": "Kjøp av aggregat til brannstasjonen", "description": ""}


def one(**more: Any) -> Any:
    return doffin_search.parse_hit(LEAST | more)


def test_the_notices_are_the_golden_ones() -> None:
    pages = {name: doffin_search.parse(body) for name, body in bodies("doffin_search", "*.json").items()}
    check("doffin_search", {name: [*page.notices, *page.broken] for name, page in pages.items()})


def test_a_page_tells_how_much_there_is_and_how_much_can_be_reached() -> None:
    page = doffin_search.parse(PAGE.read_bytes())
    assert (page.total, page.accessible, page.next_token, page.timed_out) == (157143, 1000, None, False)


def test_single_hits_and_bare_lists_are_read_too() -> None:
    single = doffin_search.parse((PORTALS / "doffin_search" / "single-hit.json").read_bytes())
    listed = doffin_search.parse((PORTALS / "doffin_search" / "list.json").read_bytes())
    assert [notice.source_id for notice in single.notices] == ["2031-112002"]
    assert [notice.source_id for notice in listed.notices] == ["2031-112001", "2031-112002"]
    assert single.total is None


def test_one_bad_hit_is_kept_whole_and_the_rest_goes_on() -> None:
    page = doffin_search.parse(PAGE.read_bytes())
    assert len(page.notices) == 4
    assert [each.source_id for each in page.broken] == ["2031-112005"]
    assert json.loads(page.broken[0].body)["heading"] == "  "
    assert page.broken[0].content_type == "application/json"


def test_the_codes_meant_come_before_their_ancestors_and_none_is_lost() -> None:
    given = ["32000000", "32250000", "30000000", "32252100", "35000000", "32252000", "30200000"]
    cpv = one(cpvCodes=given).cpv
    assert cpv == ("32252100", "35000000", "30200000", "32000000", "32250000", "30000000", "32252000")


def test_midnight_in_utc_means_a_day() -> None:
    deadline = one(deadline="2031-03-01T00:00:00Z").deadline
    assert (deadline.at, deadline.date_only) == (datetime(2031, 3, 1, 22, 59, tzinfo=UTC), True)
    assert one(deadline="2031-03-01T11:00:00Z").deadline.at == datetime(2031, 3, 1, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "rolled_up", "stage"),
    [
        ("ANNOUNCEMENT_OF_INTENT", ["ANNOUNCEMENT_OF_INTENT", "RESULT"], Stage.INTENT),
        ("PRE_ANNOUNCEMENT", [], Stage.PLANNING),
        ("QUALIFICATION_SCHEME", ["COMPETITION"], Stage.COMPETITION),
        ("CANCELLED_OR_MISSING_CONCLUSION_OF_CONTRACT", ["RESULT"], Stage.RESULT),
        ("A_WORD_OF_TOMORROW", ["RESULT"], Stage.RESULT),
        (None, None, Stage.COMPETITION),
    ],
)
def test_the_type_tells_the_stage(kind: str | None, rolled_up: Any, stage: Stage) -> None:
    assert one(type=kind, allTypes=rolled_up).stage is stage


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Kommunen skal ikke kjøpe noe nå, men ønsker en dialog om løsninger.", "nb"),
        ("Kommunen skal ikkje kjøpe noko no, men ynskjer ein dialog om løysingar.", "nn"),
        ("The agency invites suppliers to a dialogue about sensors.", "en"),
        ("Kommunen inbjuder leverantörer till en dialog om larm och samband.", "sv"),
        ("VA Sodin", "nb"),
        ("", "nb"),
    ],
)
def test_the_language_is_found_by_reading(text: str, spoken: str) -> None:
    notice = one(heading=text or "2031/7", description=text)
    assert notice.language == spoken


def test_a_new_key_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            one(etNyttFelt=1)
    assert [record.__dict__["key"] for record in caplog.records] == ["etNyttFelt"]


@pytest.mark.parametrize("hit", [None, 7, "x", [], {}, {"id": "x", "heading": "y"}, {"id": 5, "heading": "y"}])
def test_a_hit_without_a_number_is_broken(hit: Any) -> None:
    with pytest.raises(NoticeBroken):
        doffin_search.parse_hit(hit)


@pytest.mark.parametrize(
    "odd", [None, True, -1, 1e308, "", [], {}, [[]], [None], {"a": 1}, "9" * 5000, "\ud800", "\x00"]
)
@pytest.mark.parametrize("key", ["buyer", "description", "locationId", "estimatedValue", "type", "allTypes", "status"])
def test_an_odd_value_costs_its_field_alone(key: str, odd: Any) -> None:
    assert one(**{key: odd}).title


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b'{"reason": "x"}', b'{"hits": 3}', b"7", b'{"statusCode": 401, "message": "no"}']
)
def test_what_is_no_answer_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        doffin_search.parse(body)
