"""Is a source that is dead, empty or frozen noticed within two of its cadences, and a well one never? (C7, C8, O1)"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

import db.declared
from alerts import source_health
from alerts.alarms import AlarmKind, open_alarms
from alerts.clock import ZONES
from alerts.jobs import crawl
from alerts.rhythm import FIRST_MINUTE, crawl_hours, next_due, overdue_at
from alerts.source_health import DIED, SourceHealth, judge, judge_sources, judged
from alerts.timetable import SourceTimes, table
from crawlers.sources import SOURCES
from db.declared import Declaration, SourceRecord, declare, records
from db.models import DeclaredSource, Fetch, FetchState, NoticeVersion
from db.session import transaction, utcnow
from factories import make_notice

OSLO = ZONES["NO"]
TED = Declaration(
    key="ted",
    name="TED",
    country=None,
    licence="reuse",
    terms="https://ted.example/terms",
    url="https://ted.example",
    cadence_s=6 * 3600,
    quiet_s=6 * 86400,
    signals=False,
    state="on",
)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=OSLO)


def ran(at: datetime, *, new: int = 3, error: str | None = None, source: str = "ted", running: bool = False) -> Fetch:
    state = FetchState.RUNNING if running else FetchState.FAILED if error else FetchState.DONE
    fetch = Fetch(
        source=source, state=state, since_day=at.date(), process="here:1", started_at=at, seen=30, new=new, error=error,
        ended_at=None if running else at + timedelta(minutes=1),
    )  # fmt: skip
    with transaction() as s:
        s.add(fetch)
    return fetch


def declared(*sources: Declaration, days_ago: float = 40) -> None:
    declare(sources)
    with transaction() as s:
        for row in s.scalars(select(DeclaredSource)):
            row.changed_at = utcnow() - timedelta(days=days_ago)


@contextmanager
def turned(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[None]:
    with monkeypatch.context() as turning:
        for reader in (source_health, db.declared):
            turning.setattr(reader, "utcnow", lambda: now)
        yield


def alarms() -> dict[str, str]:
    with transaction() as s:
        return {alarm.kind: alarm.told for alarm in open_alarms(s)}


def on(**values: object) -> DeclaredSource:
    row = {
        "key": "ted", "state": "on", "cadence_s": 6 * 3600, "quiet_s": 6 * 86400, "changed_at": NOON - timedelta(days=40),
    }  # fmt: skip
    return DeclaredSource(**row | values)


def read(at: datetime, **values: object) -> SourceRecord:
    return replace(SourceRecord(declared=on(), good_at=at, good_from_at=at, new_at=at), **values)  # type: ignore[arg-type]


# The rhythm


def slots(cadence: timedelta, first: date, days: int) -> Iterator[datetime]:
    """When the timetable begins runs of a source of this cadence, as it is the last in its hour's row."""
    for number in range(days):
        for hour in crawl_hours(cadence):
            yield (
                datetime.combine(first + timedelta(days=number), datetime.min.time(), OSLO)
                .replace(hour=hour, minute=43)
                .astimezone(UTC)
            )


HOURS = sorted({1, 24} | {source.cadence // timedelta(hours=1) for source in SOURCES if source.spider})


@pytest.mark.parametrize("hours", HOURS)
def test_no_source_that_is_read_at_its_hours_is_ever_overdue_and_a_missed_one_is_within_two_cadences(
    hours: int,
) -> None:
    cadence = timedelta(hours=hours)
    runs = list(slots(cadence, date(2026, 1, 1), 400))  # both changes of the clocks are among them
    for run, following in pairwise(runs):
        assert next_due(run, cadence) <= following < overdue_at(run, cadence)
        night = max(timedelta(0), following - run - cadence)
        assert overdue_at(run, cadence) - run <= 2 * cadence + night


def test_the_timetable_and_the_watch_mean_the_same_hours() -> None:
    (entry,) = [e for e in table([SourceTimes(key="x", cadence=timedelta(hours=6))]) if e.task is crawl]
    fires = entry.trigger.get_next_fire_time(None, NOON)
    assert next_due(NOON, timedelta(hours=6)) == fires == NOON.replace(hour=16) + FIRST_MINUTE


# The verdict


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (read(NOON - timedelta(hours=2)), SourceHealth.WELL),
        (read(NOON - timedelta(hours=2), error="503"), SourceHealth.FAILED),
        (read(NOON - timedelta(hours=2), error=DIED), SourceHealth.WELL),  # a restart is no fault of the source
        (read(NOON - timedelta(hours=14)), SourceHealth.SILENT),
        (read(NOON - timedelta(hours=14), error="503"), SourceHealth.FAILED),  # one cause, one alarm
        (read(NOON - timedelta(hours=2), new_at=NOON - timedelta(days=5, hours=23)), SourceHealth.WELL),
        (read(NOON - timedelta(hours=2), new_at=NOON - timedelta(days=6)), SourceHealth.FROZEN),
        (read(NOON - timedelta(hours=2), new_at=None), SourceHealth.FROZEN),
        (SourceRecord(declared=on(changed_at=NOON - timedelta(hours=1))), SourceHealth.WAITING),
        (SourceRecord(declared=on(changed_at=NOON - timedelta(days=1))), SourceHealth.SILENT),
        (read(NOON - timedelta(days=90), declared=on(changed_at=NOON - timedelta(hours=1))), SourceHealth.WELL),
        (read(NOON - timedelta(days=90), declared=on(state="off")), SourceHealth.OFF),
        (SourceRecord(declared=on(state="forbidden")), SourceHealth.FORBIDDEN),
    ],
)  # fmt: skip
def test_each_way_to_be_unwell_has_its_name(record: SourceRecord, verdict: SourceHealth) -> None:
    assert judge(record, NOON).health is verdict


# The alarms, from the tables


def test_a_source_that_nobody_reads_is_an_alarm_and_a_run_closes_it(database: URL) -> None:
    declared(TED)
    judge_sources()
    assert list(alarms()) == [AlarmKind.SOURCE_SILENT]
    assert "no run has gone well at all; one is due every 6:00:00" in alarms()[AlarmKind.SOURCE_SILENT]
    ran(utcnow() - timedelta(minutes=5))
    judge_sources()
    assert alarms() == {}


def test_one_that_answers_the_same_for_ever_is_an_alarm_and_news_close_it(database: URL) -> None:
    declared(TED)
    ran(utcnow() - timedelta(days=7))
    ran(utcnow() - timedelta(minutes=30), new=0)
    judge_sources()
    judge_sources()
    assert list(alarms()) == [AlarmKind.SOURCE_SILENT]
    assert "nothing new since" in alarms()[AlarmKind.SOURCE_SILENT]
    ran(utcnow() - timedelta(minutes=1), new=1)
    judge_sources()
    assert alarms() == {}


def test_one_with_a_history_is_noticed_long_before_it_is_declared_to_be_still(
    database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    with turned(monkeypatch, NOON):  # a Tuesday
        declared(replace(TED, quiet_s=30 * 86400))
        for days in range(1, 45):
            morning = NOON - timedelta(days=days, hours=2)
            ran(morning, new=0 if morning.weekday() in {5, 6} else 4)
        ran(NOON - timedelta(hours=2), new=0)
        judge_sources()
        assert alarms() == {}  # a day without is not yet more than it ever was
    with turned(monkeypatch, NOON + timedelta(hours=5)):
        ran(NOON + timedelta(hours=4), new=0)
        judge_sources()
        assert "up to 1 day, 3:00:00 of working time would be usual" in alarms()[AlarmKind.SOURCE_SILENT]
        ran(NOON + timedelta(hours=5), new=1)
        judge_sources()
        assert alarms() == {}


def test_a_run_that_fails_is_one_alarm_not_two(database: URL) -> None:
    declared(TED)
    ran(utcnow() - timedelta(days=3))
    ran(utcnow() - timedelta(minutes=30), error="0 notices where 20 or more were due")
    judge_sources()
    assert alarms() == {AlarmKind.SOURCE_FAILED: "0 notices where 20 or more were due"}


def test_a_source_that_is_turned_off_has_no_alarm(database: URL) -> None:
    declared(TED)
    ran(utcnow() - timedelta(minutes=30), error="503")
    judge_sources()
    assert list(alarms()) == [AlarmKind.SOURCE_FAILED]
    declare([replace(TED, state="off")])
    judge_sources()
    assert alarms() == {}


# What is declared, and what runs say


def test_declaring_again_keeps_since_when_and_what_is_gone_goes(database: URL) -> None:
    declared(TED, replace(TED, key="doffin", name="Doffin"))
    with transaction() as s:
        before = {row.key: row.changed_at for row in s.scalars(select(DeclaredSource))}
    declare([replace(TED, key="fmv"), replace(TED, name="TED, anew", state="off", grounds=("key",))])
    with transaction() as s:
        rows = {row.key: row for row in s.scalars(select(DeclaredSource).order_by(DeclaredSource.place))}
    assert list(rows) == ["fmv", "ted"]
    assert (rows["ted"].name, rows["ted"].grounds) == ("TED, anew", ["key"])
    assert rows["ted"].changed_at > before["ted"]  # its state has changed
    declare([replace(TED, state="off", licence="another")])
    with transaction() as s:
        row = s.scalars(select(DeclaredSource)).one()
    assert (row.licence, row.changed_at) == ("another", rows["ted"].changed_at)


def test_the_record_is_made_of_runs(database: URL) -> None:
    declared(TED, replace(TED, key="doffin"))
    now = utcnow()
    old, good, died = ran(now - timedelta(days=31)), ran(now - timedelta(days=2)), ran(now, error=DIED, new=0)
    ran(now - timedelta(days=1), new=0)
    ran(now, source="doffin", running=True)
    for fetch, number in ((old, 5), (good, 3), (died, 2)):
        for _ in range(number):
            make_notice(source="ted", fetch_id=fetch.id)
    with transaction() as s:
        twice = s.scalars(select(NoticeVersion).where(NoticeVersion.fetch_id == good.id)).first()
        assert twice is not None
        notice_id = twice.notice_id
    make_notice(source="ted")  # imported by hand: no run brought it
    with transaction() as s:
        s.execute(
            NoticeVersion.__table__.update()  # type: ignore[attr-defined]
            .where(NoticeVersion.fetch_id == died.id)
            .values(notice_id=notice_id)
        )
        ted, doffin = records(s)
    assert ted.good_at == now - timedelta(days=1) + timedelta(minutes=1)
    assert ted.good_from_at == now - timedelta(days=1)
    assert ted.new_at == good.ended_at
    assert ted.error == DIED
    assert ted.notices == 3  # three notices, one of them changed twice by the run that died
    assert (doffin.good_at, doffin.ended_at, doffin.error, doffin.notices) == (None, None, None, 0)
    with transaction() as s:
        assert [one.record.declared.key for one in judged(s)] == ["ted", "doffin"]
