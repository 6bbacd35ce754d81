"""How much does each signal weigh, and which line is best? Fitted on judged pairs, proved on profiles left out.

Every table has profiles first: profiles × notices × signals are measurements, profiles × notices are grades and chances.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from classifier.fusion import Fusion
from classifier.judged import Grades
from classifier.reader import Reader
from classifier.rows import Rows
from classifier.signals import FIRST, SPEAKING, Mode, Signal
from classifier.text import NoticeText, ProfileText

Chances = NDArray[np.float64]

_STRENGTH = 0.5  # of the penalty on weights: with 24 profiles, little may be believed of any one signal
_PARTLY = 0.5  # what a grade of 1 counts beside a grade of 2
_WORDED = 0.08  # the share of pairs whose words are read: nine tenths of the relevant ones are among them
_BATCH = 200  # notices measured at once


def measured(
    reader: Reader,
    notices: Sequence[NoticeText],
    profiles: Sequence[ProfileText],
    mode: Mode,
    *,
    fusion: Fusion | None = None,
    step: Callable[[int], None] | None = None,
) -> Rows:
    """Profiles × notices × signals, with the codes that the mode lacks taken away.

    Of a notice with lots, the part that `fusion` finds likest speaks, for each profile; without a fusion, the notice
    as a whole. `step` is told how many notices were measured.
    """
    notices = [notice if mode in (Mode.BOTH, Mode.NOTICE) else _without_codes(notice) for notice in notices]
    bare = mode not in (Mode.BOTH, Mode.PROFILE)
    roster = reader.roster([replace(profile, cpv=()) if bare else profile for profile in profiles])
    found = np.empty((len(profiles), len(notices), len(Signal)), dtype=np.float32)
    for start in range(0, len(notices), _BATCH):
        units, _, table = reader.measure(notices[start : start + _BATCH], roster)
        first = 0
        for column, of_notice in enumerate(units, start):
            mine = table[first : first + len(of_notice)]
            best = np.zeros(len(profiles), dtype=np.int64) if fusion is None else fusion(mine).argmax(axis=0)
            found[:, column] = mine[best, np.arange(len(profiles))]
            first += len(of_notice)
        if step is not None:
            step(len(units))
    return found


def fit(table: Rows, grades: Grades, mode: Mode) -> Fusion:
    """Logistic fusions of all these pairs, without words and with them, then one slope and offset so that a score is a
    probability.

    A firm with hundreds of relevant notices must not drown one with four: while the weights are found, each counts by
    the inverse root of how many it has. The calibration counts every pair as it is.
    """
    columns = [FIRST.index(signal) for signal in SPEAKING[mode]]
    flat, truth = table.reshape(-1, len(Signal)), grades.ravel()
    middle, spread = np.zeros(len(FIRST), dtype=np.float32), np.ones(len(FIRST), dtype=np.float32)
    middle[columns] = np.nanmean(flat[:, columns], axis=0)
    spread[columns] = np.nanstd(flat[:, columns], axis=0) + 1e-6
    scaled = np.nan_to_num((flat[:, : len(FIRST)] - middle) / spread)[:, columns]
    shares = np.repeat([1 / math.sqrt(max(int((mine > 0).sum()), 1)) for mine in grades], grades.shape[1])
    counted = shares * np.where(truth == 1, _PARTLY, 1.0)
    weighed, bias = _logistic(scaled, truth > 0, counted)
    first = scaled @ weighed + bias
    worded_from = float(np.quantile(first, 1 - _WORDED))
    read = np.where(first[:, None] >= worded_from, flat[:, len(FIRST) :], 0)
    # The words are brought to the spread that they have where they are read; how they stand there is in the offset.
    deviation = np.array([1.0, *(read.std(axis=0) + 1e-6)])
    worded, moved = _logistic(np.column_stack([first, read]) / deviation, truth > 0, counted)
    worded = worded / deviation
    slope, offset = _fair(np.column_stack([first, read]) @ worded + moved, truth > 0)
    weights = np.zeros(len(FIRST), dtype=np.float32)
    weights[columns] = weighed
    return Fusion(
        middle=middle,
        spread=spread,
        weights=weights,
        bias=bias,
        worded_from=worded_from,
        words=(worded[1:] * slope).astype(np.float32),
        slope=float(worded[0]) * slope,
        offset=moved * slope + offset,
    )


def _logistic(
    signals: NDArray[np.float64], truth: NDArray[np.bool_], counted: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    fused = LogisticRegression(C=_STRENGTH, max_iter=500).fit(signals, truth, counted)
    return fused.coef_[0], float(fused.intercept_[0])


def _fair(logits: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """The slope and the offset that make a probability of a logit, every pair counting as it is."""
    from sklearn.linear_model import LogisticRegression

    fair = LogisticRegression(C=1e6, max_iter=500).fit(logits.reshape(-1, 1), truth)
    return float(fair.coef_[0, 0]), float(fair.intercept_[0])


def cross_validated(
    table: Rows, grades: Grades, firms: Sequence[int], mode: Mode, *, step: Callable[[int], None] | None = None
) -> Chances:
    """Profiles × notices: the chances of each profile by a fusion that saw no text of its firm.

    `firms` says which firm each profile is of: a firm and its mirror are left out together. `step` is told how many
    firms are done.
    """
    whose = np.asarray(firms)
    found = np.zeros(grades.shape)
    for firm in np.unique(whose):
        mine = whose == firm
        found[mine] = fit(table[~mine], grades[~mine], mode)(table[mine])
        if step is not None:
            step(1)
    return found


def best_line(chances: Chances, grades: Grades) -> tuple[float, float]:
    """The one line for all profiles with the best F1 of grade ≥ 1 over all pairs, and that F1."""
    flat, truth = chances.ravel(), (grades > 0).ravel()
    order = np.argsort(-flat, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(int(truth.sum()), 1))
    # Equal scores stand on one side of any line, so only the last of them can be where it is drawn.
    last = np.append(flat[order][:-1] > flat[order][1:], True)
    best = int(np.where(last, f1, -1).argmax())
    return float(flat[order][best]), float(f1[best])


def other_lines(chances: Chances, grades: Grades, firms: Sequence[int]) -> Chances:
    """For each profile, the best line of the other firms' held-out chances: one that its own judgements never moved."""
    whose = np.asarray(firms)
    lines = {firm: best_line(chances[whose != firm], grades[whose != firm])[0] for firm in np.unique(whose)}
    return np.array([lines[firm] for firm in firms])


def _without_codes(notice: NoticeText) -> NoticeText:
    return replace(notice, cpv=(), lots=tuple(replace(lot, cpv=()) for lot in notice.lots))
