"""Is what is wanted at once told within minutes, and what comes together in one mail? (D14)"""

import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from mailroom import mailroom
from outbox import states, use_relay
from owing import LONG_AGO, MONDAY, SEVEN, owe, owed, owed_count, rows, views
from sqlalchemy.engine import URL

from alerts.digest import run_due
from alerts.opening import AT_ONCE_EVERY, COALESCED
from alerts.sender import drain
from alerts.timetable import table
from db.models import Alert, DeliveryState, Digest, Profile, Subscriber
from factories import make_profile, make_subscriber

MINUTE = timedelta(minutes=1)
NOON = SEVEN + timedelta(hours=5)


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def quick() -> tuple[Subscriber, Profile]:
    """Who wants to hear at once, and has had the morning's mail."""
    subscriber = make_subscriber(confirmed_at=LONG_AGO, cadence="at_once")
    return subscriber, make_profile(subscriber)


def test_what_comes_within_some_minutes_is_one_mail() -> None:
    subscriber, profile = quick()
    run_due(SEVEN)
    owe(subscriber, profile, at=NOON)
    assert run_due(NOON + 3 * MINUTE) == []
    owe(subscriber, profile, at=NOON + 3 * MINUTE)
    (report,) = run_due(NOON + 4 * MINUTE)
    assert (report.cadence, report.queued) == ("at_once", 1)
    assert [len(view.entries) for view in views()] == [2]
    assert run_due(NOON + 8 * MINUTE) == []


def test_another_readers_wait_is_not_cut_short() -> None:
    (first, profile), (second, other) = quick(), quick()
    run_due(SEVEN)
    owe(first, profile, at=NOON)
    owe(second, other, at=NOON + 3 * MINUTE)
    run_due(NOON + 4 * MINUTE)
    assert [built.subscriber_id for built in rows(Digest)] == [first.id]
    run_due(NOON + 8 * MINUTE)
    assert [built.subscriber_id for built in rows(Digest)] == [first.id, second.id]


def test_who_has_a_digest_that_is_still_to_be_built_needs_no_second() -> None:
    subscriber, profile = quick()
    run_due(SEVEN)
    owe(subscriber, profile, at=NOON)
    run_due(NOON + 4 * MINUTE, enough=lambda: True)  # the worker was told to stop
    run_due(NOON + 8 * MINUTE, enough=lambda: True)
    assert len(rows(Digest)) == 1
    run_due(NOON + 12 * MINUTE)
    assert (len(rows(Digest)), owed_count()) == (1, 0)


def test_a_tick_that_was_missed_is_made_up_for_by_the_next() -> None:
    subscriber, profile = quick()
    run_due(SEVEN)
    owe(subscriber, profile, at=NOON)
    owe(subscriber, profile, at=NOON + 90 * MINUTE)
    run_due(NOON + 92 * MINUTE)
    assert [len(view.entries) for view in views()] == [2]


def test_the_daily_digest_is_not_hurried_by_those_who_want_to_hear_at_once() -> None:
    subscriber, profile = quick()
    daily = make_subscriber(confirmed_at=LONG_AGO)
    of_daily = make_profile(daily)
    run_due(SEVEN)
    owe(subscriber, profile, at=NOON)
    owe(daily, of_daily, at=NOON)
    run_due(NOON + 10 * MINUTE)
    assert [view.company for view in views()] == [subscriber.company]
    assert owed_count() == 1


def test_the_mail_names_the_readers_own_day() -> None:
    subscriber, profile = quick()
    run_due(SEVEN)
    half_past_midnight = SEVEN + timedelta(hours=17, minutes=30)  # still Monday in UTC
    owe(subscriber, profile, at=half_past_midnight - 5 * MINUTE)
    run_due(half_past_midnight)
    assert [view.day for view in views()] == [MONDAY + timedelta(days=1)]


def test_the_timetable_asks_often_enough() -> None:
    (entry,) = [entry for entry in table([]) if entry.name == "at once"]
    assert entry.minute == f"*/{AT_ONCE_EVERY // MINUTE}"
    assert COALESCED + AT_ONCE_EVERY <= 6 * MINUTE


@pytest.mark.parametrize(("readers", "alerts"), [(10, 60), pytest.param(200, 3_000, marks=pytest.mark.prove)])
def test_d14_ninety_five_of_a_hundred_are_accepted_within_ten_minutes(
    environment: pytest.MonkeyPatch, tmp_path: Path, readers: int, alerts: int
) -> None:
    people = [quick() for _ in range(readers)]
    run_due(SEVEN)
    by_chance, hours = random.Random(14), 2
    arrivals = sorted(NOON + timedelta(seconds=by_chance.uniform(0, hours * 3600)) for _ in range(alerts))
    told_after: dict[int, timedelta] = {}
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        tick = NOON
        while len(told_after) < alerts:
            while arrivals and arrivals[0] <= tick:
                owe(*by_chance.choice(people), at=arrivals.pop(0))
            began = time.monotonic()
            run_due(tick)
            drain()
            took = timedelta(seconds=time.monotonic() - began)
            for alert in rows(Alert, Alert.digest_id.is_not(None), Alert.id.not_in(told_after)):
                told_after[alert.id] = tick + took - alert.created_at
            tick += AT_ONCE_EVERY
        assert len(room.accepted()) == len(views()) < alerts
    assert states() == Counter({DeliveryState.SENT: len(views())})
    waits = sorted(told_after.values())
    print(f"\nD14 at once, {alerts} alerts of {readers} readers: p95 {waits[int(0.95 * alerts)]}, last {waits[-1]}")
    assert waits[int(0.95 * alerts)] <= 10 * MINUTE


@pytest.mark.parametrize("readers", [40, pytest.param(10_000, marks=pytest.mark.prove)])
def test_d14_all_daily_digests_are_accepted_within_half_an_hour_of_their_moment(
    environment: pytest.MonkeyPatch, tmp_path: Path, readers: int
) -> None:
    for _ in range(readers):
        owed()
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        began = time.monotonic()
        (report,) = run_due(SEVEN)
        drain()
        took = time.monotonic() - began
        assert (report.queued, len(room.accepted())) == (readers, readers)
    print(f"\nD14 daily: {readers} digests built and accepted in {took:.1f} s")
    assert took <= 30 * 60
