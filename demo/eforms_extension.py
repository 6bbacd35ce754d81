"""What does the eForms extension of a notice hold: organisations, result, changes, publication?"""

from lxml.etree import _Element as Element

from demo.eforms_codes import COUNTRIES, language_code, subtype
from demo.eforms_tree import EXTENSION, add
from demo.notice import Notice

REVIEW_BODIES = {
    "SE": ("Förvaltningsrätten i Härnösand", "202100-2767", "Härnösand", "871 24"),
    "NO": ("Trøndelag tingrett", "926722794", "Trondheim", "7011"),
}


def notice_extension(root: Element, notice: Notice, portal: str) -> None:
    """Append the notice's own extension, which stands before everything else."""
    extension = add(root, EXTENSION)
    add(extension, "efbc:TransmissionDate", f"{notice.issued.isoformat()}Z")
    add(extension, "efbc:TransmissionTime", "09:31:07Z")
    if notice.change is not None:
        _changes(extension, notice, portal)
    if notice.winner is not None:
        _result(extension, notice)
    add(extension, "efac:NoticeSubType/cbc:SubTypeCode", subtype(notice), listName="notice-subtype")
    _organizations(extension, notice, portal)
    _publication(extension, notice, portal)


def _changes(extension: Element, notice: Notice, portal: str) -> None:
    change = notice.change
    if change is None:
        return
    changes = add(extension, "efac:Changes")
    if change.number is not None:
        add(changes, "efbc:ChangedNoticeIdentifier", change.number, schemeName="ojs-notice-id")
    else:
        add(changes, "efbc:ChangedNoticeIdentifier", change.notice_id)
    section = add(changes, "efac:Change")
    add(section, "efbc:ChangedSectionIdentifier", notice.lots[0].id if notice.lots else "LOT-0000")
    for language in notice.languages(portal):
        if language in change.reason:
            code = language_code(notice, language)
            add(section, "efbc:ChangeDescription", change.reason[language], languageID=code)
    reason = add(changes, "efac:ChangeReason")
    add(reason, "cbc:ReasonCode", "update-add", listName="change-corrig-justification")


def _result(extension: Element, notice: Notice) -> None:
    result = add(extension, "efac:NoticeResult")
    lot_ids = [lot.id for lot in notice.lots] or ["LOT-0000"]
    if notice.value is not None:
        add(result, "cbc:TotalAmount", str(notice.value), currencyID=notice.currency)
    for lot_id in lot_ids:
        lot = add(result, "efac:LotResult")
        add(lot, "cbc:TenderResultCode", "selec-w", listName="winner-selection-status")
        add(lot, "efac:LotTender/cbc:ID", "TEN-0001", schemeName="tender")
        statistics = add(lot, "efac:ReceivedSubmissionsStatistics")
        add(statistics, "efbc:StatisticsCode", "tenders", listName="received-submission-type")
        add(statistics, "efbc:StatisticsNumeric", "3")
        add(lot, "efac:TenderLot/cbc:ID", lot_id, schemeName="Lot")
    tender = add(result, "efac:LotTender")
    add(tender, "cbc:ID", "TEN-0001", schemeName="tender")
    add(tender, "efac:TenderingParty/cbc:ID", "TPA-0001", schemeName="tendering-party")
    party = add(result, "efac:TenderingParty")
    add(party, "cbc:ID", "TPA-0001", schemeName="tendering-party")
    add(party, "efac:Tenderer/cbc:ID", "ORG-0003", schemeName="organization")


def _organizations(extension: Element, notice: Notice, portal: str) -> None:
    organizations = add(extension, "efac:Organizations")
    buyer_first = notice.number % 2 == 0
    for place, is_buyer in enumerate((buyer_first, not buyer_first), start=1):
        company = _company(organizations, f"ORG-{place:04d}")
        if is_buyer:
            _buyer(company, notice, portal)
        else:
            name, number, city, post = REVIEW_BODIES[notice.buyer.country]
            add(company, "cac:PartyName/cbc:Name", name)
            _address(company, city, post, None, notice.buyer.country)
            add(company, "cac:PartyLegalEntity/cbc:CompanyID", number)
            contact = add(company, "cac:Contact")
            add(contact, "cbc:Telephone", "+00 00 00 09 09")
            add(contact, "cbc:ElectronicMail", "provning@domstol.example")
    if notice.winner is not None:
        name, number = notice.winner
        company = _company(organizations, "ORG-0003")
        add(company, "cac:PartyName/cbc:Name", name)
        if number:
            add(company, "cac:PartyLegalEntity/cbc:CompanyID", number)


def _company(organizations: Element, identifier: str) -> Element:
    company = add(organizations, "efac:Organization/efac:Company")
    add(company, "cac:PartyIdentification/cbc:ID", identifier, schemeName="organization")
    return company


def _buyer(company: Element, notice: Notice, portal: str) -> None:
    buyer = notice.buyer
    for language in notice.languages(portal):
        code = language_code(notice, language)
        add(company, "cac:PartyName/cbc:Name", buyer.name, languageID=code)
    _address(company, buyer.city, buyer.post, buyer.nuts, buyer.country)
    add(company, "cac:PartyLegalEntity/cbc:CompanyID", buyer.doffin_id if portal == "doffin" else buyer.id)
    if buyer.contact is not None:
        name, telephone, mail = buyer.contact
        contact = add(company, "cac:Contact")
        add(contact, "cbc:Name", name)
        add(contact, "cbc:Telephone", telephone)
        add(contact, "cbc:ElectronicMail", mail)


def _address(company: Element, city: str, post: str, nuts: str | None, country: str) -> None:
    address = add(company, "cac:PostalAddress")
    add(address, "cbc:CityName", city)
    add(address, "cbc:PostalZone", post)
    if nuts is not None:
        add(address, "cbc:CountrySubentityCode", nuts, listName="nuts")
    add(address, "cac:Country/cbc:IdentificationCode", COUNTRIES[country], listName="country")


def _publication(extension: Element, notice: Notice, portal: str) -> None:
    """TED's number and gazette; Doffin's own files have none, or `n.a.` where they were converted."""
    if portal == "doffin" and notice.number % 4:
        return
    publication = add(extension, "efac:Publication")
    if portal == "ted":
        padded = notice.ted_number.zfill(len("00990001-2026"))
        add(publication, "efbc:NoticePublicationID", padded, schemeName="ojs-notice-id")
        week_day = notice.published.timetuple().tm_yday * 5 // 7
        add(publication, "efbc:GazetteID", f"{week_day}/{notice.published.year}", schemeName="ojs-id")
    else:
        add(publication, "efbc:NoticePublicationID", "n.a.", schemeName="ojs-notice-id")
    add(publication, "efbc:PublicationDate", f"{notice.published.isoformat()}Z")
