"""Is what is fitted on judgements proved on firms that it never saw?"""

from collections.abc import Callable

import numpy as np
import pytest

from classifier.encoder import OURS, load_encoder
from classifier.fusing import best_line, cross_validated, fit, measured, other_lines
from classifier.judged import Grades
from classifier.reader import Reader, read_rarity
from classifier.rows import Rows
from classifier.score import Scorer
from classifier.signals import FIRST, OF_WORDS, SPEAKING, Mode, Signal
from classifier.text import LotText, NoticeText, ProfileText
from db import reference

WELDER = ProfileText(sentences=("Vi svetsar räcken i rostfritt stål.",), language="sv", cpv=("45262670",))
PLOUGH = ProfileText(sentences=("Vi brøyter snø på veier.",), language="nb", cpv=("90620000",))


@pytest.fixture
def judged() -> tuple[Rows, Grades, list[int]]:
    """Three firms, each twice, and sixty notices: one signal of the many tells what is relevant."""
    chance = np.random.default_rng(5)
    grades = np.tile((chance.random((3, 60)) < 0.15) * chance.integers(1, 3, (3, 60)), (2, 1))
    table = chance.normal(size=(6, 60, len(Signal))).astype(np.float32)
    table[..., 0] += 3 * (grades > 0)
    return table, grades, [0, 1, 2, 0, 1, 2]


def test_a_fit_ranks_and_is_a_probability(judged: tuple[Rows, Grades, list[int]]) -> None:
    table, grades, _ = judged
    chances = fit(table, grades, Mode.BOTH)(table)
    assert chances[grades > 0].mean() > chances[grades == 0].mean() + 0.4
    assert chances.mean() == pytest.approx((grades > 0).mean(), abs=0.01)


def test_a_signal_that_the_mode_lacks_weighs_nothing(judged: tuple[Rows, Grades, list[int]]) -> None:
    table, grades, _ = judged
    weights = fit(table, grades, Mode.NEITHER).weights
    silent = [at for at, signal in enumerate(FIRST) if signal not in SPEAKING[Mode.NEITHER]]
    assert silent
    assert not weights[silent].any()


def test_words_are_believed_where_the_rest_finds_a_pair_possible(judged: tuple[Rows, Grades, list[int]]) -> None:
    table, grades, _ = judged
    words = OF_WORDS.index(Signal.WORDS)
    column = list(Signal).index(Signal.WORDS)
    telling = table.copy()
    telling[..., column] += 2 * (grades > 0)
    told, silent = fit(telling, grades, Mode.BOTH), fit(table, grades, Mode.BOTH)
    assert told.words[words] > 3 * abs(silent.words[words])
    above, below = np.zeros((2, len(Signal)), dtype=np.float32), np.zeros((2, len(Signal)), dtype=np.float32)
    above[:, 0], below[:, 0] = 9, -9
    above[1, column] = below[1, column] = 5
    assert told.first(above).min() > told.worded_from > told.first(below).max()
    assert told(above)[1] > told(above)[0]
    assert told(below)[1] == told(below)[0]


def test_a_firm_and_its_mirror_never_move_their_own_scores(judged: tuple[Rows, Grades, list[int]]) -> None:
    table, grades, firms = judged
    before = cross_validated(table, grades, firms, Mode.BOTH)
    turned = grades.copy()
    turned[[0, 3]] = 2 - turned[[0, 3]]
    after = cross_validated(table, turned, firms, Mode.BOTH)
    np.testing.assert_array_equal(before[[0, 3]], after[[0, 3]])
    assert not np.allclose(before[[1, 2, 4, 5]], after[[1, 2, 4, 5]])


def test_the_best_line_stands_between_no_equal_scores() -> None:
    chances, grades = np.array([[0.9, 0.5, 0.5, 0.1]]), np.array([[1, 2, 0, 0]])
    assert best_line(chances, grades) == pytest.approx((0.5, 0.8))
    assert best_line(np.array([[0.9, 0.8, 0.1, 0.0]]), np.array([[2, 0, 1, 0]])) == pytest.approx((0.1, 0.8))


def test_no_firm_moves_its_own_line(judged: tuple[Rows, Grades, list[int]]) -> None:
    table, grades, firms = judged
    chances = fit(table, grades, Mode.BOTH)(table)
    turned = grades.copy()
    turned[[0, 3]] = 0
    before, after = other_lines(chances, grades, firms), other_lines(chances, turned, firms)
    assert (before[0], before[3]) == (after[0], after[3])
    assert before[0] == best_line(chances[[1, 2, 4, 5]], grades[[1, 2, 4, 5]])[0]


def test_of_a_notice_with_lots_the_likest_speaks_for_each_firm() -> None:
    encoder, names = load_encoder(), reference.builtin()
    scorer, reader = Scorer(encoder, names), Reader(encoder, names, read_rarity(OURS), encoder.lexicon())
    lots = (
        LotText(identifier="1", title="Svetsning av räcken i rostfritt stål", cpv=("45262670",)),
        LotText(identifier="2", title="Snöröjning av vägar", cpv=("90620000",)),
    )
    notices = [NoticeText(title="Diverse tjänster", language="sv", cpv=("98300000",), lots=lots)] * 3
    steps: list[int] = []
    step: Callable[[int], None] = steps.append
    fusion = scorer.fusions[Mode.BOTH]
    told = fusion(measured(reader, notices, [WELDER, PLOUGH], Mode.BOTH, fusion=fusion, step=step))
    shipped = scorer.chances(notices, scorer.roster([WELDER, PLOUGH]))
    np.testing.assert_allclose(told, shipped.T, atol=1e-5)
    whole = fusion(measured(reader, notices, [WELDER, PLOUGH], Mode.BOTH))
    assert (told > whole).all()
    assert sum(steps) == 3


def test_codes_that_the_mode_lacks_are_not_measured() -> None:
    encoder = load_encoder()
    reader = Reader(encoder, reference.builtin(), read_rarity(OURS), encoder.lexicon())
    notices = [NoticeText(title="Snörydning", language="da", cpv=("90620000",))]
    digits = list(Signal).index(Signal.DIGITS)
    both, neither = (measured(reader, notices, [PLOUGH], mode)[0, 0] for mode in (Mode.BOTH, Mode.NEITHER))
    assert both[digits] > 2
    assert both[digits] != neither[digits]
    assert np.isnan(neither[list(Signal).index(Signal.CPV_SENTENCE)])
