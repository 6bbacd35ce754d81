"""Are codes, numbers and names of things written one way, and is what is none of them None?"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import clean, codes, language


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("35613000", "35613000"),
        (" 35613000-7 ", "35613000"),
        ("99000000", None),
        ("3561300", None),
        ("", None),
        (None, None),
    ],
)
def test_cpv(raw: str | None, code: str | None) -> None:
    assert clean.cpv(raw) == code


@pytest.mark.parametrize(
    ("raw", "code"),
    [("no060", "NO060"), ("SE", "SE"), ("anyw", None), ("ANYW-COU", None), ("00", None), ("NO0600", None), ("N", None)],
)
def test_nuts(raw: str, code: str | None) -> None:
    assert clean.nuts(raw) == code


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("00626862-2026", "626862-2026"),
        ("626862-2026", "626862-2026"),
        ("2026/S 175-626862", "626862-2026"),
        ("2021/S 002-003424", "3424-2021"),
        ("2024-101190", None),
        ("n.a.", None),
        (None, None),
    ],
)
def test_ojs_numbers(raw: str | None, number: str | None) -> None:
    assert clean.ojs_number(raw) == number


@pytest.mark.parametrize(
    ("raw", "reference", "uuid"),
    [
        (
            "537EB083-fde5-44ea-8395-2e9308bac65e-1",
            "537eb083-fde5-44ea-8395-2e9308bac65e-01",
            "537eb083-fde5-44ea-8395-2e9308bac65e",
        ),
        (
            "537eb083-fde5-44ea-8395-2e9308bac65e",
            "537eb083-fde5-44ea-8395-2e9308bac65e",
            "537eb083-fde5-44ea-8395-2e9308bac65e",
        ),
        ("00711911-2023", "711911-2023", None),
        ("2023-648589", "2023-648589", "2023-648589"),
        ("nonsense", None, None),
    ],
)
def test_references(raw: str, reference: str | None, uuid: str | None) -> None:
    assert clean.notice_reference(raw) == reference
    assert clean.uuid_of(raw) == uuid


@pytest.mark.parametrize(
    "group",
    [("202100-0340", "SE202100034001", "16202100-0340", "202100 0340"), ("916 075 855", "NO916075855MVA", "916075855")],
)
def test_one_organisation_has_one_number(group: tuple[str, ...]) -> None:
    assert len({clean.organisation_digits(written) for written in group}) == 1


@pytest.mark.parametrize("raw", ["ND", "", None, "XYZ", "12"])
def test_no_number_is_no_number(raw: str | None) -> None:
    assert clean.organisation_digits(raw) is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("NOR", "NO"),
        ("SWE", "SE"),
        ("se", "SE"),
        ("UK", "GB"),
        ("EL", "GR"),
        ("GRC", "GR"),
        ("XKX", "XK"),
        ("ZZZ", None),
        ("", None),
    ],
)
def test_countries(raw: str, code: str | None) -> None:
    assert clean.country(raw) == code


@pytest.mark.parametrize(
    ("raw", "basis"),
    [
        ("2009/81/EC", "32009L0081"),
        ("93/38/EEC", "31993L0038"),
        ("32014l0024", "32014L0024"),
        ("OTHER", "OTHER"),
        ("other", "other"),
        ("", None),
    ],
)
def test_legal_bases(raw: str, basis: str | None) -> None:
    assert clean.celex(raw) == basis


CLEANERS: list[Callable[[str], object]] = [
    clean.cpv,
    clean.nuts,
    clean.ojs_number,
    clean.notice_reference,
    clean.uuid_of,
    clean.celex,
    clean.country,
    clean.organisation_digits,
    clean.safe_url,
    language.alpha_2,
    language.written_norwegian,
]


@given(st.text())
def test_no_words_for_a_code_raise(raw: str) -> None:
    for cleaner in CLEANERS:
        cleaner(raw)
    assert clean.fold(clean.fold(raw)) == clean.fold(raw)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Kongsberg kommune skal bygge nytt renseanlegg som skal rense avløpsvannet fra Kongsberg by.", "nb"),
        ("Anskaffinga gjeld drift av kantine for Vestland fylkeskommune.", "nn"),
        ("Byggeledelse", "nb"),
        ("", "nb"),
    ],
)
def test_the_two_norwegians_are_told_apart(text: str, spoken: str) -> None:
    assert language.written_norwegian(text) == spoken


def test_ancestors_come_last() -> None:
    assert codes.most_specific_first(("30000000", "35000000", "35100000")) == ("30000000", "35100000", "35000000")
