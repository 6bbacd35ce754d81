"""What is read of some notices, once, before any profile is met?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from classifier.best import Taken
from classifier.codes import CodeRows
from classifier.encoder import Encoder
from classifier.grams import Grams, grams
from classifier.rows import Rows, leading, unit_row
from classifier.text import CpvNames, NoticeText
from classifier.units import Unit, units
from classifier.vocabulary import Spoken
from classifier.words import telling


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Notices read with one model. Arrays have a row for each unit, in the order of `units`, unless they say otherwise."""

    of_each: Sequence[Sequence[Unit]]  # for each notice
    units: Sequence[Unit]
    rows: Rows  # nested: the vector of everything told, unit by unit
    titles: Sequence[tuple[int, int]]  # which of `rows` are the unit's title, none or one
    told: Sequence[tuple[int, int]]  # … its title and sentences
    wholes: Rows  # the mean direction of title, of all sentences, of all codes
    coded: NDArray[np.bool_]
    code_at: Mapping[str, int]  # the codes of all notices, each once, and where in `code_rows`
    code_rows: Rows  # nested
    codes: Taken  # of `code_rows`
    spoken: Sequence[Spoken]
    rarity: Rows

    @property
    def starts(self) -> NDArray[np.int64]:
        """For each notice, the number of its first unit."""
        return np.cumsum([0, *(len(of_notice) for of_notice in self.of_each[:-1])], dtype=np.int64)

    @cached_property
    def grams(self) -> Grams:
        """The letters of title and sentences."""
        return grams(["\n".join(part.text for part in unit.told) for unit in self.units], self.rarity)


def read(notices: Sequence[NoticeText], encoder: Encoder, code_rows: CodeRows, names: CpvNames, rarity: Rows) -> Batch:
    """Cut notices into units and encode every text, each once."""
    of_each = [units(notice, names) for notice in notices]
    every = [unit for of_notice in of_each for unit in of_notice]
    told = [part.text for unit in every for part in unit.told]
    rows = encoder.encode(told)
    ends = np.cumsum([0, *(len(unit.told) for unit in every)]).tolist()
    code_at = {code: at for at, code in enumerate(dict.fromkeys(code for unit in every for code in unit.codes))}
    meant = code_rows.of(code_at)
    wholes = [
        _whole(unit, rows[start:end], meant[[code_at[code] for code in unit.codes]])
        for unit, start, end in zip(every, ends, ends[1:], strict=False)
    ]
    return Batch(
        of_each=of_each,
        units=every,
        rows=leading(rows, encoder.nested),
        titles=[(start, start + unit.titles) for unit, start in zip(every, ends, strict=False)],
        told=[*pairwise(ends)],
        wholes=np.stack(wholes) if wholes else rows[:0],
        coded=np.array([bool(unit.codes) for unit in every], dtype=np.bool_),
        code_at=code_at,
        code_rows=leading(meant, encoder.nested),
        codes=Taken([[code_at[code] for code in unit.codes] for unit in every]),
        spoken=[_spoken(unit) for unit in every],
        rarity=rarity,
    )


def _spoken(unit: Unit) -> Spoken:
    said = [telling(part.text) for part in unit.told]
    return Spoken(title=_once(said[: unit.titles]), text=_once(said))


def _once(said: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(said)))


def _whole(unit: Unit, told: Rows, coded: Rows) -> Rows:
    return unit_row(np.stack([*told[: unit.titles], unit_row(told[unit.titles :]), unit_row(coded)]))
