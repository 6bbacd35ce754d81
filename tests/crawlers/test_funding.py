"""Do the EU's calls become notices, those about defence alone, and does an odd record cost itself alone?"""

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import funding, payload
from crawlers.notice import Broken, ParsedNotice, SourceBroken, Stage
from demo import funding_wire

ON = date(2031, 6, 1)
CALL: dict[str, Any] = {
    "reference": "1TOPICSen",
    "language": "en",
    "summary": "Cable drums",
    "metadata": {
        "identifier": ["EDF-2031-RA-X"],
        "title": ["Cable drums"],
        "type": ["1"],
        "status": [funding.OPEN],
        "startDate": ["2031-02-11T00:00:00.000+0000"],
    },
}


def page(*records: Any) -> bytes:
    return json.dumps({"totalResults": len(records), "results": list(records)}).encode()


def call(**said: Any) -> dict[str, Any]:
    record = deepcopy(CALL)
    record["metadata"].update(said)
    return record


def one(on: date = ON, **said: Any) -> ParsedNotice:
    calls = funding.parse(page(call(**said)), on)
    assert not calls.broken
    (notice,) = calls.notices
    return notice


def sandbox() -> list[ParsedNotice]:
    """What the sandbox's search holds of open and forthcoming calls about defence."""
    parts = {"query": {"bool": {"must": [{"terms": {"status": [funding.OPEN, funding.FORTHCOMING]}}]}}}
    found: list[ParsedNotice] = []
    for number in ("1", "2"):
        asked = {"apiKey": "SEDIA", "pageSize": "100", "pageNumber": number}
        found += funding.parse(json.dumps(funding_wire.search(asked, parts, TODAY)[1]).encode(), TODAY).notices
    return sorted(funding.richest(found), key=lambda notice: notice.source_id)


def test_the_calls_are_the_golden_ones() -> None:
    calls = funding.parse(bodies("eu_funding", "page.json")["page.json"], ON)
    check("eu_funding", {"page.json": [*funding.richest(calls.notices), *calls.broken], "sandbox": sandbox()})


def test_an_odd_record_is_kept_whole_and_the_others_are_read() -> None:
    calls = funding.parse(bodies("eu_funding", "page.json")["page.json"], ON)
    assert (calls.total, len(calls.references)) == (9, 9)
    assert [(each.source_id, each.reason) for each in calls.broken] == [
        (None, "the call has no identifier"),
        (None, "the call is no object with metadata"),
    ]
    assert json.loads(calls.broken[0].body)["reference"] == "40000007TOPICSen"
    assert "EDIP-2031-ODD" in {notice.source_id for notice in calls.notices}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, True),
        ({"identifier": ["HORIZON-CL3-2031-01"]}, True),
        ({"identifier": ["UCPM-2031-KN"]}, True),
        ({"identifier": ["LIFE-2031-NAT"]}, False),
        ({"identifier": ["LIFE-2031-NAT"], "frameworkProgramme": ["44181033"]}, True),
        ({"identifier": ["LIFE-2031-NAT"], "frameworkProgramme": [44181033]}, True),
        ({"identifier": ["LIFE-2031-NAT"], "tags": ["STEP-Defence"]}, True),
        ({"identifier": ["LIFE-2031-NAT"], "title": ["Dual-use drones"]}, True),
        ({"identifier": ["LIFE-2031-NAT"], "title": ["The defenceless hare"]}, False),
        ({"status": [funding.CLOSED]}, False),
    ],
)
def test_what_is_about_defence_is_kept(said: dict[str, Any], wanted: bool) -> None:
    calls = funding.parse(page(call(**said)), ON)
    assert (len(calls.notices) == 1) == wanted
    assert not calls.broken
    assert len(calls.references) == 1


def test_a_record_in_another_language_is_left_out() -> None:
    assert not funding.parse(page({**call(), "language": "fr"}), ON).notices


def test_a_renamed_field_is_noticed() -> None:
    renamed = {"reference": "x", "language": "en", "metadata": {"id": ["EDF-2031"], "title": ["Cable drums"]}}
    assert [each.reason for each in funding.parse(page(renamed), ON).broken] == ["the call has no identifier"]


def test_forthcoming_is_planning_and_not_yet_published() -> None:
    notice = one(status=[funding.FORTHCOMING], startDate=["2031-07-01T00:00:00.000+0000"])
    assert (notice.stage, notice.published_at) == (Stage.PLANNING, None)
    opened = one(date(2031, 7, 1), startDate=["2031-07-01T00:00:00.000+0000"])
    assert opened.stage is Stage.COMPETITION
    assert opened.published_at is not None


@pytest.mark.parametrize(
    ("written", "at", "date_only"),
    [
        (["2031-09-29T00:00:00.000+0000"], "2031-09-29T21:59:00+00:00", True),
        (["2031-09-29T17:00:00.000+0000"], "2031-09-29T15:00:00+00:00", False),  # 17:00 in Brussels
        (["2031-12-01T17:00:00.000+0000"], "2031-12-01T16:00:00+00:00", False),
        (["2031-09-29"], "2031-09-29T21:59:00+00:00", True),
        (["2031-11-18T17:00:00.000+0000", "2031-06-01T17:00:00.000+0000"], "2031-06-01T15:00:00+00:00", False),
        (["2031-03-18T17:00:00.000+0000", "2031-11-18T17:00:00.000+0000"], "2031-11-18T16:00:00+00:00", False),
        (["2031-03-18T17:00:00.000+0000", "2031-04-18T17:00:00.000+0000"], "2031-04-18T15:00:00+00:00", False),
        ("2031-09-29T17:00:00.000+0000", "2031-09-29T15:00:00+00:00", False),
        (["2030-09-29T17:00:00.000+0000"], None, False),  # before it opened
        (["soon", "2031-13-01"], None, False),
        ([None, {}, True], None, False),
        (None, None, False),
    ],
)
def test_the_next_deadline_counts(written: Any, at: str | None, date_only: bool) -> None:
    deadline = one(deadlineDate=written).deadline
    assert (deadline.at.isoformat() if deadline else None, deadline.date_only if deadline else False) == (at, date_only)


@pytest.mark.parametrize(
    ("overview", "value"),
    [
        (
            {"budgetTopicActionMap": {"1": [{"action": "EDF-2031-RA-X - RA", "budgetYearMap": {"2031": "2000000"}}]}},
            2000000,
        ),
        (
            {"budgetTopicActionMap": {"1": [{"action": "EDF-2031-RA-XY - RA", "budgetYearMap": {"2031": "2000000"}}]}},
            None,
        ),
        ({"budgetTopicActionMap": {"1": [{"action": "EDF-2031-RA-X", "budgetYearMap": [1]}]}}, None),
        ({"budgetTopicActionMap": [1]}, None),
        ([], None),
        ("[" * 5000, None),
    ],
)
def test_the_budget_is_this_topics_and_no_neighbours(overview: Any, value: int | None) -> None:
    written = overview if isinstance(overview, str) else json.dumps(overview)
    told = one(budgetOverview=[written]).value
    assert (told.amount if told else None) == value


def test_of_several_records_the_richest_is_the_notice_in_any_order() -> None:
    rich, poor = one(descriptionByte=["<p>Long drums of cable.</p>"]), one()
    assert funding.richest([rich, poor]) == funding.richest([poor, rich]) == [rich]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"results": {}}', b"<html></html>", b'{"results": ['])
def test_what_is_no_answer_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        funding.parse(body, ON)


def test_huge_values_are_cut() -> None:
    notice = one(title=["long word " * 100_000], descriptionByte=["<p>x</p>" * 200_000], typesOfAction=["y" * 10_000])
    assert len(notice.title["en"]) <= 500
    assert len(notice.description["en"]) <= 200_000
    assert len(notice.notice_type or "") <= 200


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "44181033"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["identifier", "callIdentifier", "title", "type", "status", "startDate", "deadlineDate", "frameworkProgramme",
         "typesOfAction", "descriptionByte", "budgetOverview", "budget", "currency", "tags", "callTitle", "url"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(odd=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=6), record=ODD)
def test_wrong_kinds_never_cost_the_record_beside_them(odd: dict[str, Any], record: Any) -> None:
    calls = funding.parse(page(call(**odd), record, call(identifier=["EDF-2031-GOOD"])), ON)
    assert "EDF-2031-GOOD" in {notice.source_id for notice in calls.notices}
    assert len(calls.references) == 3


def test_what_was_quarantined_or_saved_can_be_read_again() -> None:
    body = bodies("eu_funding", "page.json")["page.json"]
    calls = funding.parse(body, ON)
    read: list[ParsedNotice | Broken] = [*calls.notices, *calls.broken]
    assert [one.source_id for one in payload.read(body, "saved.json")] == [one.source_id for one in read]
    (again,) = payload.read(calls.broken[0].body, "record.json")
    assert isinstance(again, Broken)
    assert (again.source, again.reason, again.body) == ("eu-funding", calls.broken[0].reason, calls.broken[0].body)
