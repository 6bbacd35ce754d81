"""May what was read before be used again? What nobody has written since cannot differ; what somebody has is read anew.

Each transaction leaves rows (`ChangeSeen`), by triggers: which watched tables it wrote, and of matches and notices which
versions. Whoever sees what it wrote sees those rows. What is kept may be read from watched tables alone, and the clock.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.types import Base

Value = TypeVar("Value")
MOST: Final = 10_000  # changes that are looked at; of more, everything is sooner read anew
_EVERY: Final = "0"  # in place of a version: any of them
# Which database of which server, since when it runs, and which table that is: elsewhere numbers mean something else. Then
# what this statement sees, and what it sees of these tables that an earlier one did not. Nothing where this transaction
# has written itself, since it may take that back.
_SEEN: Final = text("""
    SELECT current_database() || pg_postmaster_start_time()::text || CAST('change_seen'::regclass AS oid)::text AS place,
           pg_current_snapshot()::text AS snapshot,
           ARRAY(
               SELECT relation || ' ' || version_id FROM change_seen
               WHERE by >= CAST(CAST(pg_snapshot_xmin(CAST(:since AS pg_snapshot)) AS text) AS bigint)
                 AND NOT pg_visible_in_snapshot(CAST(CAST(by AS text) AS xid8), CAST(:since AS pg_snapshot))
                 AND relation = ANY(:tables)
               LIMIT :most
           ) AS changes
    WHERE pg_current_xact_id_if_assigned() IS NULL
""")
# A row that tells of everything takes the place of those that are gone.
_FORGET: Final = text("""
    WITH fresh AS (INSERT INTO change_seen DEFAULT VALUES) DELETE FROM change_seen RETURNING id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was written since: tables of which anything may differ, and versions of which anything in the others may."""

    tables: frozenset[str]
    versions: frozenset[int]


_NONE: Final = Changes(tables=frozenset(), versions=frozenset())


@dataclass(frozen=True, slots=True)
class _State:
    """What a statement sees, and of which database."""

    place: str
    snapshot: str


class Kept(Generic[Value]):
    """A few values in memory, each given back as long as reading it anew would give the same. Any thread may ask.

    ``tables`` are all that they are read from.
    """

    def __init__(self, *tables: type[Base], most: int) -> None:
        self._most, self._lock = most, Lock()
        self.tables = sorted(str(table.__tablename__) for table in tables)
        self._values: dict[Hashable, tuple[_State, Value]] = {}

    def get(
        self,
        s: Session,
        key: Hashable,
        read: Callable[[], Value],
        *,
        renew: Callable[[Value, Changes], Value | None] = lambda *_: None,
        fits: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """The value under this key as the database now is; kept unless it is too large to fit.

        ``renew`` makes of a kept one what holds after these changes; where it gives None, all is read anew.
        """
        with self._lock:
            held = self._values.get(key)
        state, changes = self._seen(s, None if held is None else held[0])
        if state is None:
            return read()
        if held is not None and changes == _NONE:
            value = held[1]
        else:
            renewed = None if held is None or changes is None else renew(held[1], changes)
            value = read() if renewed is None else renewed
            # Read in several statements: what changed between them is seen by now.
            if self._seen(s, state)[1] != _NONE or not fits(value):
                return value
        with self._lock:
            # What was asked for longest ago stands first.
            self._values.pop(key, None)
            self._values[key] = (state, value)
            while len(self._values) > self._most:
                self._values.pop(next(iter(self._values)))
        return value

    def _seen(self, s: Session, since: _State | None) -> tuple[_State | None, Changes | None]:
        """What there is to be seen now, and what of it was not then; None where that cannot be known."""
        sent = {"since": since.snapshot if since else None, "tables": ["", *self.tables], "most": MOST}
        row = s.execute(_SEEN, sent).one_or_none()
        if row is None:
            return None, None
        state = _State(row.place, row.snapshot)
        if since is None or since.place != state.place or len(row.changes) == MOST:
            return state, None
        tables, versions = set[str](), set[int]()
        for one in row.changes:
            table, _, version = one.partition(" ")
            if version == _EVERY:
                tables.add(table)
            else:
                versions.add(int(version))
        if "" in tables:
            return state, None
        return state, Changes(tables=frozenset(tables), versions=frozenset(versions))


def forget(s: Session) -> int:
    """Let go of the rows of all who have written so far, once a day; how many they were."""
    return len(s.execute(_FORGET).all())
