"""Is a deadline told as the portal meant it? From a portal's own format through the database into a mail (T5)."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from mail_reading import text_of
from owing import LONG_AGO, rows
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts.digest import run_due
from crawlers import doffin_search, eforms, hilma, nspa, procurement, ted_search, udbud
from crawlers.notice import ParsedNotice
from crawlers.saving import save
from db.models import Delivery, Notice, NoticeVersion
from db.session import transaction
from factories import make_alert, make_match, make_profile, make_subscriber

PORTALS: Final = Path(__file__).parents[1] / "portals"
NOW: Final = datetime(2026, 9, 21, 5, 0, tzinfo=UTC)  # a Monday, 07.00 in Oslo and Stockholm
UNKNOWN: Final = "frist ikke oppgitt"


class Case(NamedTuple):
    """What a portal writes, and what a Norwegian reads of it; None: nothing at all, for it has passed."""

    told: str | None
    portal: str
    country: str
    day: str
    clock: str | None = None


CASES: Final = [
    # An offset, of the date, of the time, of both, or of neither: then the buyer's zone counts.
    Case("frist 1. okt. kl. 12.00", "eforms", "NOR", "2026-10-01+02:00", "12:00:00+02:00"),
    Case("frist 1. okt. kl. 14.00", "eforms", "NOR", "2026-10-01Z", "12:00:00Z"),
    Case("frist 1. okt. kl. 12.00", "eforms", "NOR", "2026-10-01Z", "12:00:00+02:00"),
    Case("frist 1. okt. kl. 12.00", "eforms", "NOR", "2026-10-01+02:00", "12:00:00"),
    Case("frist 1. okt. kl. 12.00", "eforms", "NOR", "2026-10-01", "12:00:00"),
    Case("frist 1. des. kl. 12.00", "eforms", "NOR", "2026-12-01", "12:00:00"),
    Case("frist 1. okt. kl. 12.00 norsk tid", "eforms", "SWE", "2026-10-01", "12:00:00"),
    Case("frist 1. okt. kl. 23.59 norsk tid", "eforms", "SWE", "2026-10-01+02:00", "23:59:59+02:00"),
    Case("frist 1. okt. kl. 11.00 norsk tid", "eforms", "FIN", "2026-10-01", "12:00:00"),
    Case("frist 1. okt. kl. 11.00 norsk tid", "eforms", "FIN", "2026-10-01+03:00", "12:00:00+03:00"),
    Case("frist 1. okt. kl. 12.00 norsk tid", "eforms", "POL", "2026-10-01", "12:00:00"),
    Case("frist 1. okt. kl. 11.00 norsk tid", "eforms", "ROU", "2026-10-01", "12:00:00"),
    Case("frist 1. okt. kl. 13.00 norsk tid", "eforms", "PRT", "2026-10-01", "12:00:00"),
    # A day alone is told as one, of the buyer's calendar.
    Case("frist 1. okt.", "eforms", "NOR", "2026-10-01"),
    Case("frist 1. okt.", "eforms", "NOR", "2026-10-01+02:00"),
    Case("frist 1. okt.", "eforms", "SWE", "2026-10-01"),
    Case("frist 1. okt.", "eforms", "FIN", "2026-10-01"),
    Case("frist 1. okt.", "eforms", "PRT", "2026-10-01"),
    # The end of a day.
    Case("frist 1. okt. kl. 23.59", "eforms", "NOR", "2026-10-01", "23:59:00"),
    Case("frist 2. okt. kl. 00.00", "eforms", "NOR", "2026-10-01", "24:00:00"),
    Case("frist 1. okt. kl. 23.00 norsk tid", "eforms", "FIN", "2026-10-01", "24:00:00"),
    # The days when clocks turn: an hour that comes twice, where the first is safe, and one that never comes.
    Case("frist 24. okt.", "eforms", "NOR", "2026-10-24"),
    Case("frist 25. okt. kl. 02.30", "eforms", "NOR", "2026-10-25", "02:30:00"),
    Case("frist 25. okt. kl. 12.00", "eforms", "NOR", "2026-10-25", "12:00:00"),
    Case("frist 28. mars 2027 kl. 03.30", "eforms", "NOR", "2027-03-28", "02:30:00"),
    Case("frist 28. mars 2027 kl. 12.00 norsk tid", "eforms", "SWE", "2027-03-28", "12:00:00"),
    # What has passed is not offered; what has not by a minute is.
    Case(None, "eforms", "NOR", "2026-09-20", "12:00:00"),
    Case(None, "eforms", "NOR", "2026-09-21", "06:59:00"),
    Case(None, "eforms", "FIN", "2026-09-21", "08:00:00"),
    Case(None, "eforms", "NOR", "2026-09-20"),
    Case("frist 21. sep. kl. 07.01", "eforms", "NOR", "2026-09-21", "07:01:00"),
    Case("frist 21. sep.", "eforms", "NOR", "2026-09-21"),
    # What cannot be is not guessed.
    Case(UNKNOWN, "eforms", "NOR", "2026-09-31", "12:00:00"),
    Case(UNKNOWN, "eforms", "NOR", "2026-10-01", "24:00:01"),
    Case(UNKNOWN, "eforms", "NOR", "2099-01-01", "11:59:59"),
    Case(UNKNOWN, "eforms", "NOR", "2026-08-01", "12:00:00"),  # before it was published
    # Every other portal in its own way.
    Case("frist 1. okt. kl. 12.00", "doffin", "NOR", "2026-10-01T10:00:00Z"),
    Case("frist 1. okt.", "doffin", "NOR", "2026-10-01T00:00:00Z"),
    Case("frist 1. okt. kl. 23.59 norsk tid", "ted", "SWE", "2026-10-01+02:00", "23:59:00+02:00"),
    Case("frist 1. okt.", "ted", "SWE", "2026-10-01+02:00"),
    Case("frist 1. okt. kl. 12.00 norsk tid", "udbud", "DNK", "2026-10-01T10:00:00Z"),
    Case("frist 1. okt.", "udbud", "DNK", "01-10-2026"),
    Case("frist 1. okt. kl. 10.00 norsk tid", "hilma", "FIN", "2026-10-01T08:00:00Z"),
    Case("frist 1. okt. kl. 15.00 norsk tid", "nspa", "LUX", "01 Oct 2026 15:00"),
]


def notice_of(case: Case, number: int) -> ParsedNotice:
    """The portal's own notice, with this deadline and a title of its own."""
    match case.portal:
        case "eforms":
            end = f"<cbc:EndDate>{case.day}</cbc:EndDate>"
            if case.clock:
                end += f"<cbc:EndTime>{case.clock}</cbc:EndTime>"
            body = (PORTALS / "doffin" / "2031-100104.xml").read_text(encoding="utf-8")
            body = re.sub(r"<efac:Changes>.*?</efac:Changes>", "", body)
            body = re.sub(r"<cbc:EndDate>.*</cbc:EndTime>", end, body).replace("2031-02-10Z", "2026-09-15Z")
            body = body.replace("Rammeavtale for lette broer &amp; ramper", title(number)).replace(
                ">NOR<", f">{case.country}<"
            )
            body = body.replace("0a1b2c3d-4444", f"0a1b2c3d-{number:04}").replace(
                "9f8e7d6c-1111", f"9f8e7d6c-{number:04}"
            )
            return eforms.parse(body.encode(), source="doffin", source_id=f"2026-{100_000 + number}")
        case "doffin":
            return doffin_search.parse_hit(
                {"id": f"2026-{100_000 + number}", "heading": title(number), "description": "Broer.", "cpvCodes": [],
                 "type": "ANNOUNCEMENT_OF_COMPETITION", "publicationDate": "2026-09-15", "deadline": case.day,
                 "buyer": [{"name": "Forsvarets eksempeletat"}]}
            )  # fmt: skip
        case "ted":
            hit: dict[str, Any] = {
                "publication-number": f"{100_000 + number}-2026", "publication-date": "2026-09-15+02:00",
                "notice-title": {"swe": title(number)}, "buyer-country": [case.country], "notice-type": "cn-standard",
                "buyer-name": {"swe": ["Försvarets exempelverk"]}, "deadline-receipt-tender-date-lot": [case.day],
            }  # fmt: skip
            return ted_search.parse_hit(
                hit | ({"deadline-receipt-tender-time-lot": [case.clock]} if case.clock else {})
            )
        case "udbud":
            return udbud.parse_result(
                {"noticeId": f"0c1d2e3f-{number:04}-4c6d-8e9f-0a1b2c3d4e5f", "noticeVersion": "01",
                 "dataDa": {"titel": title(number), "ordregiver": "Hjemmeværnskommandoen", "beskrivelse": "Broer.",
                            "formulartypeKode": "competition", "publiceringsdato": "15-09-2026", "tidsfrister": [case.day]}}
            )  # fmt: skip
        case "hilma":
            return hilma.parse_record(
                {"id": f"EF-{number}", "noticeId": number, "noticeNumber": f"2026-{number:06}", "titleFi": title(number),
                 "datePublished": "2026-09-15T10:30:00Z", "deadline": case.day, "mainType": "ContractNotices",
                 "organisationNameFi": "Puolustusvoimien logistiikkalaitos", "descriptionFi": "Siltoja."}
            )  # fmt: skip
        case _:
            page = (PORTALS / "nspa" / "list.html").read_text(encoding="utf-8")
            page = page.replace("15 Aug 2031 15:00", case.day).replace("02 Jul 2031", "15 Sep 2026")
            page = page.replace("04 Jul 2031", "15 Sep 2026").replace("ANTENNA MASTS", title(number))
            (row,) = [one for one in nspa.parse(page.encode()).notices if title(number) in str(one.title)]
            return row


def title(number: int) -> str:
    return f"Bro nummer {number:02} til øvingsfeltet"


@pytest.fixture
def mails(database: URL) -> str:
    """Every case in the mails of a few readers, as text."""
    for first in range(0, len(CASES), 11):
        reader = make_subscriber(confirmed_at=LONG_AGO)
        profile = make_profile(reader)
        for number in range(first, min(first + 11, len(CASES))):
            with transaction() as s:
                procurement.lock(s)
                parsed = notice_of(CASES[number], number)
                save(s, parsed)
                known = (Notice.source == parsed.source, Notice.source_id == parsed.source_id)
                version = s.scalars(
                    select(NoticeVersion).join(Notice, Notice.current_version_id == NoticeVersion.id).where(*known)
                ).one()
            make_match(version, profile)
            make_alert(reader, version, created_at=NOW - timedelta(hours=1))
    assert {report.broken for report in run_due(NOW)} == {0}
    return "\n".join(text_of(one.message) for one in rows(Delivery))


def test_t5_golden_deadlines_are_told_as_they_are_meant(mails: str) -> None:
    wrong = []
    for number, case in enumerate(CASES):
        _, met, rest = mails.partition(f". {title(number)}")
        said = re.search(r"(?:^|· )(frist[^(\n]*?) *(?:\(|\n)", rest.partition("Hvorfor")[0]) if met else None
        found = said[1] if said else None
        if found != case.told:
            wrong.append((number, case, found))
    assert wrong == []
    assert len(CASES) >= 40
    assert mails.count("Alle klokkeslett er i norsk tid.") == -(-len(CASES) // 11)
