"""Do Hilma's records become notices, their own numbers kept apart from Doffin's and their languages beside each other?"""

import json
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import hilma, payload
from crawlers.again import read_again
from crawlers.keys import Role
from crawlers.nordic import names_defence
from crawlers.notice import Broken, ParsedNotice, SourceBroken, Stage
from demo import hilma_wire

PAGE = bodies("hilma", "*.json")["page.json"]


def record(**told: Any) -> ParsedNotice:
    said = {"noticeNumber": "2031-004717", "datePublished": "2031-05-27T10:30:02Z", "titleFi": "Pumput"}
    return hilma.parse_record({**said, "mainType": "ContractNotices", **told})


def sandbox() -> list[ParsedNotice | Broken]:
    """What a crawl of the sandbox's last thirty days keeps, newest first."""
    body = {"filter": "datePublished ge 2026-10-23T00:00:00Z", "orderby": "datePublished desc", "top": 1000}
    page = hilma.parse(json.dumps(hilma_wire.search(json.dumps(body).encode(), TODAY)[1]).encode())
    return [notice for notice in page.notices if names_defence(notice)]


def test_the_notices_are_the_golden_ones() -> None:
    page = hilma.parse(PAGE)
    check("hilma", {"page.json": [*page.notices, *page.broken], "sandbox": sandbox()})
    assert page.total == 7


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        ("ContractNotices", Stage.COMPETITION),
        ("PriorInformationNotices", Stage.PLANNING),
        ("ContractAwardNotices", Stage.RESULT),
        ("Tuntematon", Stage.COMPETITION),
        (None, Stage.COMPETITION),
    ],
)
def test_kinds_are_stages(kind: str | None, stage: Stage) -> None:
    notice = record(mainType=kind)
    assert notice.stage is stage
    assert bool(notice.oddities) == (kind in {None, "Tuntematon"})


@pytest.mark.parametrize(
    ("written", "at", "date_only"),
    [
        ("2031-06-30T09:00:00Z", "2031-06-30T09:00:00+00:00", False),
        ("2031-06-30T12:00:00+03:00", "2031-06-30T09:00:00+00:00", False),
        ("2031-06-30", "2031-06-30T20:59:00+00:00", True),  # 23:59 in Finland
        ("2031-12-30", "2031-12-30T21:59:00+00:00", True),
        ("huomenna", None, False),
    ],
)
def test_deadlines_are_what_they_say_or_finnish(written: str, at: str | None, date_only: bool) -> None:
    deadline = record(deadline=written).deadline
    assert (deadline.at.isoformat() if deadline else None) == at
    assert (deadline.date_only if deadline else False) == date_only


def test_its_numbers_are_never_doffins() -> None:
    notice = record(previousNoticeNumber=["2030-000001"], eFormsId="2031-004717", contractFolderId="2022-345678")
    assert (notice.notice_uuid, notice.procedure_uuid, notice.previous_notices) == (None, None, ())
    own = {(key.kind, key.value) for key in notice.keys if key.role in {Role.OWN, Role.PREVIOUS, Role.CHANGES}}
    assert own == {("hilma", "2031-004717")}


def test_a_score_that_the_search_gives_is_no_content() -> None:
    one, other = record(**{"@search.score": 1.0}), record(**{"@search.score": 2.5})
    assert one.payload_sha256 == other.payload_sha256 == one.listing_sha256
    assert record(isCancelled=True).payload_sha256 != one.payload_sha256


def test_the_page_of_a_notice_wants_both_counts() -> None:
    site = "https://www.hankintailmoitukset.fi/fi"
    assert record(procedureId=12, noticeId=34).url == f"{site}/public/procedure/12/enotice/34/"
    assert record(procedureId="../x", noticeId=34).url == f"{site}/search"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"<html></html>", b'{"value": {}}', b'{"error": {"message": "x"}}', b"null"]
)
def test_what_is_no_answer_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        hilma.parse(body)


def test_a_saved_page_and_a_kept_record_are_read_again() -> None:
    page = hilma.parse(PAGE)
    assert list(payload.read(PAGE, "saved.json")) == [*page.notices, *page.broken]
    (again,) = read_again(page.broken[0])
    assert isinstance(again, Broken)
    assert (again.source, again.source_id, again.reason) == ("hilma", "EF-4721", page.broken[0].reason)
    (cut,) = payload.read(PAGE[: len(PAGE) // 2], "cut.json")
    assert isinstance(cut, Broken)
    assert cut.source == "hilma"


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 4000), torn=st.binary(max_size=40), kept=st.integers(0, 4000))
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int) -> None:
    try:
        hilma.parse(PAGE[:at] + torn + PAGE[kept:])
    except SourceBroken:
        return
