"""Which digest runs are there, and who belongs to each? Settled once, in the transaction that opens a run.

A run is one hour of one day, or one tick of those who want to hear at once, whatever the cadences of a subscriber's
profiles: one mail per person and moment. Opening it again changes nothing.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from alerts.clock import local_day
from alerts.due import keeps, of_cadence, schedules, served, since_before, want_quiet_word
from alerts.reminders import owe_reminders
from alerts.ripe import owed
from alerts.schedule import Member, Slot, slots_due
from db.models import Cadence, Digest, DigestRun, RunKind, Subscriber
from db.session import transaction

log = logging.getLogger(__name__)
AT_ONCE_EVERY = timedelta(minutes=2)
COALESCED = timedelta(minutes=4)  # how long the first of what is told at once waits for others to join it in one mail


def open_due(now: datetime) -> None:
    """Open every run that is due: of the last slots that have come, and of those who want to hear at once."""
    for slot, members in slots_due(now, schedules(), is_open=_is_open):
        open_run(cadence=RunKind.AT_HOUR, day=slot.day, slot=slot.name, as_of=now, members=members)
    _open_at_once(now)


def open_run(
    *,
    cadence: Cadence | RunKind,
    day: date,
    slot: str,
    as_of: datetime,
    members: Sequence[Member] | None = None,
) -> int:
    """The run of this day, cadence and slot, with a digest for everyone who is due and owed something.

    Opening it again changes nothing: who came later waits for the next run. ``members``: whose schedules it is for,
    the widest first; None for everyone with a profile of ``cadence``.
    """
    with transaction() as s:
        run_id, is_new = _the_run(s, cadence=cadence, day=day, slot=slot, as_of=as_of)
        if not is_new:
            return run_id
        by_hand = [of_cadence(cadence)] if isinstance(cadence, Cadence) else []
        if members is None:
            made = _put_digests(s, run_id, Cadence(cadence), [*served(), *by_hand], owed(Cadence(cadence)))
        else:
            made = 0
            for one in members:
                who = [*served(), *by_hand, *keeps(one.schedule), *since_before(one.since)]
                owe_reminders(s, who, day=day, next_day=one.schedule.next_day(day), as_of=as_of)
                made += _put_digests(s, run_id, one.cadence, who, owed(one.cadence), quiet=_quiet(cadence, one))
    log.info("digest run opened", extra={"run_id": run_id, "cadence": str(cadence), "digests": made})
    return run_id


def _is_open(slot: Slot) -> bool:
    key = (DigestRun.day == slot.day, DigestRun.slot == slot.name, DigestRun.cadence == RunKind.AT_HOUR)
    with transaction() as s:
        return s.scalar(select(DigestRun.id).where(*key)) is not None


def _open_at_once(now: datetime) -> None:
    """The run of those who want to hear at once, where somebody's first alert has waited for others to join it."""
    today = local_day(now)
    # Whoever wants no mail today, at an hour or at once, has none.
    writing = [one for one in schedules() if one.writes_on(today)]
    if not writing:
        return
    # Who has a digest that is still to be built is told by that one.
    building = exists().where(Digest.subscriber_id == Subscriber.id, Digest.built_at.is_(None)).correlate(Subscriber)
    who = and_(or_(*(and_(*keeps(one)) for one in writing)), ~building)
    ripe = owed(Cadence.AT_ONCE, before=now - COALESCED)
    with transaction() as s:
        if not s.scalar(select(exists().where(*served(), who, ripe))):
            return
        # Named by UTC, whose clock never goes back: two runs an hour apart in autumn must not share a name.
        tick = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % AT_ONCE_EVERY
        run_id, is_new = _the_run(s, cadence=RunKind.AT_ONCE, day=now.date(), slot=f"{tick:%H:%M}Z", as_of=now)
        made = _put_digests(s, run_id, Cadence.AT_ONCE, [*served(), who], ripe) if is_new else 0
    log.info("digest run opened", extra={"run_id": run_id, "cadence": str(RunKind.AT_ONCE), "digests": made})


def _the_run(s: Session, *, cadence: str, day: date, slot: str, as_of: datetime) -> tuple[int, bool]:
    """The run's id, and whether this transaction made it."""
    run_id: int | None = s.scalar(
        insert(DigestRun)
        .values(day=day, cadence=cadence, slot=slot, as_of=as_of)
        .on_conflict_do_nothing(constraint="run_once")
        .returning(DigestRun.id)
    )
    if run_id is not None:
        return run_id, True
    key = (DigestRun.day == day, DigestRun.cadence == cadence, DigestRun.slot == slot)
    return s.scalars(select(DigestRun.id).where(*key)).one(), False


def _put_digests(
    s: Session,
    run_id: int,
    width: Cadence,
    who: Sequence[ColumnElement[bool]],
    wanted: ColumnElement[bool],
    quiet: ColumnElement[bool] | None = None,
) -> int:
    """A digest for each of these who is owed something, or wants a word when it is quiet; gives how many."""
    word = false() if quiet is None else quiet
    due = select(literal(run_id), Subscriber.id, literal(str(width)), word).where(*who, or_(wanted, word))
    columns = ["run_id", "subscriber_id", "cadence", "quiet"]
    return len(s.scalars(insert(Digest).from_select(columns, due).on_conflict_do_nothing().returning(Digest.id)).all())


def _quiet(cadence: Cadence | RunKind, member: Member) -> ColumnElement[bool] | None:
    """Who of these wants a word when it is quiet: once a week, and by the timetable alone."""
    if cadence is not RunKind.AT_HOUR or member.cadence is not Cadence.WEEKLY:
        return None
    return want_quiet_word(member.schedule.previous_weekly(local_day(member.since)))
