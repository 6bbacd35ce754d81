"""How does a notice look as eForms XML (UBL 2.3), on TED and on Doffin?

The paths follow the fields of the eForms SDK; the order of elements follows UBL. One writer serves both portals:
they differ in the customisation id, the languages and the publication block.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from lxml import etree
from lxml.etree import _Element as Element

from demo.eforms_codes import COUNTRIES, FORMS, NATIONAL, language_code
from demo.eforms_extension import notice_extension
from demo.eforms_tree import EXTENSION, add, new_root
from demo.kommers_numbers import mirrored
from demo.notice import Deadline, Lot, Notice

DISPATCHED_AT = time(9, 30, tzinfo=UTC)


def eforms_xml(notice: Notice, portal: str) -> bytes:
    """The notice's XML as `portal` ("ted" or "doffin") serves it."""
    root = new_root(FORMS[notice.kind].root)
    notice_extension(root, notice, portal)
    _head(root, notice, portal)
    _contracting_party(root, notice)
    if notice.kind != "planning":
        process = add(root, "cac:TenderingProcess")
        add(process, "cbc:ProcedureCode", notice.procedure, listName="procurement-procedure-type")
    _project(root, notice, portal, None)
    for lot in notice.lots or (None,):
        _lot(root, notice, portal, lot)
    etree.indent(root, space="  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def local_date(deadline: Deadline) -> str:
    """A date with its zone's offset, as in `2026-12-09+01:00`."""
    return f"{deadline.day.isoformat()}{_offset(deadline)}"


def local_time(deadline: Deadline) -> str | None:
    """A time with its zone's offset, as in `23:59:00+01:00`; None when the portal gives the date only."""
    return None if deadline.at is None else f"{deadline.at:%H:%M:%S}{_offset(deadline)}"


def day_in(zone_of: Notice, day: date) -> str:
    """A day with the buyer's offset on that day."""
    return local_date(Deadline(day=day, at=None, zone=zone_of.zone))


def texts_of(notice: Notice, portal: str, lot: Lot | None) -> Iterable[tuple[str, str, str]]:
    """(language code, title, description) of the notice or of one of its lots, the official language first."""
    texts = notice.texts if lot is None else lot.texts
    for language in notice.languages(portal):
        if language in texts:
            yield language_code(notice, language), texts[language].title, texts[language].body


def _offset(deadline: Deadline) -> str:
    return datetime.combine(deadline.day, time(12), deadline.zone).isoformat()[-6:]


def _head(root: Element, notice: Notice, portal: str) -> None:
    form = FORMS[notice.kind]
    first, *others = notice.languages(portal)
    add(root, "cbc:UBLVersionID", "2.3")
    add(root, "cbc:CustomizationID", _customization(notice, portal))
    add(root, "cbc:ID", notice.notice_id, schemeName="notice-id")
    if notice.kind != "planning":
        add(root, "cbc:ContractFolderID", notice.procedure_id)
    add(root, "cbc:IssueDate", f"{notice.issued.isoformat()}Z")
    add(root, "cbc:IssueTime", f"{DISPATCHED_AT:%H:%M:%S}Z")
    add(root, "cbc:VersionID", f"{notice.version:02d}")
    if notice.planned is not None:
        add(root, "cbc:PlannedDate", day_in(notice, notice.planned))
    add(root, "cbc:RegulatoryDomain", notice.law)
    add(root, "cbc:NoticeTypeCode", form.type, listName=form.form)
    add(root, "cbc:NoticeLanguageCode", language_code(notice, first))
    for language in others:
        add(add(root, "cac:AdditionalNoticeLanguage"), "cbc:ID", language_code(notice, language))


def _customization(notice: Notice, portal: str) -> str:
    if portal == "ted":
        return "eforms-sdk-1.13"
    level = "national" if notice.law == NATIONAL else "eu"
    return f"eforms-sdk-1.13#extended#urn:fdc:anskaffelser.no:2023:eforms:{level}"


def _contracting_party(root: Element, notice: Notice) -> None:
    party = add(root, "cac:ContractingParty")
    add(party, "cbc:BuyerProfileURI", f"https://{notice.buyer.key}.example/")
    kind = add(party, "cac:ContractingPartyType")
    add(kind, "cbc:PartyTypeCode", notice.buyer.legal, listName="buyer-legal-type")
    activity = add(party, "cac:ContractingActivity")
    add(activity, "cbc:ActivityTypeCode", notice.activity, listName="authority-activity")
    identification = add(add(party, "cac:Party"), "cac:PartyIdentification")
    add(identification, "cbc:ID", buyer_organization(notice), schemeName="organization")


def buyer_organization(notice: Notice) -> str:
    """The buyer's place in the list of organisations: not always the first one."""
    return "ORG-0002" if notice.number % 2 else "ORG-0001"


def _project(parent: Element, notice: Notice, portal: str, lot: Lot | None) -> None:
    project = add(parent, "cac:ProcurementProject")
    add(project, "cbc:ID", notice.reference, schemeName="InternalID")
    texts = list(texts_of(notice, portal, lot))
    for code, title, _ in texts:
        add(project, "cbc:Name", title, languageID=code)
    for code, _, body in texts:
        add(project, "cbc:Description", body, languageID=code)
    add(project, "cbc:ProcurementTypeCode", notice.nature, listName="contract-nature")
    if parent.tag.endswith("Lot"):
        add(project, "cbc:SMESuitableIndicator", "true" if (notice.value or 0) < 50_000_000 else "false")
    if notice.value is not None and lot is None and notice.kind != "award":
        _value(project, notice)
    main, *additional = notice.cpv if lot is None else (lot.cpv,)
    commodity = add(project, "cac:MainCommodityClassification")
    add(commodity, "cbc:ItemClassificationCode", main, listName="cpv")
    for code in additional:
        commodity = add(project, "cac:AdditionalCommodityClassification")
        add(commodity, "cbc:ItemClassificationCode", code, listName="cpv")
    _places(project, notice)
    if parent.tag.endswith("Lot") and notice.kind == "competition":
        add(add(project, "cac:PlannedPeriod"), "cbc:DurationMeasure", "24", unitCode="MONTH")


def _value(project: Element, notice: Notice) -> None:
    total = add(project, "cac:RequestedTenderTotal")
    if notice.framework:
        extension = add(total, EXTENSION)
        add(extension, "efbc:FrameworkMaximumAmount", str(notice.value), currencyID=notice.currency)
    add(total, "cbc:EstimatedOverallContractAmount", str(notice.value), currencyID=notice.currency)


def _places(project: Element, notice: Notice) -> None:
    for nuts in ("anyw",) if notice.nationwide else notice.nuts:
        address = add(project, "cac:RealizedLocation/cac:Address")
        if nuts == "anyw":
            add(address, "cbc:Region", "anyw" if notice.nuts and notice.nuts[0] == "anyw" else "anyw-cou")
        else:
            add(address, "cbc:CountrySubentityCode", nuts, listName="nuts")
        country = COUNTRIES[notice.buyer.country]
        add(address, "cac:Country/cbc:IdentificationCode", country, listName="country")


def _lot(root: Element, notice: Notice, portal: str, lot: Lot | None) -> None:
    element = add(root, "cac:ProcurementProjectLot")
    if notice.kind == "planning":
        add(element, "cbc:ID", lot.id.replace("LOT", "PAR") if lot else "PAR-0000", schemeName="Part")
    else:
        add(element, "cbc:ID", lot.id if lot else "LOT-0000", schemeName="Lot")
        _terms(element, notice, portal)
        _process(element, notice)
    _project(element, notice, portal, lot)


def _terms(lot: Element, notice: Notice, portal: str) -> None:
    terms = add(lot, "cac:TenderingTerms")
    if notice.kind == "competition":
        for place, kind in enumerate(("non-restricted-document", "restricted-document")):
            if kind == "restricted-document" and not notice.clearance:
                continue
            document = add(terms, "cac:CallForTendersDocumentReference")
            add(document, "cbc:ID", f"{notice.case}-{place}")
            add(document, "cbc:DocumentType", kind)
            add(document, "cac:Attachment/cac:ExternalReference/cbc:URI", documents_url(notice, kind))
        add(terms, "cac:TenderRecipientParty/cbc:EndpointID", submission_url(notice))
        for language in notice.languages(portal):
            add(terms, "cac:Language/cbc:ID", language_code(notice, language))
    if notice.clearance:
        clearance = add(terms, "cac:SecurityClearanceTerm")
        add(clearance, "cbc:Code", "true", listName="required")
        for language in notice.languages(portal):
            if language in notice.clearance:
                code = language_code(notice, language)
                add(clearance, "cbc:Description", notice.clearance[language], languageID=code)


def documents_url(notice: Notice, kind: str = "non-restricted-document") -> str:
    """Where the procurement platform keeps the documents (BT-15): Kommers, or an invented one."""
    if (numbers := mirrored(notice)) is not None:
        return numbers.dispatch_url
    return f"https://{_platform(notice)}/{notice.case}/{'open' if kind.startswith('non') else 'closed'}"


def submission_url(notice: Notice) -> str:
    """Where tenders are handed in (BT-18)."""
    if (numbers := mirrored(notice)) is not None:
        return numbers.dispatch_url
    return f"https://{_platform(notice)}/{notice.case}/tender"


def _platform(notice: Notice) -> str:
    return "upphandling.example" if notice.buyer.country == "SE" else "konkurranse.example"


def _process(lot: Element, notice: Notice) -> None:
    process = add(lot, "cac:TenderingProcess")
    if notice.kind == "competition":
        add(process, "cbc:SubmissionMethodCode", "required", listName="esubmission")
        for name, deadline in (
            ("cac:TenderSubmissionDeadlinePeriod", notice.deadline),
            ("cac:ParticipationRequestReceptionPeriod", notice.request),
        ):
            if deadline is not None:
                period = add(process, name)
                add(period, "cbc:EndDate", local_date(deadline))
                if (clock := local_time(deadline)) is not None:
                    add(period, "cbc:EndTime", clock)
        questions = Deadline(day=notice.issued + timedelta(days=5), at=time(12), zone=notice.zone)
        period = add(process, "cac:AdditionalInformationRequestPeriod")
        add(period, "cbc:EndDate", local_date(questions))
    systems = {"dps-usage": "none", "framework-agreement": "fa-wo-rc" if notice.framework else "none"}
    for name, value in systems.items():
        add(process, "cac:ContractingSystem/cbc:ContractingSystemTypeCode", value, listName=name)
