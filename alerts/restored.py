"""Is this database a restored copy? Then nothing is sent before a person has said what the outbox's mails are (O5).

In a copy that is older than what was sent, mails that went out look queued. Each claim of a sender therefore asks for
the row of :class:`db.marks.DatabaseMark`, which no dump can carry along unchanged: there is no moment in between. A
copy of the files (a snapshot, a recovery to a point in time) carries it: there a person says ``outbox hold`` first.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from alerts.alarms import AlarmKind, close_alarm, open_alarms, raise_alarm
from db.models import Delivery, DeliveryState, DoorDelivery, PushState
from db.session import utcnow

log = logging.getLogger(__name__)

RESTORED: Final = "restored"  # what the alarm is about
BY_HAND: Final = "held by hand"
TOLD: Final = "the outbox is held: this database is a restored copy, or a person said so"

# A condition of SQL, part of every claim.
GENUINE: Final = """EXISTS (
    SELECT FROM database_mark
     WHERE written_by = database_mark.xmin::text AND table_oid = 'database_mark'::regclass::oid::bigint)"""
IS_GENUINE: Final = text(f"SELECT {GENUINE}")
MARK: Final = text("""
    INSERT INTO database_mark AS mark (id, written_by, table_oid)
    VALUES (1, pg_current_xact_id()::xid::text, 'database_mark'::regclass::oid::bigint)
    ON CONFLICT (id) DO UPDATE SET written_by = excluded.written_by, table_oid = excluded.table_oid, at = now()
""")
UNMARK: Final = text("UPDATE database_mark SET written_by = :why")
WAITING: Final = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
PUSHING: Final = (PushState.QUEUED, PushState.DEFERRED)
HELD: Final = text("""
    SELECT delivery.id, delivery.digest_id, digest_run.day, digest_run.slot, delivery.created_at, delivery.attempts
      FROM delivery
      JOIN digest ON digest.id = delivery.digest_id
      JOIN digest_run ON digest_run.id = digest.run_id
     WHERE delivery.state = 'held'
     ORDER BY delivery.id
""")


def judge(s: Session) -> bool:
    """Hold what waits, and call a person, where this is a copy that nobody has released; gives whether it is one."""
    if s.scalar(IS_GENUINE):
        return False
    s.execute(update(Delivery).where(Delivery.state.in_(WAITING)).values(state=DeliveryState.HELD))
    s.execute(update(DoorDelivery).where(DoorDelivery.state.in_(PUSHING)).values(state=PushState.HELD))
    raise_alarm(s, AlarmKind.OUTBOX_STUCK, RESTORED, TOLD)
    return True


def why_held(s: Session) -> str | None:
    """What a person at the command line is told while the outbox is held."""
    return next((alarm.told for alarm in open_alarms(s) if alarm.subject == RESTORED), None)


def hold(s: Session) -> None:
    """Hold the outbox as after a restore, for one that leaves no trace: a snapshot, a recovery to a point in time."""
    s.execute(UNMARK, {"why": BY_HAND})
    judge(s)


def held(s: Session) -> list[dict[str, Any]]:
    """The mails that are held, oldest first, as rows for the command line."""
    return [dict(row) for row in s.execute(HELD).mappings()]


def mark_sent(s: Session, ids: Sequence[int] | None) -> int:
    """Take held mails for sent, as a person knows from the relay's log; None: all of them, and all of the doors.

    Gives how many.
    """
    now = utcnow()
    mine = [Delivery.state == DeliveryState.HELD] + ([] if ids is None else [Delivery.id.in_(ids)])
    taken = {"state": DeliveryState.SENT, "sent_at": now, "smtp_reply": "taken for sent after a restore"}
    marked = len(s.scalars(update(Delivery).where(*mine).values(**taken).returning(Delivery.id)).all())
    if ids is None:
        pushed = {"state": PushState.SENT, "sent_at": now, "reply": "taken for sent after a restore"}
        s.execute(update(DoorDelivery).where(DoorDelivery.state == PushState.HELD).values(**pushed))
    return marked


def release(s: Session) -> int:
    """Send what is held, from now on; the database is ours again. Gives how many mails go out. Again changes nothing."""
    now = utcnow()
    freed = s.scalars(
        update(Delivery)
        .where(Delivery.state == DeliveryState.HELD)
        .values(state=DeliveryState.QUEUED, not_before=now)
        .returning(Delivery.id)
    ).all()
    s.execute(
        update(DoorDelivery).where(DoorDelivery.state == PushState.HELD).values(state=PushState.QUEUED, not_before=now)
    )
    if not s.scalar(IS_GENUINE):
        s.execute(MARK)
    close_alarm(s, AlarmKind.OUTBOX_STUCK, RESTORED)
    log.warning("outbox released", extra={"mails": len(freed)})
    return len(freed)
