"""Is the estimate the likeliest one, does it keep to the prior, and does it err to no side it has no evidence for?"""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import estimate

SCORES = st.floats(0, 1)
SAID = st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=60)
SLOW = settings(deadline=None)  # a busy machine is no wrong estimate
LINES = st.integers(50, 950).map(lambda thousandths: Decimal(thousandths) / 1000)


def offset(said: list[tuple[float, bool]]) -> float:
    return estimate.offset([score for score, _ in said], [relevant for _, relevant in said])


@SLOW
@given(said=SAID)
def test_the_offset_is_the_likeliest_of_all(said: list[tuple[float, bool]]) -> None:
    scores = np.clip([score for score, _ in said], 1e-3, 1 - 1e-3)
    relevant = np.array([relevant for _, relevant in said])

    def likelihood(by: float) -> float:
        odds = np.log(scores / (1 - scores)) + by
        return float(-np.logaddexp(0, np.where(relevant, -odds, odds)).sum() - by**2 / 2)

    found = offset(said)
    around = np.linspace(-len(said) - 1, len(said) + 1, 201)
    assert likelihood(found) >= max(likelihood(by) for by in around) - 1e-9


@SLOW
@given(scores=st.lists(SCORES, min_size=1, max_size=60), base=LINES)
def test_one_kind_of_verdict_alone_never_moves_the_line_the_other_way(scores: list[float], base: Decimal) -> None:
    up, down = ([(score, relevant) for score in scores] for relevant in (False, True))
    assert estimate.line_for(base, offset(up)) >= base
    assert estimate.line_for(base, offset(down)) <= base


@SLOW
@given(base=LINES)
def test_without_an_offset_the_line_stays(base: Decimal) -> None:
    assert estimate.offset([], []) == pytest.approx(0, abs=1e-12)
    assert estimate.line_for(base, 0.0) == base


@SLOW
@given(base=LINES, by=st.floats(-60, 60))
def test_the_line_keeps_within_its_bounds(base: Decimal, by: float) -> None:
    assert Decimal("0.05") <= estimate.line_for(base, by) <= Decimal("0.95")


def test_many_verdicts_find_the_firm_s_own_odds() -> None:
    chance = np.random.default_rng(7)
    scores = chance.uniform(0.3, 0.95, 4_000)
    true = 1 / (1 + np.exp(-(np.log(scores / (1 - scores)) - 0.8)))
    relevant = chance.uniform(size=scores.size) < true
    assert estimate.offset(scores.tolist(), relevant.tolist()) == pytest.approx(-0.8, abs=0.1)
    # Where such a firm's chance is one half, its calibrated score is 0.69.
    assert float(estimate.line_for(Decimal("0.5"), -0.8)) == pytest.approx(0.690, abs=0.001)


def test_few_verdicts_move_it_less_than_many_alike() -> None:
    few, many = offset([(0.6, False)] * 5), offset([(0.6, False)] * 20)
    assert many < few < 0
    assert few > -1.5  # five in a row do not outweigh what was measured on thousands of pairs


@SLOW
@given(said=st.lists(st.tuples(st.floats(0.001, 1), st.booleans()), min_size=1, max_size=60))
def test_a_weight_keeps_within_its_bounds_and_to_its_side(said: list[tuple[float, bool]]) -> None:
    expected, relevant = [score for score, _ in said], [one for _, one in said]
    weight = estimate.weight_for(expected, relevant)
    assert Decimal("0.7") <= weight <= Decimal("1.1")
    if all(relevant):
        assert weight >= 1
    if not any(relevant):
        assert weight <= 1


def test_verdicts_as_expected_leave_a_weight_at_one() -> None:
    assert estimate.weight_for([0.5] * 4, [True, False, True, False]) == 1


def test_a_surprise_weighs_more_than_what_was_to_be_expected() -> None:
    hopeless, promising = (estimate.weight_for([chance] * 3, [False] * 3) for chance in (0.1, 0.6))
    assert promising < hopeless < 1


@SLOW
@given(now=LINES, aim=LINES, most=st.integers(0, 20), said=st.lists(st.booleans(), min_size=5, max_size=9))
def test_a_step_goes_towards_its_aim_no_further_than_it_may(
    now: Decimal, aim: Decimal, most: int, said: list[bool]
) -> None:
    way = estimate.step(now, aim, most=Decimal(most) / 1000, least=Decimal("0.005"), relevant=said)
    assert abs(way) <= Decimal(most) / 1000
    assert abs(aim - now - way) <= abs(aim - now)
    assert way == 0 or abs(way) >= Decimal("0.005")
    assert not (way > 0 and all(said))
    assert not (way < 0 and not any(said))
