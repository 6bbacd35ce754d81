"""Does what we store of real notices agree with what their files say, field by field, file by file?

The files' word is taken by plain XPath and plain JSON here, without a line of the parsers. Skipped where the real
payloads are not beside the repository.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from golden_notices import SHARED
from lxml import etree

from crawlers import payload
from crawlers.notice import Broken, ParsedNotice

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")

# Files that are no notices, and (none so far) notices that cannot be read.
NOT_NOTICES: Final = {"README.md", "eforms-xml-fields.json"}
BROKEN: Final[dict[str, str]] = {}
# Texts that were UTF-8 read as Latin-1 before they were published, or hold entities; ours are put right.
REPAIRED: Final = {"2023-100718.xml": ("Forhåndskunngjøring: Angio intervensjonslaboratorium", "SYKEHUSINNKJØP HF")}
NO_PLACE: Final = "00"  # NUTS for "not specified", in a few older files
# Deadlines that cannot be right, and are none here (promises.md H11).
ABSURD_DEADLINES: Final = {
    "2023-607152.xml": "2099-01-01, written by a converter where there was none",
    "2023-653367.xml": "2099-01-01, as above",
    "2023-659744.xml": "2099-01-01, as above",
    "00634805-2022.xml": "2020, two years before publication: a test notice",
    "00634806-2022.xml": "two days before publication: a test notice",
    "00775348-2023.xml": "October, published in December",
}
LANGUAGES: Final = {
    "NOB": "nb", "SWE": "sv", "ENG": "en", "FIN": "fi", "DEU": "de", "EST": "et", "POL": "pl", "NLD": "nl", "FRA": "fr",
    "ITA": "it", "SPA": "es", "ELL": "el", "RON": "ro", "SLK": "sk", "BUL": "bg", "POR": "pt", "LAV": "lv", "HUN": "hu",
    "CES": "cs", "DAN": "da", "SLV": "sl", "LIT": "lt",
}  # fmt: skip
NYNORSK: Final = {"2024-102423.xml", "2024-111341.xml"}  # of the files marked NOR, read by a person
ZONES: Final = {
    "NO": "Oslo", "SE": "Stockholm", "DK": "Copenhagen", "FI": "Helsinki", "PL": "Warsaw", "FR": "Paris", "DE": "Berlin",
    "IT": "Rome", "UK": "London", "RO": "Bucharest", "BG": "Sofia", "CZ": "Prague", "LT": "Vilnius", "BE": "Brussels",
    "ES": "Madrid", "NL": "Amsterdam", "SK": "Bratislava", "HU": "Budapest", "SI": "Ljubljana", "LV": "Riga",
    "EE": "Tallinn", "CY": "Nicosia",
}  # fmt: skip
DIRECTIVES: Final = {
    "2009/81/EC": "32009L0081",
    "2014/23/EU": "32014L0023",
    "2014/24/EU": "32014L0024",
    "2014/25/EU": "32014L0025",
}


@cache
def parsed(path: Path) -> tuple[ParsedNotice, ...]:
    found = list(payload.read(path.read_bytes(), str(path)))
    assert not [each for each in found if isinstance(each, Broken) and path.name not in BROKEN]
    return tuple(each for each in found if isinstance(each, ParsedNotice))


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (SHARED / folder).glob("*") if path.name not in NOT_NOTICES)


def documents(*folders: str) -> Iterator[tuple[Path, ParsedNotice, Any]]:
    for path in files(*folders):
        (notice,) = parsed(path)
        yield path, notice, etree.parse(path, etree.XMLParser(resolve_entities=False, remove_comments=True))


def words(written: str) -> str:
    """Spaces and invisible hyphens aside, the same words."""
    return " ".join(unicodedata.normalize("NFC", written).replace("\u00ad", "").split())


def step(*names: str) -> str:
    return "".join(f"/*[local-name()='{name}']" for name in names)


def test_every_file_is_read_or_named() -> None:
    left, count = set(), 0
    for path in sorted(path for path in SHARED.rglob("*") if path.is_file()):
        try:
            found = list(payload.read(path.read_bytes(), str(path)))
        except payload.NotANotice:
            left.add(path.name)
            continue
        assert found, path.name
        assert [each for each in found if isinstance(each, Broken)] == [] or path.name in BROKEN, path.name
        count += len(found)
    assert left == NOT_NOTICES
    assert count == 58 + 66 + 398 + 140 + 7


def test_ids_are_the_portals_own_without_zeros() -> None:
    for path in files("doffin_eforms", "ted_eforms", "ted_r209"):
        (notice,) = parsed(path)
        assert notice.source_id == path.stem.lstrip("0"), path.name
        assert notice.source == ("doffin" if path.parent.name == "doffin_eforms" else "ted")


PROJECTS: Final = (
    "/*/*[local-name()='ProcurementProject']",
    "/*/*[local-name()='ProcurementProjectLot'][not(*[local-name()='ID']/@schemeName='LotsGroup')]/*[local-name()='ProcurementProject']",
)


def test_eforms_titles_and_languages() -> None:
    for path, notice, told in documents("doffin_eforms", "ted_eforms"):
        code = told.xpath("string(/*/*[local-name()='NoticeLanguageCode'])")
        norwegian = "nn" if path.name in NYNORSK else "nb"
        assert notice.language == (norwegian if code == "NOR" else LANGUAGES[code]), path.name
        (name,) = told.xpath(f"{PROJECTS[0]}/*[local-name()='Name'][@languageID='{code}']/text()")
        ours = notice.title[notice.language]
        if path.name in REPAIRED:
            assert ours.startswith(REPAIRED[path.name][0])
        else:
            assert ours == words(name), path.name


def test_eforms_buyers() -> None:
    for path, notice, told in documents("doffin_eforms", "ted_eforms"):
        code = told.xpath("string(/*/*[local-name()='NoticeLanguageCode'])")
        expected = []
        for key in told.xpath(f"/*{step('ContractingParty', 'Party', 'PartyIdentification', 'ID')}/text()"):
            company = f"//*[local-name()='Company'][*[local-name()='PartyIdentification']/*[local-name()='ID']='{key}']"
            names = told.xpath(f"{company}{step('PartyName', 'Name')}[not(@languageID) or @languageID='{code}']/text()")
            names = names or told.xpath(f"{company}{step('PartyName', 'Name')}/text()")
            number = told.xpath(f"{company}{step('PartyLegalEntity', 'CompanyID')}/text()")
            expected.append((words(names[0]), words(number[0]) if number else None))
        if path.name in REPAIRED:
            expected = [(REPAIRED[path.name][1], expected[0][1])]
        assert [(buyer.name, buyer.identifier) for buyer in notice.buyers] == list(dict.fromkeys(expected)), path.name


def test_eforms_codes_places_and_legal_basis() -> None:
    for path, notice, told in documents("doffin_eforms", "ted_eforms"):
        cpv = {
            code
            for project in PROJECTS
            for code in told.xpath(f"{project}//*[local-name()='ItemClassificationCode']/text()")
        }
        assert set(notice.cpv) == cpv, path.name
        main = told.xpath(f"string({PROJECTS[0]}{step('MainCommodityClassification', 'ItemClassificationCode')})")
        assert notice.cpv[0] == main, path.name
        places = "//*[local-name()='RealizedLocation']//*[local-name()='CountrySubentityCode']/text()"
        assert set(notice.nuts) == {code for project in PROJECTS for code in told.xpath(project + places)}, path.name
        if told.xpath("//*[local-name()='RealizedLocation']//*[local-name()='Region'][starts-with(., 'anyw')]"):
            assert notice.nationwide, path.name
        assert notice.legal_basis == told.xpath("string(/*/*[local-name()='RegulatoryDomain'])"), path.name


def test_eforms_deadlines() -> None:
    checked = 0
    for path, notice, told in documents("doffin_eforms", "ted_eforms"):
        if path.name in ABSURD_DEADLINES:
            assert notice.deadline is None, path.name
            assert notice.oddities, path.name
            continue
        expected = None
        for name in (
            "TenderSubmissionDeadlinePeriod",
            "ParticipationRequestReceptionPeriod",
            "InterestExpressionReceptionPeriod",
        ):
            periods = told.xpath(
                f"/*/*[local-name()='ProcurementProjectLot']//*[local-name()='{name}'][*[local-name()='EndDate']]"
            )
            moments = [
                iso(p.xpath("string(*[local-name()='EndDate'])"), p.xpath("string(*[local-name()='EndTime'])"))
                for p in periods
            ]
            expected = expected or min(moments, default=None)
        assert (notice.deadline.at if notice.deadline else None) == expected, path.name
        checked += expected is not None
    assert checked > 70


def iso(day: str, clock: str) -> datetime:
    """All real end dates carry an offset, the same one as their end times."""
    offset = re.sub(r"^\d{4}-\d\d-\d\d", "", day)
    return datetime.fromisoformat(f"{day[:10]}T{clock[:8] or '23:59:00'}{offset}")


def test_older_titles_and_languages() -> None:
    for path, notice, told in documents("ted_r209"):
        code = told.xpath("string((//*[local-name()='LG_ORIG'])[1])").split()[0]
        assert notice.language == code.lower(), path.name
        form = f"//*[local-name()='FORM_SECTION']/*[@LG='{code}']"
        (title,) = told.xpath(
            f"({form}/*[local-name()='OBJECT_CONTRACT']/*[local-name()='TITLE'] | {form}//*[local-name()='TITLE_CONTRACT'])[1]"
        )
        expected = words(" ".join("".join(part.itertext()) for part in title))
        assert notice.title[notice.language] == expected, path.name


def test_older_buyers_codes_places_and_legal_basis() -> None:
    coded = "//*[local-name()='CODED_DATA_SECTION']"
    for path, notice, told in documents("ted_r209"):
        names = told.xpath("//*[local-name()='FORM_SECTION']//*[local-name()='OFFICIALNAME']/text()")
        assert notice.buyers[0].name == words(names[0]), path.name
        also = told.xpath(
            "//*[local-name()='FORM_SECTION']/*[1]//*[local-name()='ADDRESS_CONTRACTING_BODY_ADDITIONAL']/*[local-name()='OFFICIALNAME']/text()"
        )
        assert {words(name) for name in also} <= {buyer.name for buyer in notice.buyers}, path.name
        assert list(notice.cpv) == list(dict.fromkeys(told.xpath(f"{coded}//*[local-name()='ORIGINAL_CPV']/@CODE"))), (
            path.name
        )
        places = told.xpath(f"{coded}//*[local-name()='PERFORMANCE_NUTS' or local-name()='ORIGINAL_NUTS']/@CODE")
        assert set(notice.nuts) == set(places) - {NO_PLACE}, path.name
        directive = told.xpath(f"string({coded}//*[local-name()='DIRECTIVE']/@VALUE)")
        form = told.xpath("string(//*[local-name()='FORM_SECTION']/*/*[local-name()='LEGAL_BASIS']/@VALUE)")
        assert notice.legal_basis == (DIRECTIVES[directive] if directive else form), path.name


def test_older_deadlines() -> None:
    checked = 0
    for path, notice, told in documents("ted_r209"):
        written = told.xpath("string(//*[local-name()='DT_DATE_FOR_SUBMISSION'])")
        if not written and notice.notice_type == "P":
            day, clock = (
                told.xpath(f"string(//*[local-name()='{name}_RECEIPT_TENDERS'])") for name in ("DATE", "TIME")
            )
            written = f"{day.replace('-', '')} {clock}".strip()
        if not written:
            assert notice.deadline is None, path.name
            continue
        zone = ZoneInfo("Europe/" + ZONES[told.xpath("string(//*[local-name()='ISO_COUNTRY']/@VALUE)")])
        local = datetime.strptime(f"{written} 23:59"[:14], "%Y%m%d %H:%M").replace(tzinfo=zone)
        assert notice.deadline is not None, path.name
        assert notice.deadline.at == local.astimezone(UTC), path.name
        assert notice.deadline.date_only is (" " not in written), path.name
        checked += 1
    assert checked == 101


def test_ted_search_hits() -> None:
    for path in files("ted_search_v3"):
        for notice, told in zip(parsed(path), json.loads(path.read_bytes())["notices"], strict=True):
            number = told["publication-number"]
            assert notice.source_id == number
            key = min(told["buyer-name"])  # two names in one notice of South Tyrol: the first language
            assert notice.language == LANGUAGES[key.upper()], number
            assert notice.title[notice.language] == words(told["notice-title"][key].split(": ", 1)[1]), number
            assert [buyer.name for buyer in notice.buyers] == [
                words(unescape(name)) for name in dict.fromkeys(told["buyer-name"][key])
            ], number
            assert set(notice.cpv) == set(told["classification-cpv"]), number
            assert notice.legal_basis == told["legal-basis"][0], number
            assert notice.nuts == (), number
            assert notice.deadline is None, number


def test_doffin_search_hits() -> None:
    for path in files("doffin_search_v2"):
        answer = json.loads(path.read_bytes())
        for notice, told in zip(parsed(path), answer.get("hits", [answer]), strict=True):
            assert notice.source_id == told["id"]
            assert notice.language == ("nn" if told["id"] == "2026-112542" else "nb"), told["id"]
            assert notice.title == {notice.language: words(told["heading"])}, told["id"]
            assert [buyer.name for buyer in notice.buyers] == [words(buyer["name"]) for buyer in told["buyer"]], told[
                "id"
            ]
            assert set(notice.cpv) == set(told["cpvCodes"]), told["id"]
            assert set(notice.nuts) == set(told["locationId"]) - {"anyw"}, told["id"]
            assert notice.nationwide is ("anyw" in told["locationId"]), told["id"]
            at = datetime.fromisoformat(told["deadline"]) if told["deadline"] else None
            assert (notice.deadline.at if notice.deadline else None) == at, told["id"]


def test_no_mail_address_is_left_of_any_real_notice() -> None:
    mail = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}")
    for path in files("doffin_eforms", "ted_eforms", "ted_r209", "ted_search_v3", "doffin_search_v2"):
        for notice in parsed(path):
            texts = [*notice.title.values(), *notice.description.values()]
            texts += [text for lot in notice.lots for text in (*lot.title.values(), *lot.description.values())]
            assert [text for text in texts if mail.search(text)] == [], path.name
