"""How well do scores agree with what people judged? Ranking by ir-measures, decisions and calibration over all pairs."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.judged import Grades

Scores = NDArray[np.float64]  # profiles × notices
Seen = NDArray[np.bool_]  # profiles × notices

RANKED = ("nDCG@10", "AP", "R@50", "P@10", "judged@10")
DECIDED = ("precision", "recall", "F1", "ECE", "ECE judged")
_BINS = 10


def ranked(scores: Scores, grades: Grades, seen: Seen, notices: Sequence[str]) -> dict[str, float | None]:
    """nDCG@10 (its gain is the grade), AP, R@50 and P@10 of grade ≥ 1, and the share of the top ten that was judged.

    Each is the mean over the profiles that have a relevant notice, or None where none has; what is not judged counts
    as 0. Equal scores are ordered by a hash of the notice's id, which no ranker can profit from.
    """
    from ir_measures import AP, P, R, calc_aggregate, nDCG
    from ir_measures import Judged as JudgedShare

    rows = np.flatnonzero((grades > 0).any(axis=1))
    if not len(rows):
        return dict.fromkeys(RANKED)
    hashed = [hashlib.sha256(notice.encode()).digest() for notice in notices]
    drawn = np.empty(len(hashed), dtype=np.int64)
    drawn[sorted(range(len(hashed)), key=hashed.__getitem__)] = np.arange(len(hashed))
    # Places in the order are handed over instead of scores, so that nobody else breaks ties by a rule of their own.
    run, qrels = {}, {}
    for row in rows:
        order = np.lexsort((drawn, -scores[row]))
        run[str(row)] = {notices[at]: float(-place) for place, at in enumerate(order.tolist())}
        qrels[str(row)] = {notices[at]: int(grades[row, at]) for at in np.flatnonzero(seen[row]).tolist()}
    asked = dict(zip(RANKED, (nDCG @ 10, AP, R @ 50, P @ 10, JudgedShare @ 10), strict=True))
    found = calc_aggregate(asked.values(), qrels, run)
    return {name: float(found[measure]) for name, measure in asked.items()}


def decided(chances: Scores, grades: Grades, seen: Seen, line: float) -> dict[str, float | None]:
    """Precision, recall and F1 of grade ≥ 1 at a line and the expected calibration error, over all pairs as one heap.

    "ECE judged" looks at judged pairs alone, among which rankers' favourites are many: it is a bound, not a promise.
    """
    truth = grades > 0
    return {
        **told_right(chances >= line, truth),
        "ECE": calibration_error(chances.ravel(), truth.ravel()),
        "ECE judged": calibration_error(chances[seen], truth[seen]) if seen.any() else None,
    }


def told_right(told: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Precision, recall and F1; 0 where nothing was told or nothing is true."""
    hits = int((told & truth).sum())
    both = (int(told.sum()), int(truth.sum()))
    return {
        "precision": hits / max(both[0], 1),
        "recall": hits / max(both[1], 1),
        "F1": 2 * hits / max(sum(both), 1),
    }


def calibration_error(chances: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Expected calibration error: ten bins of equal width, each weighed by how many pairs it holds."""
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == one).mean() * abs(chances[bins == one].mean() - truth[bins == one].mean())
        for one in range(_BINS)
        if (bins == one).any()
    ]
    return float(np.sum(gaps))
