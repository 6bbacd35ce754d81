"""Why was a notice told: which two sentences stand beside each other, and which words carried the score?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier import words
from classifier.batch import Batch
from classifier.prepared import PreparedProfile
from classifier.quotes import Quotes, quote
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.text import Section, cpv_digits

_WORD_COUNTS = 0.1  # what a pair of words adds to a cosine, for up to two pairs: a reader sees words, not cosines


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why: a sentence of the notice beside one of the profile, both verbatim, and the words that they share in meaning.

    `words` holds (notice word, profile word), the weightiest first; it is empty for scores below the keep floor, which
    nobody reads. `shared_cpv` are codes of the notice that agree with one of the firm's in three digits or more.
    """

    notice_sentence: str
    section: Section
    lot: str | None
    profile_sentence: str
    words: tuple[tuple[str, str], ...]
    shared_cpv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """The profiles that a notice is worth telling to and one of its units scored best with, in the roster's order."""

    notice: int
    unit: int  # of the batch
    columns: NDArray[np.int64]  # of the roster
    chances: Rows
    quotes: Quotes


def keep(batch: Batch, chances: Rows, floors: Rows, roster: Roster) -> list[Kept]:
    """Who is told of each notice, and what may be quoted to them. `chances` is units × profiles."""
    found = []
    for notice, (first, units) in enumerate(zip(batch.starts.tolist(), batch.of_each, strict=True)):
        here = chances[first : first + len(units)]
        most = here[0] if len(units) == 1 else here.max(axis=0)
        columns = np.flatnonzero(most >= floors)
        best = here[:, columns].argmax(axis=0)
        for unit in np.unique(best).tolist():
            mine = columns[best == unit]
            quotes = quote(batch, first + unit, roster, mine)
            found.append(Kept(notice=notice, unit=first + unit, columns=mine, chances=here[unit, mine], quotes=quotes))
    return found


def explain(
    encoder: words.Weighs,
    batch: Batch,
    kept: Sequence[Kept],
    profiles: Sequence[PreparedProfile],
    *,
    worded_from: float,
) -> list[list[Evidence]]:
    """The evidence of each pair. Of the likest sentences, the one is quoted that also shares words in meaning.

    Words are found for pairs with a chance of at least `worded_from`. Where no sentence shares a word the title is
    quoted: the likest sentence is then often one of procedure, which every notice has.
    """
    asked: dict[tuple[str, str], int] = {}
    quoted = [_quoted(one, profiles) for one in kept]
    for one, of_one in zip(kept, quoted, strict=True):
        for chance, candidates in zip(one.chances.tolist(), of_one, strict=True):
            for both in candidates if chance >= worded_from else ():
                asked.setdefault(both, len(asked))
    named = words.pairs(encoder, list(asked))
    groups = {column: _groups(profiles[column]) for one in kept for column in one.columns.tolist()}
    found = []
    for one, of_one in zip(kept, quoted, strict=True):
        unit, quotes, mine = batch.units[one.unit], one.quotes, []
        for at, (column, candidates) in enumerate(zip(one.columns.tolist(), of_one, strict=True)):
            read = float(one.chances[at]) >= worded_from
            worded = [named[asked[both]] if read else () for both in candidates]
            likeness = [
                cosine + _WORD_COUNTS * min(len(these), 2)
                for cosine, these in zip(quotes.cosines[:, at].tolist(), worded, strict=True)
            ]
            chosen = likeness.index(max(likeness))
            # The first candidate is the title, where there is one.
            if read and not any(worded) and quotes.said[int(quotes.rows[0, at])].section.is_title:
                chosen = 0
            part = quotes.said[int(quotes.rows[chosen, at])]
            mine.append(
                Evidence(
                    notice_sentence=part.text,
                    section=part.section,
                    lot=part.lot,
                    profile_sentence=candidates[chosen][1],
                    words=worded[chosen],
                    shared_cpv=tuple(code for code in unit.codes if cpv_digits(code)[:3] in groups[column]),
                )
            )
        found.append(mine)
    return found


def _groups(profile: PreparedProfile) -> frozenset[str]:
    """The first three digits of each code that has as many."""
    return frozenset(digits[:3] for digits in profile.digits if len(digits) >= 3)


def _quoted(kept: Kept, profiles: Sequence[PreparedProfile]) -> list[list[tuple[str, str]]]:
    """For each profile, the candidates: a sentence of the notice and one of the profile."""
    said = [part.text for part in kept.quotes.said]
    found = []
    for at, column in enumerate(kept.columns.tolist()):
        own = profiles[column].sentences
        both = zip(kept.quotes.rows[:, at].tolist(), kept.quotes.sentences[:, at].tolist(), strict=True)
        found.append([(said[row], own[sentence] if sentence >= 0 else "".join(own[:1])) for row, sentence in both])
    return found
