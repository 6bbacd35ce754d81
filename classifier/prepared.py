"""What is read of a profile, once, before any notice is met?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.codes import CodeRows
from classifier.encoder import Encoder
from classifier.grams import Grams, grams
from classifier.rows import Rows, unit_row
from classifier.text import ProfileText, cpv_digits

_SAYS_NO = re.compile(
    r"\b(?:ikke|ikkje|inte|ej|inga|ingen|inget|ingenting|aldri|aldrig|not|never|no|neither|don't|doesn't)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\b(?:(?:ikke|ikkje|inte|ej|not) (?:bare|berre|kun|bara|enbart|endast|only|just|merely))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedProfile:
    """A profile read once, for any number of notices."""

    text: ProfileText
    sentences: tuple[str, ...]  # those that say what the firm does
    sentence_rows: Rows  # each of length one, times the sentence's weight
    whole: Rows  # the direction of the weighted mean of its sentences
    digits: tuple[str, ...]  # of its codes
    code_rows: Rows  # of `digits`
    grams: Grams  # of one text


def prepare(
    profiles: Sequence[ProfileText], encoder: Encoder, code_rows: CodeRows, rarity: Rows
) -> list[PreparedProfile]:
    """Read profiles; all texts are encoded together. An empty profile is allowed."""
    told = [_told(profile) for profile in profiles]
    coded = [_digits(profile) for profile in profiles]
    ends = np.cumsum([len(own) for own in told])
    texts = [sentence for own in told for sentence, _ in own]
    vectors = np.split(encoder.encode(texts, query=True), ends[:-1]) if told else []
    letters = grams(["\n".join(sentence for sentence, _ in own) for own in told], rarity)
    return [
        PreparedProfile(
            text=profile,
            sentences=tuple(sentence for sentence, _ in own),
            sentence_rows=(weighted := rows * _column([weight for _, weight in own])),
            whole=unit_row(weighted),
            digits=digits,
            code_rows=code_rows.of(digits),
            grams=letters[at],
        )
        for at, (profile, own, digits, rows) in enumerate(zip(profiles, told, coded, vectors, strict=True))
    ]


def says_what_it_does(sentence: str) -> bool:
    """False for a sentence that says what the firm does not do: it would draw just the notices that it refuses."""
    return not _SAYS_NO.search(sentence) or bool(_ONLY.search(sentence))


def _told(profile: ProfileText) -> list[tuple[str, float]]:
    """The sentences that count, each with its weight."""
    weights = profile.weights or (1.0,) * len(profile.sentences)
    told = [(own, weight) for own, weight in zip(profile.sentences, weights, strict=True) if own.strip()]
    return [(own, weight) for own, weight in told if says_what_it_does(own)] or told


def _digits(profile: ProfileText) -> tuple[str, ...]:
    return tuple(dict.fromkeys(digits for code in profile.cpv if (digits := cpv_digits(code))))


def _column(weights: Sequence[float]) -> Rows:
    return np.array(weights, dtype=np.float32).reshape(-1, 1)
