"""Which sentence of the notice stands beside which of the profile, and which words carried the score?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier import words
from classifier.encoder import Encoder
from classifier.signals import PreparedProfile, Rows, Unit, shared_digits
from classifier.text import Part, Section

_QUOTED = 3  # sentences of the notice that are considered for the quotation, besides its title
# The title stands above the quotation already; a reader learns more from any sentence nearly as good.
_TITLE_COUNTS = -0.1
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
class Pair:
    """A notice and a profile that were scored: which unit was best, and whether anybody will read why."""

    units: Sequence[Unit]
    best: int
    profile: PreparedProfile
    worded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quote:
    part: Part
    sentence: str
    cosine: float


def explain(encoder: Encoder, pairs: Sequence[Pair], rows: Mapping[str, Rows]) -> list[Evidence]:
    """The evidence of each pair. Of the likest sentences, the one is quoted that also shares words in meaning."""
    quotes = [_quotes(pair, rows) for pair in pairs]
    told = [(q.part.text, q.sentence) for pair, mine in zip(pairs, quotes, strict=True) if pair.worded for q in mine]
    worded = iter(words.pairs(encoder, told))
    found = []
    for pair, mine in zip(pairs, quotes, strict=True):
        named = [next(worded) if pair.worded else () for _ in mine]
        chosen = max(range(len(mine)), key=lambda at: mine[at].cosine + _WORD_COUNTS * min(len(named[at]), 2))
        unit = pair.units[pair.best]
        found.append(
            Evidence(
                notice_sentence=mine[chosen].part.text,
                section=mine[chosen].part.section,
                lot=mine[chosen].part.lot,
                profile_sentence=mine[chosen].sentence,
                words=named[chosen],
                shared_cpv=tuple(code for code in unit.codes if shared_digits((code,), pair.profile.digits) >= 3),
            )
        )
    return found


def _quotes(pair: Pair, rows: Mapping[str, Rows]) -> list[_Quote]:
    """The title and the likest sentences of the unit that scored best, each with the profile's likest sentence.

    A CPV name is quoted only where nothing else is said. Where a side says nothing at all, it is quoted as "".
    """
    unit = pair.units[pair.best]
    said = unit.told or pair.units[0].told
    said = said or tuple(Part(section=Section.CPV, lot=unit.lot, text=name) for name in unit.named)
    said = said or (Part(section=Section.TITLE, lot=None, text=""),)
    if not pair.profile.sentences or said[0].text not in rows:
        return [_Quote(part=said[0], sentence="".join(pair.profile.sentences[:1]), cosine=0.0)]
    cosines = np.stack([rows[part.text] for part in said]) @ pair.profile.sentence_rows.T
    likest = np.argsort(-cosines.max(axis=1), kind="stable")[:_QUOTED]
    return [
        _Quote(
            part=said[row],
            sentence=pair.profile.sentences[int(cosines[row].argmax())],
            cosine=float(cosines[row].max())
            + _TITLE_COUNTS * (said[row].section in (Section.TITLE, Section.LOT_TITLE)),
        )
        for row in dict.fromkeys([0, *(int(row) for row in likest)])
    ]
