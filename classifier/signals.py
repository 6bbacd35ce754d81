"""What speaks for a notice fitting a profile? Sixteen numbers, none of which decides alone.

Pure arithmetic over texts and their vectors. Each lot is measured on its own: a firm bids for a lot, not for a list.
A new signal is a name in `Signal` and a line in `_MEASURES`, and stands in the sets between if it needs codes.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import numpy as np

from classifier.batch import Batch
from classifier.meeting import Meeting, Shared
from classifier.roster import Roster
from classifier.rows import Rows


class Signal(StrEnum):
    """The columns of a measurement, in order. A name's first word is the notice's side, its second the profile's."""

    TITLE_SENTENCE = "title_sentence"  # the best cosine of the title with a sentence of the profile
    TEXT_SENTENCE = "text_sentence"  # … of title or any sentence
    CPV_SENTENCE = "cpv_sentence"  # … of a CPV code
    TITLE_CPV = "title_cpv"  # the best cosine of the title with a CPV code that the firm picked
    TEXT_CPV = "text_cpv"  # … of title or any sentence
    CPV_CPV = "cpv_cpv"  # … of a CPV code
    WHOLE = "whole"  # the cosine of everything that the notice says with all sentences
    WHOLE_CPV = "whole_cpv"  # … with all sentences and all codes
    DIGITS = "digits"  # leading digits shared by a code of the notice and one of the firm, 0 or 2 to 8
    GROUP = "group"  # the same, but three digits say all
    CLASS = "class"  # 1 if four digits are shared
    CODES = "codes"  # logarithm of the number of the notice's codes: among many, one fits by accident
    LETTERS = "letters"  # letters that title and text share with the profile
    LENGTH = "length"  # logarithm of the number of sentences: among many, one fits by accident
    WORDS = "words"  # how much the five of the profile's words tell that are likest to words of the notice
    TITLE_WORD = "title_word"  # how much the title's word tells that is likest to one of the profile's


class Mode(StrEnum):
    """Who has CPV codes: what the numbers mean depends on it, so each case has weights of its own."""

    BOTH = "both"
    NOTICE = "notice"
    PROFILE = "profile"
    NEITHER = "neither"

    @classmethod
    def of(cls, notice_has: bool, profile_has: bool) -> "Mode":
        """The case of one pair."""
        return ((cls.NEITHER, cls.PROFILE), (cls.NOTICE, cls.BOTH))[notice_has][profile_has]


_MANY = 40  # more codes or sentences than this count as this many: no longer notice was judged, so none is punished
OF_NOTICE_CODES = frozenset({Signal.CPV_SENTENCE, Signal.CODES})
OF_PROFILE_CODES = frozenset({Signal.TITLE_CPV, Signal.TEXT_CPV, Signal.WHOLE_CPV})
OF_BOTH_CODES = frozenset({Signal.CPV_CPV, Signal.DIGITS, Signal.GROUP, Signal.CLASS})
# Word by word is the dearest way to compare: only pairs that all the rest finds possible are compared so.
OF_WORDS = (Signal.WORDS, Signal.TITLE_WORD)
FIRST = tuple(signal for signal in Signal if signal not in OF_WORDS)
SPEAKING: Mapping[Mode, tuple[Signal, ...]] = {
    Mode.BOTH: FIRST,
    Mode.NOTICE: tuple(s for s in FIRST if s not in OF_PROFILE_CODES | OF_BOTH_CODES),
    Mode.PROFILE: tuple(s for s in FIRST if s not in OF_NOTICE_CODES | OF_BOTH_CODES),
    Mode.NEITHER: tuple(s for s in FIRST if s not in OF_NOTICE_CODES | OF_PROFILE_CODES | OF_BOTH_CODES),
}


_MEASURES: Mapping[Signal, Callable[[Meeting], Rows]] = {
    Signal.TITLE_SENTENCE: lambda meeting: meeting.by_sentence[0],
    Signal.TEXT_SENTENCE: lambda meeting: meeting.by_sentence[1],
    Signal.CPV_SENTENCE: lambda meeting: meeting.code_by_sentence,
    Signal.TITLE_CPV: lambda meeting: meeting.by_code[0],
    Signal.TEXT_CPV: lambda meeting: meeting.by_code[1],
    Signal.CPV_CPV: lambda meeting: meeting.code_by_code,
    Signal.WHOLE: lambda meeting: meeting.whole,
    Signal.WHOLE_CPV: lambda meeting: meeting.coded_whole,
    Signal.DIGITS: lambda meeting: meeting.digits,
    Signal.GROUP: lambda meeting: np.minimum(meeting.digits, 3),
    Signal.CLASS: lambda meeting: (meeting.digits >= 4).astype(np.float32),
    Signal.CODES: lambda meeting: _how_many([len(unit.codes) for unit in meeting.batch.units]),
    Signal.LETTERS: lambda meeting: meeting.letters,
    Signal.LENGTH: lambda meeting: _how_many([len(unit.told) for unit in meeting.batch.units]),
}


def measured(meeting: Meeting, signal: Signal) -> Rows:
    """One of the first signals of all pairs of a meeting: units × profiles, or units × 1 where all profiles have the same.

    What a side leaves unsaid is NaN. The table may be shared: it is read, never written.
    """
    return _MEASURES[signal](meeting)


def measure(batch: Batch, roster: Roster) -> Rows:
    """Units × profiles × signals, for fitting. What a side leaves unsaid is NaN."""
    found = np.empty((len(batch.units), len(roster), len(Signal)), dtype=np.float32)
    shared = Shared(batch, roster)
    for block in roster.blocks:
        meeting = Meeting(shared, block)
        for column, signal in enumerate(FIRST):
            found[:, block.columns, column] = measured(meeting, signal)
    everybody = np.arange(len(roster))
    for unit, spoken in enumerate(batch.spoken):
        found[unit, :, len(FIRST) :] = roster.vocabulary.met(spoken, everybody).T
    return found


def _how_many(counts: Sequence[int]) -> Rows:
    return np.log1p(np.minimum(np.array(counts, dtype=np.float32), _MANY)).reshape(-1, 1)
