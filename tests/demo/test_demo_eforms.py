"""Is the sandbox's eForms XML well formed, and does every path of the format lead to the notice's own values?"""

import pytest
from asking import TODAY, Ask
from lxml import etree

from demo.catalogue import catalogue
from demo.eforms_tree import NAMESPACES
from demo.eforms_wire import eforms_xml
from demo.notice import Notice
from demo.portals import SandboxPortals
from demo.witness import Faults

NOTICES = catalogue(TODAY, 2)
COPIES = [(notice, portal) for notice in NOTICES for portal in notice.on]
EXT = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
PROJECT = "/*/cac:ProcurementProject"
LOT = "/*/cac:ProcurementProjectLot[cbc:ID/@schemeName='Lot']"
BUYER = (
    f"/*/{EXT}/efac:Organizations/efac:Organization/efac:Company"
    "[cac:PartyIdentification/cbc:ID=/*/cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID]"
)
# Business term → path, for what at least one notice must have.
PATHS = {
    "BT-701": "/*/cbc:ID[@schemeName='notice-id']",
    "BT-757": "/*/cbc:VersionID",
    "BT-04": "/*/cbc:ContractFolderID",
    "BT-01": "/*/cbc:RegulatoryDomain",
    "BT-02": "/*/cbc:NoticeTypeCode/@listName",
    "OPP-070": f"/*/{EXT}/efac:NoticeSubType/cbc:SubTypeCode",
    "BT-702": "/*/cbc:NoticeLanguageCode",
    "BT-702 second": "/*/cac:AdditionalNoticeLanguage/cbc:ID",
    "BT-05": "/*/cbc:IssueDate | /*/cbc:IssueTime",
    "OPP-010": f"/*/{EXT}/efac:Publication/efbc:NoticePublicationID[@schemeName='ojs-notice-id']",
    "OPP-011": f"/*/{EXT}/efac:Publication/efbc:GazetteID",
    "OPP-012": f"/*/{EXT}/efac:Publication/efbc:PublicationDate",
    "BT-758": f"/*/{EXT}/efac:Changes/efbc:ChangedNoticeIdentifier",
    "BT-21": f"{PROJECT}/cbc:Name/@languageID",
    "BT-24": f"{PROJECT}/cbc:Description/@languageID",
    "BT-22": f"{PROJECT}/cbc:ID",
    "BT-23": f"{PROJECT}/cbc:ProcurementTypeCode[@listName='contract-nature']",
    "BT-262": f"{PROJECT}/cac:MainCommodityClassification/cbc:ItemClassificationCode",
    "BT-263": f"{PROJECT}/cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",
    "BT-27": f"{PROJECT}/cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount/@currencyID",
    "BT-271": f"{PROJECT}/cac:RequestedTenderTotal/{EXT}/efbc:FrameworkMaximumAmount",
    "BT-5071": f"{PROJECT}/cac:RealizedLocation/cac:Address/cbc:CountrySubentityCode",
    "BT-5141": f"{PROJECT}/cac:RealizedLocation/cac:Address/cac:Country/cbc:IdentificationCode",
    "BT-727": f"{PROJECT}/cac:RealizedLocation/cac:Address/cbc:Region",
    "BT-105": "/*/cac:TenderingProcess/cbc:ProcedureCode",
    "BT-500": f"{BUYER}/cac:PartyName/cbc:Name",
    "BT-501": f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID",
    "BT-513": f"{BUYER}/cac:PostalAddress/cbc:CityName",
    "BT-10": "/*/cac:ContractingParty/cac:ContractingActivity/cbc:ActivityTypeCode",
    "BT-11": "/*/cac:ContractingParty/cac:ContractingPartyType/cbc:PartyTypeCode",
    "BT-137": LOT,
    "parts": "/*/cac:ProcurementProjectLot[cbc:ID/@schemeName='Part']",
    "BT-131(d)": f"{LOT}/cac:TenderingProcess/cac:TenderSubmissionDeadlinePeriod/cbc:EndDate",
    "BT-131(t)": f"{LOT}/cac:TenderingProcess/cac:TenderSubmissionDeadlinePeriod/cbc:EndTime",
    "BT-1311(d)": f"{LOT}/cac:TenderingProcess/cac:ParticipationRequestReceptionPeriod/cbc:EndDate",
    "BT-1311(t)": f"{LOT}/cac:TenderingProcess/cac:ParticipationRequestReceptionPeriod/cbc:EndTime",
    "BT-127": "/*/cbc:PlannedDate",
    "BT-15": f"{LOT}/cac:TenderingTerms/cac:CallForTendersDocumentReference"
    "[cbc:DocumentType='non-restricted-document']/cac:Attachment/cac:ExternalReference/cbc:URI",
    "BT-18": f"{LOT}/cac:TenderingTerms/cac:TenderRecipientParty/cbc:EndpointID",
    "BT-97": f"{LOT}/cac:TenderingTerms/cac:Language/cbc:ID",
    "BT-765": f"{LOT}/cac:TenderingProcess/cac:ContractingSystem"
    "[cbc:ContractingSystemTypeCode/@listName='framework-agreement']/cbc:ContractingSystemTypeCode",
    "BT-726": f"{LOT}/cac:ProcurementProject/cbc:SMESuitableIndicator",
    "BT-578": f"{LOT}/cac:TenderingTerms/cac:SecurityClearanceTerm/cbc:Code",
    "BT-732": f"{LOT}/cac:TenderingTerms/cac:SecurityClearanceTerm/cbc:Description",
    "winner": f"/*/{EXT}/efac:NoticeResult/efac:TenderingParty/efac:Tenderer/cbc:ID",
}


def read(notice: Notice, portal: str) -> etree._Element:
    return etree.fromstring(eforms_xml(notice, portal))


def values(root: etree._Element, path: str) -> list[str]:
    found = root.xpath(path, namespaces=NAMESPACES)
    assert isinstance(found, list)
    return [(node.text or "") if isinstance(node, etree._Element) else str(node) for node in found]


def by_key(key: str) -> Notice:
    return next(notice for notice in NOTICES if notice.key == key)


@pytest.mark.parametrize("term", PATHS)
def test_every_path_of_the_format_is_found_somewhere(term: str) -> None:
    assert any(values(read(notice, portal), PATHS[term]) for notice, portal in COPIES)


@pytest.mark.parametrize(("notice", "portal"), COPIES, ids=lambda part: getattr(part, "key", part))
def test_a_copy_says_what_the_notice_says(notice: Notice, portal: str) -> None:
    root = read(notice, portal)
    assert root.tag.endswith(("}ContractNotice", "}PriorInformationNotice", "}ContractAwardNotice"))
    language = notice.languages(portal)[0]
    assert values(root, PATHS["BT-701"]) == [notice.notice_id]
    assert values(root, f"{PROJECT}/cbc:Name")[0] == notice.texts[language].title
    assert values(root, f"{PROJECT}/cbc:Description")[0] == notice.texts[language].body
    assert values(root, PATHS["BT-262"]) == [notice.cpv[0]]
    assert values(root, PATHS["BT-01"]) == [notice.law]
    assert set(values(root, PATHS["BT-500"])) == {notice.buyer.name}
    assert len(values(root, "/*/cac:ProcurementProjectLot/cbc:ID")) == max(1, len(notice.lots))
    assert bool(values(root, PATHS["BT-04"])) == (notice.kind != "planning")
    customization = values(root, "/*/cbc:CustomizationID")[0]
    assert ("anskaffelser.no" in customization) == (portal == "doffin")


def test_both_copies_of_one_notice_share_its_identifiers_and_differ_in_language() -> None:
    for notice in NOTICES:
        if len(notice.on) == 2:
            ted, doffin = read(notice, "ted"), read(notice, "doffin")
            for term in ("BT-701", "BT-757", "BT-04", "BT-22"):
                assert values(ted, PATHS[term]) == values(doffin, PATHS[term]), term
            assert values(ted, PATHS["BT-702"]) == ["ENG"]
            assert values(doffin, PATHS["BT-702"])[0] in {"NOR", "NOB"}


def test_a_bilingual_notice_repeats_its_texts_per_language() -> None:
    root = read(by_key("no-fma-ubemannede"), "doffin")
    assert len(values(root, PATHS["BT-21"])) == 2
    assert values(root, PATHS["BT-702 second"]) == ["ENG"]
    assert len(values(root, PATHS["BT-732"])) == 2


def test_the_publication_number_is_padded_on_ted_and_absent_or_not_a_number_on_doffin() -> None:
    for notice, portal in COPIES:
        found = values(read(notice, portal), PATHS["OPP-010"])
        if portal == "ted":
            assert found == [f"00{notice.ted_number}"]
        else:
            assert found in ([], ["n.a."])


def test_corrigenda_point_back_by_identifier_or_by_number() -> None:
    pointers = {n.key: values(read(n, n.on[0]), PATHS["BT-758"]) for n in NOTICES if n.change is not None}
    assert len(pointers) == 4
    assert pointers["se-fm-slap-rattelse"] == [by_key("se-fm-slap").ted_number]
    old = by_key("se-fmv-mekanisk-verkstad")
    assert pointers["se-fmv-mekanisk-verkstad-rattelse"] == [f"{old.notice_id}-01"]


def test_the_version_grows_where_a_notice_keeps_its_number() -> None:
    assert values(read(by_key("no-orkland-va"), "doffin"), PATHS["BT-757"]) == ["02"]


def test_a_date_without_a_time_has_no_end_time() -> None:
    root = read(by_key("no-stranda-kulturhus"), "doffin")
    assert values(root, PATHS["BT-131(d)"]) == ["2026-12-04+01:00"]
    assert values(root, PATHS["BT-131(t)"]) == []


def test_the_buyer_is_not_always_the_first_organisation() -> None:
    places = {values(read(n, p), "/*/cac:ContractingParty//cbc:ID")[0] for n, p in COPIES}
    assert places == {"ORG-0001", "ORG-0002"}


def test_contact_persons_stand_in_the_xml_so_that_dropping_them_can_be_proved() -> None:
    with_contact = [(notice, portal) for notice, portal in COPIES if notice.buyer.contact is not None]
    assert len(with_contact) > 20
    for notice, portal in with_contact:
        body = eforms_xml(notice, portal).decode()
        assert notice.buyer.contact is not None
        assert all(detail in body for detail in notice.buyer.contact)
        assert notice.buyer.contact[2].endswith(".example")


def test_legal_basis_and_subtype_agree() -> None:
    expected = {
        "se-fmv-talt": "16",
        "se-fmv-small-uas": "18",
        "se-trafikverket-master": "17",
        "no-volda-beredskapstelt": "N16",
    }
    for key, subtype in expected.items():
        notice = by_key(key)
        assert values(read(notice, notice.on[0]), PATHS["OPP-070"]) == [subtype]


def test_the_portals_serve_these_very_bytes(portals: SandboxPortals, ask: Ask, doffin: Ask) -> None:
    notice = by_key("no-fma-telt")
    agent = "Mozilla/5.0 (compatible; anbudsvakt/0.1; +https://x.example)"
    assert ask(f"/en/notice/{notice.ted_number}/xml", User_Agent=agent).body == eforms_xml(notice, "ted")
    assert doffin(f"/public/v2/download/{notice.doffin_id}").body == eforms_xml(notice, "doffin")
    portals.set_faults(Faults(broken_xml=("no-fma-telt",), doffin_burst=None))
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(doffin(f"/public/v2/download/{notice.doffin_id}").body)
