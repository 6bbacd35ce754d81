"""Is lost and late work found, mended where it can be, and told to a person once where it cannot? (D12, O3)"""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from outbox import fill
from sqlalchemy import delete, select, text, update
from sqlalchemy.engine import URL

from alerts import beat, source_health, watch
from alerts.alarms import AlarmKind, close_alarm, open_alarms, raise_alarm
from alerts.books import count
from alerts.digest import run_due
from db.models import Alarm, Alert, Beat, Delivery, Digest, DigestRun, Door, DoorDelivery, Fetch, FetchState, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

HERE = f"{socket.gethostname()}:{os.getpid()}"


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def fetched(
    source: str, state: FetchState, *, minutes_ago: float, process: str = HERE, error: str | None = None
) -> None:
    at = utcnow() - timedelta(minutes=minutes_ago)
    ended = None if state is FetchState.RUNNING else at + timedelta(seconds=30)
    with transaction() as s:
        s.add(
            Fetch(
                source=source,
                state=state,
                since_day=at.date(),
                process=process,
                started_at=at,
                ended_at=ended,
                error=error,
            )
        )


def alarms() -> list[tuple[str, str]]:
    with transaction() as s:
        return [(alarm.kind, alarm.subject) for alarm in open_alarms(s)]


def a_dead_process() -> str:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return f"{socket.gethostname()}:{child.pid}"


# Crawls


def test_a_fetch_whose_process_died_is_closed_and_others_are_left_alone() -> None:
    fetched("ted", FetchState.RUNNING, minutes_ago=1, process=a_dead_process())
    fetched("doffin", FetchState.RUNNING, minutes_ago=1)
    fetched("elsewhere", FetchState.RUNNING, minutes_ago=1, process="another-machine:1")
    fetched("hangs", FetchState.RUNNING, minutes_ago=31, process="another-machine:2")
    assert watch.close_dead_fetches(utcnow()) == ["ted", "hangs"]
    with transaction() as s:
        states = {row.source: row.state for row in s.scalars(select(Fetch))}
    assert states == {"ted": "failed", "doffin": "running", "elsewhere": "running", "hangs": "failed"}


def test_a_source_that_fails_is_an_alarm_once_and_a_good_run_closes_it() -> None:
    fetched("ted", FetchState.FAILED, minutes_ago=60, error="floor unmet")
    source_health.judge_sources()
    source_health.judge_sources()
    assert alarms() == [(AlarmKind.SOURCE_FAILED, "ted")]
    fetched("ted", FetchState.DONE, minutes_ago=5)
    source_health.judge_sources()
    assert alarms() == []
    with transaction() as s:
        assert s.scalar(select(Alarm.closed_at)) is not None


def test_a_restart_in_the_middle_of_a_crawl_is_no_alarm_but_two_in_a_row_are() -> None:
    fetched("ted", FetchState.FAILED, minutes_ago=90, error=source_health.DIED)
    source_health.judge_sources()
    assert alarms() == []
    fetched("ted", FetchState.FAILED, minutes_ago=30, error=source_health.DIED)
    source_health.judge_sources()
    assert alarms() == [(AlarmKind.SOURCE_FAILED, "ted")]


# Digests


def test_a_run_lost_from_the_calendar_is_opened_by_the_watch() -> None:
    subscriber = make_subscriber(confirmed_at=utcnow() - timedelta(days=30))
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    (report,) = watch.look()
    assert (report.slot, report.queued) == ("07:00", 1)
    assert watch.look() == []


def test_a_run_that_a_dead_process_left_half_done_is_finished() -> None:
    subscribers = [make_subscriber(confirmed_at=utcnow() - timedelta(days=30)) for _ in range(3)]
    version = make_notice()
    for subscriber in subscribers:
        make_match(version, make_profile(subscriber))
        make_alert(subscriber, version)
    built = 0

    def after_one() -> bool:
        nonlocal built
        built += 1
        return built > 1

    (half,) = run_due(utcnow(), enough=after_one)
    assert half.queued == 1
    with transaction() as s:
        assert s.scalar(select(DigestRun.closed_at)) is None
    (whole,) = watch.look()
    assert whole.queued == 3


# The outbox


def test_a_stuck_outbox_is_an_alarm_until_it_moves() -> None:
    fill(2)
    watch.look()
    assert alarms() == []
    with transaction() as s:
        s.execute(update(Delivery).values(not_before=utcnow() - timedelta(minutes=6)))
    watch.look()
    watch.look()
    assert alarms() == [(AlarmKind.OUTBOX_STUCK, "outbox")]
    health = watch.health()
    assert (health.database, health.alarms, health.waiting) == (True, ("outbox_stuck",), 2)
    assert 360 <= health.oldest_waiting_s < 500
    with transaction() as s:
        s.execute(update(Delivery).values(state="sent", sent_at=utcnow()))
    watch.look()
    assert alarms() == []


def test_a_sender_that_is_busy_or_leaves_somebody_alone_is_no_alarm() -> None:
    fill(2)
    with transaction() as s:
        s.execute(update(Delivery).values(not_before=utcnow() - timedelta(hours=1)))
    beat.keep(beat.Part.SENDER)
    watch.look()
    assert alarms() == []
    with transaction() as s:
        s.execute(update(Beat).values(at=utcnow() - timedelta(minutes=6)))
        s.execute(update(Subscriber).values(back_off_until=utcnow() + timedelta(hours=1)))
    watch.look()
    assert alarms() == []
    with transaction() as s:
        s.execute(update(Subscriber).values(back_off_until=None))
    watch.look()
    assert alarms() == [(AlarmKind.OUTBOX_STUCK, "outbox")]


# The books


def test_o3_books_that_balance_raise_nothing() -> None:
    test_a_run_lost_from_the_calendar_is_opened_by_the_watch()
    subscriber = make_subscriber()
    make_alert(subscriber, make_notice())
    with transaction() as s:
        books = count(s)
    assert (books.alerts, books.owed, books.digested, books.told, books.written) == (2, 1, 1, 1, 1)
    assert books.differences() == {}
    watch.look()
    assert alarms() == []


FAULTS = [
    "mail gone", "digest of a stranger", "content gone", "sent without a date", "nothing to send", "an unknown state",
    "door of a stranger", "pushed without a body",
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_o3_books_that_do_not_balance_are_an_alarm(fault: str) -> None:
    test_a_run_lost_from_the_calendar_is_opened_by_the_watch()
    with transaction() as s:
        match fault:
            case "mail gone":
                s.execute(delete(Delivery))
            case "digest of a stranger":
                stranger = make_subscriber()
                s.execute(update(Alert).values(subscriber_id=stranger.id))
            case "content gone":
                s.execute(update(Digest).values(view=text("NULL")))
            case "nothing to send":
                s.execute(update(Delivery).values(message=None))
            case "an unknown state":
                s.execute(text("ALTER TABLE delivery DROP CONSTRAINT ck_delivery_state_known"))
                s.execute(update(Delivery).values(state="lost"))
            case "door of a stranger" | "pushed without a body":
                (alert,) = s.scalars(select(Alert)).all()
                whose = make_subscriber().id if fault == "door of a stranger" else alert.subscriber_id
                door = Door(subscriber_id=whose, kind="webhook", target="https://hook.example/")
                s.add(door)
                s.flush()
                body = b"{}" if fault == "door of a stranger" else None
                s.add(DoorDelivery(door_id=door.id, alert_id=alert.id, state="queued", body=body))
            case _:
                s.execute(update(Delivery).values(state="sent"))
    watch.look()
    watch.look()
    assert alarms() == [(AlarmKind.BOOKS, "books")]


# Alarms


def test_an_alarm_is_raised_once_and_can_come_again_after_it_was_closed() -> None:
    with transaction() as s:
        assert raise_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox", "first") is True
        assert raise_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox", "again") is False
        assert close_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox") is True
        assert close_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox") is False
        assert raise_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox", "second") is True
    with transaction() as s:
        assert [(alarm.told, alarm.closed_at is None) for alarm in s.scalars(select(Alarm).order_by(Alarm.id))] == [
            ("first", False),
            ("second", True),
        ]


def test_health_says_so_when_the_database_is_away(environment: pytest.MonkeyPatch) -> None:
    import settings as settings_module
    from db.session import forget_engine

    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    settings_module.get_settings.cache_clear()
    forget_engine()
    assert watch.health().database is False


def test_there_are_no_more_kinds_than_a_person_can_keep_in_mind() -> None:
    assert len(AlarmKind) <= 12  # O1


@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_alarm_says_what_to_do(kind: AlarmKind) -> None:
    told = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text(encoding="utf-8")
    (row,) = [line for line in told.splitlines() if line.startswith(f"| `{kind}` |")]
    assert all(len(cell.split()) > 5 for cell in row.split("|")[2:4])
