"""Which texts of the corpus may teach the model, and which of them belong together?

Only what its owner lets everyone use is read: permissive, public-sector and share-alike sources. Copyleft lists and
texts without a stated licence have no reader here at all, so that no switch can let them in by mistake.
"""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.text import sentences

LANGUAGES = ("en", "sv", "da", "nb", "nn")
# Each file of aligned rows, and how often a row is drawn in one epoch. Subject terms and CPV carry the trades' words.
ALIGNED: dict[str, int] = {
    "vocab/cpv_supplementary.tsv": 2,
    "vocab/eforms_labels.tsv": 1,
    "vocab/ted_form_labels.tsv": 1,
    "vocab/realfagstermer.tsv": 2,
    "vocab/los.tsv": 2,
    "vocab/osm_presets.tsv": 2,
    "vocab/osm_fields.tsv": 1,
    "vocab/cldr.tsv": 1,
    "vocab/wordnet_core.tsv": 2,
    "parallel/wikititles_common.tsv.gz": 1,
    "parallel/wikititles_names.tsv.gz": 1,
    "parallel/no_gov.en-nb-nn.tsv.gz": 1,
    "parallel/altinn.tsv.gz": 1,
    "parallel/l10n_permissive.tsv.gz": 1,
    "parallel/pud.en-sv.tsv.gz": 1,
    "parallel/tatoeba.da-en.tsv.gz": 1,
    "parallel/tatoeba.da-nb.tsv.gz": 1,
    "parallel/tatoeba.da-sv.tsv.gz": 1,
    "parallel/tatoeba.en-nb.tsv.gz": 1,
    "parallel/tatoeba.en-nn.tsv.gz": 1,
    "parallel/tatoeba.en-sv.tsv.gz": 1,
    "parallel/tatoeba.nb-sv.tsv.gz": 2,
    "parallel/tatoeba.nn-nb.tsv.gz": 2,
}
STATUTES, DECREES, QUESTIONS = "text/sv_sfs.tsv.gz", "text/no_lovtidend2025.jsonl.gz", "text/nb_norquad_train.jsonl.gz"
# Texts without a partner: they teach the tokenizer which words there are.
PLAIN = (STATUTES, DECREES, QUESTIONS, "text/ud.nb.tsv.gz", "text/ud.nn.tsv.gz", "text/ud.sv.tsv.gz", "text/ud.da.tsv.gz")  # fmt: skip
HELD_OUT_ONE_IN = 50
SYNONYM = re.compile(r" \| ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One meaning seen from two sides; an epoch draws one text of each side, never the same text twice.

    Examples of one `label` (a CPV code; 0 is none) mean nearly the same, so they are never held against each other.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    weight: int
    label: int = 0


@dataclass(slots=True, kw_only=True)
class Lessons:
    """What the model learns from, and the aligned rows that it never sees, for measuring."""

    groups: dict[str, list[Example]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    english: dict[str, str] = field(default_factory=dict)  # what a text says in English, where that is written down
    held_out: list[dict[str, str]] = field(default_factory=list)


def read_lessons(corpus: Path) -> Lessons:
    """Words, sentences, names and laws. A missing file is an error: a model of half a corpus is no model."""
    lessons = Lessons()
    for name, weight in ALIGNED.items():
        of_words = "words" if name.startswith("vocab/") else "sentences"
        group = lessons.groups.setdefault("names" if "names" in name else of_words, [])
        for row in rows(corpus / name):
            _aligned(lessons, group, row, weight, may_hold_out=name.startswith("parallel/"))
    lessons.groups["law"] = [*_statutes(corpus), *_decrees(corpus), *_questions(corpus)]
    for name in PLAIN:
        lessons.plain.extend(text for row in rows(corpus / name) if (text := row.get("text") or row.get("passage", "")))
    return lessons


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The records of one corpus file, TSV or JSON Lines, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        if ".jsonl" in path.name:
            yield from (json.loads(line) for line in lines)
        else:
            yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def running_text(corpus: Path) -> dict[str, list[str]]:
    """Texts as people write them, by language: to count which letters and words are common."""
    found = {"sv": [row["text"] for row in rows(corpus / STATUTES) if row["text"]]}
    for language in ("nb", "en"):
        noticed = rows(corpus / f"notices/train.{language}.jsonl.gz")
        found[language] = [text for row in noticed for text in (row["title"], row["description"]) if text]
    return found


def names(row: dict[str, str]) -> tuple[str, ...]:
    """The different wordings of a row, whatever their language."""
    return tuple(dict.fromkeys(row[language] for language in LANGUAGES if row.get(language)))


def _aligned(lessons: Lessons, group: list[Example], row: dict[str, str], weight: int, *, may_hold_out: bool) -> None:
    views = {
        language: tuple(text.strip() for text in SYNONYM.split(row[language]) if text.strip())
        for language in LANGUAGES
        if row.get(language)
    }
    if len(views) < 2:
        return
    key = zlib.crc32("\t".join(texts[0] for texts in views.values()).encode())
    if may_hold_out and key % HELD_OUT_ONE_IN == 0:
        lessons.held_out.append({language: texts[0] for language, texts in views.items()})
        return
    texts = tuple(dict.fromkeys(text for synonyms in views.values() for text in synonyms))
    if "en" in views:
        for text in texts:
            lessons.english.setdefault(text, views["en"][0])
    if len(texts) > 1:
        group.append(Example(left=texts, right=texts, weight=weight))
    if gloss := row.get("en_definition"):
        lessons.english[gloss] = gloss
        group.append(Example(left=texts, right=(gloss,), weight=1))


def _statutes(corpus: Path) -> Iterator[Example]:
    """A Swedish paragraph's heading, or its law's name, beside each of its sentences."""
    for row in rows(corpus / STATUTES):
        told = _long(row["text"], 30)[:6]
        law = re.sub(r"\s*\(\d{4}:\d+[^)]*\)", "", row["law"])
        if told and row["heading"]:
            yield Example(left=(f"{row['heading']} {law}", row["heading"]), right=told, weight=1)
        elif len(told) > 1:
            yield Example(left=(law,), right=told, weight=1)


def _decrees(corpus: Path) -> Iterator[Example]:
    """A Norwegian regulation's short name beside each of its sentences."""
    for row in rows(corpus / DECREES):
        if (told := _long(row["text"], 40)[:8]) and row["short"]:
            yield Example(left=(row["short"],), right=told, weight=1)


def _questions(corpus: Path) -> Iterator[Example]:
    """A Norwegian question beside the text that answers it."""
    for row in rows(corpus / QUESTIONS):
        if told := _long(row["passage"], 30)[:12]:
            yield Example(left=(row["question"],), right=(row["passage"][:400], *told), weight=1)


def _long(text: str, least: int) -> tuple[str, ...]:
    """The sentences that are long enough to say something."""
    return tuple(sentence for sentence in sentences(text or "") if len(sentence) > least)
