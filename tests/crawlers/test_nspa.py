"""Do the rows of NSPA's list become notices, and does an odd row cost itself alone?"""

import contextlib
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import nspa, payload
from crawlers.notice import Broken, ParsedNotice, SourceBroken, Stage
from demo import nspa_wire

ROW = (
    '<tr class="selectable"><td><a href="/x?RowIDEncrypted=q&amp;reference=31LMS001">31LMS001</a><br/>{title}</td>'
    "<td>{kind}<br/>Supply</td><td>LM<br/>Rockets</td><td>{status}</td>"
    "<td><small>Publication Date</small><br/>{published}</td><td>{last}</td></tr>"
)
SAID = {"title": "Cable drums", "kind": "RFP", "status": "RFP Published", "published": "06 May 2031", "last": ""}


def row(**said: str) -> ParsedNotice:
    listing = nspa.parse(ROW.format(**{**SAID, **said}).encode())
    assert not listing.broken
    (notice,) = listing.notices
    return notice


def sandbox() -> list[ParsedNotice | Broken]:
    """What the sandbox's lists hold, read page by page, the first of each number."""
    found: dict[str | None, ParsedNotice | Broken] = {}
    for prefilter in ("RFP", "FBO"):
        for number in (1, 2):
            listing = nspa.parse(nspa_wire.rows_piece(TODAY, prefilter, number).encode())
            met: list[ParsedNotice | Broken] = [*listing.notices, *listing.broken]
            for one in met:
                found.setdefault(one.source_id, one)
    return list(found.values())


def test_the_notices_are_the_golden_ones() -> None:
    made = {name: nspa.parse(body) for name, body in bodies("nspa", "*.html").items()}
    read: dict[str, Any] = {name: [*listing.notices, *listing.broken] for name, listing in made.items()}
    check("nspa", read | {"sandbox": sandbox()})


def test_the_first_page_tells_how_many_there_are_and_how_to_ask_for_more() -> None:
    listing = nspa.parse(bodies("nspa", "list.html")["list.html"])
    assert (listing.total, listing.token) == (16, "Cf8a-aaa_111")
    piece = nspa.parse(bodies("nspa", "piece.html")["piece.html"])
    assert (piece.total, piece.token, len(piece.notices)) == (None, None, 2)


def test_an_odd_row_is_kept_whole_and_the_others_are_read() -> None:
    listing = nspa.parse(bodies("nspa", "list.html")["list.html"])
    assert [notice.source_id for notice in listing.notices] == ["31LMS039", "31LDC007", "31SAO100", "31LMS042"]
    short, untitled = listing.broken
    assert (short.source_id, short.reason) == ("31LMS043", "the row has 2 cells and not 6")
    assert b"The rest of this row was lost" in short.body
    assert short.content_type == "text/html"
    assert (untitled.source_id, untitled.reason) == ("31LAM900", "the notice has no title in its own language")


@pytest.mark.parametrize(
    ("kind", "title", "stage"),
    [
        ("FBO", "Cable drums", Stage.PLANNING),
        ("FBO", "Notification of Planned Sole Source Award. Cable drums", Stage.INTENT),
        ("RFI", "Cable drums", Stage.PLANNING),
        ("RFP", "Cable drums", Stage.COMPETITION),
        ("rfq", "Cable drums", Stage.COMPETITION),
        ("NOA", "Cable drums", Stage.RESULT),
        ("XYZ", "Cable drums", Stage.COMPETITION),
    ],
)
def test_kinds_are_stages(kind: str, title: str, stage: Stage) -> None:
    notice = row(kind=kind, title=title)
    assert notice.stage is stage
    assert bool(notice.oddities) == (kind == "XYZ")


@pytest.mark.parametrize(
    ("last", "at", "date_only"),
    [
        ("Closing Date 15 Aug 2031 15:00", "2031-08-15T13:00:00+00:00", False),  # summer time in Luxembourg
        ("<small>Closing Date</small><br/>15 Dec 2031 15:00", "2031-12-15T14:00:00+00:00", False),
        ("Closing Date: 09 June 2031", "2031-06-09T21:59:00+00:00", True),
        ("Closing Date 09/06/2031", "2031-06-09T21:59:00+00:00", True),
        ("Closing Date 31 Jun 2031", None, False),
        ("Closing Date 09 Foo 2031", None, False),
        ("Closing Date 09 Jun 2031 25:99", None, False),
        ("Closing Date 09 Jun 2001", None, False),  # before publication
        ("Closing Date", None, False),
    ],
)
def test_closing_dates_are_central_european(last: str, at: str | None, date_only: bool) -> None:
    notice = row(last=last)
    assert (notice.deadline.at.isoformat() if notice.deadline else None) == at
    assert (notice.deadline.date_only if notice.deadline else False) == date_only
    assert bool(notice.oddities) == (at is None)


def test_a_tentative_date_is_told_and_is_no_deadline() -> None:
    notice = row(kind="FBO", last="<small>Tentative RFP Date</small><br/>09 Jun 2031")
    assert notice.deadline is None
    assert "Tentative RFP Date 09 Jun 2031" in notice.description["en"]


def test_another_encrypted_number_is_no_other_content() -> None:
    body = ROW.format(**SAID).encode()
    first, second = nspa.parse(body).notices[0], nspa.parse(body.replace(b"=q&", b"=other&")).notices[0]
    assert first.url != second.url
    assert first.payload_sha256 == second.payload_sha256 == first.listing_sha256
    assert row(status="RFP Cancelled").payload_sha256 != first.payload_sha256
    assert row(status="RFP Cancelled").cancelled


@pytest.mark.parametrize(
    "href", ["javascript:x?reference=31LMS001", "https://elsewhere.example/?reference=31LMS001", "//[x"]
)
def test_a_link_that_leads_elsewhere_is_no_address(href: str) -> None:
    body = ROW.format(**SAID).replace("/x?RowIDEncrypted=q&amp;reference=31LMS001", href)
    assert nspa.parse(body.encode()).notices[0].url == nspa.LIST


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \x00 ",
        b"{}",
        b"plain text",
        b"<html><body><h1>Log in</h1><form></form></body></html>",
        b"<!DOCTYPE html><table><tr><td>1</td></tr></table>",
        b"<",
    ],
)
def test_what_is_no_list_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        nspa.parse(body)


def test_an_empty_list_is_no_broken_one() -> None:
    body = b"<table class='table table-condensed'><tbody></tbody></table><input id='GridPagerTotalRowCount' value='0'>"
    listing = nspa.parse(body)
    assert (listing.notices, listing.broken, listing.total) == ([], [], 0)


def test_a_cut_page_keeps_what_is_whole() -> None:
    body = bodies("nspa", "list.html")["list.html"]
    listing = nspa.parse(body[: body.index(b"31SAO100</strong>")])
    assert [notice.source_id for notice in listing.notices] == ["31LMS039", "31LDC007"]
    assert [broken.source_id for broken in listing.broken] == ["31SAO100"]


def test_huge_and_deep_pages_are_read_or_refused_and_nothing_else() -> None:
    assert len(row(title="long word " * 100_000).title["en"]) <= 500
    many = nspa.parse(b"<table>" + ROW.format(**SAID).encode() * 3000 + b"</table>")
    assert len(many.notices) == 3000
    deep = b"<div>" * 100_000 + ROW.format(**SAID).encode()
    with contextlib.suppress(SourceBroken):
        assert len(nspa.parse(deep).notices) <= 1


@settings(max_examples=60, deadline=None)
@given(at=st.integers(min_value=0, max_value=5000), torn=st.binary(max_size=40), kept=st.integers(0, 5000))
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int) -> None:
    body = bodies("nspa", "list.html")["list.html"]
    try:
        nspa.parse(body[:at] + torn + body[kept:])
    except SourceBroken:
        return


def test_what_was_quarantined_or_saved_can_be_read_again() -> None:
    body = bodies("nspa", "list.html")["list.html"]
    listing = nspa.parse(body)
    assert list(payload.read(body, "saved.html")) == [*listing.notices, *listing.broken]
    (again,) = payload.read(listing.broken[0].body, "row.html")
    assert isinstance(again, Broken)
    assert (again.source, again.source_id, again.reason) == ("nspa", "31LMS043", listing.broken[0].reason)
