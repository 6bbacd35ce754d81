"""Does a day at ten times the load, with the mishaps that every day has, call nobody? (O1)

A usual day is 40 firms and 60 notices. The timetable is walked through entry by entry with the clock turned to each;
matching, building, sending and the watch are the product's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest
from mailroom import mailroom
from outbox import states, use_relay
from postbox import use_bounces
from returned_samples import samples
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL
from turned import Clock

import settings as settings_module
from alerts import canary, digest, events, jobs, push, sender, source_health, timetable, watch
from alerts.bounces import take
from alerts.timetable import Entry
from alerts.verp import bounce_address
from classifier.match import load_scorer, match_new
from classifier.score import Scorer
from crawlers import store
from crawlers.store import FetchOutcome
from db.declared import Declaration, declare
from db.models import Alarm, Alert, DeclaredSource, Delivery, Digest, Fetch, Notice, Subscriber
from db.notices import CANARY
from db.session import transaction
from factories import make_notice, make_profile, make_subscriber

RETURNED: Final = {sample.name: sample for sample in samples()}
SOURCES: Final = {"ted": 6, "doffin": 2, "nspa": 12, "regjeringen": 3}  # hours between two runs
# What firms do, and what is asked for of each; every notice is for an eighth of the readers.
TRADES: Final = {
    "Vi sveiser bærende stålkonstruksjoner etter NS-EN 1090.": "Sveising av bærende stålkonstruksjoner",
    "Vi leverer droner for overvåking og kartlegging.": "Kjøp av droner for overvåking",
    "Vi lager feltrasjoner og leverer storkjøkken.": "Levering av feltrasjoner til øvelser",
    "Vi tester IT-systemer for sårbarheter.": "Penetrasjonstesting av IT-systemer",
    "Vi overhaler dieselmotorer på tunge kjøretøy.": "Vedlikehold av dieselmotorer i kjøretøy",
    "Vi bygger og drifter radiolinjer.": "Drift av radiolinjer og master",
    "Vi syr uniformer og vernetøy.": "Innkjøp av vernetøy og uniformer",
    "Vi rydder snø og brøyter veier.": "Brøyting av veier på øvingsområde",
}


@dataclass(slots=True)
class Day:
    """A day under way: what time it is, and what is still to be published."""

    clock: Clock
    scorer: Scorer
    notices: Iterator[str]
    each_run: int

    def do(self, entry: Entry) -> None:
        """What the worker does of an entry."""
        now = self.clock.now()
        if entry.task is jobs.crawl:
            self._crawl(str(entry.source), now)
            source_health.judge_sources()
        if entry.task in {jobs.crawl, jobs.match, jobs.put_out_canary}:
            if entry.task is jobs.put_out_canary:
                assert canary.put_out()
                with transaction() as s:  # the database's clock is not turned
                    s.execute(update(Notice).where(Notice.source == CANARY).values(created_at=now))
            match_new(self.scorer)
        if entry.task in {jobs.crawl, jobs.match, jobs.digests, jobs.put_out_canary}:
            events.keep()
            push.owe()
            digest.run_due(now)
            if sender.due():
                sender.drain()
        if entry.task is jobs.look:
            watch.look()

    def _crawl(self, source: str, now: datetime) -> None:
        fetch = store.open_fetch(source)
        for _ in range(self.each_run):
            title = next(self.notices)
            make_notice(
                source=source, title={"nb": title}, description={"nb": f"Forsvaret ber om: {title.lower()}."},
                published_at=now, deadline_at=now + timedelta(days=20), fetch_id=fetch.id, created_at=now,
            )  # fmt: skip
        store.close_fetch(fetch.id, FetchOutcome(seen=30, new=self.each_run))
        with transaction() as s:
            s.execute(update(Fetch).where(Fetch.id == fetch.id).values(started_at=now))


def firings(start: datetime, end: datetime) -> list[tuple[datetime, Entry]]:
    """What the timetable begins between these two, in order."""
    entries = timetable.table(
        timetable.SourceTimes(key=key, cadence=timedelta(hours=hours)) for key, hours in SOURCES.items()
    )
    found = []
    for entry in entries:
        at = entry.trigger.get_next_fire_time(None, start)
        while at is not None and at < end:
            found.append((at, entry))
            at = entry.trigger.get_next_fire_time(at, at + timedelta(seconds=1))
    return sorted(found, key=lambda one: one[0])


def readers(count: int, since: datetime) -> None:
    """So many firms, of every cadence, each with what it does."""
    trades, cadences = list(TRADES), ("at_once", "daily", "weekly")
    for number in range(count):
        subscriber = make_subscriber(confirmed_at=since, cadence=cadences[number % len(cadences)])
        make_profile(subscriber, sentences=[trades[number % len(trades)]], cpv=[])


@pytest.mark.parametrize(
    ("firms", "each_run", "begins_at", "hours"),
    [(16, 8, 5.1, 1.4), pytest.param(400, 24, 4, 21, marks=[pytest.mark.prove, pytest.mark.timeout(3600)])],
)
def test_o1_a_day_at_ten_times_the_load_calls_nobody(
    database: URL,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    firms: int,
    each_run: int,
    begins_at: float,
    hours: float,
) -> None:
    environment.setenv("ANBUDSVAKT_CANARY_TO", "vakt@drift.example")
    settings_module.get_settings.cache_clear()
    use_bounces(environment)
    clock = Clock(environment)
    opens = clock.next_monday() + timedelta(hours=begins_at)
    clock.turn(opens - clock.now())
    declare(
        Declaration(key=key, name=key, country=None, licence="x", terms="https://x.example/", url="https://x.example/",
                    cadence_s=3600 * cadence, quiet_s=6 * 86400, signals=False, state="on")
        for key, cadence in SOURCES.items()
    )  # fmt: skip
    with transaction() as s:
        s.execute(update(DeclaredSource).values(changed_at=opens - timedelta(minutes=1)))
    readers(firms, opens - timedelta(days=30))
    day = Day(
        clock, load_scorer(), cycle(f"{title}, del {n}" for n in range(100) for title in TRADES.values()), each_run
    )
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        for at, entry in firings(opens, opens + timedelta(hours=hours)):
            if hours < 2 and entry.name == "at once" and at.minute % 10:
                continue  # a small day has little to tell
            clock.turn(max(timedelta(0), at - clock.now()))
            day.do(entry)
            if entry.name == "watch" and at.minute == 47:
                a_full_mailbox(clock.now())
            if entry.name == "watch" and (at.hour, at.minute) == (5, 57):
                a_release(clock.now(), source="doffin")
    told = states()
    with transaction() as s:
        owed = s.scalar(select(func.count(Alert.id)))
        raised = [(alarm.kind, alarm.told) for alarm in s.scalars(select(Alarm))]
    print(f"\n{firms} firms, {owed} alerts, mails {dict(told)}, alarms {raised}")
    assert told["sent"] >= firms / 4
    assert raised == []


def a_full_mailbox(now: datetime) -> None:
    with transaction() as s:
        sent = select(Delivery.id).join(Digest).join(Subscriber).where(Delivery.state == "sent", ~Subscriber.canary)
        newest = s.scalars(sent.order_by(Delivery.id.desc())).first()
    if newest is not None:
        verp = str(bounce_address(newest, now))
        take(RETURNED["postfix-mailbox-full"].mail(verp=verp) + f"{now}\r\n".encode(), [verp])


def a_release(now: datetime, *, source: str) -> None:
    """A crawl is ended on its way, as the worker's machine goes down for a new release."""
    fetch = store.open_fetch(source)
    with transaction() as s:
        died = {"state": "failed", "ended_at": now, "error": source_health.DIED}
        s.execute(update(Fetch).where(Fetch.id == fetch.id).values(started_at=now, **died))
