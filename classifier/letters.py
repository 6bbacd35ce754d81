"""Whose profiles look like some texts, letter by letter, when there are thousands of profiles?

The cosine of two sparse vectors, for all pairs at once. Runs of letters that many profiles share (` og `, `leve`) make
most of the work and are met by one dense product; the many that few share are met one by one.
"""

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from classifier.grams import BUCKETS, Grams
from classifier.rows import Rows

_MOST = 4096  # runs in the dense table, whatever their share: its size stays in bounds
_SHARE = 0.08  # was quickest, measured on 128 notices and 2,000 profiles


class Letters:
    """The runs of some profiles, laid out to be met by many texts."""

    def __init__(self, profiles: Grams, *, share: float = _SHARE) -> None:
        """Runs that at least `share` of the profiles have are met densely."""
        self._count = len(profiles)
        found = np.bincount(profiles.buckets, minlength=BUCKETS)
        common = np.flatnonzero(found >= max(share * self._count, 1))
        common = np.sort(common[np.argsort(-found[common], kind="stable")[:_MOST]])
        self._place = np.full(BUCKETS, -1, dtype=np.int64)
        self._place[common] = np.arange(len(common))
        place, whose = self._place[profiles.buckets], profiles.whose
        dense = place >= 0
        self._common = np.zeros((len(common), self._count), dtype=np.float32)
        self._common[place[dense], whose[dense]] = profiles.weights[dense]
        rare = (profiles.weights[~dense], (profiles.buckets[~dense], whose[~dense]))
        self._rare = sparse.csr_matrix(rare, shape=(BUCKETS, self._count), dtype=np.float32)

    def likeness(self, texts: Grams) -> Rows:
        """Texts × profiles: the cosine of each text with each profile, 0 where either has no letters."""
        place, whose = self._place[texts.buckets], texts.whose
        dense = place >= 0
        common = np.zeros((len(texts), len(self._common)), dtype=np.float32)
        common[whose[dense], place[dense]] = texts.weights[dense]
        found: Rows = common @ self._common
        if self._rare.nnz:
            rare = (texts.weights[~dense], (whose[~dense], texts.buckets[~dense]))
            found += (sparse.csr_matrix(rare, shape=(len(texts), BUCKETS), dtype=np.float32) @ self._rare).toarray()
        return found
