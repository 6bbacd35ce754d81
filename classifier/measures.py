"""How right is a line, and how much does it miss? From verdicts on what was told, and answers on what was not."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.feedback import Judgement
from classifier.interval import HALF, SURE, Share, share
from classifier.shift import Lines
from db.arrays import among
from db.models import Feedback, JudgedMatch, RecallQuestion, RecallSample, Verdict

BINS: Final = 10
_DRAWS: Final = 4000
_SCORE_VOTES: Final = 2.0  # what a calibrated score is worth beside answers of its stratum
_TOO_LOW: Final = 0.005  # what is believed of a notice whose score was too low to be kept


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said of one sample from under a line."""

    profile_id: int
    question_id: int
    stratum: str
    score: float | None  # None: too low to be kept
    stands_for: float
    relevant: bool


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


def precision(judged: Mapping[int, Sequence[Judgement]], lines: Lines) -> Share | None:
    """Of what was judged and lies above these lines, how much was relevant; None where nothing was judged."""
    lowest = {profile_id: float(line) for profile_id, line in lines.items()}
    told = [one.relevant for profile_id, said in judged.items() for one in said if one.score >= lowest[profile_id]]
    return share(sum(told), len(told))


def answers_of(s: Session, profiles: Collection[int]) -> list[Answer]:
    """Every answer of these profiles' readers."""
    rows = s.execute(
        select(
            RecallQuestion.profile_id,
            RecallQuestion.id,
            RecallSample.stratum,
            RecallSample.score,
            RecallSample.stands_for,
            RecallSample.relevant,
        )
        .join(RecallSample, RecallSample.question_id == RecallQuestion.id)
        .where(among(RecallQuestion.profile_id, profiles), RecallSample.relevant.is_not(None))
        .order_by(RecallSample.id)
    )
    return [Answer(*row[:-1], relevant=bool(row.relevant)) for row in rows]


def recall(answers: Sequence[Answer], lines: Lines, right: Share | None, *, above_a_week: float) -> Recall | None:
    """How much of what is for them these lines tell, as far as answers on samples say; None where nobody answered.

    What was missed is each stratum's share of relevant answers times what they stand for (Horvitz and Thompson). A
    stratum with few answers is believed by its scores. ``above_a_week``: matches that are told to those who answered.
    """
    if not answers or right is None:
        return None
    weeks, asked = len({one.question_id for one in answers}), len({one.profile_id for one in answers})
    strata: dict[str, list[Answer]] = defaultdict(list)
    for one in answers:
        if one.score is None or one.score < lines[one.profile_id]:
            strata[one.stratum].append(one)
    # Seeded, so that the same answers always give the same figures.
    dice = np.random.default_rng(1)
    missed = np.zeros(_DRAWS)
    for samples in strata.values():
        believed = _SCORE_VOTES * float(np.mean([_TOO_LOW if one.score is None else one.score for one in samples]))
        hits = sum(bool(one.relevant) for one in samples)
        shares = dice.beta(hits + believed, len(samples) - hits + _SCORE_VOTES - believed, _DRAWS)
        missed += shares * sum(one.stands_for for one in samples) / weeks
    relevant = above_a_week / asked * dice.beta(right.hits + HALF, right.of - right.hits + HALF, _DRAWS)
    shares = relevant / np.maximum(relevant + missed, 1e-9)
    tail = (1 - SURE) / 2
    low, middle, high = np.quantile(shares, [tail, 0.5, 1 - tail]).tolist()
    return Recall(value=middle, low=low, high=high, missed_a_week=float(missed.mean()), answers=len(answers))


def calibration(s: Session, profiles: Collection[int]) -> dict[str, Sequence[Bin]]:
    """By model revision, in tenths of the score: how often matches with such scores were relevant."""
    told = select(JudgedMatch.model_rev, JudgedMatch.score, Feedback.verdict != Verdict.NOT_RELEVANT).join(
        Feedback, Feedback.id == JudgedMatch.feedback_id
    )
    under = (
        select(RecallSample.model_rev, RecallSample.score, RecallSample.relevant)
        .join(RecallQuestion, RecallQuestion.id == RecallSample.question_id)
        .where(RecallSample.relevant.is_not(None), RecallSample.score.is_not(None))
    )
    rows = [
        *s.execute(told.where(among(JudgedMatch.profile_id, profiles))),
        *s.execute(under.where(among(RecallQuestion.profile_id, profiles))),
    ]
    binned: dict[str, dict[int, list[tuple[float, bool]]]] = defaultdict(lambda: defaultdict(list))
    for revision, score, relevant in rows:
        binned[revision][min(int(score * BINS), BINS - 1)].append((score, relevant))
    return {revision: _bins(found) for revision, found in sorted(binned.items())}


def _bins(found: Mapping[int, Sequence[tuple[float, bool]]]) -> list[Bin]:
    told = []
    for place, judged in sorted(found.items()):
        was = share(sum(relevant for _, relevant in judged), len(judged))
        if was is not None:
            told.append(Bin(low=place / BINS, said=float(np.mean([score for score, _ in judged])), was=was))
    return told
