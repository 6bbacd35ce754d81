"""Does each slot have its effect once, whatever happens to two schedulers that both fire it? (T1)

The leader's lock is left out, for it is a courtesy: both always fire. What is queued twice must have one effect.
"""

import random
import secrets
import signal
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
import pytest
from mailroom import wait_until
from nursery import Child, python_process
from owing import LONG_AGO, owe, rows
from sqlalchemy import select, text
from sqlalchemy.engine import URL

from alerts.clock import ZONES
from db.models import Alert, Delivery, Digest, DigestRun
from db.session import plain_url, transaction
from factories import make_profile, make_subscriber

FIRST: Final = datetime(2026, 11, 23, 7, 0, tzinfo=ZONES["NO"])
BLOWS: Final = ("paused", "connections cut", "killed")
CLOCK: Final = """
import asyncio, pathlib, sys
from datetime import datetime
from alerts import jobs, timetable
CLOCK = pathlib.Path({clock!r})
def utcnow():
    return datetime.fromisoformat(CLOCK.read_text())
timetable.utcnow = jobs.utcnow = utcnow
timetable.LEADER_ASKS_S = jobs.RETRY_S = 0.05
"""
SCHEDULER: Final = (
    CLOCK
    + """
jobs.QUEUE_OPTIONS["application_name"] = "scheduler"
entry = timetable.Entry(name="digests NO", task=jobs.digests, hour="7", minute="0")
async def keep():
    stop, fired = asyncio.Event(), None
    async with jobs.opened():
        while True:
            slot = timetable.last_slot(entry, utcnow())
            if slot != fired:
                await timetable._fire(entry, stop)
                fired = slot
            await asyncio.sleep(0.005)
asyncio.run(keep())
"""
)
WORKER: Final = CLOCK + "asyncio.run(jobs._jobs(asyncio.Event()))"


def turn(clock: Path, moment: datetime) -> None:
    """Put the clock of all of them on, in one step."""
    new = clock.with_suffix(".new")
    new.write_text(moment.isoformat())
    new.rename(clock)


def cut(database: URL) -> None:
    with psycopg.connect(plain_url(database), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'scheduler' AND datname = current_database()"
        )


@pytest.mark.parametrize(
    ("slots", "blows_each"), [(4, 1), pytest.param(1_000, 7, marks=[pytest.mark.prove, pytest.mark.timeout(3600)])]
)
def test_t1_each_slot_of_two_schedulers_has_its_effect_once(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, slots: int, blows_each: int
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    clock, blows = tmp_path / "clock", Counter[str]()
    turn(clock, FIRST - timedelta(minutes=1))
    reader = make_subscriber(confirmed_at=LONG_AGO)
    profile = make_profile(reader)
    scheduler, worker = (code.format(clock=str(clock)) for code in (SCHEDULER, WORKER))
    with ExitStack() as running:
        running.enter_context(python_process(worker))
        two = [running.enter_context(python_process(scheduler)) for _ in range(2)]
        paused: Child | None = None
        for number in range(slots):
            at = FIRST + timedelta(days=number)
            owe(reader, profile, at=at - timedelta(hours=1), deadline_at=at + timedelta(days=30))
            if paused is not None and (number == 2 or chance.random() < 0.5):
                paused.send_signal(signal.SIGCONT)
                paused = None
            turn(clock, at)
            if number % blows_each == 0 and paused is None:
                blow = BLOWS[blows.total() % 3] if slots < 10 else chance.choice(BLOWS)
                blows[blow] += 1
                place = chance.randrange(2)
                if blow == "killed":
                    two[place].kill()
                    two[place] = running.enter_context(python_process(scheduler))
                elif blow == "paused":
                    paused = two[place]
                    paused.send_signal(signal.SIGSTOP)
                else:
                    cut(database)
            wait_until(lambda number=number: len(rows(Delivery)) > number, within_s=30)  # type: ignore[misc]
        if paused is not None:
            paused.send_signal(signal.SIGCONT)
        wait_until(idle, within_s=30)
    with transaction() as s:
        days = Counter(s.scalars(select(DigestRun.day)))
        left = s.scalar(text("SELECT count(*) FROM alert WHERE digest_id IS NULL"))
    print(f"\nseed {seed}: {slots} slots, {dict(blows)}")
    assert days == Counter((FIRST + timedelta(days=number)).date() for number in range(slots))
    assert left == 0
    assert [len(rows(model)) for model in (Alert, Digest, Delivery)] == [slots] * 3


def idle() -> bool:
    with transaction() as s:
        return not s.scalar(text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"))
