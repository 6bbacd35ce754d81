"""Which sentence of the notice stands beside which of the profile?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.batch import Batch
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.text import Part, Section

_QUOTED = 3  # sentences of the notice that are considered for the quotation, besides its title
# The title stands above the quotation already; a reader learns more from any sentence nearly as good.
_TITLE_COUNTS = np.float32(-0.1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quotes:
    """For some profiles and one unit: what may be quoted. Arrays are candidates × profiles; the first is the title.

    `sentences` is −1 where there is nothing to compare with, so that the quotation says the one side there is.
    """

    said: Sequence[Part]
    rows: NDArray[np.int64]  # of `said`
    sentences: NDArray[np.int64]  # of the profile
    cosines: Rows

    @property
    def best(self) -> NDArray[np.int64]:
        """For each profile, the candidate that is likest."""
        found: NDArray[np.int64] = self.cosines.argmax(axis=0)
        return found


def quote(batch: Batch, number: int, roster: Roster, columns: NDArray[np.int64]) -> Quotes:
    """The title and the likest sentences of one unit of the batch, each with the likest sentence of each profile.

    A CPV name is quoted only where nothing else is said.
    """
    said, rows = _said(batch, number)
    counts = roster.counts[columns]
    most = int(counts.max(initial=0))
    if not len(rows) or not most:
        nothing = np.full((1, len(columns)), -1, dtype=np.int64)
        return Quotes(said=said, rows=nothing + 1, sentences=nothing, cosines=np.zeros(nothing.shape, dtype=np.float32))
    # A profile with fewer sentences than the others repeats its last one.
    places = np.minimum(np.arange(most)[:, None], np.maximum(counts - 1, 0))
    theirs = np.minimum(roster.starts[columns] + places, len(roster.rows) - 1)
    cosines = (rows @ roster.rows[theirs.ravel()].T).reshape(len(rows), most, len(columns))
    best = cosines.max(axis=1)
    order = np.argsort(-best.T, axis=1, kind="stable")[:, :_QUOTED].T
    chosen = np.concatenate([np.zeros((1, len(columns)), dtype=np.int64), order])
    likest = cosines[chosen, :, np.arange(len(columns))].argmax(axis=2)
    titled = np.array([part.section.is_title for part in said])
    found = np.take_along_axis(best, chosen, axis=0) + np.where(titled[chosen], _TITLE_COUNTS, np.float32(0))
    silent = counts == 0
    return Quotes(
        said=said,
        rows=np.where(silent, 0, chosen),
        sentences=np.where(silent, -1, np.minimum(likest, counts - 1)),
        cosines=np.where(silent, np.float32(0), found),
    )


def _said(batch: Batch, number: int) -> tuple[Sequence[Part], Rows]:
    """What of a unit may be quoted, and its vectors; none where nothing is said."""
    unit = batch.units[number]
    if unit.told:
        start, end = batch.told[number]
        return unit.told, batch.rows[start:end]
    named = {name: batch.code_at[code] for name, code in zip(unit.named, unit.codes, strict=True) if name}
    if named:
        return tuple(Part(section=Section.CPV, lot=unit.lot, text=name) for name in named), batch.code_rows[
            [*named.values()]
        ]
    return (Part(section=Section.TITLE, lot=None, text=""),), batch.rows[:0]
