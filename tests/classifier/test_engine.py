"""Does the engine find for thousands of pairs at once what a plain reading of each pair finds?"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import cycle, islice

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.batch import Batch
from classifier.encoder import load_encoder
from classifier.fusion import Fusion
from classifier.grams import Grams
from classifier.prepared import PreparedProfile
from classifier.score import Scored, Scorer
from classifier.signals import Mode, Signal
from classifier.text import LotText, NoticeText, ProfileText, cpv_digits
from db import reference

NAMES = reference.builtin()
CODES = sorted(NAMES.cpv)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(load_encoder(), NAMES)


def called(number: int, language: str) -> str:
    return NAMES.cpv_name(CODES[number * 37 % len(CODES)], language) or ""


def code(number: int) -> str:
    return CODES[number * 37 % len(CODES)]


def notice(number: int, language: str = "nb") -> NoticeText:
    return NoticeText(
        title=f"Kjøp av {called(number, language)}",
        description=" ".join(f"Det gjelder {called(number + at, language)}." for at in range(number % 7)),
        language=language,
        cpv=tuple(code(number + at) for at in range(number % 4)),
    )


def profile(number: int, language: str) -> ProfileText:
    told = tuple(f"Vi leverer {called(number * 3 + at, language)}." for at in range(number % 9))
    codes = tuple(code(number * 3 + at) for at in range(number % 5))
    weights = tuple(0.5 + at for at in range(len(told))) if number % 11 == 0 else ()
    return ProfileText(sentences=told, language=language, cpv=codes, weights=weights)


LOTS = (
    LotText(identifier="1", title="Møbler", description="Pulter og stoler. Levering innen juni.", cpv=("39100000",)),
    LotText(identifier="2", description="Rekkverk sveises i stål."),
    LotText(identifier="3", cpv=("90620000",)),
)
STRANGE = [
    NoticeText(title="", language="nb"),
    NoticeText(title="", language="sv", cpv=("90620000",)),
    NoticeText(title="…", description="•", language="xx", cpv=("nonsense", ""), lots=(LotText(identifier="1"),)),
    NoticeText(title="Innkjøp", description="Diverse.", language="nb", cpv=("39000000", "90620000"), lots=LOTS),
    NoticeText(title="Lang", description=" ".join(f"Etasje {at} skal males." for at in range(900)), language="nb"),
]
NOTICES = [*STRANGE, *(notice(number) for number in range(5)), notice(6, "sv"), notice(9, "en")]
ODD = [
    ProfileText(sentences=(), language="nb"),
    ProfileText(sentences=("",), language="nb", cpv=("90620000",)),
    ProfileText(sentences=("…",), language="sv", cpv=("bad",)),
    ProfileText(sentences=("Vi brøyter.", "Vi brøyter."), language="nb", cpv=("90620000", "90620000")),
    ProfileText(sentences=tuple(f"Vi maler etasje {at}." for at in range(120)), language="nb", cpv=("45",)),
]
# More of one kind than a block holds, in no order, so that columns must find their way back.
PROFILES = [*ODD, *(profile(n, spoken) for n, spoken in enumerate(islice(cycle(("nb", "nb", "nb", "sv", "en")), 700)))]


def best(mine: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    return float((mine @ theirs.T).max()) if len(mine) and len(theirs) else float("nan")


def shared(mine: list[str], theirs: tuple[str, ...]) -> float:
    agreed = [
        next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        for one in mine
        for other in theirs
    ]
    return max((float(length) for length in agreed if length >= 2), default=0.0)


def alike(mine: Grams, theirs: Grams) -> float:
    weights = dict(zip(theirs.buckets.tolist(), theirs.weights.tolist(), strict=True))
    both = zip(mine.buckets.tolist(), mine.weights.tolist(), strict=True)
    return sum((float(weight * weights.get(bucket, 0.0)) for bucket, weight in both), 0.0)


LEXICON = load_encoder().lexicon()


@cache
def row(word: str) -> NDArray[np.float32]:
    found: NDArray[np.float32] = LEXICON.rows([word])[0]
    return found


@cache
def surprise(word: str) -> float:
    return float(LEXICON.surprise([word])[0])


@cache
def cosine(word: str, other: str) -> float:
    found = float(row(word) @ row(other))
    return found if found >= 0.45 else 0.0


class Pair:
    """One unit of a notice and one profile, and what is asked of the two."""

    def __init__(self, batch: Batch, number: int, firm: PreparedProfile) -> None:
        unit = batch.units[number]
        (first, last), (_, title) = batch.told[number], batch.titles[number]
        self.title, self.told = batch.rows[first:title], batch.rows[first:last]
        self.codes = batch.code_rows[[batch.code_at[one] for one in unit.codes]]
        self.digits = shared([cpv_digits(one) for one in unit.codes], firm.digits)
        self.whole = batch.wholes[number]
        self.grams = batch.grams[number]
        self.spoken = batch.spoken[number]
        self.counts = np.log1p(min(len(unit.codes), 40)), np.log1p(min(len(unit.told), 40))
        self.firm = firm

    def words(self) -> float:
        """The five words of the firm that tell most, each by the likest word of the notice."""
        told = [
            max((cosine(word, other) for other in self.spoken.text), default=0.0) * surprise(word) * count
            for word, count in self.firm.words.items()
        ]
        return sum(sorted(told)[-5:])

    def title_word(self) -> float:
        """The title's word that tells most, by the likest word of the firm."""
        told = [
            cosine(word, other) * surprise(other) * count
            for word, count in self.firm.words.items()
            for other in self.spoken.title
        ]
        return max(told, default=0.0)


PLAIN: Mapping[Signal, Callable[[Pair], float]] = {
    Signal.TITLE_SENTENCE: lambda pair: best(pair.title, pair.firm.sentence_rows),
    Signal.TEXT_SENTENCE: lambda pair: best(pair.told, pair.firm.sentence_rows),
    Signal.CPV_SENTENCE: lambda pair: best(pair.codes, pair.firm.sentence_rows),
    Signal.TITLE_CPV: lambda pair: best(pair.title, pair.firm.code_rows),
    Signal.TEXT_CPV: lambda pair: best(pair.told, pair.firm.code_rows),
    Signal.CPV_CPV: lambda pair: best(pair.codes, pair.firm.code_rows),
    Signal.WHOLE: lambda pair: float(pair.whole @ pair.firm.whole),
    Signal.WHOLE_CPV: lambda pair: float(pair.whole @ pair.firm.coded_whole),
    Signal.DIGITS: lambda pair: pair.digits,
    Signal.GROUP: lambda pair: min(pair.digits, 3),
    Signal.CLASS: lambda pair: float(pair.digits >= 4),
    Signal.CODES: lambda pair: pair.counts[0],
    Signal.LETTERS: lambda pair: alike(pair.grams, pair.firm.grams),
    Signal.LENGTH: lambda pair: pair.counts[1],
    Signal.WORDS: Pair.words,
    Signal.TITLE_WORD: Pair.title_word,
}


@pytest.fixture(scope="module")
def plain(scorer: Scorer) -> NDArray[np.float64]:
    """Units × every seventh profile × signals, pair by pair."""
    batch, roster = scorer._reader.batch(NOTICES), scorer.roster(PROFILES)
    pairs = [[Pair(batch, unit, firm) for firm in roster.profiles[::7]] for unit in range(len(batch.units))]
    return np.array([[[PLAIN[signal](pair) for signal in Signal] for pair in row] for row in pairs])


@pytest.mark.parametrize("signal", Signal)
def test_a_signal_is_what_a_plain_reading_finds(scorer: Scorer, plain: NDArray[np.float64], signal: Signal) -> None:
    _, _, measured = scorer._reader.measure(NOTICES, scorer.roster(PROFILES))
    column = list(Signal).index(signal)
    np.testing.assert_allclose(measured[:, ::7, column], plain[:, :, column], rtol=1e-5, atol=1e-5)


def test_a_chance_is_the_fusion_of_the_best_units_signals(scorer: Scorer, plain: NDArray[np.float64]) -> None:
    roster = scorer.roster(PROFILES)
    of_each, batch, _ = scorer._reader.measure(NOTICES, roster)
    fusions: Mapping[Mode, Fusion] = scorer.fusions
    expected, unit = [], 0
    for units in of_each:
        of_units = [
            [
                float(fusions[Mode.of(bool(batch.coded[at]), bool(firm.digits))](plain[at, column]))
                for column, firm in enumerate(roster.profiles[::7])
            ]
            for at in range(unit, unit + len(units))
        ]
        expected.append(np.max(of_units, axis=0))
        unit += len(units)
    np.testing.assert_allclose(scorer.chances(NOTICES, roster)[:, ::7], expected, atol=1e-5)


def test_a_chance_does_not_depend_on_the_batch(scorer: Scorer) -> None:
    roster, many = scorer.roster(PROFILES[:60]), [notice(number) for number in range(600)]
    together = scorer.chances([*many, *STRANGE], roster)
    for at in (0, 127, 255, 256, 511, 512, 599, 603, 604):
        np.testing.assert_allclose(scorer.chances([[*many, *STRANGE][at]], roster)[0], together[at], atol=1e-5)


def test_a_chance_does_not_depend_on_the_other_profiles(scorer: Scorer) -> None:
    together = scorer.chances(NOTICES, scorer.roster(PROFILES))
    for at in (0, 2, 4, 17, 316, 704):
        alone = scorer.chances(NOTICES, scorer.roster([PROFILES[at]]))
        np.testing.assert_allclose(alone[:, 0], together[:, at], atol=1e-5)


def test_only_who_is_at_or_above_the_floor_is_told_and_in_order(scorer: Scorer) -> None:
    roster = scorer.roster(PROFILES[:200])
    chances = scorer.chances(NOTICES, roster)
    floors = np.quantile(chances, [0.2, 0.9], axis=0)[np.arange(200) % 2, np.arange(200)].astype(np.float32)
    for floor in (0.05, floors):
        told = scorer.score(NOTICES, roster, floor)
        assert [[one.profile for one in row] for row in told] == [
            np.flatnonzero(row >= floor).tolist() for row in chances
        ]
        for row, of_notice in zip(chances, told, strict=True):
            assert [one.score for one in of_notice] == pytest.approx(row[[one.profile for one in of_notice]].tolist())


def test_threads_may_share_a_scorer(scorer: Scorer) -> None:
    roster = scorer.roster(PROFILES[:100])

    def ask(start: int) -> list[list[Scored]]:
        return scorer.score([notice(number) for number in range(start, start + 140)], roster, 0.1)

    alone = [ask(start) for start in (0, 50, 100, 150)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, (0, 50, 100, 150)))
    found = [[[one.profile for one in row] for row in of_thread] for of_thread in together]
    assert found == [[[one.profile for one in row] for row in of_thread] for of_thread in alone]


def test_a_weight_makes_a_sentence_count(scorer: Scorer) -> None:
    said = ("Vi svetsar räcken i stål.", "Vi lagar mat.")
    even, less, twice = (
        scorer.roster([ProfileText(sentences=said, language="sv", weights=weights)]).profiles[0]
        for weights in ((), (0.5, 1.0), (2.0, 1.0))
    )
    np.testing.assert_allclose(less.sentence_rows, even.sentence_rows * [[0.5], [1.0]], atol=1e-6)
    first = load_encoder().encode(said[:1])[0]
    assert less.whole @ first < even.whole @ first < twice.whole @ first
    assert (less.words["räcken"], even.words["räcken"], twice.words["räcken"]) == (0.5, 1.0, 2.0)


def test_there_is_a_weight_for_each_sentence_or_none() -> None:
    with pytest.raises(ValueError, match="one weight for each"):
        ProfileText(sentences=("Vi svetsar.",), language="sv", weights=(1.0, 2.0))


def test_what_was_read_and_stacked_is_given_back(scorer: Scorer) -> None:
    firms = [profile(number, "nb") for number in islice(range(900, 990), 5)]
    once = scorer.roster(firms)
    assert scorer.roster(list(firms)) is once
    assert scorer.roster(firms[::-1]).profiles[0] is once.profiles[-1]
