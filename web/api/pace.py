"""May this token ask again already? So many at once, and so many a minute after that.

Counted in the memory of each web process: what several processes allow adds up, and a restart forgets it. That is
enough to keep one program from slowing the pages for everybody, and costs the database nothing.
"""

import math
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic


@dataclass(slots=True)
class Pace:
    """A bucket of turns for each token, which fills again evenly."""

    per_minute: float = 300
    at_once: int = 100
    _left: dict[int, tuple[float, float]] = field(default_factory=dict)  # token -> turns left, and as of when
    _lock: Lock = field(default_factory=Lock)

    def wait_s(self, token_id: int) -> int:
        """0 and the turn is taken, or the whole seconds until there is one. Only tokens that we know may ask."""
        now = monotonic()
        with self._lock:
            left, since = self._left.get(token_id, (float(self.at_once), now))
            left = min(float(self.at_once), left + (now - since) * self.per_minute / 60)
            taken = left >= 1
            self._left[token_id] = (left - taken, now)
        return 0 if taken else math.ceil((1 - left) * 60 / self.per_minute)
