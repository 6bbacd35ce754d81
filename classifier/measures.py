"""How right is a line, and how much does it miss? From verdicts on what was told, and answers on what was not."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Double, func, literal, select, union_all
from sqlalchemy.orm import Session

from classifier.feedback import judged
from classifier.interval import HALF, SURE, Share, share
from classifier.shift import Lines
from db.arrays import among, columns
from db.models import Feedback, JudgedMatch, RecallQuestion, RecallSample, Verdict

BINS: Final = 10
_DRAWS: Final = 4000
_SCORE_VOTES: Final = 2.0  # what a calibrated score is worth beside answers of its stratum
_TOO_LOW: Final = 0.005  # what is believed of a notice whose score was too low to be kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What readers said of what they were told, as columns."""

    profiles: NDArray[np.int64]  # those that were told of it, ascending
    place: NDArray[np.int64]  # of its profile among them
    score: NDArray[np.float64]
    relevant: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What readers said of samples from under their lines, as columns."""

    profiles: NDArray[np.int64]  # those that answered, ascending
    place: NDArray[np.int64]  # of its profile among them
    weeks: int  # questions that were answered
    stratum: NDArray[np.int64]
    score: NDArray[np.float64]  # not a number where it was too low to be kept
    stands_for: NDArray[np.float64]
    relevant: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The share told of all that was for them, and how many a week were missed; with bounds as of a Share."""

    value: float
    low: float
    high: float
    missed_a_week: float  # for each profile that was asked
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Judged matches whose scores lie within one tenth: what the scores said, and what readers did."""

    low: float
    said: float
    was: Share


def judged_of(s: Session, profiles: Collection[int]) -> Judged:
    """Every verdict on what these profiles were told, by the scores of the model in force."""
    profile_id, relevant, score = judged(s, profiles)
    told, place = np.unique(profile_id, return_inverse=True)
    return Judged(profiles=told, place=place, score=score, relevant=relevant)


def precision(told: Judged, lines: Lines) -> Share | None:
    """Of what was judged and lies above these lines, how much was relevant; None where nothing was judged."""
    above = told.score >= _each(lines, told.profiles, told.place)
    return share(int(np.count_nonzero(above & told.relevant)), int(np.count_nonzero(above)))


def answers_of(s: Session, profiles: Collection[int]) -> Answers:
    """Every answer of these profiles' readers."""
    profile_id, question_id, stratum, score, stands_for, relevant = columns(
        s,
        select(
            RecallQuestion.profile_id,
            RecallQuestion.id,
            RecallSample.stratum,
            func.coalesce(RecallSample.score, literal("NaN").cast(Double)),
            RecallSample.stands_for,
            RecallSample.relevant,
        )
        .join(RecallSample, RecallSample.question_id == RecallQuestion.id)
        .where(among(RecallQuestion.profile_id, profiles), RecallSample.relevant.is_not(None)),
    )
    asked, place = np.unique(profile_id, return_inverse=True)
    return Answers(
        profiles=asked,
        place=place,
        weeks=len(np.unique(question_id)),
        stratum=np.unique(stratum.astype(str), return_inverse=True)[1],
        score=score,
        stands_for=stands_for,
        relevant=relevant,
    )


def recall(answers: Answers, lines: Lines, right: Share | None, *, above_a_week: float) -> Recall | None:
    """How much of what is for them these lines tell, as far as answers on samples say; None where nobody answered.

    What was missed is each stratum's share of relevant answers times what they stand for (Horvitz and Thompson). A
    stratum with few answers is believed by its scores. ``above_a_week``: matches that are told to those who answered.
    """
    if not len(answers) or right is None:
        return None
    under = ~(answers.score >= _each(lines, answers.profiles, answers.place))  # also what was not kept
    # Seeded, so that the same answers always give the same figures.
    dice = np.random.default_rng(1)
    missed = np.zeros(_DRAWS)
    for stratum in np.unique(answers.stratum[under]):
        these = under & (answers.stratum == stratum)
        believed = _SCORE_VOTES * float(np.mean(np.nan_to_num(answers.score[these], nan=_TOO_LOW)))
        hits, of = int(np.count_nonzero(answers.relevant[these])), int(np.count_nonzero(these))
        shares = dice.beta(hits + believed, of - hits + _SCORE_VOTES - believed, _DRAWS)
        missed += shares * float(answers.stands_for[these].sum()) / answers.weeks
    relevant = above_a_week / len(answers.profiles) * dice.beta(right.hits + HALF, right.of - right.hits + HALF, _DRAWS)
    shares = relevant / np.maximum(relevant + missed, 1e-9)
    tail = (1 - SURE) / 2
    low, middle, high = np.quantile(shares, [tail, 0.5, 1 - tail]).tolist()
    return Recall(value=middle, low=low, high=high, missed_a_week=float(missed.mean()), answers=len(answers))


def calibration(s: Session, profiles: Collection[int]) -> dict[str, Sequence[Bin]]:
    """By model revision, in tenths of the score: how often matches with such scores were relevant."""
    told = (
        select(JudgedMatch.model_rev, JudgedMatch.score, (Feedback.verdict != Verdict.NOT_RELEVANT).label("relevant"))
        .join(Feedback, Feedback.id == JudgedMatch.feedback_id)
        .where(among(JudgedMatch.profile_id, profiles))
    )
    under = (
        select(RecallSample.model_rev, RecallSample.score, RecallSample.relevant)
        .join(RecallQuestion, RecallQuestion.id == RecallSample.question_id)
        .where(RecallSample.relevant.is_not(None), RecallSample.score.is_not(None))
        .where(among(RecallQuestion.profile_id, profiles))
    )
    every = union_all(told, under).subquery()
    tenth = func.least(func.floor(every.c.score * BINS), BINS - 1)
    hits = func.count().filter(every.c.relevant)
    bins: dict[str, list[Bin]] = defaultdict(list)
    for revision, place, count, relevant, said in s.execute(
        select(every.c.model_rev, tenth, func.count(), hits, func.avg(every.c.score))
        .group_by(every.c.model_rev, tenth)
        .order_by(every.c.model_rev, tenth)
    ):
        if (was := share(relevant, count)) is not None:
            bins[revision].append(Bin(low=place / BINS, said=said, was=was))
    return dict(bins)


def _each(lines: Lines, profiles: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.float64]:
    """The line of each one's profile."""
    return np.array([float(lines[one]) for one in profiles.tolist()], dtype=np.float64)[place]
