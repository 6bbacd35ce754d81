"""May what was read before be used again? Only while nobody has written where it is read from: then it cannot differ.

Each transaction that writes a watched table leaves a row (`ChangeSeen`), by triggers, and whoever sees what it wrote
sees that row. As long as the rows are the very same, so is every row of those tables; there is no list of which write
changes what, in which something could be forgotten. What is kept may be read from watched tables alone, and the clock.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

Value = TypeVar("Value")
# Which database of which server, since when it runs, which table that is, and what wrote; nothing where this
# transaction has written itself, since it may take that back.
_MARK = text("""
    SELECT current_database() || pg_postmaster_start_time()::text || CAST('change_seen'::regclass AS oid)::text
           || coalesce((SELECT md5(string_agg(id::text, ' ' ORDER BY id)) FROM change_seen), '')
    WHERE pg_current_xact_id_if_assigned() IS NULL
""")
# A row that was never seen before takes the place of those that are gone, so that no state looks like an earlier one.
_FORGET = text("""
    WITH fresh AS (INSERT INTO change_seen DEFAULT VALUES) DELETE FROM change_seen RETURNING id
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


def forget(s: Session) -> int:
    """Let go of the rows of all who have written so far, once a day; how many they were."""
    return len(s.execute(_FORGET).all())
