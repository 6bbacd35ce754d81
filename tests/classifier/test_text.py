"""Are sentences verbatim, whole, and cut where a reader would cut them?"""

import re
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.text import LotText, NoticeText, Section, cpv_digits, cpv_name, parts, sentences


class Names:
    """A CPV list of two codes."""

    NAMES: ClassVar = {
        ("35000000", "nb"): "Sikkerhetsutstyr",
        ("45262670", "sv"): "Metallarbeten",
        ("45262670", "en"): "Metalwork",
    }

    def cpv_name(self, code: str, language: str) -> str | None:
        return self.NAMES.get((code, language))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "De skal fly i vind opp til 14 m/s. Leveransen omfatter service. Kontakt J. Hansen ved byen.",
            ["De skal fly i vind opp til 14 m/s.", "Leveransen omfatter service.", "Kontakt J. Hansen ved byen."],
        ),
        (
            "Avtalen omfatter bl.a. sveising, jf. punkt 4. Frist er 28. nov. 2026 kl. 12.00. Se vedlegg nr. 3.",
            ["Avtalen omfatter bl.a. sveising, jf. punkt 4.", "Frist er 28. nov. 2026 kl. 12.00.", "Se vedlegg nr. 3."],
        ),
        (
            "Vi köper t.ex. skåp, bord m.m. Leverans sker 2027. Priset är ca. 3,5 milj. kr exkl. moms!",
            ["Vi köper t.ex. skåp, bord m.m.", "Leverans sker 2027.", "Priset är ca. 3,5 milj. kr exkl. moms!"],
        ),
        ("Båten skal f.eks. tåle is. Kva med snø? Den òg.", ["Båten skal f.eks. tåle is.", "Kva med snø?", "Den òg."]),
        ("Aftalen gælder fra 1. januar. Se bilag 2.", ["Aftalen gælder fra 1. januar.", "Se bilag 2."]),
        (
            "Delivery, e.g. of 9.5 mm bolts, is due. Approx. 40 items.",
            ["Delivery, e.g. of 9.5 mm bolts, is due.", "Approx. 40 items."],
        ),
        (
            "Delene er: 1. Snøscooter 2. ATV og UTV 3. Båt",
            ["Delene er:", "1. Snøscooter", "2. ATV og UTV", "3. Båt"],
        ),
        (
            "Omfang\n1. Svetsning\n2. Målning av\nväggar\n• Bultar\n- Muttrar\n\nÖvrigt\nInget.",
            ["Omfang", "1. Svetsning", "2. Målning av\nväggar", "• Bultar", "- Muttrar", "Övrigt", "Inget."],
        ),
        ("Rammeavtale om drift.Oppdraget varer i to år.", ["Rammeavtale om drift.", "Oppdraget varer i to år."]),
        (
            "Skriv til post@firma.no eller se www.firma.no. Takk!",
            ["Skriv til post@firma.no eller se www.firma.no.", "Takk!"],
        ),
        ("Kjøp inkl. mva. Oppdraget gjelder to biler.", ["Kjøp inkl. mva.", "Oppdraget gjelder to biler."]),
        ("«Er det klart?» Ja.", ["«Er det klart?»", "Ja."]),
        ("  \n\t ", []),
        ("… --- •", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


LETTERS = st.text(alphabet=st.sampled_from('aåæøBÄ19.!?:;,-–•()"» \n\r\t\u2028'), max_size=120)


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=200), LETTERS))
def test_every_sentence_is_a_verbatim_piece_and_no_word_is_lost(text: str) -> None:
    position = 0
    for sentence in sentences(text):
        position = text.index(sentence, position) + len(sentence)
        assert sentence == sentence.strip()
    letters = re.compile(r"[^\W_]")
    assert letters.findall("".join(sentences(text))) == letters.findall(text)


def test_a_notice_is_read_whole_and_in_order() -> None:
    notice = NoticeText(
        title="Reparasjon av kjøretøy",
        description="Første setning. Andre setning.",
        language="nb",
        cpv=("35000000-4", "35113400"),
        lots=(LotText(identifier="2", title="Sveising", description="Bare stål.", cpv=("45262670",)),),
    )

    found = [(part.section, part.lot, part.text) for part in parts(notice, Names())]

    assert found == [
        (Section.TITLE, None, "Reparasjon av kjøretøy"),
        (Section.DESCRIPTION, None, "Første setning."),
        (Section.DESCRIPTION, None, "Andre setning."),
        (Section.LOT_TITLE, "2", "Sveising"),
        (Section.LOT_DESCRIPTION, "2", "Bare stål."),
        (Section.CPV, None, "Sikkerhetsutstyr"),
        (Section.CPV, "2", "Metalwork"),
    ]


def test_an_empty_notice_has_no_parts() -> None:
    assert parts(NoticeText(title=" ", language="sv"), Names()) == []


@pytest.mark.parametrize(
    ("code", "digits"),
    [("35613000-9", "35613"), ("35000000", "35"), ("30000000", "30"), ("x", ""), ("", ""), ("٣٥613000", "")],
)
def test_the_digits_of_a_code_are_those_that_mean_something(code: str, digits: str) -> None:
    assert cpv_digits(code) == digits


def test_an_unknown_code_is_called_as_its_parent_is() -> None:
    assert cpv_name(Names(), "35113400", "nn") == "Sikkerhetsutstyr"
    assert cpv_name(Names(), "99999999", "nb") is None
