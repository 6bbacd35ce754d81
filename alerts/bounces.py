"""What is done about a mail that came back? The reading becomes rows: suppressions, a pause, an alarm; once each.

Only our own signature tells whose mail it was: the envelope's address, or of a complaint also the unsubscribe link of
the mail that it sends along. Senders, recipients, and whatever a header claims to have been checked are not asked (M10).
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from alerts.bounce_codes import Meaning
from alerts.reputation import judge_returned
from alerts.returned import Returned, read_returned
from alerts.suppress import suppress, suppress_unread
from alerts.tokens import Purpose
from alerts.tokens import read as read_token
from alerts.verp import read_bounce_address
from db.models import Administrator, Delivery, DeliveryState, Digest, Letter, LetterKind, ReturnedMail, Subscriber
from db.session import transaction, utcnow

log = logging.getLogger(__name__)

# After each soft bounce in a row; after the one that follows the last, the address is given up (M8).
BACK_OFF: Final = tuple(timedelta(hours=hours) for hours in (2, 4, 8, 16, 32, 64))
# A bounce this long after a pause ended is a new story: envelopes live no longer.
FORGOTTEN_AFTER: Final = timedelta(days=7)
EFFECTIVE: Final = frozenset({Meaning.GONE, Meaning.LATER, Meaning.MESSAGE, Meaning.OURS, Meaning.COMPLAINT})
_LINK: Final = re.compile(r"/u/([0-9A-Za-z]{1,11}\.[0-9A-Za-z_-]{28})(?![0-9A-Za-z_-])")
CLAIMS_READ: Final = 20


class Taken(StrEnum):
    """What became of a returned mail."""

    DONE = "done"
    BEFORE = "before"  # the same report came earlier
    HARMLESS = "harmless"
    UNPROVED = "unproved"
    UNREAD = "unread"  # no report at all: perhaps a person wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose mail it was, as proved. ``delivery_id`` is None where a link proved the subscriber alone.

    ``subscriber_id`` is None of a letter to somebody who is none, or not yet.
    """

    subscriber_id: int | None
    delivery_id: int | None


def take(raw: bytes, recipients: Sequence[str], *, null_sender: bool = False) -> Taken:
    """Read a returned mail and do what follows from it, in one transaction; doing it again changes nothing.

    ``recipients``: to whom it was delivered, envelope addresses of ours among them or not. Raises SQLAlchemy's
    OperationalError when the database is away or the mail's row is in a sender's hands: to be tried again.
    """
    found = read_returned(raw, null_sender=null_sender)
    if found.meaning not in EFFECTIVE:
        taken = Taken.UNREAD if found.meaning is Meaning.NOTHING else Taken.HARMLESS
        log.info("mail came back", extra={"meaning": str(found.meaning), "taken": str(taken)})
        return taken
    with transaction() as s:
        s.execute(text("SET LOCAL lock_timeout = '5s'"))
        whose = _whose(s, (*recipients, *found.claims) if found.meaning is Meaning.COMPLAINT else recipients)
        if whose is None:
            taken = Taken.UNPROVED
        elif whose.subscriber_id is None:
            taken = _letter_returned(s, whose, found)
        else:
            taken = _once(s, raw, found, whose, whose.subscriber_id)
    log.info(
        "mail came back",
        extra={
            "meaning": str(found.meaning),
            "code": found.code,
            "taken": str(taken),
            "delivery_id": whose.delivery_id if whose else None,
        },
    )
    return taken


def _whose(s: Session, claims: Sequence[str]) -> Whose | None:
    """Whose mail it was, by the first claim that carries a signature of ours."""
    now = utcnow()
    for claim in claims[:CLAIMS_READ]:
        delivery_id = read_bounce_address(claim, now)
        if delivery_id is not None:
            mine = (
                select(Delivery.id, func.coalesce(Digest.subscriber_id, Letter.subscriber_id).label("subscriber_id"))
                .select_from(Delivery)
                .outerjoin(Digest, Digest.id == Delivery.digest_id)
                .outerjoin(Letter, Letter.id == Delivery.letter_id)
                .where(Delivery.id == delivery_id)
            )
            delivery = s.execute(mine).one_or_none()
            if delivery is not None:
                return Whose(subscriber_id=delivery.subscriber_id, delivery_id=delivery.id)
        for token in _LINK.findall(claim)[:CLAIMS_READ]:
            subscriber_id = read_token(Purpose.UNSUBSCRIBE, token)
            if subscriber_id is not None and s.get(Subscriber, subscriber_id) is not None:
                return Whose(subscriber_id=subscriber_id, delivery_id=None)
    return None


def _letter_returned(s: Session, whose: Whose, found: Returned) -> Taken:
    """Note what became of a letter whose reader is no subscriber: it is not sent again, for they can ask for another.

    Whoever complains of being asked whether they signed up is not asked again, whoever types their address. The week's
    report is mailed no more to an administrator who complains of it or is not there; what else may be amiss with it is
    seen by the subscribers' mails, which take the same way.
    """
    delivery = s.scalar(select(Delivery).where(Delivery.id == whose.delivery_id).with_for_update())
    letter = None if delivery is None else s.get(Letter, delivery.letter_id)
    if delivery is None or letter is None:
        return Taken.BEFORE
    complained, gone = found.meaning is Meaning.COMPLAINT, found.meaning is Meaning.GONE
    if letter.kind == LetterKind.WEEK_REPORT and not (complained or gone):
        return Taken.HARMLESS
    if delivery.state != DeliveryState.SENT:
        return Taken.BEFORE
    _mark(delivery, DeliveryState.COMPLAINED if complained else DeliveryState.BOUNCED)
    if letter.administrator_id is not None:
        s.execute(
            update(Administrator).where(Administrator.id == letter.administrator_id).values(reports_off_at=utcnow())
        )
    elif letter.signup_id is not None and complained:
        suppress_unread(s, delivery.recipient, "complained of a sign-up")
    elif letter.signup_id is not None and gone:
        suppress(s, delivery.recipient, f"came back: {found.code}")
    return Taken.DONE


def _once(s: Session, raw: bytes, found: Returned, whose: Whose, subscriber_id: int) -> Taken:
    row = insert(ReturnedMail).values(
        sha256=hashlib.sha256(raw).hexdigest(),
        subscriber_id=subscriber_id,
        delivery_id=whose.delivery_id,
        meaning=found.meaning,
        code=found.code,
        told=found.told,
        at=utcnow(),
    )
    if s.scalar(row.on_conflict_do_nothing(constraint="returned_once").returning(ReturnedMail.id)) is None:
        return Taken.BEFORE
    # Locked in the order in which the sender and the builder lock them.
    delivery = None
    if whose.delivery_id is not None:
        delivery = s.scalar(select(Delivery).where(Delivery.id == whose.delivery_id).with_for_update())
    subscriber = s.scalars(select(Subscriber).where(Subscriber.id == subscriber_id).with_for_update()).one()
    if found.meaning is Meaning.COMPLAINT:
        _complained(s, subscriber, delivery)
    elif delivery is not None:
        _bounced(s, subscriber, delivery, found)
    s.flush()
    judge_returned(s, utcnow())
    return Taken.DONE


def _complained(s: Session, subscriber: Subscriber, delivery: Delivery | None) -> None:
    """All mail off: whoever calls us spam does not want the next one either (M9)."""
    suppress(s, subscriber.email, "complained")
    if delivery is not None:
        suppress(s, delivery.recipient, "complained")
        _mark(delivery, DeliveryState.COMPLAINED)
    subscriber.unsubscribed_at = subscriber.unsubscribed_at or utcnow()


def _bounced(s: Session, subscriber: Subscriber, delivery: Delivery, found: Returned) -> None:
    now = utcnow()
    if subscriber.back_off_until is not None and subscriber.back_off_until + FORGOTTEN_AFTER < now:
        subscriber.soft_bounces = 0
    match found.meaning:
        case Meaning.GONE:
            _mark(delivery, DeliveryState.BOUNCED)
            suppress(s, delivery.recipient, f"came back: {found.code}")
        case Meaning.LATER:
            # Mails that were under way together come back together: within a pause no further one is counted.
            if subscriber.back_off_until is None or subscriber.back_off_until <= now:
                subscriber.soft_bounces += 1
            if not _put_off(subscriber, delivery, now, subscriber.soft_bounces):
                suppress(s, delivery.recipient, f"came back {subscriber.soft_bounces} times: {found.code}".rstrip(": "))
        case Meaning.OURS:
            # Counted by mail and not against the subscriber, so that our own fault never helps to give one up.
            mine = (ReturnedMail.delivery_id == delivery.id, ReturnedMail.meaning == Meaning.OURS)
            _put_off(subscriber, delivery, now, s.scalar(select(func.count(ReturnedMail.id)).where(*mine)) or 1)
        case _:
            _mark(delivery, DeliveryState.BOUNCED)


def _put_off(subscriber: Subscriber, delivery: Delivery, now: datetime, times: int) -> bool:
    """Leave the subscriber alone for a while and send this very mail again then; False when that was done enough."""
    if times > len(BACK_OFF):
        _mark(delivery, DeliveryState.BOUNCED)
        return False
    until = subscriber.back_off_until
    if until is None or until <= now:
        until = subscriber.back_off_until = now + BACK_OFF[max(times, 1) - 1]
    if delivery.state == DeliveryState.SENT and delivery.message is not None:
        delivery.state, delivery.sent_at, delivery.not_before = DeliveryState.DEFERRED, None, until
    return True


def _mark(delivery: Delivery, state: DeliveryState) -> None:
    # A mail that waits to be sent again stays as it is: the sender asks for suppressions before it tries.
    if delivery.state == DeliveryState.SENT:
        delivery.state = state
