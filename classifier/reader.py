"""What do the model and the arithmetic make of the texts of notices and profiles?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.encoder import Encoder
from classifier.grams import grams
from classifier.roster import Roster
from classifier.signals import PreparedProfile, Rows, Unit, measure, says_what_it_does, unit_row, units
from classifier.text import CpvNames, NoticeText, ProfileText, cpv_digits, cpv_name


class Reader:
    """Reads with one model, one list of CPV names and one count of how rare letters are."""

    def __init__(self, encoder: Encoder, names: CpvNames, rarity: Rows) -> None:
        self._encoder, self._names, self._rarity = encoder, names, rarity

    def prepare(self, profile: ProfileText) -> PreparedProfile:
        """Read a profile once. An empty profile is allowed and scores low."""
        told = tuple(sentence for sentence in profile.sentences if sentence.strip())
        sentences = tuple(sentence for sentence in told if says_what_it_does(sentence)) or told
        named = [name for code in profile.cpv if (name := cpv_name(self._names, code, profile.language))]
        rows = self._encoder.encode([*sentences, *named])
        return PreparedProfile(
            text=profile,
            sentences=sentences,
            sentence_rows=rows[: len(sentences)],
            code_rows=rows[len(sentences) :],
            whole=unit_row(rows[: len(sentences)]),
            digits=tuple(dict.fromkeys(digits for code in profile.cpv if (digits := cpv_digits(code)))),
            grams=grams("\n".join(sentences), self._rarity),
        )

    def roster(self, profiles: Sequence[ProfileText]) -> Roster:
        """Read profiles and stack them."""
        return Roster(profiles=[self.prepare(profile) for profile in profiles])

    def measure(
        self, notices: Sequence[NoticeText], roster: Roster
    ) -> tuple[list[list[Unit]], Mapping[str, Rows], NDArray[np.float32]]:
        """The units of each notice, the vector of every text, and all units × profiles × signals: for fitting."""
        of_each = [units(notice, self._names) for notice in notices]
        every = [unit for found in of_each for unit in found]
        texts = list(dict.fromkeys(text for u in every for text in (*(part.text for part in u.told), *u.named)))
        rows = dict(zip(texts, self._encoder.encode(texts), strict=True))
        return of_each, rows, measure(every, rows, roster.profiles, self._names, self._rarity)


def read_rarity(folder: Path) -> Rows:
    """How rare each bucket of letters is, as training counted it."""
    from safetensors.numpy import load_file

    steps: NDArray[np.uint8] = load_file(folder / "grams.safetensors")["rarity"]
    return steps.astype(np.float32) / np.float32(25)
