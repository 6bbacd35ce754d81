"""What do the rows of Kommers' Supplier Hub say?

The list of all open notices in Kommers, as HTML (sources.md §4.2). Decided for the reader:

* Firm, and so required: the link with its kind and number, a title, the day of publication of a call. Only of the list
  of prior information, whose rows nobody recorded, that day may be missing.
* The list tells days that are left and no deadline. How they are rounded is not known, so no deadline is made of them;
  they only tell that a deadline was moved: the day they end on is part of what says that a row has changed.
* Buyer, exact deadline and codes stand on the notice's own page (:mod:`crawlers.kommers_page`), which about a third of
  the notices, the national ones, do not have.
* A link leads to a notice's page. Of a notice without one, the address is the list's.
"""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from crawlers import clean, hypertext, kommers, moments
from crawlers.kommers import Listing, Row
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken, Stage, WireFormat
from crawlers.page import whole
from crawlers.sources_kommers import HUB, SITE
from crawlers.xml import Element

CALLS: Final = "/Notices/TenderNotices"
PRIOR: Final = "/Notices/PriorInfoNotices"
TOKEN: Final = "__RequestVerificationToken"  # noqa: S105 - the name of a form field, no secret
_MARKS: Final = frozenset({"row", "mt-4", "mb-4", "align-items-center"})
_LINK: Final = re.compile(r"/Notices?/(Tender|Qualification|PriorInfo|Award)Notice/([1-9]\d{0,8})", re.ASCII)
_STAGES: Final = {"PriorInfo": Stage.PLANNING, "Award": Stage.RESULT}
_ASKS_ONLY: Final = re.compile(r"\bRFI\b|request for information|informationsförfrågan", re.IGNORECASE)
_PUBLISHED: Final = re.compile(r"skickades för publicering\W{0,5}(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_DAYS_LEFT: Final = re.compile(r"(-?\d{1,4}) dag(?:ar)? kvar")
_HEADING: Final = re.compile(r"(?:(\S.{0,39}?) )?- (.+)", re.DOTALL)
_MOST_WORDS: Final = 4  # of a reference
_LONGEST_WORD: Final = 4  # of one that has no digit and is no abbreviation: Dnr, not Upphandling


def parse(body: bytes, today: date) -> Listing:
    """A page of the list. Raises SourceBroken when it is another page.

    ``today``: the Swedish day on which it was read, from which its days left are counted.
    """
    top = hypertext.tree(body, "Kommers")
    token = next((each.get("value") for each in top.iter("input") if each.get("name") == TOKEN), None) or None
    page, pages = kommers.position(top)
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for row in kommers.rows(top, _named, _MARKS):
        try:
            notices.append(parse_row(row, today))
        except NoticeBroken as reason:
            broken.append(_unread(row, str(reason)))
    if not notices and not broken and token is None and pages is None:
        raise SourceBroken("Kommers answered with a page without its list of notices")
    return Listing(notices=notices, broken=broken, page=page, pages=pages, token=token)


def is_list(body: bytes) -> bool:
    """Whether some HTML is the Supplier Hub's list or a row of it."""
    return re.search(rb"/Notices/(?:Tender|Qualification|PriorInfo)Notice/\d", body) is not None


def page_path(notice: ParsedNotice) -> str:
    """Where the notice's own page stands, if it has one: the list's links lead there by a redirect."""
    kind, _, number = notice.source_id.rpartition("-")
    return f"/Notice/{kind or 'Tender'}Notice/{number}"


def without_page(notice: ParsedNotice) -> ParsedNotice:
    """A notice that the portal has no page for: what the row says is all there is."""
    return replace(notice, url=SITE + CALLS)


def parse_row(row: Row, today: date) -> ParsedNotice:
    """One notice of the list. Raises NoticeBroken."""
    kind, number = _kind_and_number(row)
    oddities: list[str] = []
    smalls = [" ".join(hypertext.pieces(each)) for each in row.each("small")]
    reference, title = heading(" ".join(hypertext.pieces(row.link)) if row.link is not None else "")
    day = next((found.group(1) for told in smalls if (found := _PUBLISHED.search(told))), None)
    published_at = moments.publication_day(day, oddities)
    if published_at is None and kind != "PriorInfo":
        raise NoticeBroken("the row does not tell its day of publication")
    places, trades = _after("NUTS:", smalls), _after("CPV:", smalls)
    cpv, strange = kommers.cpv_of(trades)
    nuts = kommers.nuts_of(places)
    description = clean.text("\n".join(filter(None, (_description(row), f"CPV: {strange}" if strange else ""))))
    tongue = kommers.written_in(f"{title}. {description}")
    said = [kind, number, reference, title, day, places, trades, description]
    return ParsedNotice(
        source=HUB,
        source_id=number if kind == "Tender" else f"{kind}-{number}",
        wire_format=WireFormat.LISTING,
        stage=_STAGES.get(kind) or (Stage.PLANNING if _ASKS_ONLY.search(title) else Stage.COMPETITION),
        title={tongue: title} if title else {},
        description={tongue: description} if description else {},
        language=tongue,
        published_at=published_at,
        url=f"{SITE}/Notices/{kind}Notice/{number}",
        payload_sha256=hashlib.sha256(whole(said)).hexdigest(),
        listing_sha256=hashlib.sha256(whole([*said, _last_day(row, today)])).hexdigest(),
        country=kommers.COUNTRY,
        cpv=cpv,
        nuts=nuts,
        nationwide=bool(nuts) and all(map(clean.is_whole_country, nuts)),
        notice_type=f"{kind}Notice",
        reference=reference,
        oddities=tuple(dict.fromkeys(oddities)),
    )


def heading(told: str) -> tuple[str | None, str]:
    """The buyer's reference and the title: ``25FMVU1881 - Ramavtal`` in two; a title that holds a dash alone stays one."""
    found = _HEADING.fullmatch(told.strip())
    if found is not None:
        words = (found.group(1) or "").split()
        odd = any(len(word) > _LONGEST_WORD and word.isalpha() and not word.isupper() for word in words)
        if not words or (len(words) <= _MOST_WORDS and not odd and any(map(str.isdigit, "".join(words)))):
            return clean.line(" ".join(words), 60) or None, clean.line(found.group(2))
    return None, clean.line(told)


def _named(link: Element) -> str | None:
    found = _LINK.search(link.get("href") or "")
    return f"{found.group(1)}-{found.group(2)}" if found else None


def _kind_and_number(row: Row) -> tuple[str, str]:
    kind, _, number = ((_named(row.link) or "") if row.link is not None else "").partition("-")
    if not number:
        raise NoticeBroken("the row has no link to its notice")
    return kind, number


def _unread(row: Row, reason: str) -> Broken:
    kind, _, number = ((_named(row.link) or "") if row.link is not None else "").partition("-")
    source_id = (number if kind == "Tender" else f"{kind}-{number}") if number else None
    body = hypertext.markup(row.top)
    return Broken(source=HUB, source_id=source_id, reason=reason, body=body, content_type="text/html")


def _after(label: str, smalls: list[str]) -> str:
    return next((told[len(label) :].strip() for told in smalls if told.upper().startswith(label)), "")


def _last_day(row: Row, today: date) -> str | None:
    """The day on which the days left end: the same each day, until the deadline is moved."""
    found = _DAYS_LEFT.search(" ".join(hypertext.pieces(row.top)))
    return (today + timedelta(days=int(found.group(1)))).isoformat() if found else None


def _description(row: Row) -> str:
    """The row's text without the dots that stand for its hidden part, and without the button that shows it."""
    paragraph = next(row.each("p"), None)
    if paragraph is None:
        return ""
    told = [paragraph.text or ""]
    for element in paragraph.iterdescendants():
        hidden = element.tag == "button" or (element.get("id") or "").startswith("dots")
        within = any(around.tag == "button" for around in element.iterancestors("button"))
        told += ["" if hidden or within else element.text or "", "" if within else element.tail or ""]
    return " ".join("".join(map(str, told)).split())
