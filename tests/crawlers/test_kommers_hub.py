"""Are the rows and pages of Kommers' Supplier Hub read as they stand, and is what is missing told?"""

import contextlib
from datetime import date
from typing import Any

import pytest
from asking import TODAY
from golden_notices import bodies, check
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers import kommers_hub, kommers_page, payload
from crawlers.again import read_again
from crawlers.kommers import Listing
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken, Stage
from demo import kommers_wire
from demo.catalogue import catalogue
from demo.kommers_notices import listed

READ = date(2031, 5, 14)
FILES = bodies("kommers_hub", "*.html")
LIST, PAGE = FILES["list.html"], FILES["page.html"]
ROW = (
    '<div class="row mt-4 mb-4 align-items-center"><a href="/Notices/TenderNotice/9">{heading}</a>'
    "<small>Datum då annonsen skickades för publicering {day}</small><small>NUTS: {nuts}</small><small>CPV: {cpv}</small>"
    "<p>{text}</p><h4>{left}</h4> dagar kvar</div>"
)
SAID = {
    "heading": "PK 2031/1 - Elverk",
    "day": "2031-05-12",
    "nuts": "Jämtlands län",
    "cpv": "",
    "text": "",
    "left": "9",
}


def row(today: date = READ, /, **said: str) -> ParsedNotice:
    listing = kommers_hub.parse(ROW.format(**{**SAID, **said}).encode(), today)
    assert not listing.broken
    (notice,) = listing.notices
    return notice


def numbers(listing: Listing) -> list[str | None]:
    return [one.source_id for one in listing.notices] + [one.source_id for one in listing.broken]


def page(*changes: tuple[str, str]) -> ParsedNotice:
    body = PAGE.decode()
    for old, new in changes:
        assert old in body
        body = body.replace(old, new)
    return kommers_page.joined(kommers_hub.parse(LIST, READ).notices[0], body.encode())


def sandbox() -> list[ParsedNotice]:
    """What a crawl of the sandbox brings: every row, with its page where the hub has one."""
    every = listed(catalogue(TODAY), TODAY)
    shown = {str(one.numbers.hub): one for one in every}
    found = []
    for path in kommers_wire.LISTS:
        for number in range(1, 9):
            html = kommers_wire.page(path, every, TODAY, number, "t")
            for notice in kommers_hub.parse(html.encode(), TODAY).notices:
                one = shown[notice.source_id.rpartition("-")[2]]
                html = kommers_wire.notice_page(one)
                read = kommers_page.joined(notice, html.encode()) if one.eforms else kommers_hub.without_page(notice)
                found.append(read)
    return found


def test_the_notices_are_the_golden_ones() -> None:
    made = {name: kommers_hub.parse(FILES[name], READ) for name in ("list.html", "prior.html")}
    read: dict[str, Any] = {name: [*listing.notices, *listing.broken] for name, listing in made.items()}
    check("kommers_hub", read | {"page.html": [page()], "sandbox": sandbox()})


def test_the_page_tells_its_place_and_what_the_next_is_asked_for_with() -> None:
    listing = kommers_hub.parse(LIST, READ)
    assert (listing.page, listing.pages, listing.token) == (2, 17, "CfDJ8-provtoken_31")
    prior = kommers_hub.parse(FILES["prior.html"], READ)
    assert (prior.page, prior.pages, len(prior.notices)) == (None, None, 1)
    assert prior.notices[0].stage is Stage.PLANNING


def test_odd_rows_are_kept_whole_and_the_others_are_read() -> None:
    listing = kommers_hub.parse(LIST, READ)
    read = [notice.source_id for notice in listing.notices]
    assert read == ["31001", "31002", "Qualification-31001", "31003", "31007"]
    assert [(one.source_id, one.reason) for one in listing.broken] == [
        ("31004", "the row does not tell its day of publication"),
        ("31005", "the notice has no title in its own language"),
        (None, "the row has no link to its notice"),
        ("31006", "the row does not tell its day of publication"),
    ]
    assert "Raden utan länk" in listing.broken[2].body.decode()


@pytest.mark.parametrize(
    ("heading", "reference", "title"),
    [
        ("25FMVU1881 - Ramavtal aggregat", "25FMVU1881", "Ramavtal aggregat"),
        ("RAB-2026-00363 - Bygg - etapp 2", "RAB-2026-00363", "Bygg - etapp 2"),
        ("Dnr KS 2026/0412 - Elverk", "Dnr KS 2026/0412", "Elverk"),
        ("- Elverk", None, "Elverk"),
        ("25FMVU1881 Ramavtal aggregat", None, "25FMVU1881 Ramavtal aggregat"),
        ("Upphandling 2031 - drift", None, "Upphandling 2031 - drift"),
        ("Ramavtal - drift", None, "Ramavtal - drift"),
        ("EL- och VS-arbeten", None, "EL- och VS-arbeten"),
    ],
)
def test_a_reference_is_told_from_a_title_that_holds_a_dash(heading: str, reference: str | None, title: str) -> None:
    assert kommers_hub.heading(heading) == (reference, title)
    notice = row(heading=heading)
    assert (notice.reference, notice.title["sv"]) == (reference, title)


@pytest.mark.parametrize(
    ("said", "cpv", "nuts", "nationwide"),
    [
        ({"cpv": "Svetsning"}, ("45262680",), ("SE322",), False),
        ({"cpv": "45262680-1 Svetsning"}, ("45262680",), ("SE322",), False),
        ({"nuts": "Sverige"}, (), ("SE",), True),
        ({"nuts": "Jämtland, Västernorrlands län"}, (), ("SE322", "SE321"), False),
        ({"nuts": "SE313"}, (), ("SE313",), False),
        ({"nuts": "Okänt land"}, (), (), False),
    ],
)
def test_names_are_codes(said: dict[str, str], cpv: tuple[str, ...], nuts: tuple[str, ...], nationwide: bool) -> None:
    notice = row(**said)
    assert (notice.cpv, notice.nuts, notice.nationwide) == (cpv, nuts, nationwide)


def test_a_name_that_the_portal_made_is_kept_as_words() -> None:
    notice = row(cpv="Sanering av anläggningar", text="Asbest.")
    assert notice.cpv == ()
    assert notice.description["sv"] == "Asbest.\nCPV: Sanering av anläggningar"


def test_days_left_make_no_deadline_and_tell_when_one_was_moved() -> None:
    today, tomorrow, moved = row(), row(date(2031, 5, 15), left="8"), row(left="23")
    assert today.deadline is None
    assert today.listing_sha256 == tomorrow.listing_sha256 != moved.listing_sha256
    assert today.payload_sha256 == moved.payload_sha256  # and what the notice says is the same


@pytest.mark.parametrize(
    ("written", "at", "date_only"),
    [
        ("10/09/2031 23:59 +02:00", "2031-09-10T21:59:00+00:00", False),  # the tenth of September, not October's ninth
        ("10/12/2031 23:59", "2031-12-10T22:59:00+00:00", False),
        ("10/09/2031", "2031-09-10T21:59:00+00:00", True),
        ("31/06/2031 12:00 +02:00", None, False),
        ("snarast", None, False),
        ("01/06/2001 12:00 +02:00", None, False),
    ],
)
def test_deadlines_are_day_first_and_swedish(written: str, at: str | None, date_only: bool) -> None:
    notice = page(('02/06/2031</span> <span class="value">23:59 +02:00', written))
    assert (notice.deadline.at.isoformat() if notice.deadline else None) == at
    assert (notice.deadline.date_only if notice.deadline else False) == date_only
    assert bool(notice.oddities) == (at is None)


@pytest.mark.parametrize(
    ("form", "kind", "stage"),
    [
        ("Planering", "Förhandsmeddelande", Stage.PLANNING),
        ("Konkurrensutsättning", "Meddelande om upphandling", Stage.COMPETITION),
        ("Resultat", "Meddelande om tilldelning", Stage.RESULT),
        ("Direkttilldelning", "Meddelande om frivillig förhandsinsyn", Stage.INTENT),
        ("Ändring av kontrakt", "Meddelande om ändring", Stage.RESULT),
        ("Något nytt", "Något annat", Stage.COMPETITION),
    ],
)
def test_the_pages_own_words_are_stages(form: str, kind: str, stage: Stage) -> None:
    label = '</span></div>\n<div><span class="label">Meddelandetyp'
    made = page(
        (f"Konkurrensuts&#xE4;ttning{label}", f"{form}{label}"),
        ("Meddelande om upphandling &#x2013; standardordningen", kind),
    )
    assert made.stage is stage


def test_no_person_is_kept() -> None:
    told = str([page(), *kommers_hub.parse(LIST, READ).notices])
    assert "De ska klara start i 40 minusgrader" in told
    assert not [word for word in ("Provsson", "@", "08-000", "+46 00") if word in told]


def test_a_page_that_is_not_the_notices_costs_nothing_in_silence() -> None:
    first = kommers_hub.parse(LIST, READ).notices[0]
    with pytest.raises(SourceBroken, match="without a notice's labels"):
        kommers_page.joined(first, b"<html><body><h1>Logga in</h1></body></html>")
    with pytest.raises(NoticeBroken, match="does not name its buyer"):
        page(("Officiellt namn", "Namn"))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" \x00", b"{}", b"text", b"<html><body><h1>Statuscode 400</h1></body></html>"),
        b"<!DOCTYPE html><html><body><form><input name='user'></form></body></html>",
    ],
)
def test_what_is_no_list_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        kommers_hub.parse(body, READ)


def test_rows_are_found_by_their_links_when_the_portal_has_new_clothes() -> None:
    plain = LIST.replace(b"row mt-4 mb-4 align-items-center", b"card")
    whole = {notice.source_id: notice.payload_sha256 for notice in kommers_hub.parse(LIST, READ).notices}
    assert {notice.source_id: notice.payload_sha256 for notice in kommers_hub.parse(plain, READ).notices} == whole


def test_two_rows_that_damage_made_one_are_both_read() -> None:
    glued = LIST.replace(
        b'</div></div>\n<div class="row mt-4 mb-4 align-items-center"><div class="col-md-8">\n<a href="/Notices/TenderNotice/31002">',
        b'<div><div>\n<a href="/Notices/TenderNotice/31002">',
        1,
    )
    assert glued != LIST
    listing = kommers_hub.parse(glued, READ)
    assert {"31001", "31002"} <= set(numbers(listing))


def test_what_was_quarantined_or_saved_can_be_read_again() -> None:
    listing = kommers_hub.parse(LIST, READ)
    saved = list(payload.read(LIST, "saved.html"))
    assert [one.source_id for one in saved] == numbers(listing)
    assert not [one for one in saved if isinstance(one, ParsedNotice) and one.listing_sha256]
    for broken in listing.broken:
        assert list(read_again(broken)) == [broken]
    # The same row, once a parser can read it.
    mended = Broken(
        source="kommers", source_id="9", reason="", body=ROW.format(**SAID).encode(), content_type="text/html"
    )
    (again,) = read_again(mended)
    assert isinstance(again, ParsedNotice)
    assert (again.source, again.source_id, again.listing_sha256) == ("kommers", "9", None)


def test_huge_and_deep_pages_are_read_or_refused_and_nothing_else() -> None:
    assert len(row(heading="ord " * 100_000).title["sv"]) <= 500
    many = kommers_hub.parse(
        "".join(ROW.format(**SAID).replace('/9"', f'/{number}"') for number in range(1, 2001)).encode(), READ
    )
    assert len(many.notices) == 2000
    deep = b"<div>" * 50_000 + ROW.format(**SAID).encode()
    with contextlib.suppress(SourceBroken):
        assert len(kommers_hub.parse(deep, READ).notices) <= 1


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 6000), torn=st.binary(max_size=40), kept=st.integers(0, 6000))
def test_no_damage_raises_anything_else(at: int, torn: bytes, kept: int) -> None:
    first = kommers_hub.parse(LIST, READ).notices[0]
    with contextlib.suppress(SourceBroken):
        kommers_hub.parse(LIST[:at] + torn + LIST[kept:], READ)
    with contextlib.suppress(SourceBroken, NoticeBroken):
        kommers_page.joined(first, PAGE[:at] + torn + PAGE[kept:])
