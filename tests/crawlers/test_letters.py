"""Do æ, ø, å, ä and ö come through, whatever each format's portal does to its letters? (promises.md H10)

Every format by every way in which letters are damaged and can be put right; and what cannot be is an odd record.
"""

import json
import unicodedata
from collections.abc import Callable
from datetime import date
from html.entities import codepoint2name
from typing import Any

import pytest
from golden_notices import PORTALS

from crawlers import doffin_search, eforms, feeds, funding, nspa, ted_search, ted_xml
from crawlers.notice import Broken, NoticeBroken, ParsedNotice

TITLE = "Kjøp på Ærø: bråtebrann, räddning och övning – «Å»"
MARK = "TITTELEN-STAR-HER"


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False)


TED_HIT = {"publication-number": "1-2031", "title-proc": {"swe": MARK}, "buyer-name": {"swe": ["Myndigheten"]}}
CALL = {"reference": "1", "metadata": {"identifier": ["EDF-2031-X"], "title": [MARK], "status": ["31094502"]}}
ROW = (
    "<table class='table-condensed'><tr class='selectable'><td><a href='/x?reference=31LMS001'>31LMS001</a><br/>"
    f"{MARK}</td><td>RFP</td><td>LM</td><td>Open</td><td>-</td><td>-</td></tr></table>"
)
FEED = f'<rss version="2.0"><channel><title>A</title><item><title>{MARK}</title><link>https://a.example/1</link></item></channel></rss>'
EFORMS = (PORTALS / "doffin" / "2031-100102.xml").read_text(encoding="utf-8")
TED_XML = (PORTALS / "ted_xml" / "098765-2031.xml").read_text(encoding="utf-8")


def _first_title(notice: ParsedNotice) -> str:
    return notice.title[notice.language]


def _in_place_of(document: str, told: str) -> str:
    assert told in document
    return document.replace(told, MARK)


Read = Callable[[bytes], list[ParsedNotice | Broken]]
FORMATS: dict[str, tuple[str, Read]] = {
    "eforms": (
        _in_place_of(EFORMS, _first_title(eforms.parse(EFORMS.encode(), source="doffin", source_id="2031-100102"))),
        lambda body: [eforms.parse(body, source="doffin", source_id="2031-100102")],
    ),
    "ted_xml": (
        _in_place_of(TED_XML, _first_title(ted_xml.parse(TED_XML.encode()))),
        lambda body: [ted_xml.parse(body)],
    ),
    "feed": (
        FEED,
        lambda body: [each for some in feeds.parse(body, source="a", url="https://a.example/") for each in some],
    ),
    "ted_search": (_json({"notices": [TED_HIT]}), lambda body: _met(ted_search.parse(body))),
    "doffin_search": (
        _json({"numHitsTotal": 1, "hits": [{"id": "2031-100001", "heading": MARK}]}),
        lambda body: _met(doffin_search.parse(body)),
    ),
    "eu_funding": (
        _json({"totalResults": 1, "results": [CALL]}),
        lambda body: _met(funding.parse(body, date(2031, 6, 1))),
    ),
    "nspa": (ROW, lambda body: _met(nspa.parse(body))),
}


def _met(found: Any) -> list[ParsedNotice | Broken]:
    return [*found.notices, *found.broken]


def _entities(text: str) -> str:
    return "".join(f"&{codepoint2name.get(ord(c), f'#{ord(c)}')};" if ord(c) > 127 else c for c in text)


MARKUP = ("eforms", "ted_xml", "feed", "nspa")
WAYS: dict[str, Callable[[str, str], bytes]] = {
    # the document and the format's name in, its bytes out
    "as it should be": lambda document, _: document.replace(MARK, TITLE).encode(),
    "with a mark": lambda document, _: document.replace(MARK, TITLE).encode("utf-8-sig"),
    "Windows' letters, called UTF-8": lambda document, _: document.replace(MARK, TITLE).encode("cp1252", "replace"),
    "UTF-16": lambda document, _: _declared(document, "utf-16").replace(MARK, TITLE).encode("utf-16"),
    "read wrongly once": lambda document, _: document.replace(MARK, TITLE.encode().decode("cp1252")).encode(),
    "read wrongly as Latin-1": lambda document, _: document.replace(MARK, TITLE.encode().decode("latin-1")).encode(),
    "read wrongly twice": lambda document, _: document.replace(MARK, _twice(TITLE)).encode(),
    "as references": lambda document, kind: document.replace(MARK, _told(_numbers(TITLE), kind, 1)).encode(),
    "as references, escaped once more": lambda document, kind: document.replace(
        MARK, _told(_entities(TITLE), kind, 2)
    ).encode(),
    "in two pieces each": lambda document, _: document.replace(MARK, unicodedata.normalize("NFD", TITLE)).encode(),
}


def _declared(document: str, encoding: str) -> str:
    return document.replace('encoding="UTF-8"', f'encoding="{encoding}"').replace(
        'encoding="utf-8"', f'encoding="{encoding}"'
    )


def _twice(text: str) -> str:
    # Latin-1 the second time: five bytes have no letter in Windows' table.
    return text.encode().decode("latin-1").encode().decode("latin-1")


def _numbers(text: str) -> str:
    return "".join(f"&#{ord(c)};" if ord(c) > 127 else c for c in text)


def _told(text: str, kind: str, times: int) -> str:
    """Markup takes one escape away by itself; JSON none."""
    for _ in range(times - 1):
        text = text.replace("&", "&amp;") if kind in MARKUP else text
    return text


PAIRS = [(kind, way) for kind in FORMATS for way in WAYS]


def test_there_are_sixty_pairs() -> None:
    assert len(PAIRS) >= 60


@pytest.mark.parametrize(("kind", "way"), PAIRS)
def test_letters_come_through(kind: str, way: str) -> None:
    """H10."""
    document, read = FORMATS[kind]
    (notice,) = read(WAYS[way](document, kind))
    assert isinstance(notice, ParsedNotice), notice
    assert TITLE in notice.title.values()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_notice_whose_letters_are_lost_is_an_odd_record(kind: str) -> None:
    """H10: more than one in a thousand is U+FFFD; one lost letter of a long text is no more than that."""
    document, read = FORMATS[kind]
    for lost in ("Kj\ufffdp p\ufffd \ufffdr\ufffd", "\ufffd"):
        try:
            (met,) = read(document.replace(MARK, lost).encode())
        except NoticeBroken as reason:
            assert "letters" in str(reason)  # noqa: PT017 - the pure parsers raise, those of pages keep
        else:
            assert isinstance(met, Broken)
            assert "letters" in met.reason


def test_one_letter_lost_of_a_long_text_costs_nothing() -> None:
    """H10: one in a thousand is the line."""
    for length, kept in ((990, False), (1100, True)):
        hit = {"id": "2031-100001", "heading": "Kabel", "description": "ord " * (length // 4) + "\ufffd"}
        assert bool(doffin_search.parse(_json({"numHitsTotal": 1, "hits": [hit]}).encode()).notices) is kept
