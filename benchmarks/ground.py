"""On what ground do benchmarks run? A fresh embedded database of their own, and settings that name no one else's."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.migrate import upgrade
from db.session import forget_engine
from settings import Settings, get_settings, variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one benchmark measured: units per second of ours and of the peer."""

    unit: str
    ours: float
    peer: float
    peer_is: str
    note: str = ""


class Skipped(Exception):  # noqa: N818 - no error: the reason why a part was not measured
    """Raised by a benchmark that cannot run here; says what is missing."""


@contextmanager
def own_ground() -> Iterator[None]:
    """An empty, migrated database and a secret, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="anbudsvakt-bench-", ignore_cleanup_errors=True) as folder:
        os.environ |= {variable(field): "" for field in Settings.model_fields}
        os.environ |= {
            "ANBUDSVAKT_VAR": str(Path(folder)),
            "ANBUDSVAKT_SECRET_KEY": secrets.token_urlsafe(48),
            "ANBUDSVAKT_MAIL_FROM": "varsel@anbudsvakt.example",
            "ANBUDSVAKT_LOG_LEVEL": "ERROR",
        }
        get_settings.cache_clear()
        upgrade()
        yield
        forget_engine()
