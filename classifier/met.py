"""What was computed for a notice before and need not be again?"""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np

from classifier.rows import Rows

_Key = TypeVar("_Key", bound=Hashable)


class Met(Generic[_Key]):
    """Rows by what they are of. Any thread may ask; when there are too many, all are forgotten at once."""

    def __init__(self, most: int) -> None:
        self._held: dict[_Key, Rows] = {}
        self._most = most

    def rows(self, keys: Sequence[_Key], compute: Callable[[list[_Key]], Rows]) -> Rows:
        """One row for each key, of which `compute` makes those that are not held. There must be a key."""
        held = self._held  # another thread may put a new one in its place meanwhile
        missing = [key for key in dict.fromkeys(keys) if key not in held]
        fresh = dict(zip(missing, compute(missing), strict=True)) if missing else {}
        found: Rows = np.stack([fresh[key] if key in fresh else held[key] for key in keys])
        if len(held) + len(fresh) > self._most:
            self._held = fresh
        else:
            held.update(fresh)
        return found
