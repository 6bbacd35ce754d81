"""Does an eForms notice come out as a reader of it would tell it?"""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from golden_notices import PORTALS, bodies, check, told

from crawlers import eforms
from crawlers.notice import DeadlineKind, NoticeBroken, ParsedNotice, Stage

FRAMEWORK = PORTALS / "doffin" / "2031-100101.xml"
SWEDISH = PORTALS / "ted" / "00012345-2031.xml"


def read(path: str, **hints: str) -> ParsedNotice:
    return eforms.parse((PORTALS / path).read_bytes(), **hints)


def changed(old: str, new: str, *, path: str = "doffin/2031-100101.xml") -> ParsedNotice:
    body = (PORTALS / path).read_text(encoding="utf-8")
    assert old in body
    return eforms.parse(body.replace(old, new).encode(), source_id="2031-100101")


@pytest.mark.parametrize("folder", ["doffin", "ted"])
def test_the_notices_are_the_golden_ones(folder: str) -> None:
    found = bodies(folder, "*.xml")
    check(folder, {name: [eforms.parse(body, source_id=name.removesuffix(".xml"))] for name, body in found.items()})


def test_persons_have_left_no_trace() -> None:
    for name, body in (bodies("doffin", "*.xml") | bodies("ted", "*.xml")).items():
        everything = str(told(eforms.parse(body, source_id=name.removesuffix(".xml"))))
        for person in (
            "Ola Eksempel",
            "Kari Eksempel",
            "Anna Exempel",
            "ola.eksempel",
            "900 00 000",
            "063-14 00 00",
            "@",
        ):
            assert person not in everything, (name, person)


def test_the_deadline_is_the_earliest_over_the_lots_and_of_its_kind() -> None:
    notice = read("doffin/2031-100101.xml", source_id="2031-100101")
    assert [lot.deadline.kind for lot in notice.lots if lot.deadline] == [DeadlineKind.REQUEST, DeadlineKind.REQUEST]
    assert notice.deadline is not None
    assert notice.deadline.at == datetime(2031, 3, 2, 22, 59, tzinfo=UTC)  # a day without a time: 23:59 of it, +01:00
    assert notice.deadline.date_only


def test_midnight_at_the_end_of_a_day_is_the_next_day_in_the_buyers_zone() -> None:
    notice = read("ted/00012345-2031.xml")
    assert notice.deadline is not None
    assert notice.deadline.at == datetime(2031, 2, 18, 23, 0, tzinfo=UTC)


def test_values_of_lots_are_summed_only_when_all_have_one() -> None:
    notice = read("doffin/2031-100101.xml", source_id="2031-100101")
    assert notice.value is not None
    assert (notice.value.amount, notice.value.currency) == (Decimal("12000000.5"), "NOK")
    assert "value is the sum of 2 lots" in notice.oddities
    assert read("ted/00012345-2031.xml").value is None  # its second lot tells none


def test_a_converted_notice_is_not_its_predecessor() -> None:
    notice = read("doffin/2022-345678.xml", source_id="2022-345678")
    assert notice.ojs_number is None
    assert notice.previous_notices == ("303653-2022",)
    assert (notice.notice_uuid, notice.procedure_uuid) == ("2022-345678", "2022-345670")
    assert notice.deadline is None
    assert any("2099" in oddity for oddity in notice.oddities)


def test_the_number_comes_from_the_portal_before_the_file() -> None:
    assert read("ted/00012345-2031.xml", source_id="999999-2031").source_id == "12345-2031"
    assert read("doffin/2022-345678.xml").source_id == "2022-345678"
    with pytest.raises(NoticeBroken, match="no number"):
        read("doffin/2031-100101.xml")


def test_the_caller_knows_the_source_best() -> None:
    assert read("doffin/2031-100101.xml", source="ted", source_id="77-2031").source == "ted"


@pytest.mark.parametrize(
    ("form", "stage"),
    [
        ("planning", Stage.PLANNING),
        ("competition", Stage.COMPETITION),
        ("dir-awa-pre", Stage.INTENT),
        ("result", Stage.RESULT),
        ("cont-modif", Stage.RESULT),
        ("change", Stage.COMPETITION),  # by the root, as the old change notices mean it
        ("", Stage.COMPETITION),
    ],
)
def test_the_form_tells_the_stage(form: str, stage: Stage) -> None:
    assert changed('listName="competition"', f'listName="{form}"').stage is stage


@pytest.mark.parametrize(
    ("place", "nationwide"),
    [
        ("<cbc:Region>anyw</cbc:Region>", True),
        ("<cbc:Region>anyw-eea</cbc:Region>", True),
        ("<cbc:CountrySubentityCode>NO</cbc:CountrySubentityCode>", True),
        ("<cbc:CountrySubentityCode>SE0</cbc:CountrySubentityCode>", True),
        ("<cbc:CountrySubentityCode>NO060</cbc:CountrySubentityCode>", False),
        ("<cbc:CityName>Oslo</cbc:CityName>", False),
        ("<cbc:StreetName>Veien</cbc:StreetName>", True),  # beside it only the country
    ],
)
def test_a_place_that_names_no_part_of_a_country_is_nationwide(place: str, nationwide: bool) -> None:
    assert changed("<cbc:Region>anyw-cou</cbc:Region>", place).nationwide is nationwide


@pytest.mark.parametrize(
    ("code", "spoken"),
    [("NOB", "nb"), ("NNO", "nn"), ("NOR", "nb"), ("ENG", "en"), ("SWE", "sv"), ("SMI", "se"), ("XYZ", "nb")],
)
def test_languages_are_iso_639_1_and_never_no(code: str, spoken: str) -> None:
    body = (
        FRAMEWORK.read_text(encoding="utf-8")
        .replace('languageID="NOR"', f'languageID="{code}"')
        .replace(">NOR</cbc:NoticeLanguageCode>", f">{code if code != 'XYZ' else 'NOR'}</cbc:NoticeLanguageCode>")
    )
    notice = eforms.parse(body.encode(), source_id="2031-1")
    assert notice.language == spoken
    assert "no" not in notice.title


def test_only_a_reason_of_cancel_cancels() -> None:
    assert read("doffin/2031-100104.xml", source_id="2031-100104").cancelled
    assert not changed(">cancel<", ">cor-buy<", path="doffin/2031-100104.xml").cancelled


def test_reading_twice_gives_the_same() -> None:
    body = SWEDISH.read_bytes()
    assert eforms.parse(body) == eforms.parse(body)
    assert eforms.parse(body).payload_sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<a", "not well-formed"),
        (b"<ContractNotice/>", "not an eForms notice"),
        (b'<x:TED_EXPORT xmlns:x="urn:oasis:names:specification:ubl:schema:xsd:y"/>', "not an eForms notice"),
        (FRAMEWORK.read_bytes()[:5000], "not well-formed"),
        (
            b'<!DOCTYPE ContractNotice [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + SWEDISH.read_bytes()[55:],
            "not well-formed|type",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NoticeBroken, match=reason):
        eforms.parse(body, source_id="2031-1")


def test_a_notice_without_any_title_is_broken() -> None:
    body = (
        SWEDISH.read_text(encoding="utf-8")
        .replace("Name languageID", "Names languageID")
        .replace("</ns7:Name>", "</ns7:Names>")
    )
    with pytest.raises(NoticeBroken):
        eforms.parse(body.encode())
