"""Does a detail of Doffin's web client give a notice its missing keys, and never a wrong one?"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import doffin_detail
from crawlers.doffin_detail import Detail, enriched, may_gain, parse
from crawlers.keys import Kind, Role
from crawlers.notice import Link, ParsedNotice, SourceBroken, Stage, WireFormat

NUMBERS = {"whole.json": "2031-100101", "national.json": "2031-100102", "odd.json": "2031-100103"}
UUID, PROCEDURE = "0f5e4d3c-2b1a-4978-8a6b-5c4d3e2f1a0b", "7d1c2a30-90ab-4c1d-8e2f-0123456789ab"
FOLDER = bodies("doffin_detail", "*.json")
DOCUMENTS = Link(kind="documents", url="https://permalink.anbud.example/345678.aspx")
HIT = ParsedNotice(
    source="doffin",
    source_id="2031-100101",
    wire_format=WireFormat.LISTING,
    stage=Stage.COMPETITION,
    title={"nb": "Rammeavtale for feltkjøkken"},
    language="nb",
    published_at=datetime(2031, 5, 6, tzinfo=UTC),
    url="https://www.doffin.no/notices/2031-100101",
    payload_sha256="a" * 64,
)
XML = replace(HIT, wire_format=WireFormat.EFORMS, notice_uuid=UUID, procedure_uuid=PROCEDURE)


def test_the_details_are_the_golden_ones() -> None:
    read: dict[str, Any] = {name: [parse(body, NUMBERS[name])] for name, body in FOLDER.items()}
    check("doffin_detail", read)


def test_a_hit_without_xml_gets_the_keys_by_which_ted_knows_it() -> None:
    fuller = enriched(HIT, parse(FOLDER["whole.json"], HIT.source_id))
    own = {(key.kind, key.value) for key in fuller.keys if key.role is Role.OWN}
    assert own == {
        (Kind.NOTICE, UUID),
        (Kind.PROCEDURE, PROCEDURE),
        (Kind.OJS, "345678-2031"),
        ("doffin", "2031-100101"),
    }
    assert fuller.links == (DOCUMENTS,)
    assert replace(fuller, notice_uuid=None, procedure_uuid=None, ojs_number=None, links=()) == HIT


@pytest.mark.parametrize(
    "theirs",
    [
        Detail(notice_uuid=PROCEDURE, ojs_number="345678-2031"),
        Detail(procedure_uuid=UUID, documents_url=DOCUMENTS.url),
    ],
)
def test_a_detail_that_contradicts_the_notice_is_left_alone(theirs: Detail) -> None:
    assert enriched(XML, theirs) == XML


def test_what_the_notice_says_itself_stands() -> None:
    own = Link(kind="documents", url="https://anbud.example/99")
    full = replace(XML, links=(own,), ojs_number="345678-2031")
    assert enriched(full, parse(FOLDER["whole.json"], HIT.source_id)) == full
    assert enriched(XML, Detail()) == XML


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (HIT, True),
        (replace(HIT, stage=Stage.RESULT), True),  # its keys are not known
        (XML, True),
        (replace(XML, ojs_number="345678-2031"), True),  # its documents are not known
        (replace(XML, ojs_number="345678-2031", links=(DOCUMENTS,)), False),
        (replace(XML, stage=Stage.RESULT), False),
        (replace(XML, cancelled=True), False),
    ],
)
def test_only_what_a_detail_can_be_of_use_to_is_asked_for(notice: ParsedNotice, expected: bool) -> None:
    assert may_gain(notice) is expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"null",
        b"{}",
        b'{"id": "2031-100101", "heading": "x"}',
        b'{"id": "2031-100102", "tedId": "345678-2031"}',
    ],
)
def test_what_is_no_detail_of_this_notice_is_refused(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        parse(body, "2031-100101")


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 1500), torn=st.binary(max_size=40), kept=st.integers(0, 1500))
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int) -> None:
    body = FOLDER["whole.json"]
    try:
        detail = parse(body[:at] + torn + body[kept:], "2031-100101")
    except SourceBroken:
        return
    enriched(XML, detail)


_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(values=st.fixed_dictionaries(dict.fromkeys(doffin_detail.KEYS, _ODD)))
def test_values_of_every_wrong_kind_are_none_or_right(values: dict[str, Any]) -> None:
    detail = parse(json.dumps(values).encode(), "2031-100101")
    assert isinstance(enriched(HIT, detail), ParsedNotice)
