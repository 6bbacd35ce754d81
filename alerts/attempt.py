"""How does one mail leave the outbox? Claimed, offered to the relay and recorded in one transaction.

A sender that dies at any point loses no mail: its row lock dies with its connection, and the row is still queued.
Between the relay's 250 and our commit lies a gap that SMTP cannot close; a mail that falls into it is sent once more,
as the same bytes under the same Message-ID (promises.md §2).

Two journeys to the database a mail, one before the relay and one after: the statements of each go as one bundle. What
happens seldom (a suppression, an alarm) has a transaction of its own, done before the mail's own commit.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.rows import args_row

from alerts.alarms import AlarmKind, close_alarm, raise_alarm
from alerts.pace import Pace
from alerts.relay import Relay, Sent
from alerts.restored import GENUINE
from alerts.suppress import suppress
from alerts.verdict import Breaker, Verdict, verdict
from alerts.verp import bounce_address
from db.models import DeliveryState
from db.session import Connection, transaction, utcnow

log = logging.getLogger(__name__)

RELAY: Final = "relay"  # what alarms of the relay are about

CLAIM: Final = f"""
    -- The oldest delivery that is due, unless the breaker is open or this is a restored copy; two senders never hold the
    -- same row. A letter was asked for just now: it asks neither who has left nor for a pause, and a confirmation not
    -- even for suppressions (D15). The week's report was not, and asks whether its reader still wants it.
    SELECT delivery.id, delivery.sender, delivery.recipient, delivery.message, delivery.attempts,
           coalesce(subscriber.unsubscribed_at, reader.reports_off_at, reader.removed_at) IS NOT NULL AS has_left,
           letter.kind IS DISTINCT FROM 'confirm' AND EXISTS (
               SELECT FROM suppression WHERE address = lower(delivery.recipient)) AS suppressed
      FROM delivery
      LEFT JOIN digest ON digest.id = delivery.digest_id
      LEFT JOIN letter ON letter.id = delivery.letter_id
      LEFT JOIN subscriber ON subscriber.id = digest.subscriber_id
      LEFT JOIN administrator reader ON reader.id = letter.administrator_id AND letter.kind = 'week_report'
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= %(now)s
       AND delivery.message IS NOT NULL AND delivery.id <> ALL(%(in_hand)s)
       AND (subscriber.back_off_until IS NULL OR subscriber.back_off_until <= %(now)s)
       AND NOT EXISTS (SELECT FROM alarm WHERE closed_at IS NULL
                        AND (kind = 'relay_refuses' OR kind = 'complaints' AND subject = 'stop'))
       AND {GENUINE}
     ORDER BY delivery.not_before, delivery.id
     LIMIT 1 FOR UPDATE OF delivery SKIP LOCKED
"""  # noqa: S608 - the condition is ours
RECORD: Final = """
    UPDATE delivery
       SET state = %(state)s, attempts = %(attempts)s, not_before = %(not_before)s, sent_at = %(sent_at)s,
           smtp_reply = %(reply)s
     WHERE id = %(id)s AND state IN ('queued', 'deferred')
"""


class Claimed(NamedTuple):
    """A mail that is ours to try, as CLAIM gives it."""

    id: int
    sender: str
    recipient: str
    message: bytes
    attempts: int
    has_left: bool
    suppressed: bool


class LockLost(Exception):  # noqa: N818 - a state of the row, told by its name
    """Raised when a row was claimed that another connection of this process has in hand: the database let go of it."""


@dataclass(slots=True)
class Office:
    """What the connections of one process know in common."""

    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(default_factory=Pace)
    # Where the database drops a connection, its row lock goes while the mail is still on its way. The other
    # connections of this process then leave the row to the one that has it in hand.
    in_hand: set[int] = field(default_factory=set)
    states: Counter[DeliveryState] = field(default_factory=Counter)
    reached: bool = False
    down_since: datetime | None = None
    trouble: str | None = None
    turned_at: datetime | None = None  # when it was last written down that mails are taken


@dataclass(slots=True)
class Lane:
    """One connection to the relay, and what it must still write down when the database went away after a 250."""

    relay: Relay
    office: Office
    unrecorded: dict[str, Any] | None = None


async def send_one(database: Connection, lane: Lane) -> DeliveryState | None:
    """Take the next due mail through one attempt; gives its new state, or None when nothing is due.

    Raises RelayDown, with the mail untouched, when no connection to the relay can be had.
    """
    office = lane.office
    if lane.unrecorded is not None:
        async with database.transaction():
            await database.execute(RECORD, lane.unrecorded)
        office.in_hand.discard(lane.unrecorded["id"])
        lane.unrecorded = None
    async with database.pipeline(), database.transaction():
        mail = await _claim(database, office)
        if mail is None:
            return None
        if mail.id in office.in_hand:
            raise LockLost
        office.in_hand.add(mail.id)
        try:
            found = await _attempt(lane, mail)
            await database.execute(RECORD, lane.unrecorded or _row(mail, found))
        finally:
            if lane.unrecorded is None:
                office.in_hand.discard(mail.id)
    lane.unrecorded = None
    office.in_hand.discard(mail.id)
    office.states[found.state] += 1
    log.info("mail tried", extra={"delivery_id": mail.id, "state": str(found.state), "attempts": mail.attempts + 1})
    return found.state


async def _claim(database: Connection, office: Office) -> Claimed | None:
    async with database.cursor(binary=True, row_factory=args_row(Claimed)) as cursor:
        await cursor.execute(CLAIM, {"now": utcnow(), "in_hand": list(office.in_hand)})
        return await cursor.fetchone()


async def _attempt(lane: Lane, mail: Claimed) -> Verdict:
    """Offer a claimed mail to the relay; gives what is to be written down of it."""
    if mail.has_left or mail.suppressed:
        reply = "has unsubscribed" if mail.has_left else "is suppressed"
        return Verdict(state=DeliveryState.SUPPRESSED, reply=reply)
    # Stored is whom the mail is from; the envelope names the delivery, so that what comes back finds it (M7).
    sender = bounce_address(mail.id, utcnow()) or mail.sender
    await lane.office.pace.turn()
    outcome = await lane.relay.send(sender, mail.recipient, mail.message)
    found = verdict(outcome, mail.attempts + 1)
    if isinstance(outcome, Sent):
        lane.unrecorded = _row(mail, found)
    trips = lane.office.breaker.trips(outcome)
    if found.suppress or trips or not lane.office.reached:
        await asyncio.to_thread(_note, mail.recipient, found, trips=trips)
        lane.office.reached, lane.office.down_since = True, None
    return found


def _note(recipient: str, found: Verdict, *, trips: bool) -> None:
    """Write down what an attempt means for more than its mail."""
    with transaction() as s:
        if found.suppress:
            suppress(s, recipient, "the relay knows no such mailbox")
        if trips:
            raise_alarm(s, AlarmKind.RELAY_REFUSES, RELAY, found.reply)
        close_alarm(s, AlarmKind.RELAY_UNREACHABLE, RELAY)


def _row(mail: Claimed, found: Verdict) -> dict[str, Any]:
    now = utcnow()
    return {
        "id": mail.id,
        "state": str(found.state),
        "attempts": mail.attempts + (found.state is not DeliveryState.SUPPRESSED),
        "not_before": now + found.wait,
        "sent_at": now if found.state is DeliveryState.SENT else None,
        "reply": found.reply,
    }
