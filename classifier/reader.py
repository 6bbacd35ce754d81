"""What do the model and the arithmetic make of the texts of notices and profiles?"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from classifier import batch
from classifier.batch import Batch
from classifier.codes import CodeRows
from classifier.encoder import Encoder
from classifier.prepared import PreparedProfile, prepare
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.signals import measure
from classifier.text import CpvNames, NoticeText, ProfileText
from classifier.units import Unit
from classifier.vocabulary import Speaks

_PROFILES = 10_000  # read and kept; some 10 kB each
_ROSTERS = 2  # stacked and kept; some 20 kB for each profile


class Reader:
    """Reads with one model, one list of CPV names, one count of how rare letters are and one knowledge of words.

    Any thread may call it.
    """

    def __init__(self, encoder: Encoder, names: CpvNames, rarity: Rows, lexicon: Speaks) -> None:
        self._encoder, self._names, self._rarity, self._lexicon = encoder, _Remembered(names), rarity, lexicon
        self._codes = CodeRows(encoder, self._names)
        self._read: OrderedDict[ProfileText, PreparedProfile] = OrderedDict()
        self._reading = Lock()
        self._stacked = lru_cache(maxsize=_ROSTERS)(self._stack)

    def roster(self, profiles: Sequence[ProfileText]) -> Roster:
        """Read profiles and stack them; the same words with the same weights are read once. An empty one is allowed."""
        return self._stacked(tuple(profiles))

    def batch(self, notices: Sequence[NoticeText]) -> Batch:
        """Read notices. Every sentence is read."""
        return batch.read(notices, self._encoder, self._codes, self._names, self._rarity)

    def measure(
        self, notices: Sequence[NoticeText], roster: Roster
    ) -> tuple[Sequence[Sequence[Unit]], Batch, NDArray[np.float32]]:
        """The units of each notice, what was read, and all units × profiles × signals: for fitting."""
        read = self.batch(notices)
        return read.of_each, read, measure(read, roster)

    def _stack(self, profiles: tuple[ProfileText, ...]) -> Roster:
        with self._reading:
            new = [profile for profile in dict.fromkeys(profiles) if profile not in self._read]
            read = prepare(new, self._encoder, self._codes, self._rarity)
            fresh = dict(zip(new, read, strict=True))
            found = [fresh.get(profile) or self._read[profile] for profile in profiles]
            self._read.update(fresh)
            for profile in profiles:
                self._read.move_to_end(profile)
            while len(self._read) > _PROFILES:
                self._read.popitem(last=False)
        return Roster(found, self._lexicon)


class _Remembered:
    """The names of codes, each looked up once: the same few hundred are asked for with every notice."""

    def __init__(self, names: CpvNames) -> None:
        self._called = lru_cache(maxsize=50_000)(names.cpv_name)

    def cpv_name(self, code: str, language: str) -> str | None:
        return self._called(code, language)


def read_rarity(folder: Path) -> Rows:
    """How rare each bucket of letters is, as training counted it."""
    from safetensors.numpy import load_file

    steps: NDArray[np.uint8] = load_file(folder / "grams.safetensors")["rarity"]
    return steps.astype(np.float32) / np.float32(25)
