"""What is read of a profile, once, before any notice is met?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.codes import CodeRows
from classifier.encoder import Encoder
from classifier.grams import Grams, grams
from classifier.rows import Rows, leading, unit_row
from classifier.text import ProfileText, cpv_digits
from classifier.words import telling

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
    sentence_rows: Rows  # nested: each of length one, times the sentence's weight
    whole: Rows  # the direction of the weighted mean of its sentences
    coded_whole: Rows  # the same, turned towards its codes; as it is where there are none
    digits: tuple[str, ...]  # of its codes
    code_rows: Rows  # nested, of `digits`
    grams: Grams  # of one text
    words: Mapping[str, float]  # each that says something of a trade, and the weight of its weightiest sentence


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
    found = []
    for at, (profile, own, digits, rows) in enumerate(zip(profiles, told, coded, vectors, strict=True)):
        weights, meant = (
            np.array([[weight] for _, weight in own], dtype=np.float32).reshape(-1, 1),
            code_rows.of(digits),
        )
        whole = unit_row(rows * weights)
        found.append(
            PreparedProfile(
                text=profile,
                sentences=tuple(sentence for sentence, _ in own),
                sentence_rows=leading(rows, encoder.nested) * weights,
                whole=whole,
                coded_whole=unit_row(np.stack([whole, unit_row(meant)])) if digits else whole,
                digits=digits,
                code_rows=leading(meant, encoder.nested),
                grams=letters[at],
                words=_words(own),
            )
        )
    return found


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


def _words(told: Sequence[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for sentence, weight in told:
        found.update({word: max(weight, found.get(word, 0.0)) for word in telling(sentence)})
    return found
