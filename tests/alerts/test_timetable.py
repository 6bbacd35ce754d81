"""Does every local day have its runs, whatever the clocks and the schedulers do? (T1, T2, T3, T7)"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from apscheduler.triggers.cron import CronTrigger
from mailroom import wait_until
from owing import owed, rows
from sqlalchemy import text
from sqlalchemy.engine import URL

from alerts import jobs, timetable
from alerts.clock import ZONES, local_day, moment_of
from alerts.digest import run_due
from alerts.schedule import Schedule
from alerts.timetable import LEADER_LOCK, Entry, SourceTimes, last_slot, table
from db.models import Digest
from db.session import forget_engine, plain_url, transaction, utcnow

SOURCES = [
    SourceTimes(key="ted", cadence=timedelta(hours=6)),
    SourceTimes(key="doffin", cadence=timedelta(hours=2)),
    SourceTimes(key="regjeringen", cadence=timedelta(minutes=20)),
    SourceTimes(key="rare", cadence=timedelta(days=1)),
]
FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)


def days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


def every_hour(entry: Entry) -> set[int]:
    """The local hours of one day at which the entry fires."""
    start = datetime(2027, 1, 1, tzinfo=entry.zone)
    return {at.astimezone(entry.zone).hour for at in firings(entry.trigger, start, start + timedelta(days=1))}


def firings(trigger: CronTrigger, start: datetime, end: datetime) -> list[datetime]:
    found, at = [], trigger.get_next_fire_time(None, start)
    while at is not None and at < end:
        found.append(at)
        at = trigger.get_next_fire_time(at, at + timedelta(seconds=1))
    return found


@pytest.mark.parametrize("entry", table(SOURCES), ids=lambda entry: entry.name)
def test_t3_no_entry_lies_where_the_clocks_change(entry: Entry) -> None:
    # The clocks change on 28 March and 31 October 2027; a week about each, for entries of one weekday.
    for first in (datetime(2027, 3, 25, tzinfo=UTC), datetime(2027, 10, 28, tzinfo=UTC)):
        fired = firings(entry.trigger, first, first + timedelta(days=7))
        assert {at.astimezone(zone).hour for at in fired for zone in ZONES.values()} & {1, 2, 3} == set()


@pytest.mark.parametrize("hour", range(4, 24))
@pytest.mark.parametrize("zone", [ZoneInfo("Europe/Oslo"), ZoneInfo("Europe/Stockholm")], ids=str)
def test_t3_every_hour_that_may_be_chosen_comes_once_every_local_day(zone: ZoneInfo, hour: int) -> None:
    start, end = datetime(2026, 1, 1, tzinfo=zone), datetime(2031, 1, 1, tzinfo=zone)
    (entry,) = [entry for entry in table([]) if entry.zone.key == zone.key and entry.name.startswith("digests")]
    assert hour in every_hour(entry)
    # The entry's own firings of this hour alone; the whole entry's are all twenty hours' together.
    mine = firings(replace(entry, hour=str(hour)).trigger, start, end)
    assert [at.astimezone(zone).date() for at in mine] == list(days())
    assert {(at.astimezone(zone).hour, at.astimezone(zone).minute) for at in mine} == {(hour, 0)}
    # What fires then is the run of that very day, and a second before it is still yesterday's.
    schedule = Schedule(hour=hour)
    for at in mine:
        slot, before = schedule.latest(at), schedule.latest(at - timedelta(seconds=1))
        assert slot is not None
        assert before is not None
        assert (slot.day, slot.due_at) == (at.astimezone(zone).date(), at)
        assert before.day == slot.day - timedelta(days=1)


@pytest.mark.parametrize("hour", range(4, 24))
def test_every_hour_of_every_day_has_its_own_slot(hour: int) -> None:
    moments = [moment_of(day, hour) for day in days()]
    assert all(timedelta(hours=23) <= b - a <= timedelta(hours=25) for a, b in pairwise(moments))
    assert [local_day(moment) for moment in moments] == list(days())


def test_our_two_zones_keep_the_same_time() -> None:
    for day in days():
        for hour in (0, 4, 12, 23):
            moments = {
                datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC) for zone in ZONES.values()
            }
            assert len(moments) == 1


def test_learning_is_queued_once_a_day_before_anything_is_told() -> None:
    (entry,) = [entry for entry in table([]) if entry.task is jobs.learn]
    hours = firings(entry.trigger, datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 4, 2, tzinfo=UTC))
    assert [at.astimezone(ZoneInfo("Europe/Oslo")).hour for at in hours] == [4] * 7


def test_t7_zones_exist_where_the_system_has_none() -> None:
    work = "from alerts.clock import ZONES; print(*(zone.key for zone in ZONES.values()))"
    without = {**os.environ, "PYTHONTZPATH": ""}
    told = subprocess.run([sys.executable, "-c", work], env=without, stdout=subprocess.PIPE, text=True, check=True)
    assert told.stdout.split() == ["Europe/Oslo", "Europe/Stockholm"]


def test_a_source_is_read_as_often_as_it_wants_and_before_the_morning_digest() -> None:
    entries = {entry.source: entry for entry in table(SOURCES) if entry.source}
    assert [entries[key].hour for key in ("ted", "rare")] == ["4,10,16,22", "4"]
    assert "6" in entries["doffin"].hour.split(",")
    assert len({entry.minute for entry in entries.values()}) == len(SOURCES)


def test_a_late_job_is_for_the_slot_that_was_last_due() -> None:
    entry = Entry(name="digests", task=jobs.digests, hour="4-23", minute="0")
    oslo = ZoneInfo("Europe/Oslo")
    assert last_slot(entry, datetime(2026, 11, 23, 7, 41, tzinfo=oslo)) == datetime(2026, 11, 23, 7, 0, tzinfo=oslo)
    assert last_slot(entry, datetime(2026, 11, 23, 7, 0, tzinfo=oslo)) == datetime(2026, 11, 23, 7, 0, tzinfo=oslo)
    assert last_slot(entry, datetime(2026, 11, 24, 3, 59, tzinfo=oslo)) == datetime(2026, 11, 23, 23, 0, tzinfo=oslo)


# Enqueueing


def queued() -> list[str]:
    with transaction() as s:
        return list(s.scalars(text("SELECT task_name FROM procrastinate_jobs ORDER BY id")))


async def test_t1_two_schedulers_that_fire_one_slot_queue_one_job(database: URL) -> None:
    async with jobs.opened():
        first = await asyncio.gather(*(jobs.enqueue(jobs.digests, 1_000, entry="digests NO") for _ in range(8)))
        with transaction() as s:
            s.execute(text("UPDATE procrastinate_jobs SET status = 'succeeded'"))
        late = await jobs.enqueue(jobs.digests, 1_000, entry="digests NO")
        following = await jobs.enqueue(jobs.digests, 2_000, entry="digests NO")
    assert (sum(first), late, following) == (1, False, True)
    assert queued() == ["digests", "digests"]


async def test_t1_a_slot_that_is_past_may_be_queued_again_and_has_no_second_effect(database: URL) -> None:
    owed()
    done = "UPDATE procrastinate_jobs SET status = 'succeeded'"
    async with jobs.opened():
        for slot in (1_000, 2_000, 1_000):  # the last by a scheduler that was paused
            assert await jobs.enqueue(jobs.digests, slot, entry="digests NO")
            await asyncio.to_thread(run_due, utcnow())
            with transaction() as s:
                s.execute(text(done))
    assert len(rows(Digest)) == 1


async def test_a_job_that_still_waits_is_not_queued_again(database: URL) -> None:
    async with jobs.opened():
        assert await jobs.enqueue(jobs.crawl, 1_000, source="ted")
        assert await jobs.enqueue(jobs.crawl, 1_000, source="doffin")
        assert not await jobs.enqueue(jobs.crawl, 2_000, source="ted")
    assert queued() == ["crawl", "crawl"]


async def test_t2_what_falls_due_is_queued_and_what_was_missed_is_made_up_once(
    database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "LEADER_ASKS_S", 0.05)
    entry = Entry(name="now and then", task=jobs.digests, hour="*", minute="*")
    stop = asyncio.Event()
    # The clock stands still at a full minute, then jumps: six hours in which nobody was there.
    clock = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(timetable, "utcnow", lambda: clock)
    async with jobs.opened():
        await timetable._fire(entry, stop)
        clock += timedelta(hours=6)
        await timetable._fire(entry, stop)
        with transaction() as s:
            s.execute(text("UPDATE procrastinate_jobs SET status = 'succeeded'"))
        await timetable._fire(entry, stop)
    with transaction() as s:
        slots = s.scalars(text("SELECT (args->>'timestamp')::bigint FROM procrastinate_jobs ORDER BY id")).all()
    wanted = [datetime(2026, 11, 23, hour, 0, tzinfo=UTC) for hour in (7, 13)]
    assert slots == [int(slot.timestamp()) for slot in wanted]


async def test_a_queue_that_is_away_delays_a_slot_and_does_not_lose_it(
    database: URL, postgres: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "LEADER_ASKS_S", 0.1)
    entry = Entry(name="now and then", task=jobs.digests, hour="*", minute="*")
    name = database.database
    async with jobs.opened():
        forget_engine()
        with psycopg.connect(plain_url(postgres), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            fired = asyncio.create_task(timetable._fire(entry, asyncio.Event()))
            await asyncio.sleep(0.3)
            assert not fired.done()
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await asyncio.wait_for(fired, 60)
    assert queued() == ["digests"]


# Processes


def clock_process() -> subprocess.Popen[bytes]:
    work = "import asyncio, alerts.timetable as t; t.LEADER_ASKS_S = 0.1; t._sources = lambda: []; t.keep()"
    return subprocess.Popen([sys.executable, "-c", work], env=dict(os.environ))


def leader() -> int | None:
    with transaction() as s:
        holder = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key"
        pid: int | None = s.scalar(text(holder), {"key": LEADER_LOCK})
        return pid


def schedulers() -> int:
    with transaction() as s:
        asking = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_adv%' OR query = 'SELECT 1'"
        return s.scalar(text(asking)) or 0


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP, None], ids=["killed", "paused", "connection cut"])
def test_t1_another_scheduler_takes_over_or_the_same_one_again(database: URL, blow: signal.Signals | None) -> None:
    processes = [clock_process()]
    try:
        wait_until(lambda: leader() is not None, within_s=20)
        old = leader()
        processes.append(clock_process())
        wait_until(lambda: schedulers() == 2, within_s=20)
        if blow is None or blow is signal.SIGSTOP:
            if blow:
                processes[0].send_signal(blow)
            with transaction() as s:
                s.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": old})
        else:
            processes[0].send_signal(blow)
        wait_until(lambda: leader() not in (None, old), within_s=20)
        wait_until(lambda: queued().count("watch") >= 1, within_s=10)
        assert queued().count("watch") == 1  # the first one still waits, so taking over queues no second
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(10) for process in processes]
    assert codes == [-signal.SIGKILL if blow is signal.SIGKILL else 0, 0]
