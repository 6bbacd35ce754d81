"""Is every known file recognised, and what is no notice left alone with a word?"""

import json

import pytest
from golden_notices import PORTALS

from crawlers import payload
from crawlers.notice import Broken, ParsedNotice
from crawlers.payload import Kind, NotANotice

EFORMS = (PORTALS / "doffin" / "2031-100101.xml").read_bytes()
TED_XML = (PORTALS / "ted_xml" / "098765-2031.xml").read_bytes()


def file(folder: str, name: str) -> bytes:
    return (PORTALS / folder / name).read_bytes()


@pytest.mark.parametrize(
    ("folder", "name", "kind", "count"),
    [
        ("doffin", "2031-100101.xml", Kind.EFORMS, 1),
        ("doffin", "2022-345678.xml", Kind.EFORMS, 1),
        ("ted", "00012345-2031.xml", Kind.EFORMS, 1),
        ("ted_xml", "111111-2017.xml", Kind.TED_XML, 1),
        ("ted_search", "page.json", Kind.TED_SEARCH, 5),
        ("doffin_search", "page.json", Kind.DOFFIN_SEARCH, 5),
        ("doffin_search", "single-hit.json", Kind.DOFFIN_SEARCH, 1),
        ("doffin_search", "list.json", Kind.DOFFIN_SEARCH, 2),
        ("feeds", "departement.xml", Kind.FEED, 4),
        ("feeds", "myndighet.xml", Kind.FEED, 1),
    ],
)
def test_known_formats_are_recognised_and_read(folder: str, name: str, kind: Kind, count: int) -> None:
    body = file(folder, name)
    assert payload.recognise(body, name) is kind
    assert len(list(payload.read(body, name))) == count


@pytest.mark.parametrize(
    "name", ["2031-100101.xml", "/srv/notices/2031-100101.xml", "day.tar.gz:day/2031-100101.xml", "a\\2031-100101.xml"]
)
def test_the_files_name_gives_doffins_number(name: str) -> None:
    (notice,) = payload.read(EFORMS, name)
    assert isinstance(notice, ParsedNotice)
    assert notice.source_id == "2031-100101"


def test_a_feed_is_called_by_its_file() -> None:
    notices = list(payload.read(file("feeds", "departement.xml"), "departement.xml"))
    assert {notice.source for notice in notices} == {"departement"}


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (b"# Real payloads\n", "README.md", "neither XML nor JSON"),
        (b"", "empty.xml", "empty"),
        (b"\xef\xbb\xbf \n", "empty.xml", "empty"),
        (b"\x1f\x8b\x08\x00", "a.gz", "neither XML nor JSON"),
        (b"<!doctype html><html><body>x</body></html>", "page.html", "a web page"),
        (b'<?xml version="1.0"?><!-- a --><svg/>', "a.svg", "XML of another kind: svg"),
        (b"<!-- never closed", "a.xml", "no root element"),
        (
            b'<BusinessRegistrationInformationNotice xmlns="urn:oasis:names:specification:ubl:schema:xsd:x"/>',
            "a.xml",
            "registration of a business",
        ),
        (b'{"_comment": "a study of fields", "2031-1": {"a": 1}}', "fields.json", "neither TED's nor Doffin's"),
        (b'{"hits": []}', "a.json", "neither TED's nor Doffin's"),
        (b"[1, 2]", "a.json", "neither TED's nor Doffin's"),
        (b"{nonsense", "a.json", "is none"),
    ],
)
def test_what_is_no_notice_is_named_and_left(body: bytes, name: str, reason: str) -> None:
    with pytest.raises(NotANotice, match=reason):
        payload.read(body, name)


@pytest.mark.parametrize(
    ("body", "name", "source", "number"),
    [
        (EFORMS[:9000], "2031-100101.xml", "doffin", "2031-100101"),
        (TED_XML[:2000], "098765-2031.xml", "ted", "98765-2031"),
        (file("ted_search", "page.json")[:900], "page.json", "ted", None),
        (file("doffin_search", "page.json")[:900], "page.json", "doffin", None),
        (b'<!DOCTYPE TED_EXPORT [<!ENTITY a "b">]><TED_EXPORT>&a;</TED_EXPORT>', "1-2031.xml", "ted", "1-2031"),
    ],
)
def test_a_damaged_notice_is_kept_whole(body: bytes, name: str, source: str, number: str | None) -> None:
    (broken,) = payload.read(body, name)
    assert isinstance(broken, Broken)
    assert (broken.source, broken.source_id, broken.body) == (source, number, body)
    assert broken.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_letters_survive_whatever_the_encoding(encoding: str) -> None:
    told = json.loads(file("doffin_search", "single-hit.json")) | {"heading": "Æøå – kjøp på tvers av Østersund"}
    (notice,) = payload.read(json.dumps(told, ensure_ascii=False).encode(encoding), "hit.json")
    assert isinstance(notice, ParsedNotice)
    assert list(notice.title.values()) == ["Æøå – kjøp på tvers av Østersund"]


def test_a_latin_1_document_that_calls_itself_utf_8_keeps_its_letters() -> None:
    body = TED_XML.decode().replace("Flyttbara skyddsrum", "Flyttbara broar på hjul").encode("windows-1252", "replace")
    (notice,) = payload.read(body, "098765-2031.xml")
    assert isinstance(notice, ParsedNotice)
    assert notice.title == {"sv": "Flyttbara broar på hjul"}
