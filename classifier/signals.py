"""What speaks for a notice fitting a profile? Fourteen numbers, none of which decides alone.

Pure arithmetic over texts and their vectors. Each lot is measured on its own: a firm bids for a lot, not for a list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from classifier.grams import Grams, dense, grams, likeness
from classifier.text import CpvNames, NoticeText, Part, ProfileText, Section, cpv_digits, cpv_name, parts

Rows = NDArray[np.float32]


class Signal(StrEnum):
    """The columns of a measurement, in order. A name's first word is the notice's side, its second the profile's."""

    TITLE_SENTENCE = "title_sentence"  # the best cosine of the title with a sentence of the profile
    TEXT_SENTENCE = "text_sentence"  # … of title or any sentence
    CPV_SENTENCE = "cpv_sentence"  # … of a CPV name
    TITLE_CPV = "title_cpv"  # the best cosine of the title with the name of a CPV code that the firm picked
    TEXT_CPV = "text_cpv"  # … of title or any sentence
    WHOLE = "whole"  # the cosine of everything with everything
    DIGITS = "digits"  # leading digits shared by a code of the notice and one of the firm, 0 or 2 to 8
    GROUP = "group"  # the same, but three digits say all
    CLASS = "class"  # 1 if four digits are shared
    CODES = "codes"  # logarithm of the number of the notice's codes: among many, one fits by accident
    GRAMS_TEXT = "grams_text"  # letters that title and text share with the profile
    GRAMS_TITLE = "grams_title"  # … the title alone
    GRAMS_CPV = "grams_cpv"  # … the notice's CPV names, in the profile's language
    LENGTH = "length"  # logarithm of the number of sentences: among many, one fits by accident


class Mode(StrEnum):
    """Who has CPV codes: what the fourteen numbers mean depends on it, so each case has weights of its own."""

    BOTH = "both"
    NOTICE = "notice"
    PROFILE = "profile"
    NEITHER = "neither"

    @classmethod
    def of(cls, notice_has: bool, profile_has: bool) -> "Mode":
        """The case of one pair."""
        return ((cls.NEITHER, cls.PROFILE), (cls.NOTICE, cls.BOTH))[notice_has][profile_has]


_MANY = 40  # more codes or sentences than this count as this many: no longer notice was judged, so none is punished
OF_NOTICE_CODES = frozenset({Signal.CPV_SENTENCE, Signal.GRAMS_CPV, Signal.CODES})
OF_PROFILE_CODES = frozenset({Signal.TITLE_CPV, Signal.TEXT_CPV})
OF_BOTH_CODES = frozenset({Signal.DIGITS, Signal.GROUP, Signal.CLASS})
SPEAKING: Mapping[Mode, tuple[Signal, ...]] = {
    Mode.BOTH: tuple(Signal),
    Mode.NOTICE: tuple(s for s in Signal if s not in OF_PROFILE_CODES | OF_BOTH_CODES),
    Mode.PROFILE: tuple(s for s in Signal if s not in OF_NOTICE_CODES | OF_BOTH_CODES),
    Mode.NEITHER: tuple(s for s in Signal if s not in OF_NOTICE_CODES | OF_PROFILE_CODES | OF_BOTH_CODES),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedProfile:
    """A profile read once, for any number of notices."""

    text: ProfileText
    sentences: tuple[str, ...]  # those that say what the firm does
    sentence_rows: Rows
    code_rows: Rows
    whole: Rows
    digits: tuple[str, ...]
    grams: Grams


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """A notice as a whole, or one lot of it: what is measured against a profile."""

    lot: str | None
    told: tuple[Part, ...]  # title first where there is one, then sentences
    titles: int  # how many of `told` are titles
    named: tuple[str, ...]  # what the codes are called
    codes: tuple[str, ...]


def units(notice: NoticeText, names: CpvNames) -> list[Unit]:
    """The notice itself and each of its lots. A lot without codes has the notice's, one without words is no unit."""
    every = parts(notice, names)
    coded: dict[str | None, tuple[str, ...]] = {None: notice.cpv}
    coded.update({lot.identifier: lot.cpv or notice.cpv for lot in notice.lots})
    found = []
    for lot, codes in coded.items():
        told = tuple(part for part in every if part.lot == lot and part.section is not Section.CPV)
        if lot is not None and not told:
            continue
        titles = sum(part.section in (Section.TITLE, Section.LOT_TITLE) for part in told)
        named = tuple(dict.fromkeys(name for code in codes if (name := cpv_name(names, code, notice.language))))
        known = tuple(code for code in codes if cpv_digits(code))
        found.append(Unit(lot=lot, told=told, titles=titles, named=named, codes=known))
    return found


_SAYS_NO = re.compile(
    r"\b(?:ikke|ikkje|inte|ej|inga|ingen|inget|ingenting|aldri|aldrig|not|never|no|neither|don't|doesn't)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\b(?:(?:ikke|ikkje|inte|ej|not) (?:bare|berre|kun|bara|enbart|endast|only|just|merely))\b", re.IGNORECASE
)


def says_what_it_does(sentence: str) -> bool:
    """False for a sentence that says what the firm does not do: it would draw just the notices that it refuses."""
    return not _SAYS_NO.search(sentence) or bool(_ONLY.search(sentence))


def unit_row(rows: Rows) -> Rows:
    """The mean direction of some rows; zeros of none."""
    if not len(rows):
        return np.zeros(rows.shape[1:], dtype=np.float32)
    mean: Rows = rows.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))


def measure(
    found: Sequence[Unit],
    rows: Mapping[str, Rows],
    profiles: Sequence[PreparedProfile],
    names: CpvNames,
    rarity: Rows,
) -> NDArray[np.float32]:
    """Units × profiles × signals. What a side leaves unsaid is NaN; `rows` holds the vector of every text."""
    table = dense([profile.grams for profile in profiles])
    languages = sorted({profile.text.language for profile in profiles})
    columns = {spoken: [i for i, p in enumerate(profiles) if p.text.language == spoken] for spoken in languages}
    sentences, codes = _Sides([p.sentence_rows for p in profiles]), _Sides([p.code_rows for p in profiles])
    wholes = np.stack([profile.whole for profile in profiles])
    out = np.full((len(found), len(profiles), len(Signal)), np.nan, dtype=np.float32)
    at = {signal: index for index, signal in enumerate(Signal)}
    for row, unit in enumerate(found):
        here = out[row]
        told, named = _stacked(unit.told, rows, wholes), _stacked(unit.named, rows, wholes)
        by_sentence, by_code = sentences.best(told), codes.best(told)
        here[:, at[Signal.TITLE_SENTENCE]] = _most(by_sentence[: unit.titles])
        here[:, at[Signal.TEXT_SENTENCE]] = _most(by_sentence)
        here[:, at[Signal.CPV_SENTENCE]] = _most(sentences.best(named))
        here[:, at[Signal.TITLE_CPV]] = _most(by_code[: unit.titles])
        here[:, at[Signal.TEXT_CPV]] = _most(by_code)
        body = unit_row(np.stack([*told[: unit.titles], unit_row(told[unit.titles :]), unit_row(named)]))
        here[:, at[Signal.WHOLE]] = wholes @ body
        shared = np.array([shared_digits(unit.codes, profile.digits) for profile in profiles], dtype=np.float32)
        here[:, at[Signal.DIGITS]] = shared
        here[:, at[Signal.GROUP]] = np.minimum(shared, 3)
        here[:, at[Signal.CLASS]] = shared >= 4
        here[:, at[Signal.CODES]] = np.log1p(min(len(unit.codes), _MANY))
        here[:, at[Signal.LENGTH]] = np.log1p(min(len(unit.told), _MANY))
        texts = [part.text for part in unit.told]
        here[:, at[Signal.GRAMS_TEXT]] = likeness(grams("\n".join(texts), rarity), table)
        here[:, at[Signal.GRAMS_TITLE]] = likeness(grams("\n".join(texts[: unit.titles]), rarity), table)
        for spoken, whose in columns.items():
            called = "\n".join(name for code in unit.codes if (name := cpv_name(names, code, spoken)))
            here[whose, at[Signal.GRAMS_CPV]] = likeness(grams(called, rarity), table)[whose]
    return out


def shared_digits(codes: Sequence[str], digits: Sequence[str]) -> int:
    """How many leading digits a code and one of the firm's agree in at best: 0, or 2 to 8."""
    best = 0
    for code in codes:
        mine = cpv_digits(code)
        for theirs in digits:
            agreed = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), None)
            best = max(best, min(len(mine), len(theirs)) if agreed is None else agreed)
    return best if best >= 2 else 0


class _Sides:
    """The rows of many profiles in one matrix, so that one product meets them all."""

    def __init__(self, of_each: Sequence[Rows]) -> None:
        self._counts = [len(rows) for rows in of_each]
        self._rows = np.concatenate(of_each)

    def best(self, told: Rows) -> NDArray[np.float32]:
        """Texts × profiles: the best cosine of each text with any row of the profile, NaN where it has none."""
        cosines = told @ self._rows.T
        out = np.full((len(told), len(self._counts)), np.nan, dtype=np.float32)
        start = 0
        for column, count in enumerate(self._counts):
            if count:
                out[:, column] = cosines[:, start : start + count].max(axis=1)
            start += count
        return out


def _stacked(texts: Sequence[Part | str], rows: Mapping[str, Rows], like: Rows) -> Rows:
    if not texts:
        return np.zeros((0, like.shape[1]), dtype=np.float32)
    return np.stack([rows[text.text if isinstance(text, Part) else text] for text in texts])


def _most(cosines: NDArray[np.float32]) -> NDArray[np.float32] | float:
    """The best over texts; NaN where there is no text."""
    best: NDArray[np.float32] | float = cosines.max(axis=0) if len(cosines) else float("nan")
    return best
