"""What does an eForms notice (UBL 2.3) say? One parser for TED's and Doffin's, which share the format.

Ambiguous cases are decided for the reader of an alert:

* Titles and languages are the file's: NOB is bokmål even where a text looks like nynorsk; only NOR is decided by reading.
* The deadline is the earliest of the best kind over all lots: tender, else request, else expression of interest. A
  deadline before publication, or the year 2099 that Doffin's converter wrote where there was none, is left out.
* Notices that Doffin converted from its old format carry the *earlier* notice's OJ number as their publication number
  (the same as in ``NoticeDocumentReference``). It goes to ``previous_notices``; as their own it would merge an award with
  its competition. Their Doffin id stands in for the notice and procedure UUID.
* A place that names only a country, or BT-727 anywhere, makes the notice nationwide; no place at all says nothing.
* Only a change notice whose reason is ``cancel`` cancels; a result without a winner is a result.
"""

import hashlib
from datetime import datetime
from typing import Final

from crawlers import codes, eforms_parts, moments
from crawlers.eforms_parts import EXTENSION, Project, Wording
from crawlers.notice import Deadline, Money, NoticeBroken, ParsedLot, ParsedNotice, Stage, WireFormat
from crawlers.xml import Element, all_of, content, local, one_of, root, value_of

TED: Final = "ted"
DOFFIN: Final = "doffin"
NORWEGIAN_CUSTOMIZATION: Final = "urn:fdc:anskaffelser.no"
ROOTS: Final = frozenset({"ContractNotice", "PriorInformationNotice", "ContractAwardNotice"})
UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
CANCELLED: Final = "cancel"
# Languages in which TED has pages; a Norwegian notice is shown on the English one.
TED_LANGUAGES: Final = frozenset(
    {"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl"}
    | {"pt", "ro", "sk", "sl", "sv"}
)
_STAGES: Final = {
    "planning": Stage.PLANNING,
    "competition": Stage.COMPETITION,
    "dir-awa-pre": Stage.INTENT,
    "result": Stage.RESULT,
    "cont-modif": Stage.RESULT,
}
_STAGES_OF_ROOTS: Final = {
    "PriorInformationNotice": Stage.PLANNING,
    "ContractNotice": Stage.COMPETITION,
    "ContractAwardNotice": Stage.RESULT,
}


def parse(body: bytes, *, source: str | None = None, source_id: str | None = None) -> ParsedNotice:
    """One notice from its XML. Raises NoticeBroken when it is no eForms notice or cannot be read whole.

    ``source`` and ``source_id`` are what the caller knows of where the body is from; without them they are read from
    the customization (Norwegian: Doffin) and the publication number.
    """
    notice = root(body)
    if local(notice) not in ROOTS or not str(notice.tag).startswith("{" + UBL):
        raise NoticeBroken(f"not an eForms notice: {local(notice)[:80]}")
    source = source or (DOFFIN if NORWEGIAN_CUSTOMIZATION in (value_of(notice, "cbc:CustomizationID") or "") else TED)
    wording = eforms_parts.wording_of(notice)
    published = value_of(notice, f"{EXTENSION}/efac:Publication/efbc:NoticePublicationID")
    # Own numbers are written 00701354-2023; 2015/S 229-417277 is what the converter copied from the earlier notice.
    own_number = codes.ojs_number(published) if published and "/" not in published else None
    number = _own_id(notice, source, source_id, own_number)
    oddities: list[str] = []
    published_at = _published_at(notice, oddities)
    buyers = eforms_parts.buyers(notice, wording)
    country = buyers[0].country if buyers else None
    whole = eforms_parts.project(notice, wording)
    elements = [
        element
        for element in all_of(notice, "cac:ProcurementProjectLot")
        if (key := one_of(element, "cbc:ID")) is None or key.get("schemeName") != "LotsGroup"
    ]
    lots, projects = _lots(elements, wording, country, published_at, oddities)
    title = whole.title or next((lot.title for lot in lots if lot.title), {})
    language = wording.main if wording.main in title else next(iter(title), wording.main)
    return ParsedNotice(
        source=source,
        source_id=number,
        wire_format=WireFormat.EFORMS,
        stage=_stage(notice),
        title=title,
        description=whole.description,
        language=language,
        published_at=published_at,
        url=_page(source, number, language),
        payload_sha256=hashlib.sha256(body).hexdigest(),
        buyers=buyers,
        country=country,
        cpv=tuple(dict.fromkeys(code for part in (whole, *projects) for code in part.cpv)),
        nuts=tuple(dict.fromkeys(code for part in (whole, *projects) for code in part.nuts)),
        nationwide=any(part.nationwide for part in (whole, *projects)),
        lots=lots,
        deadline=_deadline(lots),
        value=_value(notice, whole, projects, oddities),
        notice_type=value_of(notice, "cbc:NoticeTypeCode"),
        notice_subtype=value_of(notice, f"{EXTENSION}/efac:NoticeSubType/cbc:SubTypeCode"),
        legal_basis=codes.celex(value_of(notice, "cbc:RegulatoryDomain")),
        procedure_type=_procedure(notice),
        contract_nature=whole.nature or next((part.nature for part in projects if part.nature), None),
        framework=eforms_parts.framework(elements),
        sme_suitable=eforms_parts.any_yes(part.sme_suitable for part in projects),
        security_clearance=eforms_parts.security_clearance(elements),
        activity=_activity(notice),
        cancelled=CANCELLED in _change_reasons(notice),
        notice_uuid=codes.uuid_or_doffin_id(value_of(notice, "cbc:ID")),
        notice_version=value_of(notice, "cbc:VersionID"),
        procedure_uuid=codes.uuid_or_doffin_id(value_of(notice, "cbc:ContractFolderID")),
        ojs_number=own_number,
        reference=(value_of(notice, "cac:ProcurementProject/cbc:ID") or "")[:100] or None,
        changes_notice=codes.notice_reference(
            value_of(notice, f"{EXTENSION}/efac:Changes/efbc:ChangedNoticeIdentifier")
        ),
        previous_notices=_previous(notice, elements, published, own_number),
        links=eforms_parts.links(elements),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _own_id(notice: Element, source: str, hint: str | None, own_number: str | None) -> str:
    """The portal's number: OPP-010 on TED, else what the caller knows, else the id of a migrated Doffin notice."""
    if source == TED and own_number is not None:
        return own_number
    found = hint or codes.doffin_id(value_of(notice, "cbc:ID"))
    if not found:
        raise NoticeBroken("the notice has no number of its own")
    return found


def _published_at(notice: Element, oddities: list[str]) -> datetime | None:
    """OPP-012, the day of publication; where there is none (Doffin), BT-05, when it was sent."""
    day = value_of(notice, f"{EXTENSION}/efac:Publication/efbc:PublicationDate")
    sent = moments.instant(value_of(notice, "cbc:IssueDate"), value_of(notice, "cbc:IssueTime"), oddities)
    return moments.publication_day(day, oddities) or sent


def _stage(notice: Element) -> Stage:
    """BT-03; for old change notices (``corr``) and unknown words, what the root element is for."""
    kind = one_of(notice, "cbc:NoticeTypeCode")
    told = _STAGES.get((kind.get("listName") or "") if kind is not None else "")
    return told or _STAGES_OF_ROOTS[local(notice)]


def _page(source: str, number: str, language: str) -> str:
    if source == DOFFIN:
        return f"https://www.doffin.no/notices/{number}"
    return f"https://ted.europa.eu/{language if language in TED_LANGUAGES else 'en'}/notice/-/detail/{number}"


def _lots(
    elements: list[Element],
    wording: Wording,
    country: str | None,
    published_at: datetime | None,
    oddities: list[str],
) -> tuple[tuple[ParsedLot, ...], list[Project]]:
    lots, projects = [], []
    for element in elements:
        found = eforms_parts.deadline_of(element, country, oddities)
        lot, project = eforms_parts.lot(element, wording, moments.possible(found, published_at, oddities))
        lots.append(lot)
        projects.append(project)
    return tuple(lots), projects


def _deadline(lots: tuple[ParsedLot, ...]) -> Deadline | None:
    return moments.earliest(lot.deadline for lot in lots)


def _value(notice: Element, whole: Project, projects: list[Project], oddities: list[str]) -> Money | None:
    """BT-27 or BT-271 of the procedure, else the lots' together, else what a result says was awarded (BT-161)."""
    value = whole.value or moments.total((part.value for part in projects), oddities)
    if value is None:
        awarded = one_of(notice, f"{EXTENSION}/efac:NoticeResult/cbc:TotalAmount")
        value = moments.money(content(awarded), awarded.get("currencyID")) if awarded is not None else None
    return value


def _procedure(notice: Element) -> str | None:
    told = value_of(notice, "cac:TenderingProcess/cbc:ProcedureCode")
    return told if told and told.upper() != "UNKNOWN" else None  # the converter's word


def _activity(notice: Element) -> str | None:
    """BT-10; defence when any buyer's is, else the first."""
    told = [
        content(code) for code in all_of(notice, "cac:ContractingParty/cac:ContractingActivity/cbc:ActivityTypeCode")
    ]
    return "defence" if "defence" in told else next((activity for activity in told if activity), None)


def _change_reasons(notice: Element) -> set[str]:
    codes_given = all_of(notice, f"{EXTENSION}/efac:Changes/efac:ChangeReason/cbc:ReasonCode")
    return {content(code) or "" for code in codes_given}


def _previous(
    notice: Element, elements: list[Element], published: str | None, own_number: str | None
) -> tuple[str, ...]:
    """BT-125 of the procedure and its lots, and a migrated notice's copied number."""
    references = [
        content(reference)
        for parent in (notice, *elements)
        for reference in all_of(parent, "cac:TenderingProcess/cac:NoticeDocumentReference/cbc:ID")
    ]
    if own_number is None:
        references.append(published)
    found = (codes.notice_reference(reference) for reference in references)
    return tuple(dict.fromkeys(number for number in found if number))
