"""Which profiles does a notice meet, and how do they lie in memory so that it meets thousands of them at once?

They are cut into blocks of profiles alike in what they have, so that a block's sentences fill a matrix.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.best import Taken
from classifier.grams import joined
from classifier.letters import Letters
from classifier.met import Met
from classifier.prepared import PreparedProfile
from classifier.rows import Rows
from classifier.vocabulary import Speaks, Vocabulary

_WIDEST = 256  # profiles in a block: with six sentences each, some hundred notices' signals stay in a core's cache
_SMALL = 32
_NOTHING = np.zeros((0, 0), dtype=np.float32)
_MET = 2048  # codes that a notice brought and later ones may bring again


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Profiles that all have codes or all have none, and about as many sentences."""

    columns: NDArray[np.int64]  # where in the roster they stand
    inside: slice  # … and in the order of blocks
    coded: bool
    slots: int  # sentences of the one that has most
    sentences: Rows  # dimensions × (slots · profiles): everybody's first sentence, everybody's second, …
    wholes: Rows  # dimensions × profiles
    coded_wholes: Rows  # the same, each turned towards its codes; as they are where there are none
    codes: Taken  # of the roster's codes
    met: Met[str] = field(default_factory=lambda: Met(_MET))  # of a notice's codes, each one's best cosines


class Roster:
    """Profiles read and stacked once, for any number of notices. Its columns are the profiles in the order given."""

    def __init__(self, profiles: Sequence[PreparedProfile], lexicon: Speaks) -> None:
        self.profiles = tuple(profiles)
        # Every profile's sentences, one profile after the other: where they start, how many, and their vectors.
        self.counts = np.array([len(profile.sentences) for profile in profiles], dtype=np.int64)
        self.starts = np.cumsum(self.counts) - self.counts
        self.rows = np.concatenate([profile.sentence_rows for profile in profiles]) if profiles else _NOTHING
        self.coded = np.array([bool(profile.digits) for profile in profiles], dtype=np.bool_)
        self.vocabulary = Vocabulary([profile.words for profile in profiles], lexicon)
        coded = {digits: row for p in profiles for digits, row in zip(p.digits, p.code_rows, strict=True)}
        self.code_rows = np.ascontiguousarray(np.stack([*coded.values()]).T) if coded else None
        self.digits = tuple(coded)
        ordered = sorted(enumerate(self.profiles), key=lambda one: _kind(one[1]))
        self.letters = Letters(joined([profile.grams for _, profile in ordered]))
        at = {digits: row for row, digits in enumerate(self.digits)}
        cuts = _cuts([profile for _, profile in ordered])
        self.blocks = tuple(_block(ordered[start:end], slice(start, end), at) for start, end in cuts)

    def __len__(self) -> int:
        return len(self.profiles)


def _kind(profile: PreparedProfile) -> tuple[bool, int]:
    return bool(profile.digits), len(profile.sentences)


def _cuts(profiles: Sequence[PreparedProfile]) -> list[tuple[int, int]]:
    """Where blocks start and end: where one is full, and where the next profile is unlike those before it.

    A profile with fewer sentences than its block repeats its last one, so lengths differ by a fifth at most, but for
    blocks too small for that to matter.
    """
    cuts = [0]
    for at, profile in enumerate(profiles):
        coded, length = _kind(profile)
        first_coded, shortest = _kind(profiles[cuts[-1]])
        size = at - cuts[-1]
        unlike = coded != first_coded or length > (1.2 if size >= _SMALL else 4) * shortest
        if size == _WIDEST or unlike:
            cuts.append(at)
    return [*zip(cuts, [*cuts[1:], len(profiles)], strict=True)] if profiles else []


def _block(members: Sequence[tuple[int, PreparedProfile]], inside: slice, code_at: dict[str, int]) -> Block:
    profiles = [profile for _, profile in members]
    slots = max(len(profile.sentences) for profile in profiles)
    dimensions = profiles[0].sentence_rows.shape[1]
    sentences = np.empty((dimensions, slots, len(profiles)), dtype=np.float32)
    for at, profile in enumerate(profiles if slots else ()):
        missing = slots - len(profile.sentences)
        sentences[:, :, at] = np.pad(profile.sentence_rows, ((0, missing), (0, 0)), mode="edge").T
    return Block(
        columns=np.array([column for column, _ in members], dtype=np.int64),
        inside=inside,
        coded=bool(profiles[0].digits),
        slots=slots,
        sentences=sentences.reshape(dimensions, slots * len(profiles)),
        wholes=np.ascontiguousarray(np.stack([profile.whole for profile in profiles]).T),
        coded_wholes=np.ascontiguousarray(np.stack([profile.coded_whole for profile in profiles]).T),
        codes=Taken([[code_at[digits] for digits in profile.digits] for profile in profiles]),
    )
