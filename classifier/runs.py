"""What does each system make of a judged set: our own scorer as it ships or refitted, and each of its peers?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.encoder import OURS, Encoder, our_lexicon
from classifier.figures import Scores
from classifier.fusing import cross_validated, measured, other_lines
from classifier.judged import Judged, JudgedBroken, every_code
from classifier.peers import Rank
from classifier.reader import Reader, read_rarity
from classifier.score import Scorer
from classifier.signals import Mode
from classifier.text import CpvNames, ProfileText, cpv_digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one system made of a set: scores of the profiles, and of their mirrors (NaN where there is none)."""

    own: Scores  # profiles × notices
    mirrored: Scores  # the same
    line: float | None = None  # the threshold; None where scores are no probabilities
    own_lines: NDArray[np.float64] | None = None  # for each profile, a threshold that its judgements never moved


def ours(
    judged: Judged,
    encoder: Encoder,
    names: CpvNames,
    *,
    refitted: bool = False,
    step: Callable[[int], None] | None = None,
) -> Run:
    """Our scorer as it ships; or, refitted, its weights and calibration fitted anew without each firm in turn.

    The line is the shipped default threshold in both cases. Raises JudgedBroken where there is too little to fit on.
    """
    scorer = Scorer(encoder, names)
    texts, firms = judged.written()
    if not refitted:
        chances = scorer.chances(judged.notices, scorer.roster(texts)).T.astype(np.float64)
        return run(judged, chances, line=scorer.default_threshold)
    if (judged.grades > 0).any(axis=1).sum() < 2:
        raise JudgedBroken("to leave one firm out and fit on the others, two need a relevant notice")
    reader = Reader(encoder, names, read_rarity(OURS), our_lexicon(encoder))
    grades = judged.grades[firms]
    modes = _modes(judged, texts)
    chances = np.zeros(grades.shape)
    for mode in Mode:
        if (mine := modes == mode).any():
            table = measured(reader, judged.notices, texts, mode, fusion=scorer.fusions[mode], step=step)
            chances[mine] = cross_validated(table, grades, firms, mode, step=step)[mine]
    lines = other_lines(chances, grades, firms)
    return run(judged, chances, line=scorer.default_threshold, own_lines=lines)


def peer(judged: Judged, rank: Rank) -> Run:
    """A peer's scores."""
    return run(judged, rank(judged.notices, judged.written()[0]))


def run(
    judged: Judged, scores: Scores, *, line: float | None = None, own_lines: NDArray[np.float64] | None = None
) -> Run:
    """The scores of every text (see Judged.written), told apart into the profiles' own and their mirrors'."""
    count, mirrored = len(judged.firms), np.full(judged.grades.shape, np.nan)
    mirrored[[at for at, mirror in enumerate(judged.mirrors) if mirror is not None]] = scores[count:]
    return Run(own=scores[:count], mirrored=mirrored, line=line, own_lines=own_lines)


def _modes(judged: Judged, texts: Sequence[ProfileText]) -> NDArray[np.str_]:
    coded = [any(map(cpv_digits, every_code(notice))) for notice in judged.notices]
    return np.array([[Mode.of(has, any(map(cpv_digits, text.cpv))).value for has in coded] for text in texts])
