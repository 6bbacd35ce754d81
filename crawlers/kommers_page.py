"""What does a notice's own page in Kommers' Supplier Hub add to its row?

The page shows an eForms notice as labels and values (sources.md §4.2). The labels that parsers were seen to read are
firm: of them, the buyer's name is required. Those of the legal basis and of the procedure's UUID are the eForms names,
which nobody saw on this page; where they are missing, nothing is. The addresses on it tie the notice to its kin: the
overview by instance and ProcurementId, and the dispatch link that the notice on TED carries too.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from crawlers import clean, codes, hypertext, kommers, moments
from crawlers.kommers_address import named
from crawlers.notice import (
    DOCUMENTS_LINK,
    Deadline,
    DeadlineKind,
    Link,
    Money,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import whole
from crawlers.sources_kommers import SITE
from crawlers.xml import Element

_ORGANISATIONS: Final = "section-8"  # the heading before the organisations, the buyer's among them
_MOST_LINKS: Final = 5
_STAGES: Final = (
    (re.compile("förhandsinsyn"), Stage.INTENT),
    (re.compile("planering|förhandsmeddelande|förhandsannons"), Stage.PLANNING),
    (re.compile("resultat|tilldelning|efterannons|ändring av kontrakt"), Stage.RESULT),
    (re.compile("konkurrensutsättning|upphandling"), Stage.COMPETITION),
)
_NATURES: Final = {"byggentreprenader": "works", "varor": "supplies", "tjänster": "services"}
_DEADLINES: Final = {
    "tidsfrist för mottagande av anbud": DeadlineKind.TENDER,
    "tidsfrist för mottagande av anbudsansökningar": DeadlineKind.REQUEST,
    "tidsfrist för mottagande av intresseanmälningar": DeadlineKind.INTEREST,
}
_WHEN: Final = re.compile(r"(\d\d)/(\d\d)/(\d{4})(?:\W{1,4}(\d\d:\d\d)(?::\d\d)?(?: ?(Z|[+-]\d\d:\d\d))?)?")
_CPV: Final = re.compile(r"\b\d{8}\b")
_NUTS: Final = re.compile(r"\b[A-Z]{2}\d[0-9A-Z]{0,2}\b|\b(?:SE|NO|FI|DK)\b")
_AMOUNT: Final = re.compile(r"\d[\d\s.,]{0,24}")
_CURRENCIES: Final = (("svensk", "SEK"), ("sek", "SEK"), ("euro", "EUR"), ("eur", "EUR"), ("norsk", "NOK"), ("dansk", "DKK"))  # fmt: skip
_DIRECTIVE: Final = re.compile(r"\b\d{2,4}/\d{1,4}/(?:EG|EU)\b")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>]{5,300}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A label, folded to lower case, with all that stands beside it. ``ours``: before the organisations."""

    label: str
    text: str
    ours: bool


def joined(row: ParsedNotice, body: bytes) -> ParsedNotice:
    """A row of the list with what its notice's own page says. Raises SourceBroken when it is another page, NoticeBroken
    when it does not name its buyer.
    """
    top = hypertext.tree(body, "Kommers")
    told = list(_rows(top))
    if not told:
        raise SourceBroken("Kommers answered with a page without a notice's labels")
    buyer = _buyer(told)
    if buyer is None:
        raise NoticeBroken("the notice's page does not name its buyer")
    oddities = list(row.oddities)
    title = clean.line(_first(told, "titel")) or row.title[row.language]
    text = clean.text(_first(told, "beskrivning"))
    tongue = kommers.written_in(f"{title}. {text}") if text else row.language
    description = {tongue: text} if text else row.description
    sent = _WHEN.search(_first(told, "avsändningsdatum för meddelandet"))
    published_at = row.published_at or (moments.publication_day(_iso(sent)) if sent else None)
    cpv = codes.cpv_codes(_all(told, _CPV, "huvud", "ytterligare klassificering"))
    nuts = codes.nuts_codes(_all([each for each in told if each.ours], _NUTS, "del av land (nuts)"))
    said = [row.payload_sha256, [(each.label, each.text) for each in told]]
    return replace(
        row,
        wire_format=WireFormat.PAGE,
        stage=_stage(told) or row.stage,
        title={tongue: title},
        description=description,
        language=tongue,
        published_at=published_at,
        url=f"{SITE}/Notice/{row.notice_type}/{row.source_id.rpartition('-')[2]}",
        payload_sha256=hashlib.sha256(whole(said)).hexdigest(),
        buyers=(buyer,),
        cpv=cpv or row.cpv,
        nuts=nuts or row.nuts,
        nationwide=all(map(clean.is_whole_country, nuts)) if nuts else row.nationwide,
        deadline=moments.possible(_deadline(told, oddities), published_at, oddities),
        value=_value(_first(told, "beräknat värde exklusive moms")),
        notice_type=clean.line(_first(told, "meddelandetyp"), 100) or row.notice_type,
        legal_basis=next((codes.celex(found) for found in _DIRECTIVE.findall(_first(told, "rättslig grund"))), None),
        procedure_type=kommers.procedure_of(_first(told, "typ av förfarande") or _first(told, "förfarande")),
        contract_nature=_NATURES.get((_first(told, "typ av kontrakt") or _first(told, "kontraktets art")).lower()),
        framework=_framework(told),
        procedure_uuid=_procedure_uuid(told),
        links=tuple(Link(kind=DOCUMENTS_LINK, url=url) for url in _addresses(top)),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _rows(top: Element) -> Iterator[Told]:
    """Every label with what stands beside it, up to the next block: rows of criteria hold rows of their own."""
    ours = True
    for element in top.iter("h2", "span"):
        if element.tag == "h2":
            ours = ours and element.get("id") != _ORGANISATIONS
        elif "label" in hypertext.classes(element):
            beside = [element.tail or ""]
            for other in element.itersiblings():
                if other.tag == "div" or "label" in hypertext.classes(other):
                    break
                beside += [*map(str, other.itertext()), other.tail or ""]
            text = " ".join(" ".join(beside).split()).lstrip(": ")
            label = " ".join("".join(map(str, element.itertext())).split()).rstrip(":").lower()
            if label and text:
                yield Told(label=label[:200], text=text, ours=ours)


def _first(told: list[Told], label: str) -> str:
    return next((each.text for each in told if each.label == label), "")


def _all(told: list[Told], pattern: re.Pattern[str], *starts: str) -> list[str]:
    """What the pattern finds beside labels that begin so; classifications have been met under two names."""
    return [
        found
        for start in starts
        for each in told
        if each.label.startswith(start)
        for found in pattern.findall(each.text)
    ]


def _buyer(told: list[Told]) -> ParsedBuyer | None:
    """The first organisation that is named, with the number that stands below the same name among the organisations."""
    name = clean.line(_first(told, "officiellt namn"), 200)
    current, number = "", None
    for each in told:
        if each.label == "officiellt namn":
            current = clean.line(each.text, 200)
        elif each.label == "registreringsnummer" and current == name and number is None:
            number = clean.line(each.text, 40)
    return ParsedBuyer(name=name, identifier=number, country=kommers.COUNTRY) if name else None


def _stage(told: list[Told]) -> Stage | None:
    words = f"{_first(told, 'formulärtyp')} {_first(told, 'meddelandetyp')}".lower()
    return next((stage for pattern, stage in _STAGES if pattern.search(words)), None)


def _deadline(told: list[Told], oddities: list[str]) -> Deadline | None:
    found = []
    for each in told:
        kind = _DEADLINES.get(each.label)
        when = _WHEN.search(each.text) if kind else None
        if kind and when is None:
            oddities.append(f"{kind} deadline cannot be read: {each.text[:60]}")
        elif kind and when is not None:
            clock = f"{when.group(4)}{when.group(5) or ''}" if when.group(4) else None
            found.append(moments.deadline(_iso(when), clock, kind, kommers.COUNTRY, oddities))
    return moments.earliest(found)


def _iso(when: re.Match[str]) -> str:
    """Day first on the page: 10/09/2026 is the tenth of September."""
    return f"{when.group(3)}-{when.group(2)}-{when.group(1)}"


def _value(text: str) -> Money | None:
    amount = _AMOUNT.search(text)
    currency = next((code for word, code in _CURRENCIES if word in text.lower()), None)
    return moments.money("".join(amount.group().split()).rstrip(".,"), currency) if amount and currency else None


def _framework(told: list[Told]) -> bool | None:
    words = _first(told, "ramavtal").lower()
    if "avser inte ett ramavtal" in words or "inget ramavtal" in words:
        return False
    return True if words.startswith("ramavtal") else None


def _procedure_uuid(told: list[Told]) -> str | None:
    """Of a label that names the procedure's identifier, and not that of one before."""
    for each in told:
        if "identifierare" in each.label and "förfarande" in each.label and "tidigare" not in each.label:
            found = _UUID.search(each.text)
            if found is not None:
                return found.group().lower()
    return None


def _addresses(top: Element) -> list[str]:
    """Kommers' own addresses of this notice, as links and as text, each once."""
    written = [each.get("href") or "" for each in top.iter("a")]
    written += [found for part in top.itertext() for found in _ADDRESS.findall(str(part))]
    found = {place.key: url for url in written if (place := named(url)) is not None and clean.safe_url(url) == url}
    return list(found.values())[:_MOST_LINKS]
