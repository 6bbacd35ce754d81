"""Are the figures those that one works out by hand?"""

import numpy as np
import pytest

from classifier.figures import calibration_error, decided, ranked, told_right

pytest.importorskip("ir_measures")

GRADES = np.array([[2, 0, 1, 0]])
SCORES = np.array([[0.9, 0.8, 0.1, 0.0]])
SEEN = np.array([[True, False, True, True]])
NAMES = ["a", "b", "c", "d"]


def test_a_ranking_worked_out_by_hand() -> None:
    found = ranked(SCORES, GRADES, SEEN, NAMES)
    assert found["nDCG@10"] == pytest.approx((2 + 1 / 2) / (2 + 1 / np.log2(3)))  # the gain is the grade itself
    assert found["AP"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["R@50"] == 1
    assert found["P@10"] == pytest.approx(0.2)
    assert found["judged@10"] == pytest.approx(3 / 4)


def test_profiles_without_a_relevant_notice_are_in_no_mean() -> None:
    more = np.vstack([GRADES, np.zeros_like(GRADES)])
    found = ranked(np.vstack([SCORES, SCORES]), more, np.vstack([SEEN, SEEN]), NAMES)
    assert found == ranked(SCORES, GRADES, SEEN, NAMES)
    assert set(ranked(SCORES, np.zeros_like(GRADES), SEEN, NAMES).values()) == {None}


def test_equal_scores_are_ordered_alike_whatever_order_the_notices_came_in() -> None:
    names = [f"N{number:02}" for number in range(40)]
    grades = np.array([[number % 7 == 0 for number in range(40)]]).astype(int)
    seen, scores = np.ones(grades.shape, dtype=bool), np.zeros(grades.shape)
    found = ranked(scores, grades, seen, names)
    turned = ranked(scores, grades[:, ::-1], seen, names[::-1])
    assert found == turned
    # Neither the first in the file nor the last is favoured: 6 of 40 fit, and no order by name would find them so.
    by_name = ranked(-np.arange(40.0)[None], grades, seen, names)
    assert found["AP"] != by_name["AP"]


def test_scores_a_hair_apart_are_not_equal() -> None:
    scores = np.array([[0.9999999999, 0.9999999998, 0.0, 0.0]])
    assert ranked(scores, GRADES, SEEN, NAMES)["P@10"] == pytest.approx(0.2)
    ahead, behind = (
        ranked(one, GRADES[:, :2], SEEN[:, :2], NAMES[:2])["AP"] for one in (scores[:, :2], scores[:, 1::-1])
    )
    assert (ahead, behind) == (1, 0.5)


def test_decisions_at_a_line() -> None:
    found = decided(SCORES, GRADES, SEEN, 0.8)
    assert (found["precision"], found["recall"], found["F1"]) == (0.5, 0.5, 0.5)
    assert found["ECE"] == pytest.approx((0.1 + 0.8 + 0.9 + 0) / 4)
    assert found["ECE judged"] == pytest.approx((0.1 + 0.9 + 0) / 3)
    assert told_right(SCORES > 1, GRADES > 0) == {"precision": 0, "recall": 0, "F1": 0}


def test_calibration_is_measured_in_ten_bins() -> None:
    chances, truth = np.array([0.25, 0.25, 0.95, 1.0]), np.array([True, False, True, True])
    assert calibration_error(chances, truth) == pytest.approx(2 / 4 * 0.25 + 2 / 4 * 0.025)
