"""How well is each source read? One judgement of its runs, for the alarms and for the page that readers see."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.alarms import AlarmKind, close_alarm, raise_alarm
from alerts.rhythm import next_due, overdue_at
from alerts.stillness import patience, working_time
from db.declared import SourceRecord, records
from db.models import Fetch, FetchState
from db.session import transaction, utcnow

DIED: Final = "its process died"


class SourceHealth(StrEnum):
    """How a source stands."""

    WELL = "well"
    WAITING = "waiting"  # never read yet, and not late
    FAILED = "failed"  # the last run failed; the next one tries again
    SILENT = "silent"  # no run has gone well for two cadences, and none says why
    FROZEN = "frozen"  # it answers, and has had nothing new for longer than it ever is still
    OFF = "off"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A source's record with its verdict. ``next_at``: when it is read next, where it is read."""

    record: SourceRecord
    health: SourceHealth
    next_at: datetime | None = None


def judge(record: SourceRecord, now: datetime) -> Judged:
    """The verdict on one source at this moment."""
    declared = record.declared
    if declared.standing != "on":
        return Judged(record=record, health=SourceHealth(declared.standing))
    cadence = timedelta(seconds=declared.cadence_s)
    # A source that was turned on or taken in lately has had no time to be late yet.
    read_at = max(record.good_from_at or declared.changed_at, declared.changed_at)
    new_at = max(record.new_at or declared.changed_at, declared.changed_at)
    if record.error is not None and record.error != DIED:
        health = SourceHealth.FAILED
    elif overdue_at(read_at, cadence) <= now:
        health = SourceHealth.SILENT
    elif record.good_at is None:
        health = SourceHealth.WAITING
    elif _is_frozen(record, new_at, now):
        health = SourceHealth.FROZEN
    else:
        health = SourceHealth.WELL
    return Judged(record=record, health=health, next_at=next_due(now, cadence))


def _is_frozen(record: SourceRecord, new_at: datetime, now: datetime) -> bool:
    borne = _patience(record)
    if borne is not None and record.good_at is not None and working_time(new_at, record.good_at) >= borne:
        return True
    return now - new_at >= timedelta(seconds=record.declared.quiet_s)


def _patience(record: SourceRecord) -> timedelta | None:
    return patience(record.news, timedelta(seconds=record.declared.cadence_s))


def judged(s: Session) -> list[Judged]:
    """Every declared source with its verdict, in the order in which they are declared."""
    now = utcnow()
    return [judge(record, now) for record in records(s)]


def judge_sources() -> None:
    """Raise and close the alarms of all sources: a last run that failed, silence, nothing new where there ought to be.

    A source that is not read any longer has no alarm.
    """
    with transaction() as s:
        found = judged(s)
        gone = {one.record.declared.key for one in found if one.health in {SourceHealth.OFF, SourceHealth.FORBIDDEN}}
        _judge_last_runs(s, gone)
        for one in found:
            key, told = one.record.declared.key, _told(one)
            if told is None:
                close_alarm(s, AlarmKind.SOURCE_SILENT, key)
            else:
                raise_alarm(s, AlarmKind.SOURCE_SILENT, key, told)


def _told(one: Judged) -> str | None:
    record = one.record
    if one.health is SourceHealth.SILENT:
        since = f"since {record.good_at:%Y-%m-%d %H:%M} UTC" if record.good_at else "at all"
        return f"no run has gone well {since}; one is due every {timedelta(seconds=record.declared.cadence_s)}"
    if one.health is SourceHealth.FROZEN:
        since = f"since {record.new_at:%Y-%m-%d}" if record.new_at else "ever"
        borne = _patience(record)
        usual = f"{borne} of working time" if borne else str(timedelta(seconds=record.declared.quiet_s))
        return f"runs go well and bring nothing new {since}; up to {usual} would be usual"
    return None


def _judge_last_runs(s: Session, gone: set[str]) -> None:
    """Raise an alarm for each source whose last run failed, and close it after a good one.

    A process that died (a restart, a release) is no fault of the source: only the second such run in a row counts.
    """
    ranked = (
        select(
            Fetch.source,
            Fetch.state,
            Fetch.error,
            func.row_number().over(partition_by=Fetch.source, order_by=Fetch.started_at.desc()).label("back"),
        )
        .where(Fetch.state != FetchState.RUNNING)
        .subquery()
    )
    last: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    rows = s.execute(select(ranked).where(ranked.c.back <= 2).order_by(ranked.c.source, ranked.c.back))
    for row in rows:
        last[row.source].append((row.state, row.error))
    for source, runs in last.items():
        errors = [error or "failed" for state, error in runs if state == FetchState.FAILED]
        if runs[0][0] == FetchState.DONE or source in gone:
            close_alarm(s, AlarmKind.SOURCE_FAILED, source)
        elif errors[0] != DIED or len(errors) == 2:
            raise_alarm(s, AlarmKind.SOURCE_FAILED, source, errors[0][:300])
