"""What do the rows of NSPA's list of opportunities say?

NSPA buys for NATO and its members; the list is public HTML with six cells a row (sources.md §5.2). Decided for the
reader:

* FBO (future business opportunity) and RFI are planning, RFP and RFQ competition, NOA a result. An FBO that notifies
  of a planned sole source is an intent: the contract is about to be given without competition.
* "Tentative RFP Date" is no deadline. It stands in the description, in the portal's words.
* Closing dates are Central European Time by the column's own head, summer time included.
* The address of a row holds a number that the portal encrypts anew when it likes, so it is no part of what is hashed.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from crawlers import clean, hypertext, moments
from crawlers.notice import (
    Broken,
    Deadline,
    DeadlineKind,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import whole
from crawlers.xml import Element

NSPA: Final = "nspa"
PORTAL: Final = "https://eportal.nspa.nato.int"
LIST: Final = f"{PORTAL}/eProcurement5G/Opportunities/OpportunitiesList"
BUYER: Final = ParsedBuyer(name="NATO Support and Procurement Agency (NSPA)", country="LU")
CELLS: Final = 6
_TOTAL_ID: Final = "GridPagerTotalRowCount"
_TOKEN_NAME: Final = "__RequestVerificationToken"  # noqa: S105 - the name of a form field, no secret
_REFERENCE: Final = re.compile(r"[A-Z0-9][A-Z0-9._/-]{3,39}")
_STAGES: Final = {
    "FBO": Stage.PLANNING,
    "RFI": Stage.PLANNING,
    "RFP": Stage.COMPETITION,
    "RFQ": Stage.COMPETITION,
    "NOA": Stage.RESULT,
}
_WORDS: Final = {
    "FBO": "Future Business Opportunity",
    "RFI": "Request for Information",
    "RFP": "Request for Proposal",
    "RFQ": "Request for Quotation",
    "NOA": "Notice of Award",
}
_SOLE_SOURCE: Final = re.compile(r"notification of (?:a |the )?(?:planned |intended )?sole source", re.IGNORECASE)
_NATURES: Final = {"supply": "supplies", "supplies": "supplies", "service": "services", "services": "services",
                   "works": "works", "construction": "works"}  # fmt: skip
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WHEN: Final = re.compile(
    r"(\d{1,2})[ ./-]{1,3}([A-Za-z]{3,9}|\d{1,2})[ ./-]{1,3}(\d{4})(?:[ ,]{1,3}(\d{1,2}):(\d\d)(?::\d\d)?\b)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the list. ``total``: rows in all pages, and ``token``: what the next page is asked for with, where told."""

    notices: list[ParsedNotice] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    total: int | None = None
    token: str | None = None


def parse(body: bytes) -> Listing:
    """A page of the list, or the piece of it that the pager brings. Raises SourceBroken when it is another page."""
    top = hypertext.tree(body, "NSPA")
    rows = [row for row in top.iter("tr") if "selectable" in hypertext.classes(row) or row.get("row-id")]
    total = _count(_input(top, "id", _TOTAL_ID))
    if (
        not rows
        and total is None
        and not any("table-condensed" in hypertext.classes(each) for each in top.iter("table"))
    ):
        raise SourceBroken("NSPA answered with a page without its list of opportunities")
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for row in rows:
        try:
            notices.append(parse_row(row))
        except NoticeBroken as reason:
            broken.append(_unread(row, str(reason)))
    return Listing(notices=notices, broken=broken, total=total, token=_input(top, "name", _TOKEN_NAME))


def is_list(body: bytes) -> bool:
    """Whether some HTML is NSPA's list or a row of it."""
    return _TOTAL_ID.encode() in body or b"DetailsOpportunity?" in body


def parse_row(row: Element) -> ParsedNotice:
    """One opportunity. Raises NoticeBroken."""
    cells = row.findall("td")
    if len(cells) < CELLS:
        raise NoticeBroken(f"the row has {len(cells)} cells and not {CELLS}")
    told = [hypertext.pieces(cell) for cell in cells]
    reference, title = _named(cells[0], told[0])
    kind = clean.line(told[1][0] if told[1] else "", 40).upper()
    subtype = clean.line(" ".join(told[1][1:]), 100)
    status = clean.line(" ".join(told[3]), 200)
    oddities: list[str] = []
    published_at = moments.publication_day(_day(told[4], "publication", oddities)[0], oddities)
    return ParsedNotice(
        source=NSPA,
        source_id=reference,
        wire_format=WireFormat.LISTING,
        stage=_stage(kind, title, oddities),
        title={"en": title} if title else {},
        description={"en": _description(kind, subtype, told)},
        language="en",
        published_at=published_at,
        url=_address(cells[0]) or LIST,
        payload_sha256=hashlib.sha256(whole([reference, told])).hexdigest(),
        listing_sha256=hashlib.sha256(whole([reference, told])).hexdigest(),
        buyers=(BUYER,),
        country=BUYER.country,
        nationwide=True,  # a row names no place, and firms of every member may offer
        deadline=moments.possible(_deadline(kind, told[5], oddities), published_at, oddities),
        notice_type=kind or None,
        contract_nature=_NATURES.get(subtype.lower()),
        activity="defence",
        cancelled="cancel" in status.lower(),
        reference=reference,
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _unread(row: Element, reason: str) -> Broken:
    cells = row.findall("td")
    told = hypertext.pieces(cells[0]) if cells else ()
    number = (_link_reference(cells[0]) if cells else None) or (_reference(told[0]) if told else None)
    return Broken(
        source=NSPA, source_id=number, reason=reason, body=hypertext.markup(row), content_type="text/html"
    )  # fmt: skip


def _input(top: Element, key: str, name: str) -> str | None:
    return next((each.get("value") for each in top.iter("input") if each.get(key) == name), None)


def _count(written: str | None) -> int | None:
    plain = (written or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 9 else None


def _href(cell: Element) -> str | None:
    return next((each.get("href") for each in cell.iter("a") if each.get("href")), None)


def _link_reference(cell: Element) -> str | None:
    try:
        asked = parse_qs(urlsplit(_href(cell) or "").query)
    except ValueError:
        return None
    return _reference(asked.get("reference", [""])[0])


def _reference(written: str) -> str | None:
    found = clean.line(written, 60).upper()
    return found if _REFERENCE.fullmatch(found) else None


def _named(cell: Element, told: tuple[str, ...]) -> tuple[str, str]:
    """The opportunity's number and its title: the cell's other texts, such as the product and the title itself."""
    first = _reference(told[0]) if told else None
    number = _link_reference(cell) or first
    if number is None:
        raise NoticeBroken("the row has no reference")
    rest = told[1:] if first == number else told
    return number, clean.line(clean.without_persons(" – ".join(dict.fromkeys(rest))[: 8 * clean.TITLE_LIMIT]))


def _address(cell: Element) -> str | None:
    """The opportunity's own page, on NSPA's host whatever the row says."""
    try:
        url = clean.safe_url(urljoin(LIST, _href(cell) or ""))
        return url if url and urlsplit(url).hostname == urlsplit(PORTAL).hostname else None
    except ValueError:
        return None


def _stage(kind: str, title: str, oddities: list[str]) -> Stage:
    if kind not in _STAGES:
        oddities.append(f"opportunity type {(kind or 'missing')[:40]} is not known")
        return Stage.COMPETITION
    return Stage.INTENT if kind == "FBO" and _SOLE_SOURCE.match(title) else _STAGES[kind]


def _description(kind: str, subtype: str, told: list[tuple[str, ...]]) -> str:
    """The other cells as lines of text; all that a row says beside its title."""
    organisation = clean.line(
        " ".join((*told[2][1:], f"({told[2][0]})")) if len(told[2]) > 1 else "".join(told[2]), 200
    )
    lines = (
        ", ".join(filter(None, (_WORDS.get(kind, kind), subtype))),
        f"Purchasing organisation: {organisation}" if organisation else "",
        clean.line(" ".join(told[5]), 200),
    )
    return clean.text("\n".join(filter(None, lines)))


def _day(told: Iterable[str], label: str, oddities: list[str]) -> tuple[str | None, str | None]:
    """Day and time after a label, written as ISO 8601: ``Closing Date 09 Jun 2026 15:00`` → 2026-06-09, 15:00."""
    text = " ".join(told)
    at = text.lower().find(label)
    if at < 0:
        return None, None
    found = _WHEN.search(text, at, at + 80)
    if found is None:
        oddities.append(f"{label} date cannot be read: {text[at : at + 60]}")
        return None, None
    day, month, year, hour, minute = found.groups()
    name = month[:3].lower()
    number = int(month) if month.isdigit() else _MONTHS.index(name) + 1 if name in _MONTHS else 0
    return f"{year}-{number:02d}-{int(day):02d}", f"{int(hour):02d}:{minute}" if hour else None


def _deadline(kind: str, told: tuple[str, ...], oddities: list[str]) -> Deadline | None:
    meant = DeadlineKind.INTEREST if _STAGES.get(kind) is Stage.PLANNING else DeadlineKind.TENDER
    day, clock = _day(told, "closing", oddities)
    return moments.deadline(day, clock, meant, BUYER.country, oddities)
