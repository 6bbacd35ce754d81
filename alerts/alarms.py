"""What must a person act on? Alarms: raised once, kept open until it is well again, closed once."""

import logging
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.models import Alarm
from db.session import utcnow

log = logging.getLogger(__name__)


class AlarmKind(StrEnum):
    """Each kind has its remedy in docs/alarms.md."""

    RELAY_REFUSES = "relay_refuses"  # the breaker: nothing is sent until a person says so
    RELAY_UNREACHABLE = "relay_unreachable"
    DIGEST_BROKEN = "digest_broken"
    SOURCE_FAILED = "source_failed"
    SOURCE_SILENT = "source_silent"
    CHILD_FAILED = "child_failed"
    OUTBOX_STUCK = "outbox_stuck"
    BOOKS = "books"
    BOUNCED_FOR_US = "bounced_for_us"
    COMPLAINTS = "complaints"  # of subject STOP it stops the sending, as relay_refuses does
    DOOR_FAILED = "door_failed"  # its subject says how: door_off, door_broken
    CANARY = "canary"


STOP: Final = "stop"


def door_off(door_id: int) -> str:
    """What the alarm of a door that is switched off is about."""
    return f"off {door_id}"


def door_broken(door_id: int) -> str:
    """What the alarm of a door for which nothing can be written is about."""
    return f"broken {door_id}"


def raise_alarm(s: Session, kind: AlarmKind, subject: str, told: str) -> bool:
    """Open an alarm in the caller's transaction; gives whether it is a new one.

    ``subject`` is what it is about (a source's key, a row's id) and never a person.
    """
    statement = insert(Alarm).values(kind=kind, subject=subject, told=told)
    fresh = s.scalar(
        statement.on_conflict_do_nothing(
            index_elements=["kind", "subject"], index_where=Alarm.closed_at.is_(None)
        ).returning(Alarm.id)
    )
    if fresh is not None:
        log.error("alarm raised", extra={"alarm": str(kind), "subject": subject, "alarm_id": fresh})
    return fresh is not None


def close_alarm(s: Session, kind: AlarmKind, subject: str) -> bool:
    """Close an alarm that is well again; gives whether there was one."""
    closed = s.scalars(
        update(Alarm)
        .where(Alarm.kind == kind, Alarm.subject == subject, Alarm.closed_at.is_(None))
        .values(closed_at=utcnow())
        .returning(Alarm.id)
    ).all()
    if closed:
        log.warning("alarm closed", extra={"alarm": str(kind), "subject": subject})
    return bool(closed)


def sending_stops(s: Session) -> list[Alarm]:
    """The open alarms that keep every mail back until a person has seen to them."""
    return [
        alarm
        for alarm in open_alarms(s)
        if alarm.kind == AlarmKind.RELAY_REFUSES or (alarm.kind == AlarmKind.COMPLAINTS and alarm.subject == STOP)
    ]


def open_alarms(s: Session) -> list[Alarm]:
    """All alarms that wait for a person, oldest first."""
    return list(s.scalars(select(Alarm).where(Alarm.closed_at.is_(None)).order_by(Alarm.id)))
