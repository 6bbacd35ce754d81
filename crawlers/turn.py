"""Whose turn is it on a host on which several sources stand?

Each run keeps its own pace, so two at a time would ask one host twice as often as we promise (C2). A run that is killed
loses its connection, and with it its turn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from crawlers.store import AlreadyRunning
from db.session import engine

LONGEST_WAIT_S: Final = 900.0  # a run has twenty minutes, and waiting is part of it
_HOSTS: Final = 5_270_515  # sets these locks apart from all others; any number, but this one


@contextmanager
def turn_on(address: str) -> Iterator[None]:
    """Wait until nobody else reads the host of an address. Raises AlreadyRunning where that takes too long."""
    host = (urlsplit(address).hostname or "").lower()
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as waiting:
        key = (_HOSTS, func.hashtext(host))
        waiting.execute(text(f"SET lock_timeout = '{LONGEST_WAIT_S}s'"))
        try:
            waiting.execute(select(func.pg_advisory_lock(*key)))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
                raise
            raise AlreadyRunning(f"another source is being read from {host}") from None
        try:
            yield
        finally:
            waiting.execute(select(func.pg_advisory_unlock(*key)))
            waiting.execute(text("RESET lock_timeout"))
