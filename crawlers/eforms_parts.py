"""What do the recurring parts of an eForms notice say: texts by language, a project, a lot, its buyers, its links?

Paths are those of the business terms (BT-…) in the eForms SDK, checked against real files; elements are found by
namespace, never by prefix. Contact persons, phones and mail addresses are never looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from crawlers import clean, codes, language, moments
from crawlers.notice import (
    DOCUMENTS_LINK,
    SUBMISSION_LINK,
    Deadline,
    DeadlineKind,
    Link,
    Money,
    ParsedBuyer,
    ParsedLot,
)
from crawlers.xml import Element, all_of, content, one_of, value_of

EXTENSION: Final = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
MOST_LINKS: Final = 20  # a notice with hundreds of lots repeats its few addresses for each
NATURES: Final = frozenset({"works", "supplies", "services", "combined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """In which languages a notice is written. ``norwegian``: nb or nn, for what is only marked NOR."""

    main: str
    norwegian: str

    def tag(self, element: Element) -> str:
        """ISO 639-1 of a text; the notice's own language where the text does not say."""
        found = language.alpha_2(element.get("languageID"))
        return self.norwegian if found == language.NORWEGIAN else found or self.main

    def texts(self, elements: Iterable[Element], cleaned: Callable[[str | None], str]) -> dict[str, str]:
        """Texts by language, the notice's own first; several of one language are joined."""
        found: dict[str, list[str]] = {}
        for element in elements:
            if text := cleaned(content(element)):
                met = found.setdefault(self.tag(element), [])
                if text not in met:
                    met.append(text)
        ordered = sorted(found, key=lambda tag: tag != self.main)
        return {tag: "\n\n".join(found[tag]) for tag in ordered}


def wording_of(notice: Element) -> Wording:
    """BT-702, with Norwegian decided by reading title and descriptions."""
    projects = [
        project
        for path in ("cac:ProcurementProject", "cac:ProcurementProjectLot/cac:ProcurementProject")
        for project in all_of(notice, path)
    ]
    texts = [text for project in projects for name in ("cbc:Name", "cbc:Description") for text in all_of(project, name)]
    own = language.alpha_2(value_of(notice, "cbc:NoticeLanguageCode"))
    if own is None:
        told = (language.alpha_2(text.get("languageID")) for text in texts)
        own = next((tag for tag in told if tag), None) or "en"
    tags = [language.alpha_2(text.get("languageID")) or own for text in texts]
    norwegian = "nb"
    if language.NORWEGIAN in tags or own == language.NORWEGIAN:
        read = " ".join(content(text) or "" for text, tag in zip(texts, tags, strict=True) if tag == language.NORWEGIAN)
        norwegian = language.written_norwegian(clean.text(read[:4000]))
    return Wording(main=norwegian if own == language.NORWEGIAN else own, norwegian=norwegian)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What is bought: of the whole procedure, or of one lot."""

    title: Mapping[str, str]
    description: Mapping[str, str]
    cpv: tuple[str, ...]
    nuts: tuple[str, ...]
    nationwide: bool
    value: Money | None
    nature: str | None
    sme_suitable: bool | None


def project(parent: Element, wording: Wording) -> Project:
    """The ``cac:ProcurementProject`` of a notice or a lot; empty where there is none."""
    found = one_of(parent, "cac:ProcurementProject")
    if found is None:
        nothing: dict[str, str] = {}
        return Project(
            title=nothing,
            description=nothing,
            cpv=(),
            nuts=(),
            nationwide=False,
            value=None,
            nature=None,
            sme_suitable=None,
        )
    places = all_of(found, "cac:RealizedLocation/cac:Address")
    nature = (value_of(found, "cbc:ProcurementTypeCode") or "").lower()
    return Project(
        title=wording.texts(all_of(found, "cbc:Name"), clean.line),
        description=wording.texts(all_of(found, "cbc:Description"), clean.text),
        cpv=codes.cpv_codes(
            content(code)
            for group in ("cac:MainCommodityClassification", "cac:AdditionalCommodityClassification")
            for code in all_of(found, f"{group}/cbc:ItemClassificationCode")
        ),
        nuts=codes.nuts_codes(value_of(place, "cbc:CountrySubentityCode") for place in places),
        nationwide=any(map(_is_nationwide, places)),
        value=_value(found),
        nature=nature if nature in NATURES else None,
        sme_suitable=yes_or_no(value_of(found, "cbc:SMESuitableIndicator")),
    )


def _is_nationwide(place: Element) -> bool:
    """BT-727 says anywhere, the NUTS code is a whole country's, or nothing but a country is named."""
    if codes.says_anywhere(value_of(place, "cbc:Region")) or codes.says_anywhere(
        value_of(place, "cbc:CountrySubentityCode")
    ):
        return True
    code = codes.nuts(value_of(place, "cbc:CountrySubentityCode"))
    if code is not None:
        return codes.is_whole_country(code)
    narrower = any(value_of(place, name) for name in ("cbc:CityName", "cbc:PostalZone"))
    return not narrower and value_of(place, "cac:Country/cbc:IdentificationCode") is not None


def _value(found: Element) -> Money | None:
    """BT-27, or where only the ceiling of a framework is told, BT-271."""
    total = one_of(found, "cac:RequestedTenderTotal")
    if total is None:
        return None
    for path in ("cbc:EstimatedOverallContractAmount", f"{EXTENSION}/efbc:FrameworkMaximumAmount"):
        amount = one_of(total, path)
        if amount is not None and (money := moments.money(content(amount), amount.get("currencyID"))) is not None:
            return money
    return None


def yes_or_no(written: str | None) -> bool | None:
    """An indicator; None when absent or anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get((written or "").lower())


def any_yes(answers: Iterable[bool | None]) -> bool | None:
    """Yes if one lot says yes; no if one says no and none yes; None when none says anything."""
    given = [answer for answer in answers if answer is not None]
    return any(given) if given else None


def deadline_of(lot: Element, country: str | None, oddities: list[str]) -> Deadline | None:
    """BT-131, else BT-1311, else BT-630 of a lot."""
    process = one_of(lot, "cac:TenderingProcess")
    if process is None:
        return None
    periods = (
        ("cac:TenderSubmissionDeadlinePeriod", DeadlineKind.TENDER),
        ("cac:ParticipationRequestReceptionPeriod", DeadlineKind.REQUEST),
        (f"{EXTENSION}/efac:InterestExpressionReceptionPeriod", DeadlineKind.INTEREST),
    )
    return moments.earliest(
        moments.deadline(value_of(period, "cbc:EndDate"), value_of(period, "cbc:EndTime"), kind, country, oddities)
        for path, kind in periods
        for period in all_of(process, path)
    )


def lot(element: Element, wording: Wording, deadline: Deadline | None) -> tuple[ParsedLot, Project]:
    """A lot, or a part of a planned purchase, and its project."""
    bought = project(element, wording)
    parsed = ParsedLot(
        identifier=clean.line(value_of(element, "cbc:ID"), 64) or "LOT",
        title=bought.title,
        description=bought.description,
        cpv=bought.cpv,
        nuts=bought.nuts,
        deadline=deadline,
        value=bought.value,
    )
    return parsed, bought


def buyers(notice: Element, wording: Wording) -> tuple[ParsedBuyer, ...]:
    """The contracting parties in the notice's order, resolved through its list of organisations."""
    companies = {
        content(key): company
        for company in all_of(notice, f"{EXTENSION}/efac:Organizations/efac:Organization/efac:Company")
        for key in all_of(company, "cac:PartyIdentification/cbc:ID")
    }
    found: dict[ParsedBuyer, None] = {}
    for party in all_of(notice, "cac:ContractingParty/cac:Party"):
        company = companies.get(value_of(party, "cac:PartyIdentification/cbc:ID"), party)
        names = wording.texts(all_of(company, "cac:PartyName/cbc:Name"), clean.line)
        name = names.get(wording.main) or next(iter(names.values()), "")
        if name:
            identifier = clean.line(value_of(company, "cac:PartyLegalEntity/cbc:CompanyID"), 100)
            country = codes.country(value_of(company, "cac:PostalAddress/cac:Country/cbc:IdentificationCode"))
            found[ParsedBuyer(name=name, identifier=identifier or None, country=country)] = None
    return tuple(found)


def links(lots: Iterable[Element]) -> tuple[Link, ...]:
    """BT-15 (open documents; BT-615, where to ask for them, only if there are none) and BT-18 (where to submit)."""
    open_documents: list[str | None] = []
    closed_documents: list[str | None] = []
    submission: list[str | None] = []
    for element in lots:
        terms = one_of(element, "cac:TenderingTerms")
        if terms is None:
            continue
        for reference in all_of(terms, "cac:CallForTendersDocumentReference"):
            address = clean.safe_url(value_of(reference, "cac:Attachment/cac:ExternalReference/cbc:URI"))
            restricted = value_of(reference, "cbc:DocumentType") == "restricted-document"
            (closed_documents if restricted else open_documents).append(address)
        submission.append(clean.safe_url(value_of(terms, "cac:TenderRecipientParty/cbc:EndpointID")))
    documents = open_documents if any(open_documents) else closed_documents
    pairs = [(DOCUMENTS_LINK, url) for url in documents] + [(SUBMISSION_LINK, url) for url in submission]
    return tuple(Link(kind=kind, url=url) for kind, url in dict.fromkeys(pairs) if url)[:MOST_LINKS]


def framework(lots: Iterable[Element]) -> bool | None:
    """BT-765: whether any lot is a framework agreement."""
    answers = [
        content(code) != "none"
        for element in lots
        for code in all_of(element, "cac:TenderingProcess/cac:ContractingSystem/cbc:ContractingSystemTypeCode")
        if code.get("listName") == "framework-agreement"
    ]
    return any_yes(answers)


def security_clearance(lots: Iterable[Element]) -> bool | None:
    """BT-578: whether any lot asks for a security clearance."""
    path = "cac:TenderingTerms/cac:SecurityClearanceTerm/cbc:Code"
    return any_yes(yes_or_no(content(code)) for element in lots for code in all_of(element, path))
