"""May what was read before be used again? Only while nobody has written anything at all since: then it cannot differ.

PostgreSQL says by its snapshot which transactions a reader sees. As long as that is the very same, so is every row;
there is no list of what depends on what, in which something could be forgotten.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

Value = TypeVar("Value")
# Which database of which server, since when it runs, and whom a reader sees; nothing where this transaction has written
# itself, since its own rows are in no snapshot.
_MARK = text("""
    SELECT current_database() || pg_postmaster_start_time()::text || pg_current_snapshot()::text
    WHERE pg_current_xact_id_if_assigned() IS NULL
""")


class Kept(Generic[Value]):
    """A few values in memory, each given back as long as reading it anew would give the same. Any thread may ask."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._mark: str | None = None
        self._values: dict[Hashable, Value] = {}

    def get(
        self, s: Session, key: Hashable, read: Callable[[], Value], *, fits: Callable[[Value], bool] = lambda _: True
    ) -> Value:
        """The value under this key as the database now is; kept unless it is too large to fit.

        What was kept of an earlier state is let go as soon as another state is seen.
        """
        mark = s.scalar(_MARK)
        with self._lock:
            if mark is not None and mark == self._mark and key in self._values:
                return self._values[key]
        value = read()
        # Read in several statements: what changed between them shows by a mark that is another one.
        if mark is None or s.scalar(_MARK) != mark or not fits(value):
            return value
        with self._lock:
            if mark != self._mark:
                self._mark, self._values = mark, {}
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.pop(next(iter(self._values)))
        return value
