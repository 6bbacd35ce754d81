"""What is owed to the doors through which we go to the subscriber? Each alert to each door once, out of the mails' ledger.

An alert without a row for a door is owed to it, whenever it was committed: never a window of time. What a door is owed
is rendered once, and sent as those very bytes.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from alerts import chat, webhook
from alerts.alarms import AlarmKind, close_alarm, door_broken, raise_alarm
from alerts.ledger import ToldAlert, active_profiles, told_alerts
from alerts.speak import Names, speaker
from db import seed
from db.models import Alert, Door, DoorDelivery, DoorKind, PushState, Subscriber
from db.session import transaction

log = logging.getLogger(__name__)
PUSHED: Final = (DoorKind.WEBHOOK, DoorKind.CHAT)
AT_ONCE: Final = 200
DOORS: Final = "doors"
KEPT: Final = timedelta(days=30)
STUCK_AFTER: Final = timedelta(minutes=5)  # as of mails: the watch looks every ten minutes (O1)

OLDEST_DUE: Final = text("""
    SELECT min(delivery.not_before)
      FROM door_delivery AS delivery
      JOIN door ON door.id = delivery.door_id
      JOIN subscriber ON subscriber.id = door.subscriber_id
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND door.closed_at IS NULL AND door.off_at IS NULL AND subscriber.unsubscribed_at IS NULL
""")
FORGET: Final = text("""
    UPDATE door_delivery SET body = NULL
     WHERE body IS NOT NULL AND created_at < :before AND (sent_at < :before OR state = 'failed')
    RETURNING id
""")
SENT_SINCE: Final = text("SELECT EXISTS (SELECT FROM door_delivery WHERE sent_at > :since)")


def owe() -> int:
    """Write down for every such door what it has not been told of; gives how many are to be sent. Again changes nothing.

    A door for which this fails stops no other: an alarm is raised, and its alerts stay owed.
    """
    with transaction() as s:
        doors = s.scalars(
            select(Door.id)
            .join(Subscriber, Subscriber.id == Door.subscriber_id)
            .where(Door.kind.in_(PUSHED), Door.closed_at.is_(None))
            .where(Subscriber.confirmed_at.is_not(None), Subscriber.unsubscribed_at.is_(None))
            .order_by(Door.id)
        ).all()
    return sum(_owe_all(door_id) for door_id in doors)


def judge(s: Session, now: datetime) -> None:
    """Raise the alarm of the outbox where something has been due for long and nothing goes out, or close it."""
    since = s.scalar(OLDEST_DUE, {"now": now})
    if since is None or now - since < STUCK_AFTER or s.scalar(SENT_SINCE, {"since": now - STUCK_AFTER}):
        close_alarm(s, AlarmKind.OUTBOX_STUCK, DOORS)
    else:
        raise_alarm(
            s, AlarmKind.OUTBOX_STUCK, DOORS, f"the oldest alert for a webhook or chat is due for {now - since}"
        )


def forget(s: Session, now: datetime) -> int:
    """Remove what was sent, or given up, a month ago and more (P9); that it was told stays. Gives how many."""
    return len(s.scalars(FORGET, {"before": now - KEPT}).all())


def _owe_all(door_id: int) -> int:
    queued = 0
    try:
        while True:
            with transaction() as s:
                found, fresh = _owe_some(s, door_id, seed.load())
                queued += fresh
                if not found:
                    close_alarm(s, AlarmKind.DOOR_FAILED, door_broken(door_id))
                    return queued
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not this door's
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written down and stops no other door (D9)
        # Its type alone: an exception's text may quote the notice or the subscriber.
        what = type(error).__name__
        log.error("door broken", extra={"door_id": door_id, "error": what})  # noqa: TRY400 - as above
        with transaction() as s:
            raise_alarm(s, AlarmKind.DOOR_FAILED, door_broken(door_id), f"what it is owed could not be written: {what}")
        return queued


def _owe_some(s: Session, door_id: int, names: Names) -> tuple[int, int]:
    """Some of what a door is owed: how many alerts were met, and how many of them are to be sent."""
    door, subscriber = s.execute(
        select(Door, Subscriber).join(Subscriber, Subscriber.id == Door.subscriber_id).where(Door.id == door_id)
    ).one()
    known = select(DoorDelivery.alert_id).where(DoorDelivery.door_id == door_id)
    alerts = s.scalars(
        select(Alert)
        .where(Alert.subscriber_id == subscriber.id, Alert.id.not_in(known))
        .order_by(Alert.id)
        .limit(AT_ONCE)
    ).all()
    if not alerts:
        return 0, 0
    told = {one.alert.id: one for one in told_alerts(s, subscriber, alerts, active_profiles(s, subscriber.id))}
    rows = [
        {
            "door_id": door_id,
            "alert_id": alert.id,
            "push_id": webhook.new_id() if alert.id in told else None,
            "body": _body(door, told[alert.id], subscriber, names) if alert.id in told else None,
            "state": PushState.QUEUED if alert.id in told else PushState.VOID,
        }
        for alert in alerts
    ]
    written = s.scalars(
        insert(DoorDelivery)
        .values(rows)
        .on_conflict_do_nothing(constraint="door_told_once")
        .returning(DoorDelivery.state)
    ).all()
    return len(alerts), written.count(PushState.QUEUED)


def _body(door: Door, telling: ToldAlert, subscriber: Subscriber, names: Names) -> bytes:
    # As of the alert's own moment, so that nothing is said of days left: it may go out days later.
    as_of = telling.alert.created_at
    said = speaker(language=subscriber.language, country=subscriber.country, as_of=as_of, names=names)
    return chat.message(telling, said) if door.kind == DoorKind.CHAT else webhook.payload(telling, said)
