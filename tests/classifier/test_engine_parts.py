"""Do the engine's parts, each alone, find what the plain arithmetic finds?"""

import os
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # it ships no types

from classifier import lanes
from classifier.best import Taken, best_of_ranges
from classifier.grams import BUCKETS, grams
from classifier.letters import Letters
from classifier.met import Met

CHANCE = np.random.default_rng(3)


def test_the_best_of_a_range_is_found_however_many_steps_it_takes() -> None:
    rows = CHANCE.standard_normal((200, 4), dtype=np.float32)
    matrix = CHANCE.standard_normal((4, 40_000), dtype=np.float32)  # so wide that a step is some twenty rows
    ranges = [(0, 3), (3, 3), (3, 90), (90, 91), (91, 112), (112, 128), (128, 200), (200, 200)]
    firsts = [(first, min(first + 1, last)) for first, last in ranges]

    whole, one = best_of_ranges(rows, (ranges, firsts), matrix)

    products = rows @ matrix
    for at, (first, last) in enumerate(ranges):
        if first == last:
            assert np.isnan(whole[at]).all()
            assert np.isnan(one[at]).all()
        else:
            np.testing.assert_allclose(whole[at], products[first:last].max(axis=0), atol=1e-5)
            np.testing.assert_allclose(one[at], products[first], atol=1e-5)


def test_each_taker_gets_the_best_of_its_rows() -> None:
    table = CHANCE.standard_normal((6, 3), dtype=np.float32)
    found = Taken([[0, 3], [], [5], [1, 2, 4]]).best(table, none=-9)
    expected = [table[[0, 3]].max(axis=0), np.full(3, -9), table[5], table[[1, 2, 4]].max(axis=0)]
    np.testing.assert_array_equal(found, expected)
    assert Taken([[], []]).best(table, none=0).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("share", [0.0, 0.3, 2.0], ids=["all dense", "mixed", "all sparse"])
def test_letters_are_shared_the_same_whichever_way_they_are_met(share: float) -> None:
    rarity = CHANCE.random(BUCKETS, dtype=np.float32)
    firms = ["Vi svetsar räcken i stål", "Vi sveiser rekkverk", "", "Catering och mat", "Rekkverk og stål", "…"]
    told = grams(["Rekkverk skal sveises i stål", "", "Servering av mat", "abc"], rarity)
    theirs = grams(firms, rarity)

    found = Letters(theirs, share=share).likeness(told)

    written = np.zeros((2, 6, BUCKETS))
    for side, (texts, count) in enumerate(((told, 4), (theirs, 6))):
        for at in range(count):
            written[side, at, texts[at].buckets] = texts[at].weights
    np.testing.assert_allclose(found, (written[0] @ written[1].T)[:4], atol=1e-6)


def test_many_texts_have_the_letters_that_each_has_alone() -> None:
    rarity = CHANCE.random(BUCKETS, dtype=np.float32)
    texts = ["Brøyting av vei", "", "a", "  _x_ ", "Ærlig snø\nog is", "ﬁne ⅷ", "Brøyting av vei"]
    together = grams(texts, rarity)
    assert len(together) == len(texts)
    for at, text in enumerate(texts):
        alone = grams([text], rarity)
        np.testing.assert_array_equal(together[at].buckets, alone.buckets)
        np.testing.assert_allclose(together[at].weights, alone.weights, atol=1e-7)


def test_what_was_met_is_not_computed_again_and_never_grows_past_its_bound() -> None:
    met: Met[str] = Met(3)
    asked: list[list[str]] = []

    def compute(keys: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        asked.append(keys)
        return np.array([[len(key)] for key in keys], dtype=np.float32)

    assert met.rows(["a", "bb", "a"], compute).tolist() == [[1], [2], [1]]
    assert met.rows(["bb"], compute).tolist() == [[2]]
    assert met.rows(["ccc", "dddd"], compute).tolist() == [[3], [4]]
    assert met.rows(["a"], compute).tolist() == [[1]]
    assert asked == [["a", "bb"], ["ccc", "dddd"], ["a"]]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_answers_come_in_the_order_asked(count: int) -> None:
    assert list(lanes.each(lambda number: number * number, range(count))) == [n * n for n in range(count)]


def test_a_task_that_fails_says_so() -> None:
    with pytest.raises(ZeroDivisionError):
        list(lanes.each(lambda number: 1 // number, [1, 1, 0, 1]))


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has nothing to give back")
def test_the_matrix_library_gets_its_threads_back() -> None:
    def threads() -> list[int]:
        """Of the library that numpy multiplies with; others may be loaded at any time and are not ours to hold."""
        return [library["num_threads"] for library in threadpool_info() if "numpy" in library["filepath"]]

    before = threads()
    held: list[list[int]] = []
    gate = threading.Barrier(2)

    def ask() -> None:
        for _ in lanes.each(lambda number: number, range(8)):
            held.append(threads())
            gate.wait(10)

    both = [threading.Thread(target=ask) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    assert len(held) == 16
    assert held == [[1]] * 16
    assert threads() == before
