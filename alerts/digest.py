"""Who is told what, and when? Runs and digests, each once, however often and by however many processes it is tried.

The ledger is ``alert.digest_id IS NULL``, never a time window: an alert whose transaction commits late is taken by
the next digest (promises.md 3.4). Runs are keyed by day, cadence and slot, and who belongs to one is settled as it is
opened (alerts.opening).
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from alerts import events
from alerts.clock import local_day
from alerts.due import anyone, keeps, of_cadence, schedules
from alerts.opening import open_due, open_run
from alerts.outbox import deliver
from alerts.ripe import ripe
from alerts.schedule import Member
from alerts.suppress import is_suppressed
from db.address import AddressUnusable
from db.models import Alert, Cadence, Delivery, DeliveryState, Digest, DigestRun, Subscriber
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)
BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What became of the digests of one run. ``run_id`` None: nobody was owed anything, so there was none.

    ``queued``: mails in the outbox. ``empty``: digests that found nothing of what was owed worth telling any more.
    """

    run_id: int | None
    day: date
    cadence: str
    slot: str = ""
    digests: int = 0
    queued: int = 0
    empty: int = 0
    broken: int = 0


def run_due(now: datetime, *, enough: Callable[[], bool] = lambda: False) -> list[RunReport]:
    """Open and build every run that is due and not done, and finish those that a dead process left unfinished.

    Runs at an hour are those of the last slots that have come, so that several missed days are one digest.
    ``enough`` is asked between two digests; once it says so, the rest is left to the next call.
    """
    open_due(now)
    with transaction() as s:
        # A run that a dead process left behind is finished as of now: what was open then may have passed.
        s.execute(
            update(DigestRun)
            .where(DigestRun.closed_at.is_(None), DigestRun.slot.not_like(f"{BY_HAND}%"))
            .values(as_of=now)
        )
        unfinished = s.scalars(select(DigestRun.id).where(DigestRun.closed_at.is_(None)).order_by(DigestRun.id)).all()
    return [build_run(run_id, enough=enough) for run_id in unfinished]


def run(cadence: Cadence, as_of: datetime) -> RunReport:
    """Tell now what this cadence's subscribers are owed, whatever their hour; weekly ones on their weekly day only.

    For a person at the command line: ``as_of`` gives the day that the digests name and against which deadlines are
    held. Each such run has a slot of its own; the ledger alone sees to it that nothing is told twice.
    """
    day = local_day(as_of)
    members = [
        Member(schedule=one, cadence=cadence, since=max(utcnow(), as_of))
        for one in schedules()
        if cadence is not Cadence.WEEKLY or one.is_weekly(day)
    ]
    slot = f"{BY_HAND} {utcnow():%Y-%m-%d %H:%M:%S.%f}"
    with transaction() as s:
        someone = any(anyone(s, cadence, of_cadence(cadence), *keeps(one.schedule)) for one in members)
    if not someone:
        return RunReport(run_id=None, day=day, cadence=cadence)
    return build_run(open_run(cadence=cadence, day=day, slot=slot, as_of=as_of, members=members))


def build_run(run_id: int, *, enough: Callable[[], bool] = lambda: False) -> RunReport:
    """Build every digest of a run and close it; several processes may do so at once and share the work."""
    get_settings().require("mail_from", "secret_key")
    events.keep()  # a mail's link into the calendar leads somewhere from the first moment
    with transaction() as s:
        unbuilt = s.scalars(
            select(Digest.id).where(Digest.run_id == run_id, Digest.built_at.is_(None)).order_by(Digest.id)
        ).all()
    # What another process is building is passed by at first; should that process die, it is built in the second round.
    passed = [digest_id for digest_id in unbuilt if not enough() and not build(digest_id, wait=False)]
    for digest_id in passed:
        if not enough():
            build(digest_id)
    with transaction() as s:
        unfinished = exists().where(Digest.run_id == run_id, Digest.built_at.is_(None))
        s.execute(
            update(DigestRun)
            .where(DigestRun.id == run_id, DigestRun.closed_at.is_(None), ~unfinished)
            .values(closed_at=utcnow())
        )
        return _report(s, run_id)


def build(digest_id: int, *, wait: bool = True) -> bool:
    """Write one subscriber's digest for one run. Calling it again changes nothing.

    Gives False only where ``wait`` is off and another process is building it.
    """
    with transaction() as s:
        digest = s.scalar(select(Digest).where(Digest.id == digest_id).with_for_update(skip_locked=not wait))
        if digest is None:
            return False
        if digest.built_at is not None:
            return True
        # Two digests of one subscriber are built one after the other; alerts may be added meanwhile.
        subscriber = s.scalars(
            select(Subscriber).where(Subscriber.id == digest.subscriber_id).with_for_update(key_share=True)
        ).one()
        digest.built_at = utcnow()
        has_left = _has_left(s, subscriber)
        taken = 0 if has_left else take_owed(s, digest)
        if taken or (digest.quiet and not has_left):
            deliver(s, digest, subscriber)
    log.info("digest built", extra={"digest_id": digest_id, "alerts": taken})
    return True


def take_owed(s: Session, digest: Digest) -> int:
    """Give this digest what its subscriber is owed and it may tell; gives how many alerts.

    One statement that asks and claims, so that an alert which another digest took meanwhile is not taken again.
    """
    mine = (Alert.subscriber_id == digest.subscriber_id, Alert.digest_id.is_(None), ripe(Cadence(digest.cadence)))
    return len(s.scalars(update(Alert).where(*mine).values(digest_id=digest.id).returning(Alert.id)).all())


def _has_left(s: Session, subscriber: Subscriber) -> bool:
    if subscriber.unsubscribed_at is not None:
        return True
    try:
        return is_suppressed(s, subscriber.email)
    except AddressUnusable:
        return False  # the outbox says so, once and visibly


def _report(s: Session, run_id: int) -> RunReport:
    run = s.get_one(DigestRun, run_id)
    states: Counter[str | None] = Counter(
        s.scalars(
            select(Delivery.state)
            .select_from(Digest)
            .outerjoin(Delivery, Delivery.digest_id == Digest.id)
            .where(Digest.run_id == run_id, Digest.built_at.is_not(None))
        )
    )
    return RunReport(
        run_id=run_id,
        day=run.day,
        cadence=run.cadence,
        slot=run.slot,
        digests=states.total(),
        queued=states.total() - states[None] - states[DeliveryState.BROKEN],
        empty=states[None],
        broken=states[DeliveryState.BROKEN],
    )
