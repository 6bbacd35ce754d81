"""How does a digest get into the outbox? Composed and rendered once, kept as the very bytes that are sent."""

import hashlib
import logging
import traceback
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from alerts.alarms import AlarmKind, close_alarm, raise_alarm
from alerts.compose import compose
from alerts.message import render
from alerts.signature import signed
from alerts.view import DigestView
from db import seed
from db.address import AddressUnusable, domain_of, mailable
from db.models import Alert, Delivery, DeliveryState, Digest, DigestRun, Subscriber
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)


def deliver(s: Session, digest: Digest, subscriber: Subscriber) -> None:
    """Write the outbox row of a digest in the transaction that took its alerts; none where nothing can be told.

    A digest that cannot be composed or rendered becomes ``broken`` with an alarm: it stops no other (D9), and its
    alerts stay with it until it is mended.
    """
    run = s.get_one(DigestRun, digest.run_id)
    taken = s.scalars(select(Alert).where(Alert.digest_id == digest.id).order_by(Alert.id)).all()
    delivery = Delivery(
        digest_id=digest.id,
        message_id=message_id(digest, run),
        sender=get_settings().mail_from or "",
        recipient=subscriber.email,
        state=DeliveryState.BROKEN,
    )
    try:
        with s.begin_nested():
            view = compose(s, digest, run, subscriber, taken)
            if view is None:
                return
            digest.view = view.to_json()
            s.flush()
            delivery.recipient = mailable(subscriber.email)
            delivery.message = _rendered(view, delivery)
            delivery.state = DeliveryState.QUEUED
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not this digest's: the whole transaction is tried again
    except AddressUnusable:
        delivery.state = DeliveryState.FAILED
        delivery.smtp_reply = "the address is none that mail can be sent to"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is written down and stops no other digest (D9)
        # Type and place alone: an exception's text may quote the notice or the subscriber.
        what = f"{type(error).__name__} at {_place(error)}"
        log.error("digest broken", extra={"digest_id": digest.id, "error": what})  # noqa: TRY400 - as above
        raise_alarm(s, AlarmKind.DIGEST_BROKEN, str(digest.id), f"could not be written: {what}")
    s.add(delivery)
    s.flush()


def mend(digest_id: int) -> bool:
    """Try a broken digest again, with the alerts it took; gives whether it is well now."""
    with transaction() as s:
        broken = s.scalar(
            select(Delivery)
            .where(Delivery.digest_id == digest_id, Delivery.state == DeliveryState.BROKEN)
            .with_for_update(skip_locked=True)
        )
        if broken is None:
            return False
        digest = s.get_one(Digest, digest_id)
        s.delete(broken)
        s.flush()
        deliver(s, digest, s.get_one(Subscriber, digest.subscriber_id))
        state = s.scalar(select(Delivery.state).where(Delivery.digest_id == digest_id))
        if state == DeliveryState.BROKEN:
            return False
        close_alarm(s, AlarmKind.DIGEST_BROKEN, str(digest_id))
        return True


def message_id(digest: Digest, run: DigestRun) -> str:
    """The same for every copy of one digest, and no other's, also after the database was made anew."""
    made_of = f"{digest.id} {digest.subscriber_id} {run.day} {run.slot} {run.opened_at.isoformat()}"
    mark = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    return f"<digest.{digest.id}.{mark}@{domain_of(get_settings().mail_from or '')}>"


def _rendered(view: DigestView, delivery: Delivery) -> bytes:
    raw = render(
        view,
        seed.load(),
        sender=delivery.sender,
        sender_name=get_settings().mail_from_name,
        recipient=delivery.recipient,
        message_id=delivery.message_id,
        list_id=f"digest.{domain_of(delivery.sender)}",
        sent_at=utcnow(),
    )
    return signed(raw)


def _place(error: BaseException) -> str:
    trace = traceback.extract_tb(error.__traceback__)
    return f"{Path(trace[-1].filename).name}:{trace[-1].lineno}" if trace else "nowhere"
