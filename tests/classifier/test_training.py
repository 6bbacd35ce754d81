"""Does the recipe learn, use only what it may, and repeat itself?"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from classifier import manifest
from classifier.encoder import load_encoder
from classifier.training.contrast import Course, train
from classifier.training.corpus import ALIGNED, PLAIN, Example, read_lessons
from classifier.training.measure import translations
from classifier.training.package import write_model
from classifier.training.tokens import train_tokenizer

NOUNS = (("bil", "car"), ("båt", "boat"), ("hus", "house"), ("bro", "bridge"), ("vei", "road"), ("skog", "forest"))
VERBS = (("maler", "paints"), ("reparerer", "repairs"), ("bygger", "builds"), ("kjøper", "buys"), ("selger", "sells"))
PAIRS = [(f"{v} {n}", f"{w} {m}") for v, w in VERBS for n, m in NOUNS]
COURSE = Course(dimensions=16, nested=(8,), epochs=20, batch=32, piece_dropout=0.0)


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
    for name in {*ALIGNED, *PLAIN, "vocab/cpv.tsv", "vocab/sn2007_nb.tsv"}:
        assert marked[name].split()[0] in ("P", "SA"), name


def test_a_corpus_without_one_of_its_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "vocab").mkdir()
    with pytest.raises(FileNotFoundError):
        read_lessons(tmp_path)


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
