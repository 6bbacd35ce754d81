"""Is the official CPV list read in both its forms, and anything else refused with a reason?"""

import time

import pytest

from db.reference import CpvName, builtin, read_cpv_list

GENERICODE = """<?xml version="1.0" encoding="UTF-8"?>
<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/">
   <Identification>
      <ShortName>Cpv</ShortName>
   </Identification>
   <ColumnSet>
      <Column Id="code" Use="required"><ShortName>Code</ShortName><Data Lang="eng" Type="normalizedString"/></Column>
      <Column Id="Name" Use="optional"><ShortName>Name</ShortName><Data Lang="eng" Type="string"/></Column>
   </ColumnSet>
   <SimpleCodeList>{rows}</SimpleCodeList>
</gc:CodeList>"""

YAML = """
'03000000':
  name: Farm things
  nob: Gårdsting
  history: []
  nob_verify: false
'09000000':
  name: "Fuel: all of it"
  nob: Brensel
  history:
  - name: Fuel
    nob: Drivstoff
    history: []
    nob_verify: true
  nob_verify: false
"""


def genericode(*rows: dict[str, str]) -> bytes:
    """A small list in the European form, one dictionary from column to label a row."""
    told = "".join(
        "<Row>"
        + "".join(
            f'<Value ColumnRef="{column}"><SimpleValue>{label}</SimpleValue></Value>' for column, label in row.items()
        )
        + "</Row>"
        for row in rows
    )
    return GENERICODE.format(rows=told).encode()


def test_the_european_list_is_read() -> None:
    body = genericode(
        {"code": "35000000", "Name": "Defence", "dan_label": "Forsvar", "eng_label": "Defence", "swe_label": "Försvar"},
        {"code": "35100000", "Name": "Rescue &amp;\n   safety", "swe_label": "", "nor_label": "Redning"},
    )
    assert read_cpv_list(body) == [
        CpvName(code="35000000", en="Defence", sv="Försvar"),
        CpvName(code="35100000", en="Rescue & safety", nb="Redning"),
    ]


@pytest.mark.parametrize(
    ("column", "language"),
    [
        *((column, "en") for column in ("Name", "name", "eng_label", "en_label", "label-en", "EN")),
        *((column, "sv") for column in ("swe_label", "sv_label", "label-sv", "SWE")),
        *((column, "nb") for column in ("nor_label", "nob_label", "nb_label", "label-no", "nob")),
    ],
)
def test_a_label_column_is_known_by_its_language_however_it_is_called(column: str, language: str) -> None:
    (row,) = read_cpv_list(genericode({"code": "35000000", column: "Told", "fra_label": "Dit"}))
    assert {spoken: getattr(row, spoken) for spoken in ("en", "sv", "nb")} == {
        "en": "", "sv": "", "nb": "", language: "Told",
    }  # fmt: skip


def test_the_norwegian_list_is_read() -> None:
    expected = [
        CpvName(code="03000000", en="Farm things", nb="Gårdsting"),
        CpvName(code="09000000", en="Fuel: all of it", nb="Brensel"),
    ]
    assert read_cpv_list(YAML.encode()) == expected
    assert read_cpv_list(b"\xef\xbb\xbf" + YAML.encode()) == expected
    # YAML reads 03000000 without quotes as an octal number; a code is never a number here.
    assert read_cpv_list(YAML.replace("'", "").encode()) == expected


def test_a_check_digit_is_dropped() -> None:
    assert read_cpv_list(b"35000000-4: {nob: Forsvar}") == [CpvName(code="35000000", nb="Forsvar")]


def test_two_lists_laid_over_one_another_speak_all_three_languages() -> None:
    """Neither list alone does: the European one has no Norwegian, the Norwegian one no Swedish."""
    european = read_cpv_list(genericode({"code": "44212321", "Name": "Bus shelters", "swe_label": "Busskurer"}))
    norwegian = read_cpv_list(b"'44212321': {name: Bus shelters, nob: Leskur}")
    for first, second in ((european, norwegian), (norwegian, european)):
        names = builtin().with_cpv(first).with_cpv(second)
        assert names.cpv["44212321"] == CpvName(code="44212321", en="Bus shelters", sv="Busskurer", nb="Leskur")


def test_the_whole_european_list_is_read_within_seconds() -> None:
    languages = [f"{letter}{letter}x_label" for letter in "abcdefghijklmnopqrstuv"]
    body = genericode(
        *(
            {"code": f"{number:08d}", "Name": "English", "swe_label": "Svenska", **dict.fromkeys(languages, "Andre")}
            for number in range(9454)
        )
    )
    started = time.monotonic()
    rows = read_cpv_list(body)
    assert len(rows) == 9454
    assert rows[-1] == CpvName(code="00009453", en="English", sv="Svenska")
    assert time.monotonic() - started < 20


ENTITIES = '<!DOCTYPE list [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
    f'<!ENTITY {chr(letter + 1)} "{f"&{chr(letter)};" * 10}">' for letter in range(ord("b"), ord("k"))
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \n\t", "empty", id="blanks"),
        pytest.param(b"<", "XML of the CPV list is broken", id="half a tag"),
        pytest.param(genericode({"code": "35000000", "Name": "x"})[:-40], "is broken", id="cut off"),
        pytest.param(b"<html><body>Not found</body></html>", "names no CPV code", id="a web page"),
        pytest.param(genericode(), "names no CPV code", id="no rows"),
        pytest.param(genericode({"code": "NOR", "Name": "Norway"}), "'NOR' is not a code", id="another list"),
        pytest.param(genericode({"Name": "Norway"}), "no column 'code'", id="no code"),
        pytest.param(genericode({"code": "35000000", "fra_label": "x"}), "35000000 has no name", id="only French"),
        pytest.param(genericode(*[{"code": "35000000", "Name": "x"}] * 2), "35000000 twice", id="twice in XML"),
        pytest.param(b"35000000: {name: a}\n35000000: {name: b}", "35000000 twice", id="twice in YAML"),
        pytest.param(b"just words", "expected a mapping", id="a sentence"),
        pytest.param(b"- 35000000\n- 35100000", "expected a mapping", id="a list"),
        pytest.param(b"35000000: Defence", "has no names under it", id="flat"),
        pytest.param(b"name: {name: x}", "'name' is not a code", id="other keys"),
        pytest.param(b"35000000: {name: [x]}", "has no name", id="a list for a name"),
        pytest.param(b"{\x80\x81", "neither genericode XML nor a YAML", id="not UTF-8"),
        pytest.param(b"PK\x03\x04\x14\x00", "neither genericode XML nor a YAML", id="a zip file"),
        pytest.param(b"{a: &x [*x]}", "has no names under it", id="a circle"),
        pytest.param(b"[" * 1_000_000, "nested too deep", id="a million brackets"),
        pytest.param(b"{35000000: " * 100_000, "nested too deep", id="a hundred thousand braces"),
        pytest.param(
            f"{ENTITIES}]><list><Row><Value ColumnRef='code'><SimpleValue>&k;</SimpleValue></Value></Row></list>".encode(),
            "broken|document type",
            id="a bomb of entities",
        ),
        pytest.param(f"{ENTITIES}]><list x='&k;'/>".encode(), "is broken", id="a bomb in an attribute"),
        pytest.param(
            b"<!DOCTYPE list SYSTEM 'file:///etc/passwd'><list><Row/></list>", "document type", id="an outside type"
        ),
        pytest.param(
            b"<!DOCTYPE list [<!ENTITY p SYSTEM 'file:///etc/passwd'>]><list><Row><Value ColumnRef='code'>"
            b"<SimpleValue>35000000</SimpleValue></Value><Value ColumnRef='Name'><SimpleValue>&p;</SimpleValue></Value>"
            b"</Row></list>",
            "document type",
            id="a file as an entity",
        ),
    ],
)
def test_anything_else_is_refused_at_once_and_with_a_reason(body: bytes, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match=reason):
        read_cpv_list(body)
    assert time.monotonic() - started < 5
