"""What did people judge, and how well does a ranking agree with them?"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.text import NoticeText, ProfileText, sentences

Grades = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Notices and profiles with a grade for each pair: 2 could bid, 1 partly, 0 not for them or not judged."""

    notices: tuple[NoticeText, ...]
    identifiers: tuple[str, ...]  # of the notices
    profiles: tuple[ProfileText, ...]
    mirrors: tuple[ProfileText, ...]  # the same firms in the neighbour's language, in the same order
    grades: Grades  # profiles × notices
    seen: NDArray[np.bool_]  # profiles × notices: whether anybody judged


def read_judged(folder: Path) -> Judged:
    """The judgements of a folder in TREC form."""
    with gzip.open(folder / "notices.jsonl.gz", "rt", encoding="utf-8") as lines:
        noticed = [json.loads(line) for line in lines]
    firms = list(_lines(folder / "profiles.jsonl"))
    mirrored = {firm["id"].removesuffix("-x"): firm for firm in _lines(folder / "profiles_mirror.jsonl")}
    column = {notice["id"]: index for index, notice in enumerate(noticed)}
    row = {firm["id"]: index for index, firm in enumerate(firms)}
    grades = np.zeros((len(firms), len(noticed)), dtype=np.int64)
    seen = np.zeros(grades.shape, dtype=np.bool_)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        firm, _, notice, grade = line.split("\t")
        if notice in column:
            grades[row[firm], column[notice]] = int(grade)
            seen[row[firm], column[notice]] = True
    return Judged(
        notices=tuple(_notice(notice) for notice in noticed),
        identifiers=tuple(column),
        profiles=tuple(_profile(firm) for firm in firms),
        mirrors=tuple(_profile(mirrored[firm["id"]]) for firm in firms),
        grades=grades,
        seen=seen,
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def _notice(row: dict[str, Any]) -> NoticeText:
    codes = tuple(code for code in (row["cpv"], *row["cpv_additional"]) if code)
    return NoticeText(title=row["title"], description=row["description"] or "", language=row["lang"], cpv=codes)


def _profile(row: dict[str, Any]) -> ProfileText:
    return ProfileText(sentences=tuple(sentences(row["text"])), language=row["lang"], cpv=tuple(row["cpv"]))


def ranking(scores: Scores, grades: Grades) -> dict[str, float]:
    """nDCG@10 (gain 2^grade − 1), average precision and recall at 50, each the mean over profiles."""
    found = []
    for mine, truth in zip(scores, grades, strict=True):
        order = np.argsort(-mine, kind="stable")
        gain, ideal = (2.0**truth - 1)[order][:10], np.sort(2.0**truth - 1)[::-1][:10]
        discount = 1 / np.log2(np.arange(2, len(gain) + 2))
        hits = truth[order] > 0
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        found.append((gain @ discount / (ideal @ discount), precision[hits].mean(), hits[:50].sum() / hits.sum()))
    named = zip(("nDCG@10", "AP", "R@50"), np.mean(found, axis=0), strict=True)
    return {name: round(float(value), 4) for name, value in named}


def best_f1(scores: Scores, grades: Grades) -> tuple[float, float]:
    """The one threshold for all profiles with the best F1 of grade ≥ 1 over all pairs, and that F1."""
    flat, truth = scores.ravel(), (grades > 0).ravel()
    order = np.argsort(-flat, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    best = int(f1.argmax())
    return float(flat[order][best]), float(f1[best])


def f1_at(scores: Scores, grades: Grades, threshold: float) -> float:
    """F1 of grade ≥ 1 over all pairs at a threshold."""
    told, truth = scores >= threshold, grades > 0
    return float(2 * (told & truth).sum() / max(int(told.sum() + truth.sum()), 1))


def calibration_error(scores: Scores, truth: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((scores * 10).astype(int), 9)
    gaps = [
        (bins == one).mean() * abs(scores[bins == one].mean() - truth[bins == one].mean())
        for one in range(10)
        if (bins == one).any()
    ]
    return float(np.sum(gaps))
