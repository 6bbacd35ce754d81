"""What do the rows and pages of a Kommers instance say: of eLite, and of the lists that single buyers keep?

Rows and pages as fragments of real ones show them (sources.md §4.3): eLite's were recorded, the buyers' own lists
"should answer alike" and were not. Decided for the reader:

* Firm, and so required: the link with its ProcurementId, a title, and some day in the line below it.
* A notice's number is its ProcurementId; an award's has a word behind it, because it stands at the page of its call.
* The row's last day is the deadline until the page tells its clock time, both in Swedish time.
* Call → competition, RFI → planning, Efterannons → result; its last day is past and is no deadline.
"""

import hashlib
import re
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from crawlers import clean, codes, hypertext, kommers, moments
from crawlers.kommers import Listing, Row
from crawlers.kommers_address import Door, named
from crawlers.notice import (
    DOCUMENTS_LINK,
    Broken,
    Deadline,
    DeadlineKind,
    Link,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import decoded, whole
from crawlers.xml import Element

VIEWSTATE: Final = "__VIEWSTATE"
NEXT: Final = ("ctl00$ctl00$content$Content$btnNext", "Nästa")  # as a reader of eLite sent it
_MARKS: Final = frozenset({"row", "mt-4"})
_LINK: Final = re.compile(
    r"NoticeOverview\.aspx\?(?:[^#]{0,80}&)?ProcurementId=([1-9]\d{0,8})(?!\d)", re.ASCII | re.IGNORECASE
)
_LAST_DAY: Final = re.compile(r"Sista \w{1,20} är (\d{4}-\d\d-\d\d)")
_SHOWN: Final = re.compile(r"visas mellan (\d{4}-\d\d-\d\d)")
_ANY_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_PLACE: Final = re.compile(r"Utförandeort ([^.]{1,200})")
_EXACT: Final = re.compile(r"setDeadline\(\s*['\"](\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)['\"]")
_CPV: Final = re.compile(r"\b\d{8}-\d\b")
_AWARD: Final = "efterannons"
_STAGES: Final = (
    ("efterannons", Stage.RESULT, DeadlineKind.TENDER),
    ("rfi", Stage.PLANNING, DeadlineKind.INTEREST),
    ("förhands", Stage.PLANNING, DeadlineKind.INTEREST),
    ("kvalificeringsannons", Stage.COMPETITION, DeadlineKind.REQUEST),
    ("meddelande om upphandling", Stage.COMPETITION, DeadlineKind.TENDER),
)


def parse(body: bytes, *, source: str, address: str) -> Listing:
    """A page of the list. Raises SourceBroken when it is another page.

    ``source``: the list's key; ``address``: where it stands, which its notices' addresses are made from.
    """
    top = hypertext.tree(body, "Kommers")
    page, pages = kommers.position(top)
    state = {
        each.get("name") or "": each.get("value") or ""
        for each in top.iter("input")
        if (each.get("type") or "").lower() == "hidden" and each.get("name")
    }
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for row in kommers.rows(top, _number, _MARKS):
        try:
            notices.append(parse_row(row, source=source, address=address))
        except NoticeBroken as reason:
            number = _number(row.link) if row.link is not None else None
            kept = hypertext.markup(row.top)
            broken.append(
                Broken(source=source, source_id=number, reason=str(reason), body=kept, content_type="text/html")
            )
    if not notices and not broken and pages is None:
        raise SourceBroken("Kommers answered with a page without its list of notices")
    return Listing(notices=notices, broken=broken, page=page, pages=pages, state=state, onward=_onward(top))


def is_list(body: bytes) -> bool:
    """Whether some HTML is a list of an instance or a row of it."""
    return re.search(rb"href=.NoticeOverview\.aspx\?ProcurementId=\d", body, re.IGNORECASE) is not None


def page_name(notice: ParsedNotice) -> str:
    """The notice's own page, seen from the list."""
    return f"NoticeOverview.aspx?ProcurementId={notice.source_id.partition('-')[0]}"


def parse_row(row: Row, *, source: str, address: str) -> ParsedNotice:
    """One notice of the list. Raises NoticeBroken."""
    number = _number(row.link) if row.link is not None else None
    if row.link is None or number is None:
        raise NoticeBroken("the row has no link to its notice")
    oddities: list[str] = []
    reference = clean.line(" ".join(hypertext.pieces(row.link)), 60) or None
    smalls = [" ".join(hypertext.pieces(each)) for each in row.each("small")]
    told = next((small for small in smalls if _ANY_DAY.search(small)), "")
    if not told:
        raise NoticeBroken("the row tells no day")
    kind = clean.line(next((small for small in smalls if small != told), ""), 100)
    title = _title(row.link)
    stage, meant = _stage(kind, oddities)
    shown, place = _SHOWN.search(told), _PLACE.search(told)
    published_at = moments.publication_day(shown.group(1) if shown else None, oddities)
    nuts = kommers.nuts_of(place.group(1)) if place else ()
    tongue = kommers.written_in(title)
    url = urljoin(address, f"NoticeOverview.aspx?ProcurementId={number}")
    said = hashlib.sha256(whole([number, reference, title, kind, told])).hexdigest()
    return ParsedNotice(
        source=source,
        source_id=f"{number}-{_AWARD}" if stage is Stage.RESULT else number,
        wire_format=WireFormat.LISTING,
        stage=stage,
        title={tongue: title} if title else {},
        language=tongue,
        published_at=published_at,
        url=url,
        payload_sha256=said,
        listing_sha256=said,
        country=kommers.COUNTRY,
        nuts=nuts,
        nationwide=bool(nuts) and all(map(clean.is_whole_country, nuts)),
        deadline=None
        if stage is Stage.RESULT
        else moments.possible(_last(told, meant, oddities), published_at, oddities),
        notice_type=kind or None,
        reference=reference,
        links=(Link(kind=DOCUMENTS_LINK, url=url),),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def joined(row: ParsedNotice, body: bytes) -> ParsedNotice:
    """A row with what its notice's own page says. Raises SourceBroken when that is another page, and NoticeBroken when
    it does not name its buyer.
    """
    top = hypertext.tree(body, "Kommers")
    told = [(_plain(each).lower().rstrip(":"), _answer(each)) for each in top.iter("dt")]
    if not told:
        raise SourceBroken("Kommers answered with a page without a notice's labels")
    name = _buyer(top, told)
    if not name:
        raise NoticeBroken("the notice's page does not name its buyer")
    oddities = list(row.oddities)
    exact = _EXACT.search(decoded(body))
    deadline = row.deadline
    if exact is not None and row.stage is not Stage.RESULT:
        kind = row.deadline.kind if row.deadline else _stage(row.notice_type or "", [])[1]
        found = moments.deadline(exact.group(1), exact.group(2), kind, kommers.COUNTRY, oddities)
        deadline = moments.possible(found, row.published_at, oddities) or row.deadline
    text = clean.text(_description(top))
    tongue = kommers.written_in(f"{row.title[row.language]}. {text}")
    procedure = next((answer for label, answer in told if label.startswith("upphandlingen genomförs med")), "")
    cpv = codes.cpv_codes(code for label, answer in told if label == "cpv" for code in _CPV.findall(answer))
    places = (*(link.url for link in row.links), *_dispatch(top))
    said = [row.listing_sha256, told, exact and exact.groups(), text, places]
    return replace(
        row,
        wire_format=WireFormat.PAGE,
        title={tongue: row.title[row.language]},
        description={tongue: text} if text else {},
        language=tongue,
        payload_sha256=hashlib.sha256(whole(said)).hexdigest(),
        buyers=(ParsedBuyer(name=name, country=kommers.COUNTRY),),
        cpv=cpv,
        deadline=deadline,
        procedure_type=kommers.procedure_of(procedure),
        links=tuple(Link(kind=DOCUMENTS_LINK, url=url) for url in places),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _number(link: Element) -> str | None:
    found = _LINK.search(link.get("href") or "")
    return found.group(1) if found else None


def _title(link: Element) -> str:
    """What stands between the link and the notice's kind, without the dash before it."""
    told = [link.tail or ""]
    for other in link.itersiblings():
        if other.tag == "small":
            break
        told += [*map(str, other.itertext()), other.tail or ""]
    written = " ".join("".join(told).split())
    return clean.line(clean.without_persons(written[: 8 * clean.TITLE_LIMIT]).strip().removeprefix("- ").strip())


def _stage(kind: str, oddities: list[str]) -> tuple[Stage, DeadlineKind]:
    for start, stage, meant in _STAGES:
        if kind.lower().startswith(start):
            return stage, meant
    oddities.append(f"kind of notice {(kind or 'missing')[:40]} is not known")
    return Stage.COMPETITION, DeadlineKind.TENDER


def _last(told: str, meant: DeadlineKind, oddities: list[str]) -> Deadline | None:
    found = _LAST_DAY.search(told)
    return moments.deadline(found.group(1), None, meant, kommers.COUNTRY, oddities) if found else None


def _onward(top: Element) -> tuple[str, str] | None:
    """Name and value of the button for the next page, where it can be pressed."""
    for each in top.iter("input"):
        name = each.get("name") or ""
        if name.endswith("btnNext") and each.get("disabled") is None:
            return name, each.get("value") or NEXT[1]
    return None


def _plain(element: Element) -> str:
    return " ".join(hypertext.pieces(element))


def _answer(label: Element) -> str:
    other = label.getnext()
    return _plain(other) if other is not None and other.tag == "dd" else ""


def _buyer(top: Element, told: list[tuple[str, str]]) -> str:
    linked = next((_plain(each) for each in top.iter("a") if (each.get("id") or "").endswith("hlProcuringEntity")), "")
    return clean.line(linked or next((answer for label, answer in told if label.startswith("ansvarig")), ""), 200)


def _description(top: Element) -> str:
    """The paragraph after the one that says that the notice is public."""
    for each in top.iter("p"):
        other = each.getnext()
        if "annonserad publikt" in _plain(each) and other is not None and other.tag == "p":
            return "\n".join(hypertext.pieces(other))
    return ""


def _dispatch(top: Element) -> list[str]:
    """The link that the notice on TED carries, should the page show it; nobody saw one that did."""
    written = [each.get("href") or "" for each in top.iter("a")]
    places = {place.key: url for url in written if (place := named(url)) and place.door is Door.DISPATCH}
    return [url for url in places.values() if clean.safe_url(url) == url][:1]
