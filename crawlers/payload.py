"""What kind of file is this, and which notices does it hold? Told from bytes and name, for imports.

``read`` never raises but NotANotice: what is a notice and cannot be read comes out as Broken, whole. Of a page of search
hits that is damaged, the hits that are whole come out beside it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final

from crawlers import (
    codes,
    doffin_search,
    eforms,
    feeds,
    funding,
    hilma,
    kommers_hub,
    kommers_list,
    nspa,
    page,
    salvage,
    ted_search,
    ted_xml,
    udbud,
)
from crawlers.kommers import Listing, unread
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken
from crawlers.sources_kommers import HUB, KOMMERS
from db.session import utcnow

_SNIFFED: Final = 16 * 1024
_FIRST_TAG: Final = re.compile(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,80})")
_PASSED_OVER: Final = (("<?", "?>"), ("<!--", "-->"), ("<!", ">"))  # before the root element
_SOURCE_KEY: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")


class NotANotice(Exception):  # noqa: N818 - a finding about a file, told by its name
    """Raised for a file that is clearly something else; its text says what."""


class Kind(StrEnum):
    """Which parser reads it."""

    EFORMS = "eforms"
    TED_XML = "ted-xml"
    TED_SEARCH = "ted-search"
    DOFFIN_SEARCH = "doffin-search"
    FEED = "feed"
    NSPA = "nspa"
    FUNDING = "funding"
    KOMMERS_HUB = "kommers-hub"
    KOMMERS_LIST = "kommers-list"
    UDBUD = "udbud"
    HILMA = "hilma"


_HTML: Final = frozenset({"html", "table", "tr", "div"})
_OF_PAGES: Final = frozenset({Kind.NSPA, Kind.KOMMERS_HUB, Kind.KOMMERS_LIST})
_KOMMERS_LISTS: Final = {source.key: source.url for source in KOMMERS if source.key != HUB}
# Under which name a page of search hits holds them, and what one is known by.
_RECORDS: Final[Mapping[Kind, tuple[str, Callable[[Any], bool]]]] = {
    Kind.TED_SEARCH: ("notices", ted_search.is_hit),
    Kind.DOFFIN_SEARCH: ("hits", doffin_search.is_hit),
    Kind.FUNDING: ("results", funding.is_record),
}
_KINDS_OF_ROOTS: Final = {
    **dict.fromkeys(eforms.ROOTS, Kind.EFORMS),
    "TED_EXPORT": Kind.TED_XML,
    "rss": Kind.FEED,
    "feed": Kind.FEED,
    "RDF": Kind.FEED,
}

_ANSWERS: Final = {Kind.UDBUD: udbud.is_answer, Kind.HILMA: hilma.is_answer}
_JSON: Final = frozenset({Kind.TED_SEARCH, Kind.DOFFIN_SEARCH, Kind.FUNDING, Kind.UDBUD, Kind.HILMA})
_SOURCES: Final = {
    Kind.FEED: "feed",
    Kind.NSPA: nspa.NSPA,
    Kind.FUNDING: funding.FUNDING,
    Kind.KOMMERS_HUB: HUB,
    Kind.UDBUD: udbud.UDBUD,
    Kind.HILMA: hilma.HILMA,
}


def recognise(body: bytes, name: str) -> Kind:
    """The kind of a file. Raises NotANotice, with the reason, when it is none we know."""
    start = page.decoded(body[:_SNIFFED]).lstrip("\ufeff\x00 \t\r\n")
    if not start:
        raise NotANotice("empty")
    if start.startswith("<"):
        return (_of_page(body, name) if _root(start).lower() in _HTML else None) or _of_markup(start)
    if start[0] in "{[":
        return _of_json(body)
    raise NotANotice(f"neither XML nor JSON ({PurePosixPath(name).suffix or 'no ending'})")


def _of_page(body: bytes, name: str) -> Kind | None:
    """By its content; of Kommers by its name too, for a broken row may have lost what it is known by."""
    if nspa.is_list(body):
        return Kind.NSPA
    if _stem(name) == HUB or kommers_hub.is_list(body):
        return Kind.KOMMERS_HUB
    if _stem(name) in _KOMMERS_LISTS:
        return Kind.KOMMERS_LIST
    if kommers_list.is_list(body):
        raise NotANotice(f"a list of Kommers: call it {' or '.join(f'{key}.html' for key in _KOMMERS_LISTS)}")
    return None


def _of_markup(start: str) -> Kind:
    root = _root(start)
    kind = _KINDS_OF_ROOTS.get(root)
    if kind is None:
        told = {
            "BusinessRegistrationInformationNotice": "the registration of a business, not a procurement",
            "html": "a web page",
        }
        raise NotANotice(
            told.get(root) or told.get(root.lower()) or f"XML of another kind: {root or 'no root element'}"
        )
    return kind


def _root(start: str) -> str:
    """The local name of the first element; '' when none comes in sight."""
    while start.startswith(("<?", "<!")):
        closing = next(end for opening, end in _PASSED_OVER if start.startswith(opening))
        end = start.find(closing)
        if start[:9].lower() == "<!doctype" and 0 <= start.find("[") < end:
            end, closing = start.find("]>"), "]>"
        if end < 0:
            return ""
        start = start[end + len(closing) :].lstrip()
    tag = _FIRST_TAG.match(start)
    return tag.group(1) if tag else ""


def _of_json(body: bytes) -> Kind:
    text = page.decoded(body)
    try:
        told: Any = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return _of_cut_json(text[:_SNIFFED])
    if isinstance(told, dict) and isinstance(told.get("notices"), list):
        return Kind.TED_SEARCH
    hits = told.get("hits") if isinstance(told, dict) else told
    if doffin_search.is_hit(told) or (isinstance(hits, list) and any(map(doffin_search.is_hit, hits))):
        return Kind.DOFFIN_SEARCH
    if isinstance(told, dict) and isinstance(hits, list) and "numHitsTotal" in told:
        return Kind.DOFFIN_SEARCH
    results = told.get("results") if isinstance(told, dict) else None
    if funding.is_record(told) or (isinstance(results, list) and "totalResults" in told):
        return Kind.FUNDING
    for kind, is_of_it in _ANSWERS.items():
        if is_of_it(told):
            return kind
    raise NotANotice("JSON of another kind: neither TED's nor Doffin's nor the EU portal's search")


def _of_cut_json(start: str) -> Kind:
    """A page that was cut on its way is a page all the same: it is kept whole, for a later try."""
    if '"notices"' in start:
        return Kind.TED_SEARCH
    if '"hits"' in start or '"numHitsTotal"' in start:
        return Kind.DOFFIN_SEARCH
    if '"totalResults"' in start and '"results"' in start:
        return Kind.FUNDING
    if '"resultatElementDtoList"' in start:
        return Kind.UDBUD
    if '"@odata.c' in start and '"value"' in start:
        return Kind.HILMA
    raise NotANotice("begins like JSON and is none")


def read(body: bytes, name: str) -> Iterator[ParsedNotice | Broken]:
    """The notices in a file. Raises NotANotice at once, before anything is read.

    ``name`` is its path or the member's name in an archive; a Doffin file is called by its notice's id.
    """
    return _read(recognise(body, name), body, name)


def kept_whole(notice: ParsedNotice, body: bytes, name: str, reason: str) -> Broken:
    """A notice that was read out of this file, and for some reason cannot be taken in, with the whole file."""
    return Broken(
        source=notice.source,
        source_id=notice.source_id,
        reason=reason,
        body=body,
        content_type=_type(recognise(body, name)),
    )


def _read(kind: Kind, body: bytes, name: str) -> Iterator[ParsedNotice | Broken]:
    stem = _stem(name)
    try:
        if kind is Kind.EFORMS:
            yield eforms.parse(body, source_id=codes.doffin_id(stem) or codes.ojs_number(stem))
        elif kind is Kind.TED_XML:
            yield ted_xml.parse(body)
        elif kind is Kind.FEED:
            key = stem.lower() if _SOURCE_KEY.fullmatch(stem.lower()) else "feed"
            entries, unread = feeds.parse(body, source=key, url="")
            yield from entries
            yield from unread
        else:
            found = _page(kind, body, stem)
            yield from found.notices
            yield from found.broken
    except (NoticeBroken, SourceBroken) as reason:
        if kind in _RECORDS:
            yield from _salvaged(kind, body)
        yield Broken(
            source=stem if kind is Kind.KOMMERS_LIST else _source(kind, body),
            source_id=_number(kind, stem),
            reason=str(reason),
            body=body,
            content_type=_type(kind),
        )


def _salvaged(kind: Kind, body: bytes) -> list[ParsedNotice]:
    """The notices of a damaged page that are whole; the others are in the page, which is kept."""
    key, is_record = _RECORDS[kind]
    found = list(salvage.records(page.decoded(body), is_record))
    return _page(kind, json.dumps({key: found}).encode()).notices if found else []


def _page(kind: Kind, body: bytes, stem: str = "") -> page.Page | nspa.Listing | funding.Calls | Listing:
    if kind is Kind.NSPA:
        return nspa.parse(body)
    if kind is Kind.KOMMERS_HUB:
        return unread(kommers_hub.parse(body, utcnow().date()))
    if kind is Kind.KOMMERS_LIST:
        return unread(kommers_list.parse(body, source=stem, address=_KOMMERS_LISTS[stem]))
    if kind is Kind.FUNDING:
        return funding.parse(body, utcnow().date())
    if kind in _ANSWERS:
        return udbud.parse(body) if kind is Kind.UDBUD else hilma.parse(body)
    return ted_search.parse(body) if kind is Kind.TED_SEARCH else doffin_search.parse(body)


def _source(kind: Kind, body: bytes) -> str:
    if kind is Kind.DOFFIN_SEARCH or (kind is Kind.EFORMS and eforms.NORWEGIAN_CUSTOMIZATION.encode() in body):
        return doffin_search.DOFFIN
    return _SOURCES.get(kind, ted_search.TED)


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/").rpartition(":")[2]).name.split(".", 1)[0]


def _number(kind: Kind, stem: str) -> str | None:
    return codes.doffin_id(stem) or codes.ojs_number(stem) if kind in {Kind.EFORMS, Kind.TED_XML} else None


def _type(kind: Kind) -> str:
    if kind in _OF_PAGES:
        return "text/html"
    return "application/json" if kind in _JSON else "application/xml"
