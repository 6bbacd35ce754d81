"""Does queued work get done, does a hung child hold up nobody, and does the worker stop when told? (T2, T8)"""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from browsing import make_administrator
from mailroom import mailroom, wait_until
from nursery import Child, python_process
from outbox import fill, states, use_relay
from sqlalchemy import select, text
from sqlalchemy.engine import URL

from alerts import errands, jobs
from alerts.alarms import AlarmKind, open_alarms
from alerts.children import Overran, run_child
from classifier.threshold import own_lines
from db.models import Errand, ErrandKind, Fetch, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict

SLEEPS = "import time; time.sleep(600)"


def owed() -> Subscriber:
    subscriber = make_subscriber(confirmed_at=utcnow() - timedelta(days=30))
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    return subscriber


def jobs_in(status: str) -> list[str]:
    with transaction() as s:
        wanted = "SELECT task_name FROM procrastinate_jobs WHERE status::text = :status ORDER BY id"
        return list(s.scalars(text(wanted), {"status": status}))


async def put(*tasks: tuple[object, dict[str, str]]) -> None:
    async with jobs.opened():
        for number, (task, arguments) in enumerate(tasks):
            assert await jobs.enqueue(task, int(utcnow().timestamp()) + 60 + number, **arguments)


@contextmanager
def worker_process(*, children: str | None = None, limit_s: float = 1_200) -> Iterator[Child]:
    """The worker as a process; ``children``: Python that runs in place of each of its child commands."""
    swap = f"jobs.command = lambda *words: [sys.executable, '-c', {children!r}];" if children else ""
    work = (
        f"import sys; from datetime import timedelta; from alerts import jobs; {swap}"
        f"jobs.watch.CRAWL_LIMIT = timedelta(seconds={limit_s}); jobs.MATCH_LIMIT_S = {limit_s}; jobs.work()"
    )
    with python_process(work) as process:
        yield process


# Children


async def test_a_child_gives_its_exit_code() -> None:
    assert await run_child([sys.executable, "-c", "raise SystemExit(3)"], limit_s=30) == 3


@pytest.mark.parametrize("deaf", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
async def test_t8_a_child_that_hangs_is_stopped_with_all_it_started(tmp_path: Path, deaf: str) -> None:
    note = tmp_path / "pids"
    hangs = (
        f"{deaf}import os, pathlib, subprocess, sys; grandchild = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]);"
        f"pathlib.Path({str(note)!r}).write_text(f'{{os.getpid()}} {{grandchild.pid}}'); {SLEEPS}"
    )
    began = time.monotonic()
    with pytest.raises(Overran):
        await run_child([sys.executable, "-c", hangs], limit_s=1.5)
    assert time.monotonic() - began < 9
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2
    wait_until(lambda: not any(_runs(pid) for pid in pids), within_s=5)


async def test_a_cancelled_child_is_stopped() -> None:
    before = psutil.Process().children()
    task = asyncio.create_task(run_child([sys.executable, "-c", SLEEPS], limit_s=60))
    await asyncio.sleep(0.3)
    (child,) = set(psutil.Process().children()).difference(before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _runs(child.pid)


def _runs(pid: int) -> bool:
    return bool(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


# The worker


async def test_the_worker_takes_an_owed_alert_to_the_relay_and_stops_when_told(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subscriber = owed()
    await put((jobs.digests, {}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process() as worker:
            room.wait_for(1)
            wait_until(lambda: states() == {"sent": 1}, within_s=5)
            assert jobs_in("succeeded") + jobs_in("todo") == []
            began = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(15) == 0
            assert time.monotonic() - began <= 10
        assert [mail.recipient for mail in room.accepted()] == [subscriber.email]


def test_the_worker_does_an_administrators_errand(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ada = make_administrator()
    with transaction() as s:
        errand = errands.ask(s, ErrandKind.RETRY, ["1"], by=ada.id)

    def code() -> int | None:
        with transaction() as s:
            return s.get_one(Errand, errand.id).exit_code

    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process():
            wait_until(lambda: code() is not None, within_s=30)
    assert code() == 2  # nothing of that number is in quarantine, as the command says


async def test_t2_crawls_that_hang_keep_no_digest_waiting_and_end_with_the_worker(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    owed()
    await put(*((jobs.crawl, {"source": f"slow-{n}"}) for n in range(5)))
    await put((jobs.digests, {}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process(children=SLEEPS) as worker:
            room.wait_for(1)
            wait_until(lambda: len(psutil.Process(worker.pid).children(recursive=True)) == 2, within_s=10)
            children = psutil.Process(worker.pid).children(recursive=True)
            assert jobs_in("doing") == ["crawl", "crawl"]
            began = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            worker.wait(15)
            assert time.monotonic() - began <= 10
            assert not any(_runs(child.pid) for child in children)
    assert jobs_in("todo") == ["crawl", "crawl", "crawl"]


async def test_t8_a_crawl_over_its_limit_is_stopped_and_told_and_the_next_one_runs(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await put((jobs.crawl, {"source": "ted"}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process(children=SLEEPS, limit_s=1):
            wait_until(
                lambda: _alarms() == [(AlarmKind.CHILD_FAILED, "crawl ted"), (AlarmKind.CHILD_FAILED, "match")],
                within_s=20,
            )
        await put((jobs.crawl, {"source": "ted"}))
        with worker_process(children="pass"):
            wait_until(lambda: _alarms() == [], within_s=20)


async def test_a_child_that_breaks_is_told(database: URL, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await put((jobs.match, {}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process(children="raise SystemExit(2)"):
            wait_until(lambda: _alarms() == [(AlarmKind.CHILD_FAILED, "match")], within_s=20)


async def test_what_subscribers_said_is_learned_by_the_queue(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = make_profile(make_subscriber())
    for _ in range(5):
        make_verdict(profile, "not_relevant")
    await put((jobs.learn, {}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process(), transaction() as s:
            wait_until(lambda: own_lines(s, [profile.id]) == {profile.id: 0.52}, within_s=30)
    assert _alarms() == []


def _alarms() -> list[tuple[str, str]]:
    with transaction() as s:
        return sorted((alarm.kind, alarm.subject) for alarm in open_alarms(s))


async def test_a_source_that_was_read_since_the_slot_is_not_read_again(database: URL) -> None:
    now = utcnow()
    with transaction() as s:
        s.add(Fetch(source="ted", state="done", since_day=now.date(), process="here:1", started_at=now, ended_at=now))
    async with jobs.opened():
        await jobs.crawl("ted", int(now.timestamp()) - 60)
    with transaction() as s:
        assert len(s.scalars(select(Fetch)).all()) == 1
    assert jobs_in("todo") == []


async def test_what_a_killed_worker_was_doing_is_closed_and_found_again(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await put((jobs.crawl, {"source": "ted"}))
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        with worker_process(children=SLEEPS) as worker:
            wait_until(lambda: jobs_in("doing") == ["crawl"], within_s=20)
            orphans = psutil.Process(worker.pid).children(recursive=True)
            worker.kill()
            worker.wait(5)
        for orphan in orphans:
            orphan.kill()
        fill(3)
        with transaction() as s:
            s.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'"))
        await put((jobs.look, {}))
        with worker_process(children="pass"):
            wait_until(lambda: jobs_in("doing") == [] and states() == {"sent": 3}, within_s=20)
    assert jobs_in("failed") == ["crawl"]
