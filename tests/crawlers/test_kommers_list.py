"""Are the rows and pages of a Kommers instance read as its fragments show them, in every layout?"""

import contextlib
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import kommers_list, payload
from crawlers.again import read_again
from crawlers.kommers import Listing
from crawlers.notice import DeadlineKind, NoticeBroken, ParsedNotice, SourceBroken, Stage
from crawlers.sources import sources
from demo import kommers_list_wire
from demo.catalogue import catalogue
from demo.kommers_notices import listed

FILES = bodies("kommers_list", "*.html")
LIST = FILES["kommers-elite.html"]
ADDRESS = "https://www.kommersannons.se/elite/notice/noticelist.aspx"


def parse(body: bytes = LIST) -> Listing:
    return kommers_list.parse(body, source="kommers-elite", address=ADDRESS)


def joined(name: str, place: int, *changes: tuple[str, str]) -> ParsedNotice:
    body = FILES[name].decode()
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return kommers_list.joined(parse().notices[place], body.encode())


def sandbox(key: str, instance: str) -> list[ParsedNotice]:
    """What a crawl of the sandbox brings: every row with its page."""
    every = listed(catalogue(TODAY), TODAY)
    shown = {str(one.numbers.procurement): one for one in kommers_list_wire.rows_of(instance, every)}
    address = sources()[key].url
    rows = [
        row
        for number in range(1, 9)
        if number == 1 or (number - 1) * kommers_list_wire.ROWS < len(shown)
        for row in kommers_list.parse(
            kommers_list_wire.page(instance, every, number).encode(), source=key, address=address
        ).notices
    ]
    return [
        kommers_list.joined(row, kommers_list_wire.overview(shown[row.source_id.partition("-")[0]]).encode())
        for row in rows
    ]


@pytest.mark.usefixtures("environment")
def test_the_notices_are_the_golden_ones() -> None:
    listing = parse()
    pages = {
        name: [joined(name, place)]
        for name, place in (("page-call.html", 0), ("page-dis.html", 3), ("page-rfi.html", 2))
    }
    instances = ("elite", "fmv", "polis", "trafik")
    made: dict[str, Any] = {f"sandbox {one}": sandbox(f"kommers-{one}", one) for one in instances}
    check("kommers_list", {"kommers-elite.html": [*listing.notices, *listing.broken], **pages, **made})


def test_the_page_tells_its_place_and_the_state_that_must_come_back_whole() -> None:
    listing = parse()
    assert (listing.page, listing.pages) == (3, 20)
    assert listing.state == {
        "__EVENTTARGET": "",
        "__VIEWSTATE": "/wEPDwUK&prov==",
        "__VIEWSTATEGENERATOR": "CA0B0334",
    }
    assert listing.onward == kommers_list.NEXT
    last = parse(LIST.replace(b'value="N\xc3\xa4sta"', b'value="N\xc3\xa4sta" disabled="disabled"'))
    assert last.onward is None


def test_odd_rows_are_kept_whole_and_the_others_are_read() -> None:
    listing = parse()
    assert [notice.source_id for notice in listing.notices] == ["81447", "75758-efterannons", "81448", "81449", "81450"]
    assert [(one.source_id, one.reason) for one in listing.broken] == [
        ("81451", "the row tells no day"),
        (None, "the row has no link to its notice"),
        ("81452", "the notice has no title in its own language"),
    ]
    assert "Raden utan länk" in listing.broken[1].body.decode()


def test_kinds_are_stages_and_say_what_the_last_day_is_for() -> None:
    call, award, asked, qualified, new = parse().notices
    assert [one.stage for one in (call, award, asked, qualified)] == [
        Stage.COMPETITION,
        Stage.RESULT,
        Stage.PLANNING,
        Stage.COMPETITION,
    ]
    assert call.deadline is not None
    assert qualified.deadline is not None
    assert (call.deadline.kind, call.deadline.at.isoformat()) == (DeadlineKind.TENDER, "2031-06-16T21:59:00+00:00")
    assert (qualified.deadline.kind, qualified.deadline.date_only) == (DeadlineKind.REQUEST, True)
    assert award.deadline is None  # it has passed, and nobody may be offered it
    assert not award.oddities
    assert new.stage is Stage.COMPETITION
    assert "kind of notice Marknadsdialog is not known" in new.oddities


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2031-07-01T12:00:00", "2031-07-01T10:00:00+00:00"),
        ("2032-01-15T12:00:00", "2032-01-15T11:00:00+00:00"),
        ("2032-03-28T01:59:00", "2032-03-28T00:59:00+00:00"),  # the last minute of winter time
        ("2032-03-28T03:00:00", "2032-03-28T01:00:00+00:00"),
        ("2031-10-26T03:00:00", "2031-10-26T02:00:00+00:00"),
    ],
)
def test_a_pages_deadline_is_swedish_time(local: str, utc: str) -> None:
    notice = joined("page-call.html", 0, ("2031-06-16T23:59:50", local))
    assert notice.deadline is not None
    assert (notice.deadline.at.isoformat(), notice.deadline.date_only) == (utc, False)


def test_a_pages_deadline_that_cannot_be_right_leaves_the_rows() -> None:
    notice = joined("page-call.html", 0, ("2031-06-16T23:59:50", "2001-06-16T23:59:50"))
    assert notice.deadline == parse().notices[0].deadline
    assert "tender deadline before publication: 2001-06-16" in notice.oddities


@pytest.mark.parametrize(
    ("name", "place", "buyer"),
    [
        ("page-call.html", 0, "Provvattenverket Aktiebolag"),
        ("page-dis.html", 3, "Provfastigheter AB"),
        ("page-rfi.html", 2, "Provköpings kommun"),
    ],
)
def test_the_buyer_is_found_in_every_layout(name: str, place: int, buyer: str) -> None:
    assert [one.name for one in joined(name, place).buyers] == [buyer]


def test_no_person_is_kept_and_nothing_is_lost_in_silence() -> None:
    told = str(joined("page-call.html", 0))
    assert "Byggdel gällande ny process" in told
    assert "070-000" not in told
    with pytest.raises(SourceBroken, match="without a notice's labels"):
        kommers_list.joined(parse().notices[0], b"<html><body>Logga in</body></html>")
    with pytest.raises(NoticeBroken, match="does not name its buyer"):
        joined("page-rfi.html", 2, ("Ansvarig organisation", "Ansvar"))


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"{}", b"<html><body><form></form></body></html>", b"<html><p>Server Error</p>"]
)
def test_what_is_no_list_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        parse(body)


def test_rows_are_found_by_their_links_when_the_portal_has_new_clothes() -> None:
    plain = LIST.replace(b'<div class="row mt-4">', b'<div class="card">')
    whole = {notice.source_id: notice.payload_sha256 for notice in parse().notices}
    assert {notice.source_id: notice.payload_sha256 for notice in parse(plain).notices} == whole


def test_a_notices_address_is_the_lists_whatever_its_link_says() -> None:
    elsewhere = LIST.replace(
        b'"NoticeOverview.aspx?ProcurementId=81447"', b'"https://a.example/NoticeOverview.aspx?ProcurementId=81447"'
    )
    assert elsewhere != LIST
    assert (
        parse(elsewhere).notices[0].url
        == "https://www.kommersannons.se/elite/notice/NoticeOverview.aspx?ProcurementId=81447"
    )


def test_what_was_quarantined_or_saved_can_be_read_again_under_its_lists_name() -> None:
    listing = parse()
    saved = list(payload.read(LIST, "saved/kommers-elite.html"))
    read = [one.source_id for one in listing.notices] + [one.source_id for one in listing.broken]
    assert [one.source_id for one in saved] == read
    assert {one.source for one in saved} == {"kommers-elite"}
    for broken in listing.broken:
        assert list(read_again(broken)) == [broken]
    with pytest.raises(payload.NotANotice, match=r"call it kommers-elite\.html or"):
        list(payload.read(LIST, "saved.html"))


@settings(max_examples=60, deadline=None)
@given(
    at=st.integers(0, 5000), torn=st.binary(max_size=40), kept=st.integers(0, 5000), name=st.sampled_from(sorted(FILES))
)
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int, name: str) -> None:
    with contextlib.suppress(SourceBroken):
        parse(LIST[:at] + torn + LIST[kept:])
    with contextlib.suppress(SourceBroken, NoticeBroken):
        kommers_list.joined(parse().notices[0], FILES[name][:at] + torn + FILES[name][kept:])
