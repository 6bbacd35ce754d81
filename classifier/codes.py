"""What does a CPV code mean, whatever the language of the text beside it?"""

from collections.abc import Iterable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from classifier.encoder import Encoder
from classifier.text import CpvNames, cpv_digits, cpv_name

Rows = NDArray[np.float32]

# Names in several languages, for their mean lies closer to the meaning than any one: measured on unseen notices, it
# finds a title's division more often than the name in the title's own language does.
_CALLED_IN = ("nb", "sv", "en")
_MOST = 20_000  # twice the nomenclature: only nonsense codes fill it


class CodeRows:
    """The vector of each code: the mean direction of what it is called. Any thread may ask."""

    def __init__(self, encoder: Encoder, names: CpvNames) -> None:
        self._encoder, self._names = encoder, names
        self._known: dict[str, Rows] = {}
        self._reading = Lock()

    def of(self, codes: Iterable[str]) -> Rows:
        """One unit row for each code, by its digits; zeros for a code that has no name at all."""
        digits = [cpv_digits(code) for code in codes]
        with self._reading:
            new = [one for one in dict.fromkeys(digits) if one not in self._known]
            if len(self._known) + len(new) > _MOST:
                self._known.clear()
                new = list(dict.fromkeys(digits))
            self._known.update(zip(new, self._read(new), strict=True))
            found = [self._known[one] for one in digits]
        return np.stack(found) if found else np.zeros((0, self._encoder.dimensions), dtype=np.float32)

    def _read(self, digits: list[str]) -> Rows:
        if not digits:
            return np.zeros((0, self._encoder.dimensions), dtype=np.float32)
        called = [cpv_name(self._names, one, language) or "" for one in digits for language in _CALLED_IN]
        means: Rows = self._encoder.encode(called).reshape(len(digits), len(_CALLED_IN), -1).mean(axis=1)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        return means
