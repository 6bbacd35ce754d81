"""Is a defence or preparedness buyer known by its number and its names, and nobody taken for one who only resembles?"""

import pytest

from db.reference import BuyerScope, KnownBuyer, builtin
from db.reference.buyers import fold, numbers_in

BUYERS = builtin().buyers


def buyer_of(digits: str | None, name: str, country: str | None = None) -> str | None:
    found = builtin().known_buyer(digits, name, country=country)
    return found.name if found else None


def luhn(digits: str) -> bool:
    """The check digit of Swedish organisation numbers."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def weighed(digits: str, weights: tuple[int, ...]) -> bool:
    """The modulo 11 check of Norwegian, Danish and Finnish numbers; the last weight is 1."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0


@pytest.mark.parametrize("buyer", [buyer for buyer in BUYERS if buyer.digits], ids=lambda buyer: str(buyer.name))
def test_a_buyers_number_passes_its_countrys_check(buyer: KnownBuyer) -> None:
    assert buyer.digits
    assert {
        "SE": lambda number: len(number) == 10 and luhn(number),
        "NO": lambda number: weighed(number, (3, 2, 7, 6, 5, 4, 3, 2, 1)),
        "DK": lambda number: weighed(number, (2, 7, 6, 5, 4, 3, 2, 1)),
        "FI": lambda number: weighed(number, (7, 9, 10, 5, 8, 4, 2, 1)),
    }[buyer.country](buyer.digits)


def test_every_buyer_is_found_by_its_own_name_and_aliases_and_by_its_number() -> None:
    for buyer in BUYERS:
        assert buyer.note
        for spoken in (buyer.name, buyer.name.upper(), *(alias.lstrip("=^") for alias in buyer.aliases)):
            if not buyer.note.startswith("a kind of buyer") or spoken.casefold() != buyer.name.casefold():
                assert builtin().known_buyer(None, spoken) == buyer, spoken
        if buyer.digits:
            assert builtin().known_buyer(buyer.digits, "") == buyer
    numbers = [buyer.digits for buyer in BUYERS if buyer.digits]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    "number", ["2021000340", "202100-0340", "SE 202100 0340", "SE202100034001", "16202100-0340", "Org.nr: 202100-0340"]
)
def test_a_number_finds_its_buyer_in_every_spelling_whatever_the_name(number: str) -> None:
    assert buyer_of(number, "Upphandlingsenheten") == "Försvarets materielverk"


def test_a_norwegian_vat_number_finds_its_buyer() -> None:
    assert buyer_of("NO 916 075 855 MVA", "") == "Forsvarsmateriell"


def test_a_number_that_only_resembles_finds_nobody() -> None:
    assert buyer_of("2021000341", "") is None
    assert buyer_of("1202100034012", "") is None
    assert numbers_in("DK") == frozenset()
    assert numbers_in(None) == frozenset()


@pytest.mark.parametrize(
    ("name", "buyer"),
    [
        ("FMV", "Försvarets materielverk"),
        ("FMV – Försvarets Materielverk", "Försvarets materielverk"),
        ("FORSVARETS MATERIELVERK", "Försvarets materielverk"),  # accents lost on the way
        ("Forsvaret v/Forsvarets logistikkorganisasjon", "Forsvarets logistikkorganisasjon"),
        ("FORSVARET", "Forsvaret"),
        ("Forsvaret, Hærens våpenskole", "Forsvaret"),
        ("FORSVARSBYGG", "Forsvarsbygg"),
        ("Direktoratet for samfunnssikkerhet og beredskap (DSB)", "Direktoratet for samfunnssikkerhet og beredskap"),
        ("Myndigheten för samhällsskydd och beredskap", "Myndigheten för civilt försvar"),
        ("Danish Ministry of Defence Acquisition and Logistics Organisation",
         "Forsvarsministeriets Materiel- og Indkøbsstyrelse"),
        ("Trøndelag brann- og redningstjeneste IKS", "Kommunalt brann- og redningsvesen"),
        ("Räddningstjänsten Jämtland", "Kommunal räddningstjänst"),
        ("NATO NSPA", "NATO Support and Procurement Agency"),
        ("NATO Joint Warfare Centre", "NATO"),
        ("Försvarsdepartementet", "Försvarsdepartementet"),
        ("Forsvarsdepartementet", "Forsvarsdepartementet"),
    ],
)  # fmt: skip
def test_a_name_finds_its_buyer(name: str, buyer: str) -> None:
    assert buyer_of(None, name) == buyer


@pytest.mark.parametrize(
    "name",
    [
        "Forsvarets pensjonister i Levanger kommune",
        "Försvarsadvokat AB",
        "Forsvarergruppen advokatfirma",
        "DSB",  # the Danish State Railways
        "DSB SOV",
        "FMV Konsult AB",
        "Fransk-svenska handelskammaren",
        "Senatorernas NATO-förening i Umeå kommun",
        "Trondheim kommune",
        "Sportsklubben Brann",
        "Beredskapsavdelingen, Heim kommune",
        "Nammo Raufoss AS",  # a supplier
        "",
        "=^|",
    ],
)
def test_a_false_friend_is_nobody_we_know(name: str) -> None:
    assert buyer_of(None, name) is None


def test_a_country_keeps_a_name_from_meaning_its_neighbour() -> None:
    assert buyer_of(None, "Forsvarsdepartementet", "SE") == "Försvarsdepartementet"
    assert buyer_of(None, "Forsvaret", "DK") is None
    assert buyer_of(None, "NSPA", "LU") == "NATO Support and Procurement Agency"  # international: anywhere
    assert buyer_of("988517860", "", "SE") == "Forsvarets logistikkorganisasjon"  # a number needs no country


def test_defence_and_preparedness_are_told_apart() -> None:
    def scope(name: str) -> BuyerScope | None:
        found = builtin().known_buyer(None, name)
        return found.scope if found else None

    assert scope("Forsvarsbygg") is BuyerScope.DEFENCE
    assert scope("Kustbevakningen") is BuyerScope.PREPAREDNESS


def test_folding_keeps_letters_and_digits_only() -> None:
    assert fold("  Brann- og redning, Ærø/Åmål (2 stk.) ") == "brann og redning aero amal 2 stk"
