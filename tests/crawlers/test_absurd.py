"""Do absurd dates and sizes cost no more than themselves, in every format? (promises.md H11, H12)"""

import json
import re
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from golden_notices import PORTALS

from crawlers import clean, doffin_search, eforms, feeds, funding, nspa, ted_search, ted_xml
from crawlers.notice import Broken, NoticeBroken, ParsedNotice

EFORMS = (PORTALS / "doffin" / "2031-100101.xml").read_text(encoding="utf-8")
TED_XML = (PORTALS / "ted_xml" / "098765-2031.xml").read_text(encoding="utf-8")
OLD_XML = (PORTALS / "ted_xml" / "007007-2031.xml").read_text(encoding="utf-8")
ROW = (
    "<table class='table-condensed'><tr class='selectable'><td><a href='/x?reference=31LMS001'>31LMS001</a><br/>{title}</td>"
    "<td>RFP</td><td>LM</td><td>Open</td><td>Publication Date {published}</td><td>Closing Date {deadline}</td></tr></table>"
)
RSS = (
    '<rss version="2.0"><channel><title>A</title><item><title>{title}</title><link>https://a.example/1</link>'
    "<pubDate>{published}</pubDate></item></channel></rss>"
)
PUBLISHED = "2031-05-01"


def _ted(title: str, published: str, deadline: str) -> list[Any]:
    hit = {
        "publication-number": "1-2031",
        "publication-date": published,
        "title-proc": {"swe": title},
        "buyer-country": ["SWE"],
        "deadline-receipt-tender-date-lot": [deadline],
    }
    return _met(ted_search.parse(json.dumps({"notices": [hit]}).encode()))


def _doffin(title: str, published: str, deadline: str) -> list[Any]:
    hit = {"id": "2031-100001", "heading": title, "publicationDate": published, "deadline": deadline}
    return _met(doffin_search.parse(json.dumps({"numHitsTotal": 1, "hits": [hit]}).encode()))


def _funding(title: str, published: str, deadline: str) -> list[Any]:
    told = {"identifier": ["EDF-1"], "title": [title], "status": ["31094502"], "startDate": [published]}
    call = {"reference": "1", "metadata": told | {"deadlineDate": [deadline]}}
    return _met(funding.parse(json.dumps({"totalResults": 1, "results": [call]}).encode(), date(2031, 6, 1)))


def _nspa(title: str, published: str, deadline: str) -> list[Any]:
    return _met(nspa.parse(ROW.format(title=title, published=published, deadline=deadline).encode()))


def _feed(title: str, published: str, _: str) -> list[Any]:
    body = RSS.format(title=title, published=published).encode()
    return [one for some in feeds.parse(body, source="a", url="https://a.example/") for one in some]


def _eforms(title: str, _: str, deadline: str) -> list[Any]:
    body = re.sub(r"(<cbc:EndDate>)[^<]*", rf"\g<1>{deadline}", EFORMS)
    body = re.sub(r"(<cbc:Name languageID=\"NO[BR]\">)[^<]*", lambda found: found[1] + title, body)
    return [eforms.parse(body.encode(), source="doffin", source_id="2031-100101")]


def _old(title: str, _: str, deadline: str) -> list[Any]:
    body = re.sub(r"(<DATE_RECEIPT_TENDERS>)[^<]*", rf"\g<1>{deadline}", TED_XML)
    return [ted_xml.parse(re.sub(r"(<DT_DATE_FOR_SUBMISSION>)[^<]*", rf"\g<1>{deadline}", body).encode())]


def _met(found: Any) -> list[Any]:
    return [*found.notices, *found.broken]


Read = Callable[[str, str, str], list[ParsedNotice | Broken]]
FORMATS: dict[str, Read] = {
    "ted_search": _ted, "doffin_search": _doffin, "eu_funding": _funding, "nspa": _nspa, "eforms": _eforms,
    "ted_xml": _old,
}  # fmt: skip
ABSURD = [
    *(
        "0000-01-01",
        "99999-01-01",
        "2031-02-31",
        "2031-06-01+25:00",
        "1970-01-01",
        "1031-01-01",
        "2031-13-01",
        "9999-12-31",
    ),
    *("soon", "-1", "2031-06-01T25:61:00Z", "١٢٣٤-٠١-٠١", "2" * 5000, "NaN", "31 Feb 2031", "00 Foo 0000"),
]


@pytest.mark.parametrize("written", ABSURD)
@pytest.mark.parametrize("kind", FORMATS)
def test_an_absurd_deadline_is_none_and_flagged(kind: str, written: str) -> None:
    """H11: the notice is read, its deadline is not."""
    (notice,) = FORMATS[kind]("Kabel", PUBLISHED, written)
    assert isinstance(notice, ParsedNotice), notice
    assert notice.deadline is None
    assert notice.oddities


@pytest.mark.parametrize("kind", ["ted_search", "doffin_search", "eu_funding"])
def test_a_deadline_before_publication_is_none_and_flagged(kind: str) -> None:
    """H11."""
    (notice,) = FORMATS[kind]("Kabel", PUBLISHED, "2031-04-01")
    assert isinstance(notice, ParsedNotice)
    assert notice.deadline is None
    assert "tender deadline before publication: 2031-04-01" in notice.oddities or kind == "eu_funding"
    assert notice.oddities


@pytest.mark.parametrize("written", ABSURD)
@pytest.mark.parametrize("kind", ["ted_search", "eu_funding", "nspa", "feed"])
def test_an_absurd_day_of_publication_is_none_and_flagged(kind: str, written: str) -> None:
    """H11."""
    (notice,) = (FORMATS | {"feed": _feed})[kind]("Kabel", written, "2031-08-01")
    assert isinstance(notice, ParsedNotice), notice
    if notice.published_at is None:
        assert notice.oddities
    else:  # feedparser, and the EU portal's days, take what can be understood
        assert kind in {"feed", "eu_funding"}
        assert 1990 <= notice.published_at.year < 2090


MEGABYTE = 1_000_000
TITLES = {
    "a megabyte": "ord " * (MEGABYTE // 4),
    "one word of a megabyte": "x" * MEGABYTE,
    "turned round": "Sve\u202egnisi\u2066 \u2069\u200f\u061cKabel",
    "nothing to see": "\u200b\u200c\u200d\u2060\ufeff" * 1000 + "Kabel",
    "accents": "Kabel" + "\u0301" * 100_000,
    "tags": "&lt;b&gt;" * 10_000 + "Kabel",
}


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("kind", [*FORMATS, "feed"])
def test_an_absurd_title_is_cut_and_cleaned(kind: str, title: str) -> None:
    """H12: at most 500 characters are kept (mails show 300), none of them turns the line round or hides."""
    started = time.process_time()
    try:
        met = (FORMATS | {"feed": _feed})[kind](TITLES[title], PUBLISHED, "2031-08-01")
    except NoticeBroken:
        met = []
    assert time.process_time() - started < 1
    for notice in met:
        for told in notice.title.values() if isinstance(notice, ParsedNotice) else ():
            assert len(told) <= clean.TITLE_LIMIT
            assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]", told)


def test_ten_thousand_lots_are_read() -> None:
    """H12: all of them, in reasonable time; what a mail says of them is for test_message.py."""
    lots = re.findall(r"<cac:ProcurementProjectLot>.*?</cac:ProcurementProjectLot>", EFORMS, re.DOTALL)
    body = EFORMS.replace(lots[0], lots[0] * 10_000)
    started = time.process_time()
    notice = eforms.parse(body.encode(), source="doffin", source_id="2031-100101")
    took = time.process_time() - started
    print(f"10,000 lots: {len(notice.lots)} kept in {took:.1f} s")
    assert took < 30
    assert len(notice.lots) <= 10_000 + len(lots)
