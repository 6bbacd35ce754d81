"""Are judged sets read whole, whatever small ways they differ in, and is the wrong line named when they cannot be?"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judged_set import FIRMS, MIRRORS, NOTICES, QRELS, json_lines, write_set

from classifier.jsonl import JudgedBroken, read_notices, read_profiles
from classifier.judged import Judged, every_code, read_judged
from classifier.text import LotText, NoticeText, ProfileText


def _lines(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def test_a_set_is_read_with_its_mirrors_grades_and_scopes(tmp_path: Path) -> None:
    judged = read_judged(write_set(tmp_path))
    assert judged.firms == ("P1", "P2", "P3", "P4")
    assert judged.identifiers == tuple(notice["id"] for notice in NOTICES)
    assert judged.profiles[0].sentences == (
        "Vi svetsar och bockar plåt i rostfritt stål.",
        "Vi gör räcken och trappor.",
    )
    assert [mirror.language for mirror in judged.mirrors if mirror] == ["nb", "sv", "sv", "nb"]
    assert (judged.grades.sum(), judged.seen.sum()) == (16, 12)
    assert judged.grades[0, 2] == 1
    assert judged.seen[0, 9]
    assert judged.scopes["N08"] == "preparedness"
    assert judged.buyers[0] == "Forsvarsbygg"
    assert judged.notes == ()
    texts, firms = judged.written()
    assert (texts[5], firms[5]) == (judged.mirrors[1], 1)


def test_mirrors_and_scopes_may_be_absent_and_notices_unpacked(tmp_path: Path) -> None:
    folder = write_set(tmp_path, mirrors=False, scopes=False)
    (folder / "notices.jsonl.gz").unlink()
    (folder / "notices.jsonl").write_text(json_lines(NOTICES), encoding="utf-8")
    judged = read_judged(folder)
    assert len(judged.notices) == 12
    assert judged.mirrors == (None,) * 4
    assert not judged.scopes
    assert judged.written() == (list(judged.profiles), [0, 1, 2, 3])
    assert any("profiles_mirror.jsonl" in note for note in judged.notes)


def test_judgements_may_stand_between_blanks_under_a_heading_and_below_zero(tmp_path: Path) -> None:
    told = "profile iter notice grade\n# by hand\n\n" + QRELS.replace("\t", "  ").replace("N10  0", "N10  -2")
    judged, plain = read_judged(write_set(tmp_path / "a", qrels=told)), read_judged(write_set(tmp_path / "b"))
    np.testing.assert_array_equal(judged.grades, plain.grades)
    np.testing.assert_array_equal(judged.seen, plain.seen)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    told = "".join(line for line in QRELS.splitlines(keepends=True) if not line.startswith("P4"))
    told = told.replace("N06\t2", "N06\t0").replace("N07\t1", "N07\t0") + "P9\t0\tN01\t2\nP1\t0\tN99\t1\n"
    folder = write_set(tmp_path, qrels=told)
    _lines(folder / "profiles_mirror.jsonl", *MIRRORS[1:], {**MIRRORS[0], "id": "Q7-x"})
    _lines(folder / "scope.tsv", "N01\tdefence", "N99\tnone", "N02\tsecret")
    judged = read_judged(folder)
    assert judged.firms == ("P1", "P2", "P3")
    assert [mirror is None for mirror in judged.mirrors] == [True, False, False]
    assert dict(judged.scopes) == {"N01": "defence"}
    notes = "\n".join(judged.notes)
    for part in ("2 judgements", "for P4: left out", "for P3: left out of the means", "1 mirrors", "1 profiles have no",
                 "2 lines of scope.tsv"):  # fmt: skip
        assert part in notes


def test_the_first_of_two_with_one_id_holds(tmp_path: Path) -> None:
    folder = write_set(tmp_path)
    _lines(folder / "profiles.jsonl", *FIRMS, {**FIRMS[0], "text": "Vi säljer glass."})
    judged = read_judged(folder)
    assert judged.profiles[0].sentences[0].startswith("Vi svetsar")
    assert len(judged.firms) == 4
    assert any("1 profiles have an id that another had before" in note for note in judged.notes)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"id": 7}, NoticeText(title="", language="und")),
        ({"source_id": "7", "title": None, "description": None, "language": "NOR", "cpv": None, "buyer": None},
         NoticeText(title="", language="nb")),
        ({"id": "7", "title": "Båt", "description": ["Rask.", "Grønn."], "lang": "nn-NO", "cpv": ["34521000-5", "34520000"],
          "nuts": "NO060", "cpv_additional": "34520000, 50241000"},
         NoticeText(title="Båt", description="Rask.\nGrønn.", language="nn", cpv=("34521000-5", "34520000", "50241000"))),
        ({"id": "7", "title": {"sv": "Båt"}, "lang": "sv", "cpv": 3111900, "buyer": {"name": "Åre kommun"}},
         NoticeText(title="Båt", language="sv", cpv=("03111900",))),
        ({"id": "7", "title": "Båter", "lang": "xx", "cpv": [{"code": "34520000"}],
          "lots": [{"id": "LOT-1", "title": "Jolle", "cpv": "34522000"}, {"description": "Ferje."}, "Kano"]},
         NoticeText(title="Båter", language="xx", cpv=("34520000",), lots=(
             LotText(identifier="LOT-1", title="Jolle", cpv=("34522000",)),
             LotText(identifier="2", description="Ferje."),
             LotText(identifier="3", title="Kano"),
         ))),
    ],
)  # fmt: skip
def test_notices_of_other_sets(tmp_path: Path, row: dict[str, Any], text: NoticeText) -> None:
    (read,) = read_notices(_lines(tmp_path / "notices.jsonl", row))
    assert read.identifier == "7"
    assert read.text == text
    assert every_code(text) == [*text.cpv, *(code for lot in text.lots for code in lot.cpv)]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"text": "Vi svetsar. Vi bockar."}, ProfileText(sentences=("Vi svetsar.", "Vi bockar."), language="und")),
        ({"sentences": ["Vi svetsar.", "Vi bockar."], "lang": "swe", "cpv": "45262670"},
         ProfileText(sentences=("Vi svetsar.", "Vi bockar."), language="sv", cpv=("45262670",))),
        ({"text": "", "lang": "nb", "cpv": []}, ProfileText(sentences=(), language="nb")),
    ],
)  # fmt: skip
def test_profiles_of_other_sets(tmp_path: Path, row: dict[str, Any], text: ProfileText) -> None:
    (read,) = read_profiles(_lines(tmp_path / "profiles.jsonl", {"id": "7", **row}))
    assert read.text == text


def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path) -> None:
    rows = json_lines([{"id": "1", "title": "En\u2028to\x85tre"}, {"id": "2", "title": "Fire"}])
    (tmp_path / "notices.jsonl").write_bytes("\ufeff".encode() + rows.replace("\n", "\r\n\r\n").encode())
    assert [read.text.title for read in read_notices(tmp_path / "notices.jsonl")] == ["En\u2028to\x85tre", "Fire"]


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("notices.jsonl", "{", "notices.jsonl:2: not JSON"),
        ("notices.jsonl", "[1]", "notices.jsonl:2: not an object"),
        ("notices.jsonl", '{"title": "Båt"}', "notices.jsonl:2: it has no id"),
        ("notices.jsonl", '{"id": "1", "lots": [7]}', "notices.jsonl:2: "),
        ("profiles.jsonl", '{"id": "1", "sentences": 7}', "profiles.jsonl:2: "),
        ("profiles_mirror.jsonl", "x", "profiles_mirror.jsonl:2: not JSON"),
        ("qrels.tsv", "P1\t0\tN01", "qrels.tsv:2: a judgement is"),
        ("qrels.tsv", "P1\t0\tN01\tmuch", "qrels.tsv:2: 'much' is not a grade"),
        ("scope.tsv", "N01", "scope.tsv:2: a label is"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, name: str, line: str, told: str) -> None:
    folder = write_set(tmp_path)
    first = (folder / name).read_text(encoding="utf-8").splitlines()[0] if (folder / name).exists() else '{"id": "1"}'
    _lines(folder / name, first, line)
    with pytest.raises(JudgedBroken) as raised:
        read_judged(folder)
    assert told in str(raised.value)


@pytest.mark.parametrize("name", ["notices.jsonl.gz", "profiles.jsonl", "qrels.tsv"])
def test_a_file_that_must_be_there_is_missed(tmp_path: Path, name: str) -> None:
    folder = write_set(tmp_path)
    (folder / name).unlink()
    with pytest.raises(JudgedBroken, match=name.removesuffix(".gz")):
        read_judged(folder)


def test_a_package_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(json_lines(NOTICES).encode())
    (tmp_path / "notices.jsonl.gz").write_bytes(packed[:-20])
    with pytest.raises(JudgedBroken, match=r"notices\.jsonl\.gz:"):
        read_notices(tmp_path / "notices.jsonl.gz")


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notices.jsonl").write_bytes('{"id": "1", "title": "Båt"}\n'.encode("latin-1"))
    with pytest.raises(JudgedBroken, match=r"notices\.jsonl:1: cannot be read"):
        read_notices(tmp_path / "notices.jsonl")


def test_a_set_that_nobody_judged_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JudgedBroken, match="nobody judged"):
        read_judged(write_set(tmp_path, qrels="P9\t0\tN01\t2\n"))


def test_the_open_set_is_read_whole(shared: Path) -> None:
    judged: Judged = read_judged(shared / "eval" / "dev")
    assert (len(judged.firms), len(judged.notices), int(judged.seen.sum())) == (24, 2713, 2213)
    assert ((judged.grades == 2).sum(), (judged.grades == 1).sum()) == (384, 271)
    assert len(judged.scopes) == 383
    assert judged.notes == ()
