"""Does an older TED notice come out as a reader of it would tell it?"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from golden_notices import PORTALS, bodies, check, told

from crawlers import ted_xml
from crawlers.notice import DeadlineKind, Money, NoticeBroken, ParsedNotice, Stage

SWEDISH = PORTALS / "ted_xml" / "098765-2031.xml"


def read(name: str) -> ParsedNotice:
    return ted_xml.parse((PORTALS / "ted_xml" / name).read_bytes())


def changed(old: str, new: str) -> ParsedNotice:
    body = SWEDISH.read_text(encoding="utf-8")
    assert old in body
    return ted_xml.parse(body.replace(old, new).encode())


def test_the_notices_are_the_golden_ones() -> None:
    check("ted_xml", {name: [ted_xml.parse(body)] for name, body in bodies("ted_xml", "*.xml").items()})


def test_persons_have_left_no_trace() -> None:
    for name, body in bodies("ted_xml", "*.xml").items():
        everything = str(told(ted_xml.parse(body)))
        for person in ("Anna Exempel", "anna@", "600 00 11", "removed"):
            assert person not in everything, (name, person)


def test_the_coded_deadline_is_newer_than_the_forms_and_local() -> None:
    notice = read("098765-2031.xml")
    assert notice.deadline is not None
    assert notice.deadline.at == datetime(2031, 3, 30, 21, 59, tzinfo=UTC)  # summer time began that morning
    assert notice.deadline.kind is DeadlineKind.TENDER


def test_a_day_without_a_time_ends_at_its_last_minute() -> None:
    deadline = read("007007-2031.xml").deadline
    assert deadline is not None
    assert (deadline.at, deadline.date_only) == (datetime(2031, 7, 1, 21, 59, tzinfo=UTC), True)
    assert deadline.kind is DeadlineKind.REQUEST  # negotiated: first one asks to take part


def test_a_periodic_notice_without_call_has_a_date_for_interest() -> None:
    body = SWEDISH.read_text(encoding="utf-8").replace(
        "<DT_DATE_FOR_SUBMISSION>20310330 23:59</DT_DATE_FOR_SUBMISSION>", ""
    )
    notice = ted_xml.parse(body.replace('TD_DOCUMENT_TYPE CODE="3"', 'TD_DOCUMENT_TYPE CODE="P"').encode())
    assert notice.stage is Stage.PLANNING
    assert notice.deadline is not None
    assert (notice.deadline.kind, notice.deadline.at) == (
        DeadlineKind.INTEREST,
        datetime(2031, 3, 15, 22, 59, tzinfo=UTC),
    )


def test_a_range_counts_by_its_upper_end() -> None:
    notice = read("007007-2031.xml")
    assert notice.value == Money(amount=Decimal("4500000.5"), currency="EUR")
    assert "value is the upper end of a range" in notice.oddities


def test_a_symbolic_value_is_none() -> None:
    assert read("111111-2017.xml").value is None


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        ("0", Stage.PLANNING),
        ("B", Stage.PLANNING),
        ("A", Stage.COMPETITION),
        ("M", Stage.COMPETITION),
        ("O", Stage.COMPETITION),
        ("Y", Stage.COMPETITION),
        ("7", Stage.RESULT),
        ("K", Stage.RESULT),
        ("V", Stage.INTENT),
    ],
)
def test_the_document_type_tells_the_stage(code: str, stage: Stage) -> None:
    assert changed('TD_DOCUMENT_TYPE CODE="3"', f'TD_DOCUMENT_TYPE CODE="{code}"').stage is stage


def test_a_kind_of_document_never_met_is_shown_and_flagged() -> None:
    notice = changed('TD_DOCUMENT_TYPE CODE="3"', 'TD_DOCUMENT_TYPE CODE="?"')
    assert notice.stage is Stage.COMPETITION
    assert "document type ? is not known" in notice.oddities


@pytest.mark.parametrize(
    ("written", "celex"),
    [
        ('<LEGAL_BASIS VALUE="32009L0081"/>', "32009L0081"),
        ('<LEGAL_BASIS VALUE="32007R1370"/>', "32007R1370"),
        ("<LEGAL_BASIS_OTHER>Lag (2011:1029)</LEGAL_BASIS_OTHER>", "Lag (2011:1029)"),
        ("", None),
    ],
)
def test_the_legal_basis_is_where_each_year_put_it(written: str, celex: str | None) -> None:
    assert changed('<LEGAL_BASIS VALUE="32014L0024"/>', written).legal_basis == celex


def test_a_corrigendum_names_what_it_corrects() -> None:
    body = SWEDISH.read_text(encoding="utf-8").replace("F02_2014", "F14_2014")
    body = body.replace(
        "<PROCEDURE>",
        "<COMPLEMENTARY_INFO><NOTICE_NUMBER_OJ>2031/S 010-044444</NOTICE_NUMBER_OJ></COMPLEMENTARY_INFO><PROCEDURE>",
    )
    assert ted_xml.parse(body.encode()).changes_notice == "44444-2031"
    assert read("098765-2031.xml").changes_notice is None


def test_norwegian_is_told_apart_by_reading() -> None:
    body = SWEDISH.read_text(encoding="utf-8").replace('LG="SV"', 'LG="NO"').replace(">SV<", ">NO<")
    body = body.replace("Flyttbara skyddsrum", "Flyttbare tilfluktsrom som ikke skal være faste")
    notice = ted_xml.parse(body.encode())
    assert (notice.language, list(notice.title)) == ("nb", ["nb"])
    assert notice.url.startswith("https://ted.europa.eu/en/")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<TED_EXPORT/>", "no coded data"),
        (b"<RSS/>", "not a TED_EXPORT"),
        (SWEDISH.read_bytes()[:3000], "not well-formed"),
        (SWEDISH.read_bytes().replace(b"2031/S 021-098765", b"?").replace(b'DOC_ID="098765-2031"', b""), "no number"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NoticeBroken, match=reason):
        ted_xml.parse(body)
