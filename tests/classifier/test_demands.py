"""Is what a notice asks for found word for word, and is only that believed of a firm that it says itself?"""

from time import monotonic

import pytest

from classifier.demands import Demand, demands


@pytest.mark.parametrize(
    ("notice", "key", "quote"),
    [
        (
            "Konstruksjonene utføres i EXC3 etter NS-EN 1090-2, og sveiserne skal ha gyldig bevis.",
            "1090",
            "NS-EN 1090-2",
        ),
        ("Tillverkas i EXC3 enligt SS-EN 1090-2:2018 med full spårbarhet.", "1090", "SS-EN 1090-2:2018"),
        ("Execution class is EXC3 according to EN 1090.", "1090", "EN 1090"),
        ("Sveisekrav etter NS-EN ISO 3834-2.", "3834", "NS-EN ISO 3834-2"),
        ("Leverantören ska vara certifierad enligt ISO 9001.", "9001", "ISO 9001"),
        ("The laboratory is accredited to ISO/IEC 17025:2017.", "17025", "ISO/IEC 17025:2017"),
        ("Leverandøren skal ha kvalitetssystem etter AQAP-2110.", "aqap", "AQAP-2110"),
        ("Overflater behandles etter NORSOK M-501.", "norsok", "NORSOK M-501"),
        ("Leverandøren må være Miljøfyrtårn-sertifisert.", "miljofyrtarn", "Miljøfyrtårn"),
        ("Det kreves sentral godkjenning for ansvarsrett.", "approval", "sentral godkjenning"),
        ("Personellet må ha sikkerhetsklarering for HEMMELIG.", "clearance", "sikkerhetsklarering"),
        ("Leverandørklarering kreves.", "clearance", "Leverandørklarering"),
        ("Dei tilsette må ha tryggleiksklarering.", "clearance", "tryggleiksklarering"),
        ("Personalen ska vara säkerhetsprövad.", "clearance", "säkerhetsprövad"),
        ("Staff shall hold a security clearance.", "clearance", "security clearance"),
        ("Ett säkerhetsskyddsavtal ska tecknas.", "agreement", "säkerhetsskyddsavtal"),
        ("Det inngås sikkerhetsavtale med leverandøren.", "agreement", "sikkerhetsavtale"),
    ],
)
def test_it_is_quoted_as_the_notice_has_it(notice: str, key: str, quote: str) -> None:
    assert demands([notice], ["Vi leverer tjenester."]) == (Demand(key=key, quote=quote, held=False),)
    assert quote in notice


@pytest.mark.parametrize(
    "notice",
    [
        "Det er ikke krav om sikkerhetsklarering.",
        "ISO 9001 krävs inte av leverantören.",
        "No security clearance is required.",
        "Klarering av varene i tollen er inkludert.",
        "Saksnummer 1090, ordre ISO 90011 og tollklarerte varer.",
        "Avtalen gjelder bygg 9001 og 14001.",
        "Varene skal fortolles; fortolling og klargjøring er inkludert.",
    ],
)
def test_what_is_denied_or_only_looks_alike_is_none(notice: str) -> None:
    assert demands([notice], []) == ()


def test_only_what_the_profile_says_is_had() -> None:
    notice = ["Krav til NS-EN 1090-2. Krav til ISO 9001. Krav til sikkerhetsklarering."]
    profile = ["Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3.", "Vi er ikke sertifisert etter ISO 9001."]
    assert {one.key: one.held for one in demands(notice, profile)} == {"clearance": False, "1090": True, "9001": False}


def test_what_the_form_asks_for_needs_no_words() -> None:
    profile = ["Våre montører har sikkerhetsklarering for HEMMELIG."]
    assert demands(["Stål."], profile, asked=["clearance"]) == (Demand(key="clearance", quote="", held=True),)


def test_it_is_told_once_and_in_one_order() -> None:
    notice = ["ISO 14001 og ISO 9001.", "ISO 9001:2015 kreves. Sikkerhetsklarering kreves."]
    assert [one.quote for one in demands(notice, [])] == ["Sikkerhetsklarering", "ISO 9001", "ISO 14001"]


@pytest.mark.parametrize("flood", ["EN ISO " * 15_000, "NS-EN-ISO/" * 10_000, "leverandørs" * 9_000, "x" * 100_000])
def test_no_text_is_slow(flood: str) -> None:
    began = monotonic()
    demands([flood], [flood])
    assert monotonic() - began < 1
