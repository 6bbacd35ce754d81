"""What should have happened and did not? Finds lost and late work, mends what it can, calls a person for the rest.

Everything here is *older than*, never *between*: a tick that is missed loses nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts import beat, canary, push, restored
from alerts.alarms import AlarmKind, close_alarm, open_alarms, raise_alarm
from alerts.books import count
from alerts.digest import RunReport, run_due
from alerts.outbox import mend
from alerts.reputation import judge_returned
from alerts.source_health import DIED, judge_sources
from db.declared import rests
from db.models import Delivery, DeliveryState, Digest, Fetch, FetchState
from db.process import may_run
from db.session import transaction, utcnow

log = logging.getLogger(__name__)

CRAWL_LIMIT: Final = timedelta(minutes=20)
# A crawl is killed at its limit by the worker that started it; whoever is still running then is on its own.
GRACE: Final = timedelta(minutes=10)
# The watch looks every ten minutes: with this, a person hears of it within a quarter of an hour (O1).
STUCK_AFTER: Final = timedelta(minutes=5)
WAITING: Final = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
# Mails that a sender would take: not those of subscribers who are left alone for a while.
UNTAKEN: Final = text("""
    SELECT count(*) AS mails, min(delivery.not_before) AS since
      FROM delivery
      LEFT JOIN digest ON digest.id = delivery.digest_id
      LEFT JOIN subscriber ON subscriber.id = digest.subscriber_id
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND (subscriber.back_off_until IS NULL OR subscriber.back_off_until <= :now)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What /healthz tells: nothing that says who our readers are."""

    database: bool
    alarms: tuple[str, ...] = ()
    waiting: int = 0
    oldest_waiting_s: int = 0


def look(*, enough: Callable[[], bool] = lambda: False) -> list[RunReport]:
    """Close what died, open the runs that are missing, and raise or close the alarms of outbox, sources and books."""
    now = utcnow()
    close_dead_fetches(now)
    judge_sources()
    reports = run_due(now, enough=enough)
    with transaction() as s:
        restored.judge(s)
        _judge_outbox(s, now)
        push.judge(s, now)
        _judge_books(s)
        judge_returned(s, now)
        canary.judge(s, now)
    return reports


def close_dead_fetches(now: datetime) -> list[str]:
    """Mark runs as failed whose process is gone or that are far over their limit; gives their sources."""
    with transaction() as s:
        running = s.scalars(select(Fetch).where(Fetch.state == FetchState.RUNNING)).all()
        dead = [
            fetch for fetch in running if not may_run(fetch.process) or fetch.started_at < now - CRAWL_LIMIT - GRACE
        ]
        for fetch in dead:
            s.execute(
                update(Fetch)
                .where(Fetch.id == fetch.id, Fetch.state == FetchState.RUNNING)
                .values(state=FetchState.FAILED, ended_at=now, error=DIED)
            )
            log.warning("dead fetch closed", extra={"fetch_id": fetch.id, "source": fetch.source})
    return [fetch.source for fetch in dead]


def mend_all() -> int:
    """Try every broken digest once more, as after a release that cures its cause; gives how many are well now."""
    with transaction() as s:
        broken = s.scalars(select(Digest.id).join(Delivery).where(Delivery.state == DeliveryState.BROKEN)).all()
    return sum(mend(digest_id) for digest_id in broken)


def need_not_read(source: str, slot: datetime) -> bool:
    """Whether this source rests, or a run of it began in the slot or later: then the slot has been crawled."""
    with transaction() as s:
        mine = (Fetch.source == source, Fetch.started_at >= slot)
        return rests(s, source) or s.scalar(select(Fetch.id).where(*mine).limit(1)) is not None


def health() -> Health:
    """How we are, asked live."""
    try:
        with transaction() as s:
            s.execute(text("SET LOCAL statement_timeout = '3s'"))
            waiting, oldest = _waiting(s, utcnow())
            return Health(
                database=True,
                alarms=tuple(sorted({alarm.kind for alarm in open_alarms(s)})),
                waiting=waiting,
                oldest_waiting_s=max(0, int(oldest.total_seconds())),
            )
    except SQLAlchemyError as trouble:
        log.warning("database not reached", extra={"error": type(trouble).__name__})
        return Health(database=False)


def _waiting(s: Session, now: datetime) -> tuple[int, timedelta]:
    """How many mails are due, and for how long the oldest has been."""
    due = select(func.count(Delivery.id), func.min(Delivery.not_before)).where(
        Delivery.state.in_(WAITING), Delivery.not_before <= now
    )
    waiting, since = s.execute(due).one()
    return waiting, now - since if since else timedelta(0)


def _judge_outbox(s: Session, now: datetime) -> None:
    """Raise the alarm where mails are due and no sender takes any; one that is busy with many, or waits, is well.

    A relay that is not reached has an alarm of its own: one cause, one alarm.
    """
    mails, since = s.execute(UNTAKEN, {"now": now}).one()
    turned = beat.last(s).get(beat.Part.SENDER)
    idle = turned is None or now - turned >= STUCK_AFTER
    known = any(alarm.kind == AlarmKind.RELAY_UNREACHABLE for alarm in open_alarms(s))
    if mails and now - since >= STUCK_AFTER and idle and not known:
        raise_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox", f"{mails} mails due, the oldest for {now - since}")
    else:
        close_alarm(s, AlarmKind.OUTBOX_STUCK, "outbox")


def _judge_books(s: Session) -> None:
    differences = count(s).differences()
    if differences:
        raise_alarm(s, AlarmKind.BOOKS, "books", "; ".join(f"{what}: {n}" for what, n in differences.items()))
    else:
        close_alarm(s, AlarmKind.BOOKS, "books")
