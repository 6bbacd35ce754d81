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
PLAIN = (
    "text/sv_sfs.tsv.gz",
    "text/no_lovtidend2025.jsonl.gz",
    "text/nb_norquad_train.jsonl.gz",
    "text/ud.nb.tsv.gz",
    "text/ud.nn.tsv.gz",
    "text/ud.sv.tsv.gz",
    "text/ud.da.tsv.gz",
)
CPV_WEIGHT, PARENT_WEIGHT, NOTE_WEIGHT, NOTICE_WEIGHT = 6, 2, 2, 6
SENTENCES_PER_NOTICE = 12
HELD_OUT_ONE_IN = 50
SYNONYM = re.compile(r" \| ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One meaning seen from two sides; an epoch draws one text of each side, never the same text twice."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    weight: int


@dataclass(slots=True, kw_only=True)
class Lessons:
    """What the model learns from, and the aligned rows that it never sees, for measuring."""

    groups: dict[str, list[Example]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    held_out: list[dict[str, str]] = field(default_factory=list)
    by_language: dict[str, list[str]] = field(default_factory=dict)  # running text, to count which letters are common


def half_of(identifier: str) -> int:
    """Which half of the notices one belongs to, 0 or 1: for models that never saw the half they are measured on."""
    return zlib.crc32(identifier.encode()) % 2


def read_lessons(corpus: Path) -> Lessons:
    """Everything the recipe uses of a corpus folder. A missing file is an error: a model of half a corpus is no model.

    The notices are in two groups, `notices 0` and `notices 1`, by `half_of`.
    """
    lessons = Lessons()
    for name, weight in ALIGNED.items():
        group = lessons.groups.setdefault("words" if name.startswith("vocab/") else "sentences", [])
        for row in rows(corpus / name):
            _aligned(row, weight, group, lessons.held_out if name.startswith("parallel/") else None)
    cpv = {row["code"]: row for row in rows(corpus / "vocab/cpv.tsv")}
    lessons.groups["cpv"] = list(_cpv(cpv))
    lessons.groups["trades"] = list(_trades(corpus / "vocab/sn2007_nb.tsv"))
    for half in (0, 1):
        lessons.groups[f"notices {half}"] = list(_notices(corpus / "notices", cpv, half))
    for name in PLAIN:
        lessons.plain.extend(text for row in rows(corpus / name) if (text := row.get("text") or row.get("passage", "")))
    for language in ("nb", "en"):
        noticed = rows(corpus / f"notices/train.{language}.jsonl.gz")
        lessons.by_language[language] = [text for row in noticed for text in (row["title"], row["description"]) if text]
    lessons.by_language["sv"] = [row["text"] for row in rows(corpus / "text/sv_sfs.tsv.gz") if row["text"]]
    return lessons


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The records of one corpus file, TSV or JSON Lines, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        if ".jsonl" in path.name:
            yield from (json.loads(line) for line in lines)
        else:
            yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _views(row: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        language: tuple(text.strip() for text in SYNONYM.split(row[language]) if text.strip())
        for language in LANGUAGES
        if row.get(language)
    }


def _aligned(row: dict[str, str], weight: int, group: list[Example], held_out: list[dict[str, str]] | None) -> None:
    views = _views(row)
    if len(views) < 2:
        return
    key = zlib.crc32("\t".join(texts[0] for texts in views.values()).encode())
    if held_out is not None and key % HELD_OUT_ONE_IN == 0:
        held_out.append({language: texts[0] for language, texts in views.items()})
        return
    texts = tuple(dict.fromkeys(text for synonyms in views.values() for text in synonyms))
    if len(texts) > 1:
        group.append(Example(left=texts, right=texts, weight=weight))
    if gloss := row.get("en_definition"):
        group.append(Example(left=texts, right=(gloss,), weight=1))


def _names(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row[language] for language in LANGUAGES if row.get(language)))


def _cpv(cpv: dict[str, dict[str, str]]) -> Iterator[Example]:
    for row in cpv.values():
        names = _names(row)
        if len(names) > 1:
            yield Example(left=names, right=names, weight=CPV_WEIGHT)
        if parent := cpv.get(row["parent"]):
            yield Example(left=names, right=_names(parent), weight=PARENT_WEIGHT)


def _trades(path: Path) -> Iterator[Example]:
    """A trade's name beside each sentence of the notes that explain it."""
    for row in rows(path):
        notes = re.sub(r"(Inkluderer|Ekskluderer|Omfatter( også)?|Se):?\s*", " ", row["nb_notes"] or "")
        told = tuple(sentence for sentence in sentences(notes) if len(sentence) > 20)[:8]
        if told:
            yield Example(left=(row["nb"],), right=told, weight=NOTE_WEIGHT)


def _notices(folder: Path, cpv: dict[str, dict[str, str]], half: int) -> Iterator[Example]:
    for path in sorted(folder.glob("train.*.jsonl.gz")):
        for row in (row for row in rows(path) if half_of(row["id"]) == half):
            told = tuple(s for s in sentences(row["description"] or "") if len(s) > 20)[:SENTENCES_PER_NOTICE]
            names = tuple(
                name for code in (row["cpv"], *row["cpv_additional"]) if code in cpv for name in _names(cpv[code])
            )
            if told:
                yield Example(left=(row["title"],), right=told, weight=NOTICE_WEIGHT)
            if names:
                yield Example(left=(row["title"],), right=names, weight=NOTICE_WEIGHT)
                if told:
                    yield Example(left=told[:4], right=names, weight=NOTICE_WEIGHT // 2)
