"""After a dump is restored, is nothing lost, and nothing sent before a person has said so? (O5)"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from crawl_process import crawl
from dumping import postgres_tool
from mailroom import Mailroom, mailroom
from outbox import fill, states, use_relay
from owing import rows
from receivers import owed_through, receiver
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from typer.testing import CliRunner

import settings as settings_module
from alerts import pusher, restored, watch
from alerts.alarms import open_alarms
from alerts.sender import drain, due
from cli import app
from db.models import DoorDelivery, Notice
from db.session import forget_engine, plain_url, transaction
from demo.portals import SandboxPortals


def dump(database: URL, *words: str) -> bytes:
    return postgres_tool("pg_dump", *words, plain_url(database))


def restore(database: URL, dumped: bytes) -> None:
    forget_engine()
    postgres_tool("psql", "-q", "-v", "ON_ERROR_STOP=1", plain_url(database), fed=dumped)


@contextmanager
def another(database: URL, *, like: str = "template0") -> Iterator[URL]:
    """An empty database beside this one, or a copy of its files, to which the settings point meanwhile."""
    address = database.set(database=f"{database.database}_again")
    forget_engine()
    with psycopg.connect(plain_url(database.set(database="postgres")), autocommit=True) as admin:
        # Files are copied only while nobody is connected to them.
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (like,))
        admin.execute(f'CREATE DATABASE "{address.database}" TEMPLATE "{like}"')
        was = os.environ["DATABASE_URL"]
        os.environ["DATABASE_URL"] = plain_url(address)
        settings_module.get_settings.cache_clear()
        try:
            yield address
        finally:
            os.environ["DATABASE_URL"] = was
            settings_module.get_settings.cache_clear()
            forget_engine()
            admin.execute(f'DROP DATABASE "{address.database}" WITH (FORCE)')


@pytest.fixture
def room(database: URL, environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mailroom]:
    with mailroom(tmp_path) as one:
        use_relay(environment, one.port)
        yield one


def alarms() -> list[tuple[str, str]]:
    with transaction() as s:
        return [(alarm.kind, alarm.subject) for alarm in open_alarms(s)]


def notices() -> int:
    with transaction() as s:
        return s.scalar(select(func.count(Notice.id))) or 0


def said(*words: str) -> str:
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    return told.output


def test_o5_a_restored_dump_sends_nothing_until_released_and_loses_no_notice(
    database: URL, room: Mailroom, tmp_path: Path
) -> None:
    ids = fill(4)
    with receiver(tmp_path) as receiving, SandboxPortals() as portals:
        owed_through(receiving)
        before = notices()
        dumped = dump(database)
        assert drain().sent == 4
        assert pusher.drain(receiving.poster) == {"sent": 1}
        crawl("nspa", portals.base_url)
        whole = notices()
        assert whole > before
        with another(database) as again:
            restore(again, dumped)
            assert pusher.drain(receiving.poster) == {}  # before anybody has looked at all
            assert due() == []
            assert (drain().stopped or "").startswith("the outbox is held")
            assert states() == {"held": 4}
            assert [row.state for row in rows(DoorDelivery)] == ["held"]
            assert alarms() == [("outbox_stuck", "restored")]
            # What is written meanwhile waits too.
            late = fill(1)
            watch.look()
            assert (drain().sent, states()) == (0, {"held": 5})
            crawl("nspa", portals.base_url)
            assert notices() == whole
            assert len(room.accepted()) == 4
            listed = [json.loads(line)["id"] for line in said("outbox", "held", "--json").splitlines()]
            assert len(listed) == 5
            said("outbox", "mark-sent", *map(str, listed[:3]))
            assert drain().sent == 0
            assert "2 mails" in said("outbox", "release")
            assert (alarms(), drain().sent) == ([], 2)
            assert {mail.message_id for mail in room.accepted()[4:]} == {ids[3], *late}  # side by side, in no order
            assert pusher.drain(receiving.poster) == {"sent": 1}
            assert len(set(receiving.ids())) == 1  # the copy is known by its id
            with transaction() as s:
                assert restored.judge(s) is False


def test_a_dump_restored_over_the_same_database_is_held_too_and_all_of_it_can_be_taken_for_sent(
    database: URL, room: Mailroom
) -> None:
    fill(2)
    for words in (("--clean", "--if-exists"), ("--data-only", "--table=database_mark")):
        dumped = dump(database, *words)
        if "--data-only" in words:
            with transaction() as s:
                s.execute(text("TRUNCATE database_mark"))
        restore(database, dumped)
        assert drain().sent == 0
        assert alarms() == [("outbox_stuck", "restored")]
        said("outbox", "mark-sent", "--all")
        said("outbox", "release")
        assert (drain().sent, alarms()) == (0, [])
        watch.look()
        assert alarms() == []  # the books balance
        fill(2)
    assert drain().sent == 2
    assert len(room.accepted()) == 2


def test_what_is_no_restore_holds_nothing(database: URL, room: Mailroom) -> None:
    fill(2)
    with psycopg.connect(plain_url(database), autocommit=True) as admin:
        admin.execute("VACUUM (FREEZE) database_mark")
        admin.execute("VACUUM FULL database_mark")
        admin.execute("ANALYZE")
    assert drain().sent == 2
    assert len(room.accepted()) == 2


def test_a_person_can_hold_the_outbox_of_a_copy_that_leaves_no_trace(database: URL, room: Mailroom) -> None:
    fill(2)
    with another(database, like=str(database.database)):
        said("outbox", "hold")
        assert (drain().sent, states()) == (0, {"held": 2})
        said("outbox", "release")
        assert drain().sent == 2
