"""Does somebody outside hear from us as long as every part turns, and nothing once one of them stops? (O2)"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from loopback import Reply, Seen
from mailroom import mailroom, wait_until
from nursery import python_process
from outbox import use_relay
from receivers import Receiver, receiver
from sqlalchemy import select, update
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import beat, jobs
from alerts.beat import Part
from alerts.post import Poster
from db.models import Beat
from db.session import transaction, utcnow
from factories import make_subscriber


@pytest.fixture
def outside(database: URL, environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as one:
        environment.setenv("ANBUDSVAKT_HEARTBEAT_URL", one.url)
        settings_module.get_settings.cache_clear()
        yield one


async def test_o2_the_outside_hears_only_while_every_part_turns_and_nothing_of_anybody(outside: Receiver) -> None:
    make_subscriber(company="Kanarisveis AS")
    for part in (Part.MATCH, Part.DIGESTS):
        beat.keep(part)
        assert await beat.tell_outside(outside.poster) is False
    beat.keep(Part.SENDER)
    assert await beat.tell_outside(outside.poster) is True
    (seen,) = outside.portal.log
    assert (seen.method, seen.body) == ("POST", b"")
    assert set(seen.headers) <= {"host", "user-agent", "content-type", "content-length", "connection"}
    for part in (Part.MATCH, Part.DIGESTS, Part.SENDER):
        with transaction() as s:
            s.execute(update(Beat).where(Beat.part == part).values(at=utcnow() - timedelta(minutes=46)))
        assert await beat.tell_outside(outside.poster) is False
        beat.keep(part)
    assert await beat.tell_outside(outside.poster) is True
    assert len(outside.portal.log) == 2


async def test_an_outside_that_fails_or_lies_within_our_own_network_harms_nothing(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(_: Seen) -> Reply:
        return Reply(status=500)

    for part in Part:
        beat.keep(part)
    assert await beat.tell_outside() is False  # none is set
    with receiver(tmp_path, refuses) as one:
        environment.setenv("ANBUDSVAKT_HEARTBEAT_URL", f"{one.url}/secret-ping-id")
        settings_module.get_settings.cache_clear()
        assert await beat.tell_outside(one.poster) is False
        assert await beat.tell_outside(Poster()) is False
        assert len(one.portal.log) == 1
    assert "secret-ping-id" not in caplog.text


async def test_the_parts_of_a_worker_beat_when_they_have_gone_through(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with jobs.opened():
        for number, task in enumerate((jobs.match, jobs.digests, jobs.look)):
            assert await jobs.enqueue(task, int(utcnow().timestamp()) + number)
    code = "import sys; from alerts import jobs; jobs.command = lambda *w: [sys.executable, '-c', 'pass']; jobs.work()"
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with python_process(code):
            wait_until(lambda: turned() == set(Part), within_s=30)


def turned() -> set[str]:
    with transaction() as s:
        return set(s.scalars(select(Beat.part)))
