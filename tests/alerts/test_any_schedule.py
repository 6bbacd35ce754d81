"""Is every alert told once and in its time, whatever schedules, cadences and outages meet? (D6, D12, T2)"""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from owing import LONG_AGO, SEVEN, owe, rows
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts.clock import local_day
from alerts.digest import run_due
from alerts.opening import COALESCED
from alerts.schedule import Schedule
from db.models import Alert, Cadence, Digest, DigestRun, Profile, RunKind, Subscriber
from db.session import transaction
from factories import make_profile, make_subscriber

START = datetime(2026, 12, 14, 0, 0, tzinfo=SEVEN.tzinfo)  # Christmas and New Year are among the weeks that follow
WIDTH = (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY)


def somebody(by_chance: random.Random) -> tuple[Subscriber, Schedule, list[tuple[Profile, Cadence]]]:
    """A subscriber of any schedule with up to three profiles and their cadences."""
    weekdays = sorted(by_chance.sample(range(1, 8), by_chance.choice([1, 3, 5, 7])))
    weekly_day, hour = by_chance.choice(weekdays), by_chance.choice([6, 7, 18])
    country, spared = by_chance.choice(["NO", "SE"]), by_chance.random() < 0.5
    subscriber = make_subscriber(
        confirmed_at=LONG_AGO,
        country=country,
        cadence=by_chance.choice(WIDTH),
        hour=hour,
        weekdays=weekdays,
        weekly_day=weekly_day,
        spare_holidays=spared,
    )
    own = [by_chance.choice([None, *WIDTH]) for _ in range(by_chance.choice([1, 2, 3]))]
    profiles = [(make_profile(subscriber, cadence=one), Cadence(one or subscriber.cadence)) for one in own]
    schedule = Schedule(hour=hour, weekdays=tuple(weekdays), weekly_day=weekly_day, country=country if spared else None)
    return subscriber, schedule, profiles


def ticks(by_chance: random.Random, days: int) -> list[datetime]:
    """Moments at which somebody looks: every hour and at odd minutes, but for two outages of up to three days."""
    hours = [START + n * timedelta(hours=1) for n in range(24 * days)]
    odd = [START + timedelta(minutes=by_chance.uniform(0, 1440 * days)) for _ in range(4 * days)]
    away = [START + timedelta(hours=by_chance.uniform(0, 24 * (days - 4))) for _ in range(2)]
    return [at for at in sorted(hours + odd) if not any(a < at < a + timedelta(hours=70) for a in away)]


@pytest.mark.parametrize(
    ("seed", "people", "days"),
    [(23, 5, 8), *(pytest.param(seed, 20, 40, marks=pytest.mark.prove) for seed in range(1, 5))],
)
def test_every_alert_is_told_once_and_in_its_time(database: URL, seed: int, people: int, days: int) -> None:
    by_chance = random.Random(seed)
    readers = [somebody(by_chance) for _ in range(people)]
    looks = ticks(by_chance, days)
    arrivals = sorted(START + timedelta(minutes=by_chance.uniform(0, 1440 * days)) for _ in range(people * days // 2))
    waiting: dict[int, tuple[datetime, Schedule, Cadence]] = {}
    told: Counter[int] = Counter()
    for now in looks:
        while arrivals and arrivals[0] <= now:
            subscriber, schedule, profiles = by_chance.choice(readers)
            chosen = by_chance.sample(profiles, by_chance.randint(1, len(profiles)))
            alert = owe(subscriber, *(profile for profile, _ in chosen), at=arrivals.pop(0), deadline_at=None)
            quickest = min((cadence for _, cadence in chosen), key=WIDTH.index)
            waiting[alert.id] = (alert.created_at, schedule, quickest)
        already = set(told)
        run_due(now)
        with transaction() as s:
            new = s.execute(
                select(Alert, Digest, DigestRun)
                .join(Digest, Digest.id == Alert.digest_id)
                .join(DigestRun, DigestRun.id == Digest.run_id)
                .where(Alert.id.not_in(already))
            ).all()
        # One mail per person and moment.
        mails = {digest.id: digest.subscriber_id for _, digest, _ in new}
        assert len(set(mails.values())) == len(mails)
        for alert, digest, run in new:
            told[alert.id] += 1
            since, schedule, cadence = waiting.pop(alert.id)
            assert since <= now
            # Not before its time: what waits for a slot is told by a slot's run.
            assert WIDTH.index(cadence) <= WIDTH.index(Cadence(digest.cadence))
            assert cadence is Cadence.AT_ONCE or run.cadence == RunKind.AT_HOUR
            assert schedule.writes_on(run.day if run.cadence == RunKind.AT_HOUR else local_day(now))
        for since, schedule, cadence in waiting.values():
            # Not after it: no moment of theirs has come since.
            if cadence is Cadence.AT_ONCE:
                assert now - since < COALESCED or not schedule.writes_on(local_day(now))
                continue
            slot = schedule.latest(now) if cadence is Cadence.DAILY else schedule.latest_weekly(now)
            assert slot is None or slot.due_at < since
    assert set(told.values()) == {1}
    assert len(told) + len(waiting) == len(rows(Alert))
    assert not rows(Digest, Digest.built_at.is_(None))
