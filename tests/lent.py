"""Which database does a test get? The one of the test before, as new: emptying it costs less than cloning another.

A clone is some seven hundred files, and whoever comes to it first must look everything up and compile every statement.
So one is lent again, with the connections that lead to it, as long as nothing tells it from a clone.
"""

import secrets
from time import monotonic
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL

from db import session

PATIENCE_S = 0.2  # a connection that was closed is seen for some milliseconds more
SHIPPED = ("alembic_version", "buyer_name", "cpv_name", "database_mark", "exchange_rate", "nuts_name")
CATALOGUES = ("pg_attrdef", "pg_constraint", "pg_proc", "pg_trigger")
OURS = 16384  # the first number of what is not PostgreSQL's own

# A table without rows, dead ones among them, has no page.
USED = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> ALL (%s) AND pg_relation_size(oid) > 0
"""
# By the rows of change_seen we tell one state from all others: a number that was there must not come again.
RESTART = """
    SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
    WHERE pg_sequence_last_value(seqrelid) IS NOT NULL AND seqrelid <> 'change_seen_id_seq'::regclass
"""
UNCOUNTED = "SELECT pg_clear_relation_stats('public', name) FROM unnest(%s::text[]) AS name"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
# Whatever is added or changed has a newer transaction than all before it; what is only removed is fewer.
LOOK = sql.SQL(" UNION ALL ").join(
    [sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM {}").format(sql.Identifier(name)) for name in SHIPPED]
    + [
        sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM {} WHERE oid >= {}").format(sql.Identifier(name), OURS)
        for name in CATALOGUES
    ]
    # Of tables and indexes all but what VACUUM writes down; an ANALYZE that came by has left rows of its own.
    + [
        sql.SQL(
            "SELECT count(*), sum(hashtext(concat_ws(' ', oid, relname, relfilenode, relnatts, relchecks, relpersistence,"
            " relacl, reloptions))) FROM pg_class WHERE oid >= {}"
        ).format(OURS),
        sql.SQL("SELECT count(*), 0 FROM pg_statistic WHERE starelid >= {}").format(OURS),
    ]
    + [sql.SQL("SELECT 1, xmin::text::bigint FROM pg_database WHERE datname = current_database()")]
)


class Lent:
    """A clone of the template, and the engine that leads to it."""

    def __init__(self, server: URL, template: URL) -> None:
        self._server = server
        self.address = server.set(database=f"test_{secrets.token_hex(6)}")
        with psycopg.connect(session.plain_url(server), autocommit=True) as admin:
            admin.execute(
                # The file copy keeps the catalogue's cache, so that the first connection need not build it anew.
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(str(self.address.database)), sql.Identifier(str(template.database))
                )
            )
        self.engine = create_engine(self.address, pool_pre_ping=True, connect_args=session.connect_options())
        self._own = psycopg.connect(session.plain_url(self.address), autocommit=True)
        self._own.execute("SET session_replication_role = replica")  # neither foreign keys nor triggers
        self._new = self._look()

    def made(self, url: URL, **options: Any) -> Engine:
        """What ``create_engine`` gives a test: this engine, if that is where it wants to go."""
        return self.engine if url == self.address else create_engine(url, **options)

    def emptied(self) -> bool:
        """Whether it is as new again; False when a test left more than rows of its own, or somebody connected."""
        try:
            return self._alone() and self._empty() and self._look() == self._new
        except psycopg.Error:
            return False  # it fell over, or is gone

    def drop(self) -> None:
        self.engine.dispose()
        self._own.close()
        with psycopg.connect(session.plain_url(self._server), autocommit=True) as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(self.address.database)))
            )

    def _alone(self) -> bool:
        until = monotonic() + PATIENCE_S
        while self._count(OTHERS) != self.engine.pool.checkedin():  # type: ignore[attr-defined]
            if monotonic() > until:
                return False
        return self._count(LOCKS) == 0

    def _empty(self) -> bool:
        if used := self._used():
            names = [sql.Identifier(name) for name in used]
            self._own.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(name) for name in names))
            self._own.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(names)))
            # Of a table that nobody counted yet the planner thinks otherwise than of an empty one.
            self._own.execute(UNCOUNTED, [used])
        self._own.execute(RESTART)
        return not self._used()

    def _used(self) -> list[str]:
        return [str(name) for (name,) in self._own.execute(USED, [list(SHIPPED)])]

    def _look(self) -> list[tuple[Any, ...]]:
        return self._own.execute(LOOK).fetchall()

    def _count(self, question: str) -> int:
        [[number]] = self._own.execute(question)
        return int(number)
