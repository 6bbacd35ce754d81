"""Do udbud.dk's results become notices, Danish days and careful keys included?"""

import json
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import payload, udbud
from crawlers.again import read_again
from crawlers.nordic import names_defence
from crawlers.notice import Broken, DeadlineKind, ParsedNotice, SourceBroken, Stage
from demo import udbud_wire

UUID = "f104f4f6-8fc3-4624-b286-6968e40f18d1"
PAGE = bodies("udbud", "*.json")["page.json"]


def result(**told: Any) -> ParsedNotice:
    outer = {key: told.pop(key) for key in ("noticeVersion", "noticePublicationNumber") if key in told}
    said = {"titel": "Levering af pumper", "formulartypeKode": "competition", "publiceringsdato": "02-06-2031", **told}
    return udbud.parse_result({"noticeId": UUID, **outer, "dataDa": said})


def sandbox() -> list[ParsedNotice | Broken]:
    """What a crawl of the sandbox keeps: all that names defence, in the newest version."""
    body = json.dumps({"pagineringDto": {"aktuelSide": 1, "maksElementer": 100, "sorteringFelt": "PUBLIKATION_DATO",
                                         "retning": "Desc"}, "udbudStatusFilter": "ALLE"}).encode()  # fmt: skip
    found: dict[str, ParsedNotice | Broken] = {}
    for notice in udbud.parse(json.dumps(udbud_wire.search(body, TODAY)[1]).encode()).notices:
        if names_defence(notice):
            found.setdefault(notice.source_id, notice)
    return list(found.values())


def test_the_notices_are_the_golden_ones() -> None:
    page = udbud.parse(PAGE)
    check("udbud", {"page.json": [*page.notices, *page.broken], "sandbox": sandbox()})
    assert page.total == 2424


@pytest.mark.parametrize(
    ("written", "at", "date_only"),
    [
        ("24-12-2031", "2031-12-24T22:59:00+00:00", True),  # 23:59 in Denmark
        ("09-07-2031", "2031-07-09T21:59:00+00:00", True),  # in summer
        ("09-07-2031 12:00", "2031-07-09T10:00:00+00:00", False),
        ("09-07-2031 kl. 12:00", "2031-07-09T10:00:00+00:00", False),
        ("2031-07-09T10:00:00Z", "2031-07-09T10:00:00+00:00", False),
        ("2031-07-09", "2031-07-09T21:59:00+00:00", True),
        ("31-02-2031", None, False),
        ("09-07-2031 25:99", None, False),
        ("07/09/2031", None, False),
        ("01-06-2001", None, False),  # before publication
    ],
)
def test_days_are_danish(written: str, at: str | None, date_only: bool) -> None:
    notice = result(tidsfrister=[written])
    assert (notice.deadline.at.isoformat() if notice.deadline else None) == at
    assert (notice.deadline.date_only if notice.deadline else False) == date_only
    assert bool(notice.oddities) == (at is None)
    assert notice.published_at is not None
    assert notice.published_at.isoformat() == "2031-06-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        ("planning", Stage.PLANNING),
        ("competition", Stage.COMPETITION),
        ("EU_UDBUD", Stage.COMPETITION),
        ("dir-awa-pre", Stage.INTENT),
        ("result", Stage.RESULT),
        ("TILDELINGER", Stage.RESULT),
        ("something new", Stage.COMPETITION),
    ],
)
def test_form_types_are_stages(kind: str, stage: Stage) -> None:
    notice = result(formulartypeKode=kind)
    assert notice.stage is stage
    assert bool(notice.oddities) == (kind == "something new")


def test_the_first_of_several_deadlines_counts_and_a_plans_is_for_interest() -> None:
    several = ["2031-07-09T10:00:00Z", "2031-07-02T10:00:00Z"]
    deadline = result(tidsfrister=several).deadline
    assert deadline is not None
    assert (deadline.at.day, deadline.kind) == (2, DeadlineKind.TENDER)
    planned = result(tidsfrister=several, formulartypeKode="planning").deadline
    assert planned is not None
    assert planned.kind is DeadlineKind.INTEREST


@pytest.mark.parametrize(
    ("subtype", "ojs"), [("16", "603665-2031"), ("40", "603665-2031"), ("E3", None), (None, None), ("41", None)]
)
def test_only_a_form_of_the_union_has_a_number_in_the_official_journal(subtype: str | None, ojs: str | None) -> None:
    notice = result(bkSubTypeKode=subtype, noticePublicationNumber="00603665-2031")
    assert notice.ojs_number == ojs
    assert notice.notice_uuid == UUID  # which ties it to TED whatever its number is


def test_danish_is_not_taken_for_norwegian() -> None:
    notice = result(titel="Levering af varme jakker til mandskabet", beskrivelse="Jakkerne skal kunne vaskes.")
    assert notice.language == "da"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"<html></html>", b'{"resultatElementDtoList": null}', b'{"status": 400}', b"null"]
)
def test_what_is_no_answer_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        udbud.parse(body)


def test_a_saved_page_and_a_kept_result_are_read_again() -> None:
    page = udbud.parse(PAGE)
    assert list(payload.read(PAGE, "saved.json")) == [*page.notices, *page.broken]
    untitled = next(one for one in page.broken if "title" in one.reason)
    (again,) = read_again(untitled)
    assert isinstance(again, Broken)
    assert (again.source, again.source_id, again.reason) == ("udbud", untitled.source_id, untitled.reason)
    (cut,) = payload.read(PAGE[: len(PAGE) // 2], "cut.json")
    assert isinstance(cut, Broken)
    assert cut.source == "udbud"


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 3000), torn=st.binary(max_size=40), kept=st.integers(0, 3000))
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int) -> None:
    try:
        udbud.parse(PAGE[:at] + torn + PAGE[kept:])
    except SourceBroken:
        return
