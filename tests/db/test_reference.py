"""Are the shipped names of codes complete, official, and found for every code that should find one?"""

import csv
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from db.reference import Area, CpvName, NutsName, builtin

VOCABULARIES = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "vocab"
LANGUAGES = ("en", "sv", "nb")
# The divisions of CPV 2008, as Regulation (EC) No 213/2008 numbers them.
DIVISIONS = [
    *("03", "09", "14", "15", "16", "18", "19", "22", "24", "30", "31", "32", "33", "34", "35", "37", "38", "39"),
    *("41", "42", "43", "44", "45", "48", "50", "51", "55", "60", "63", "64", "65", "66", "70", "71", "72", "73"),
    *("75", "76", "77", "79", "80", "85", "90", "92", "98"),
]
# The same word in the three languages.
INTERNATIONAL_WORDS = {"33182100": "Defibrillator", "35722000": "Radar"}


def official(table: str) -> list[dict[str, str]]:
    """A vocabulary of official names, for comparison only."""
    if not VOCABULARIES.is_dir():
        pytest.skip("../shared is not here")
    with (VOCABULARIES / table).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def plain(name: str) -> str:
    """Blanks and case do not make another name; the Norwegian list ends some of its names with a stray full stop."""
    return " ".join(name.split()).casefold().rstrip(".")


# CPV


def test_every_cpv_name_is_the_official_one() -> None:
    names = {row["code"]: row for row in official("cpv.tsv")}
    wrong = [
        f"{code} {language}: {getattr(ours, language)!r}, officially {names[code][language]!r}"
        for code, ours in builtin().cpv.items()
        for language in LANGUAGES
        if plain(getattr(ours, language)) != plain(names[code][language])
    ]
    assert wrong == []


def test_every_official_division_group_and_defence_code_is_here() -> None:
    needed = {row["code"] for row in official("cpv.tsv") if row["code"].endswith("00000") or row["code"][:2] == "35"}
    assert len(needed) == 317 + 210 - 9  # division 35 and its eight groups are in both
    assert needed <= builtin().cpv.keys()


def test_nynorsk_has_names_of_its_own_where_they_differ() -> None:
    names = builtin()
    for code, name in {
        "35000000": "Tryggleiks-, brannsløkkings-, politi- og forsvarsutstyr",
        "50630000": "Reparasjon og vedlikehold av militære køyretøy",
        "35722000": "Radar",
    }.items():
        assert names.cpv_name(code, "nn") == name
    assert [names.nuts_name(code, "nn") for code in ("NO07", "NO060", "SE12")] == [
        "Nord-Noreg", "Trøndelag", "Austre Mellom-Sverige",
    ]  # fmt: skip
    told: list[CpvName | NutsName] = [*names.cpv.values(), *names.nuts.values()]
    assert [one for one in told if one.nn == one.nb] == []
    # Words that no nynorsk text has.
    bokmal = re.compile(
        r"\b(ikke|fra|annen|annet|uten|noe|hva)\b|tjenest|kjøretøy|sikkerhet|virksomhet|lige\b|lig\b|inger\b",
        re.IGNORECASE,
    )
    assert [one for one in told if bokmal.search(one.told_in("nn"))] == []


def test_the_cpv_table_is_whole() -> None:
    cpv = builtin().cpv
    divisions = {code for code in cpv if code.endswith("000000")}
    groups = {code for code in cpv if code.endswith("00000")}
    assert divisions == {f"{number}000000" for number in DIVISIONS}
    assert len(groups) == 317
    assert sum(code.startswith("35") for code in cpv) == 210
    assert len(cpv) >= 750


def test_every_cpv_code_has_a_parent_up_to_its_division() -> None:
    reference = builtin()
    for code in reference.cpv:
        parent = reference.cpv_parent(code)
        if code.endswith("000000"):
            assert parent is None
        else:
            assert parent is not None
            assert parent in reference.cpv
            assert parent[:2] == code[:2]
            assert parent.rstrip("0") < code.rstrip("0")


def test_every_cpv_row_has_eight_digits_and_three_names_of_its_own() -> None:
    for code, row in builtin().cpv.items():
        assert len(code) == 8
        assert code.isascii()
        assert code.isdigit()
        names = {getattr(row, language) for language in LANGUAGES}
        assert all(name == " ".join(name.split()) != "" for name in names), code
        if len(names) == 1:
            assert INTERNATIONAL_WORDS.get(code) == row.en, f"{code} is {row.en!r} in all three languages"


@pytest.mark.parametrize("table", ["cpv.tsv", "nuts.tsv", "buyers.tsv"])
def test_a_table_has_no_row_twice_and_stands_in_order(table: str) -> None:
    lines = (Path(__file__).parents[2] / "db" / "reference" / table).read_text(encoding="utf-8").splitlines()
    header, rows = lines[0], [line.split("\t") for line in lines[1:]]
    assert {len(row) for row in rows} == {len(header.split("\t"))}
    keys = [row[2] if table == "buyers.tsv" else row[0] for row in rows]
    assert len(keys) == len(set(keys))
    if table != "buyers.tsv":  # the order of buyers settles ties
        assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("35613000", "nb", "Ubemannede luftfartøy (UAV)"),
        ("35613000", "nn", "Ubemanna luftfartøy (UAV)"),
        ("35613000", "sv", "Obemannade luftfartyg"),
        ("35613000", "en", "Unmanned aerial vehicles"),
        ("35613000", "da", "Unmanned aerial vehicles"),  # a language we do not have
        ("35613999", "sv", "Obemannade luftfartyg"),  # unknown code: its class speaks
        ("35699999", "sv", "Militärflygplan, robotar och rymdfarkoster"),  # unknown class: its group speaks
        ("45999999", "en", "Construction work"),  # unknown group: its division speaks
        ("99000000", "en", None),  # no such division
        ("", "en", None),
        ("3561300", "en", None),
        ("35613000-8", "en", None),
        ("3561300O", "en", None),
        ("٣٥٦١٣٠٠٠", "en", None),  # digits, but not ours
    ],
)
def test_a_cpv_code_is_told_by_the_nearest_code_that_has_a_name(code: str, language: str, name: str | None) -> None:
    assert builtin().cpv_name(code, language) == name


def test_a_cpv_parent_skips_codes_that_do_not_exist() -> None:
    reference = builtin()
    assert reference.cpv_parent("35611100") == "35610000"
    assert reference.cpv_parent("35100000") == "35000000"
    assert reference.cpv_parent("35000000") is None
    assert reference.cpv_parent("nonsense") is None


def test_an_overlay_gives_names_and_takes_none_away() -> None:
    before = builtin()
    after = before.with_cpv(
        [
            CpvName(code="35000000", nb="Forsvarsting"),
            CpvName(code="44212321", en="Bus shelters"),
            CpvName(code="44212321", nb="Leskur for busser"),
        ]
    )
    assert after.cpv_name("35000000", "nb") == "Forsvarsting"
    assert after.cpv_name("35000000", "sv") == before.cpv_name("35000000", "sv")
    assert after.cpv_name("44212321", "nn") == "Leskur for busser"
    assert after.cpv_name("44212321", "sv") == "Bus shelters"  # English speaks where Swedish is missing
    assert before.cpv_name("44212321", "en") != "Bus shelters"  # the shipped reference is as it was
    assert builtin() is before


def test_a_row_without_english_is_told_in_a_language_it_has() -> None:
    assert CpvName(code="44212321", nb="Leskur for busser").told_in("sv") == "Leskur for busser"


# NUTS


def test_county_names_agree_with_the_official_list() -> None:
    """Ours is the first of the official spellings (others are Sámi or Kven) in the country's own language; the English
    and the neighbour's name carry its identifying word, which is the first one without a genitive s."""
    theirs = {row["code"]: row["en"].split("/")[0] for row in official("nuts_nordic.tsv")}
    ours = builtin().nuts
    compared = [code for code in theirs.keys() & ours.keys() if not code.rstrip("Z").endswith(("NO", "SE"))]
    assert len(compared) >= 50
    assert {code for code in theirs if code[:2] in ("NO", "SE")} <= ours.keys()
    for code in compared:
        row = ours[code]
        assert (row.nb if code.startswith("NO") else row.sv) == theirs[code], code
        if row.level == 3:
            word = theirs[code].split()[0].removesuffix("s")
            assert all(word in getattr(row, language) for language in LANGUAGES), code


def test_every_region_has_its_level_its_parent_and_three_names() -> None:
    regions = builtin().nuts
    for code, row in regions.items():
        assert row.level == len(code) - 2
        assert len(code) == 2 or code[:-1] in regions
        assert all(getattr(row, language).strip() for language in LANGUAGES)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("NO060", "en", "Trøndelag"),
        ("NO061", "nn", "Sør-Trøndelag"),  # no longer in force, still met
        ("NO068", "sv", "Trøndelag"),  # never in force: its region speaks
        ("SE322", "en", "Jämtland County"),
        ("SE", "nb", "Sverige"),
        ("FI1C1", "nb", None),
        ("anyw", "nb", None),
        ("NO0600", "nb", None),
        ("", "nb", None),
    ],
)
def test_a_region_is_told_by_the_nearest_region_that_has_a_name(code: str, language: str, name: str | None) -> None:
    assert builtin().nuts_name(code, language) == name


def test_the_middle_of_both_countries_is_known_in_codes_old_and_new() -> None:
    areas: Mapping[Area | None, set[str]] = {
        area: {code for code in builtin().nuts if builtin().nuts_area(code) == area} for area in Area
    }
    assert areas[Area.MID_NORWAY] == {"NO06", "NO060", "NO061", "NO062", "NO053", "NO0A3"}
    assert areas[Area.MID_SWEDEN] == {"SE32", "SE321", "SE322", "SE312", "SE313"}
    assert areas[Area.NEAR] == {"NO02", "NO020", "NO021", "NO022", "NO071", "SE311", "SE331"}
    assert builtin().nuts_area("NO0") is None  # the whole country is no area
    assert builtin().nuts_area("DK011") is None


def test_asking_for_names_loads_no_database_and_no_parser() -> None:
    heavy = "sqlalchemy lxml yaml torch scrapy"
    probe = f"import sys, db.reference as r; r.builtin(); sys.exit(' '.join(m for m in {heavy.split()} if m in sys.modules))"
    outcome = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert outcome.stderr.strip() == ""
