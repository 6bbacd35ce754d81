"""Is every owed alert told once when several processes build, and die, at once? (D5, D6)"""

import random
import secrets
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice

import pytest
from mailroom import wait_until
from nursery import Child, python_process
from owing import MONDAY, SEVEN, owed, owed_count, rows
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL

from alerts.digest import build, run
from alerts.opening import open_run
from db.models import Alert, Cadence, Delivery, Digest, DigestRun, Notice
from db.session import transaction
from factories import make_match, make_notice, make_profile


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def refuse_to_tell_twice() -> None:
    """Let the database object when an alert that one digest took is given to another."""
    with transaction() as s:
        s.execute(
            text(
                "CREATE FUNCTION object() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'alert % was told already', OLD.id; END $$"
            )
        )
        s.execute(
            text(
                "CREATE TRIGGER object BEFORE UPDATE OF digest_id ON alert FOR EACH ROW "
                "WHEN (OLD.digest_id IS NOT NULL) EXECUTE FUNCTION object()"
            )
        )


def slow_inserts() -> None:
    """Let every mail take its time on its way into the outbox, so that builders get into each other's way."""
    with transaction() as s:
        s.execute(
            text(
                "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.03); RETURN NEW; END $$"
            )
        )
        s.execute(text("CREATE TRIGGER dawdle BEFORE INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION dawdle()"))


@pytest.mark.parametrize(
    ("subscribers", "builders", "kills"), [(40, 3, 3), pytest.param(1_000, 8, 104, marks=pytest.mark.prove)]
)
def test_d5_processes_that_build_at_once_and_die_write_each_digest_once(
    environment: pytest.MonkeyPatch, subscribers: int, builders: int, kills: int
) -> None:
    for _ in range(subscribers):
        owed()
    slow_inserts()
    refuse_to_tell_twice()
    work = (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]);"
        "from datetime import *; from db.models import Cadence; from alerts.digest import build_run; from alerts.opening import open_run;"
        f"at = datetime.fromisoformat('{SEVEN.isoformat()}'); print('ready', flush=True); signal.sigwait([signal.SIGUSR1]);"
        "build_run(open_run(cadence=Cadence.DAILY, day=date(2026, 11, 23), slot='07:00', as_of=at))"
    )

    def crowd(running: ExitStack) -> list[Child]:
        """Builders that set off at the same moment."""
        processes = [running.enter_context(python_process(work)) for _ in range(builders)]
        wait_until(lambda: all(process.told() for process in processes), within_s=60)
        for process in processes:
            process.send_signal(signal.SIGUSR1)
        return processes

    seed = secrets.randbits(32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    for _ in range(kills // builders):
        with ExitStack() as running:
            for process in crowd(running):
                threading.Event().wait(chance.uniform(0, 0.3))
                process.kill()
                process.wait(10)
    with ExitStack() as running:
        for process in crowd(running):
            assert process.wait(110) == 0
    assert len(rows(DigestRun)) == 1
    assert owed_count() == 0
    per_subscriber = Counter(built.subscriber_id for built in rows(Digest))
    assert (len(per_subscriber), set(per_subscriber.values())) == (subscribers, {1})
    assert len(rows(Delivery)) == subscribers
    assert rows(DigestRun)[0].closed_at is not None


@pytest.mark.parametrize(
    ("alerts", "cuts"), [(400, 8), pytest.param(100_000, 50, marks=[pytest.mark.prove, pytest.mark.timeout(1800)])]
)
def test_d6_nothing_falls_between_two_digests(alerts: int, cuts: int) -> None:
    slow_inserts()
    refuse_to_tell_twice()
    writers = 8
    readers = [owed(0) for _ in range(4)]
    version = make_notice(deadline_at=SEVEN + timedelta(days=700))
    for subscriber in readers:
        make_match(version, make_profile(subscriber))
    with transaction() as s:
        procurement_id = s.get_one(Notice, version.notice_id).procurement_id
    chance = random.Random(secrets.randbits(32))
    ids = iter(range(1, alerts + 1))
    lock = threading.Lock()
    done = threading.Event()

    def write() -> None:
        while True:
            with lock:
                batch = list(islice(ids, 5))
            if not batch:
                return
            with transaction() as s:
                for number in batch:
                    reader = readers[number % len(readers)]
                    s.add(
                        Alert(
                            subscriber_id=reader.id,
                            procurement_id=procurement_id,
                            kind="change",
                            version=number,
                            version_id=version.id,
                            facts={},
                            changes=[["lots", "1", str(number + 1)]],
                        )
                    )
                s.flush()
                done.wait(chance.uniform(0, 0.01))  # commits late, after a cut-off may have passed

    with ThreadPoolExecutor(writers + 3) as pool:  # three digest runs at once
        work = [pool.submit(write) for _ in range(writers)]
        cutters = [pool.submit(run, Cadence.DAILY, SEVEN) for _ in range(cuts)]
        for writer in work:
            writer.result()
        for cutter in cutters:
            cutter.result()
    run(Cadence.DAILY, SEVEN)
    with transaction() as s:
        total, digested = s.execute(select(func.count(Alert.id), func.count(Alert.digest_id))).one()
        strangers = s.scalar(
            select(func.count(Alert.id))
            .join(Digest, Digest.id == Alert.digest_id)
            .where(Digest.subscriber_id != Alert.subscriber_id)
        )
    assert (total, digested, strangers) == (alerts, alerts, 0)
    mails = len(rows(Delivery))
    told = sum(built.view is not None for built in rows(Digest))
    assert mails == told


def test_a_digest_that_another_process_is_building_is_passed_by() -> None:
    owed()
    run_id = open_run(cadence=Cadence.DAILY, day=MONDAY, slot="07:00", as_of=SEVEN)
    (built,) = rows(Digest, Digest.run_id == run_id)
    with transaction() as other:
        other.get_one(Digest, built.id, with_for_update=True)
        assert build(built.id, wait=False) is False
    assert build(built.id, wait=False) is True
