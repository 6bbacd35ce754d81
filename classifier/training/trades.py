"""What does the corpus say of trades: CPV, industries, technical terms, and what real notices ask for?"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.text import sentences
from classifier.training.corpus import Example, Lessons, names, rows

CPV_WEIGHT, PARENT_WEIGHT, NOTE_WEIGHT, NOTICE_WEIGHT = 6, 2, 2, 6
SENTENCES_PER_NOTICE = 12
_CODED = 3  # of a notice's codes, the first so many say what it is about


@dataclass(slots=True, kw_only=True)
class Trades:
    """The nomenclature, and what notices of each class of it say, apart by the halves they belong to."""

    cpv: dict[str, dict[str, str]]
    said: tuple[dict[str, list[str]], ...] = field(default_factory=lambda: (defaultdict(list), defaultdict(list)))


def half_of(identifier: str) -> int:
    """Which half of the notices one belongs to, 0 or 1: for models that never saw the half they are measured on."""
    return zlib.crc32(identifier.encode()) % 2


def read_trades(corpus: Path, lessons: Lessons) -> Trades:
    """Add the groups `cpv`, `industries`, `terms`, `notices 0` and `notices 1` to the lessons."""
    trades = Trades(cpv={row["code"]: row for row in rows(corpus / "vocab/cpv.tsv")})
    for row in trades.cpv.values():
        for name in names(row):
            lessons.english.setdefault(name, row["en"])
    lessons.groups["cpv"] = list(_cpv(trades.cpv))
    lessons.groups["industries"] = list(_industries(corpus / "vocab/sn2007_nb.tsv"))
    lessons.groups["terms"] = list(_terms(corpus / "vocab/tekord.tsv"))
    for half in (0, 1):
        lessons.groups[f"notices {half}"] = list(_notices(corpus / "notices", trades, lessons, half))
    return trades


def _cpv(cpv: dict[str, dict[str, str]]) -> Iterator[Example]:
    for code, row in cpv.items():
        if len(names(row)) > 1:
            yield Example(left=names(row), right=names(row), weight=CPV_WEIGHT, label=int(code))
        if parent := cpv.get(row["parent"]):
            yield Example(left=names(row), right=names(parent), weight=PARENT_WEIGHT, label=int(parent["code"]))


def _industries(path: Path) -> Iterator[Example]:
    """An industry's name beside each sentence of the notes that explain it."""
    for row in rows(path):
        notes = re.sub(r"(Inkluderer|Ekskluderer|Omfatter( også)?|Se):?\s*", " ", row["nb_notes"] or "")
        told = tuple(sentence for sentence in sentences(notes) if len(sentence) > 20)[:8]
        if told:
            yield Example(left=(row["nb"],), right=told, weight=NOTE_WEIGHT)


def _terms(path: Path) -> Iterator[Example]:
    """A technical term beside its broader one, and terms that share a number of the universal decimal classification."""
    shelved = defaultdict(list)
    for row in rows(path):
        term = f"{row['nb']} ({row['qualifier']})" if row["qualifier"] else row["nb"]
        if row["udc"]:
            shelved[row["udc"]].append(term)
        if broader := tuple(text.strip() for text in row["broader_nb"].split("|") if text.strip()):
            yield Example(left=(term,), right=broader, weight=1)
    for together in shelved.values():
        terms = tuple(dict.fromkeys(together))
        if len(terms) > 1:
            yield Example(left=terms, right=terms, weight=min(len(terms) // 2 + 1, 4))


def _notices(folder: Path, trades: Trades, lessons: Lessons, half: int) -> Iterator[Example]:
    """A notice's title, its sentences and what its codes are called, each beside the others."""
    for path in sorted(folder.glob("train.*.jsonl.gz")):
        for row in (row for row in rows(path) if half_of(row["id"]) == half):
            told = tuple(s for s in sentences(row["description"] or "") if len(s) > 20)[:SENTENCES_PER_NOTICE]
            codes = [code for code in (row["cpv"], *row["cpv_additional"]) if code in trades.cpv]
            called = tuple(name for code in codes for name in names(trades.cpv[code]))
            label = int(codes[0]) if codes else 0
            if path.name == "train.en.jsonl.gz":
                lessons.english |= {text: text for text in (row["title"], *told)}
            for code in codes[:_CODED]:
                trades.said[half][code[:4]] += [row["title"], *told[:2]]
            title = (row["title"],)
            if told:
                yield Example(left=title, right=told, weight=NOTICE_WEIGHT, label=label)
            if len(told) > 2:
                yield Example(left=told, right=told, weight=1, label=label)
            if called:
                yield Example(left=title, right=called, weight=NOTICE_WEIGHT, label=label)
            if called and told:
                yield Example(left=told[:4], right=called, weight=NOTICE_WEIGHT // 2, label=label)
