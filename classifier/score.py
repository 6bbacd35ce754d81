"""How probable is it that a firm could bid for a notice, and which two sentences say so?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier import lanes, words
from classifier.batch import Batch
from classifier.encoder import OURS, Encoder, our_lexicon
from classifier.explain import Evidence, Kept, explain, keep
from classifier.fusion import Fusion, fused, read_fusions
from classifier.reader import Reader, read_rarity
from classifier.roster import Roster
from classifier.rows import Rows
from classifier.scale import scoring_of
from classifier.text import CpvNames, NoticeText, ProfileText

__all__ = ["Evidence", "Fusion", "Roster", "Scored", "Scorer"]

_FEWEST, _MOST = 32, 256  # notices that meet a roster together: as many as fit, but some for every lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One notice against the profile in one column of a roster; `score` is a probability, from 0 to 1."""

    profile: int
    score: float
    evidence: Evidence


class Scorer:
    """Scores notices against profiles. Weights and calibration are the model's own, or ours on its scale.

    Any thread may call it: nothing of one call is seen by another. A call uses every processor that the process may.
    """

    def __init__(self, encoder: Encoder, names: CpvNames) -> None:
        self._words = words.Remembered(encoder)
        self._reader = Reader(encoder, names, read_rarity(OURS), our_lexicon(encoder))
        scoring = scoring_of(encoder)
        self.default_threshold = float(scoring.spelled["default_threshold"])
        self.keep_floor = float(scoring.spelled["keep_floor"])
        self.fusions = read_fusions(scoring.spelled["modes"])
        self.revision = f"{encoder.revision}.{scoring.name}"

    def roster(self, profiles: Sequence[ProfileText]) -> Roster:
        """Read profiles and stack them; what was read or stacked lately is given back. An empty profile scores low."""
        return self._reader.roster(profiles)

    def read(self, notices: Sequence[NoticeText]) -> Iterator[Batch]:
        """Read notices, some at a time. Every sentence is read."""
        size = max(_FEWEST, min(_MOST, -(-len(notices) // lanes.count())))
        for start in range(0, len(notices), size):
            yield self._reader.batch(notices[start : start + size])

    def chances(self, notices: Sequence[NoticeText], roster: Roster) -> Rows:
        """Notices × profiles: the probability, from 0 to 1, of the best lot or the whole."""
        found = np.empty((len(notices), len(roster)), dtype=np.float32)
        start = 0
        for of_batch in lanes.each(lambda batch: self._of_notices(batch, roster), self.read(notices)):
            found[start : start + len(of_batch)] = of_batch
            start += len(of_batch)
        return found

    def score(self, notices: Sequence[NoticeText], roster: Roster, floor: float | Rows = 0.0) -> list[list[Scored]]:
        """For each notice, in the roster's order, the profiles whose chance is at least `floor`, and why.

        `floor` is one number, or one for each profile.
        """
        found: list[list[Scored]] = []
        for batch, kept in self.kept(self.read(notices), roster, floor):
            evidence = explain(self._words, batch, kept, roster.profiles, worded_from=self.keep_floor)
            mine: list[list[Scored]] = [[] for _ in batch.of_each]
            for one, told in zip(kept, evidence, strict=True):
                each = zip(one.columns.tolist(), one.chances.tolist(), told, strict=True)
                mine[one.notice] += [Scored(profile=column, score=score, evidence=why) for column, score, why in each]
            found += [sorted(of_notice, key=lambda scored: scored.profile) for of_notice in mine]
        return found

    def kept(self, batches: Iterable[Batch], roster: Roster, floor: float | Rows) -> Iterator[tuple[Batch, list[Kept]]]:
        """What `score` finds before it looks for words: who is told of the notices read, and what may be quoted."""
        floors = np.broadcast_to(np.asarray(floor, dtype=np.float32), (len(roster),))

        def meet(batch: Batch) -> tuple[Batch, list[Kept]]:
            return batch, keep(batch, fused(batch, roster, self.fusions), floors, roster)

        yield from lanes.each(meet, batches)

    def _of_notices(self, batch: Batch, roster: Roster) -> Rows:
        """Notices × profiles, the best unit of each."""
        of_units = fused(batch, roster, self.fusions)
        if len(batch.units) == len(batch.of_each):
            return of_units
        found: Rows = np.maximum.reduceat(of_units, batch.starts, axis=0)
        return found
