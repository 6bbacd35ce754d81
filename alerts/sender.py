"""How does a mail leave the outbox? Claimed, offered to the relay and recorded in one transaction each.

A sender that dies at any point loses no mail: its row lock dies with its connection, and the row is still queued.
Between the relay's 250 and our commit lies a gap that SMTP cannot close; a mail that falls into it is sent once more,
as the same bytes under the same Message-ID (promises.md §2).
"""

import asyncio
import logging
import signal
from collections import Counter
from contextlib import suppress as ignoring
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from alerts.alarms import AlarmKind, close_alarm, open_alarms, raise_alarm
from alerts.relay import Relay, RelayDown, Sent
from alerts.suppress import suppress
from alerts.verdict import Breaker, Verdict, verdict
from db.models import DeliveryState
from db.session import async_engine, transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)

IDLE_S: Final = 2.0
# Grows twofold from the first to the last while the relay or the database cannot be reached.
FIRST_PAUSE_S: Final = 0.5
LAST_PAUSE_S: Final = 15.0
# What a mail in hand may still take after a request to stop; the process is gone within ten seconds.
LAST_UNIT_S: Final = 8.0
UNREACHABLE_AFTER: Final = timedelta(minutes=5)
RELAY: Final = "relay"

CLAIM: Final = text("""
    -- the oldest delivery that is due, unless the breaker is open; two senders never hold the same row
    SELECT delivery.id, delivery.sender, delivery.recipient, delivery.message, delivery.attempts,
           subscriber.unsubscribed_at IS NOT NULL AS has_left,
           EXISTS (SELECT FROM suppression WHERE address = lower(delivery.recipient)) AS suppressed
      FROM delivery
      JOIN digest ON digest.id = delivery.digest_id
      JOIN subscriber ON subscriber.id = digest.subscriber_id
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND delivery.message IS NOT NULL AND delivery.id <> ALL(:in_hand)
       AND NOT EXISTS (SELECT FROM alarm WHERE kind = 'relay_refuses' AND closed_at IS NULL)
     ORDER BY delivery.not_before, delivery.id
     LIMIT 1 FOR UPDATE OF delivery SKIP LOCKED
""")
DUE: Final = text("""
    SELECT delivery.id, delivery.digest_id, delivery.state, delivery.attempts, delivery.not_before
      FROM delivery
      JOIN digest ON digest.id = delivery.digest_id
      JOIN subscriber ON subscriber.id = digest.subscriber_id
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND delivery.message IS NOT NULL AND subscriber.unsubscribed_at IS NULL
       AND NOT EXISTS (SELECT FROM suppression WHERE address = lower(delivery.recipient))
       AND NOT EXISTS (SELECT FROM alarm WHERE kind = 'relay_refuses' AND closed_at IS NULL)
     ORDER BY delivery.not_before, delivery.id
""")
RECORD: Final = text("""
    UPDATE delivery
       SET state = :state, attempts = :attempts, not_before = :not_before, sent_at = :sent_at, smtp_reply = :reply
     WHERE id = :id AND state IN ('queued', 'deferred')
""")


class LockLost(Exception):  # noqa: N818 - a state of the row, told by its name
    """Raised when a row was claimed that another connection of this process has in hand: the database let go of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one emptying of the outbox did, and what stood in its way. ``deferred``: will be tried again."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    stopped: str | None = None


@dataclass(slots=True)
class Office:
    """What the connections of one process know in common."""

    breaker: Breaker = field(default_factory=Breaker)
    # Where the database drops a connection, its row lock goes while the mail is still on its way. The other
    # connections of this process then leave the row to the one that has it in hand.
    in_hand: set[int] = field(default_factory=set)
    states: Counter[DeliveryState] = field(default_factory=Counter)
    reached: bool = False
    down_since: datetime | None = None
    trouble: str | None = None


@dataclass(slots=True)
class Lane:
    """One connection to the relay, and what it must still write down when the database went away after a 250."""

    relay: Relay
    office: Office
    unrecorded: dict[str, Any] | None = None


async def send_one(session: AsyncSession, lane: Lane) -> DeliveryState | None:
    """Take the next due mail through one attempt; gives its new state, or None when nothing is due.

    Raises RelayDown, with the mail untouched, when no connection to the relay can be had.
    """
    office = lane.office
    if lane.unrecorded is not None:
        async with session.begin():
            await session.execute(RECORD, lane.unrecorded)
        office.in_hand.discard(lane.unrecorded["id"])
        lane.unrecorded = None
    async with session.begin():
        mail = (await session.execute(CLAIM, {"now": utcnow(), "in_hand": list(office.in_hand)})).one_or_none()
        if mail is None:
            return None
        if mail.id in office.in_hand:
            raise LockLost
        office.in_hand.add(mail.id)
        try:
            found = await _attempt(session, lane, mail)
        finally:
            if lane.unrecorded is None:
                office.in_hand.discard(mail.id)
    lane.unrecorded = None
    office.in_hand.discard(mail.id)
    office.reached, office.down_since = True, None
    office.states[found.state] += 1
    log.info("mail tried", extra={"delivery_id": mail.id, "state": str(found.state), "attempts": mail.attempts + 1})
    return found.state


async def _attempt(session: AsyncSession, lane: Lane, mail: Row[Any]) -> Verdict:
    """Offer a claimed mail to the relay and write down what came of it, in the transaction that claimed it."""
    if mail.has_left or mail.suppressed:
        reply = "has unsubscribed" if mail.has_left else "is suppressed"
        found = Verdict(state=DeliveryState.SUPPRESSED, reply=reply)
        await session.execute(RECORD, _row(mail.id, found, mail.attempts))
        return found
    outcome = await lane.relay.send(mail.sender, mail.recipient, bytes(mail.message))
    found = verdict(outcome, mail.attempts + 1)
    row = _row(mail.id, found, mail.attempts + 1)
    if isinstance(outcome, Sent):
        lane.unrecorded = row
    await session.execute(RECORD, row)
    if found.suppress:
        await session.run_sync(suppress, mail.recipient, "the relay knows no such mailbox")
    if lane.office.breaker.trips(outcome):
        await session.run_sync(raise_alarm, AlarmKind.RELAY_REFUSES, RELAY, found.reply)
    if not lane.office.reached:
        await session.run_sync(close_alarm, AlarmKind.RELAY_UNREACHABLE, RELAY)
    return found


async def run(stop: asyncio.Event) -> Counter[DeliveryState]:
    """Send whatever is due, on all connections, until ``stop`` is set; then finish what is in hand.

    Outlives restarts of the database and of the relay. Gives how many attempts ended in which state.
    """
    return (await _all_lanes(stop, until_empty=False)).states


def drain() -> Drained:
    """Send all that is due now and come back."""
    office = asyncio.run(_all_lanes(asyncio.Event(), until_empty=True))
    with transaction() as s:
        refuses = [alarm.told for alarm in open_alarms(s) if alarm.kind == AlarmKind.RELAY_REFUSES]
    return Drained(
        sent=office.states[DeliveryState.SENT],
        deferred=office.states[DeliveryState.DEFERRED],
        failed=office.states[DeliveryState.FAILED],
        suppressed=office.states[DeliveryState.SUPPRESSED],
        stopped=office.trouble or (refuses[0] if refuses else None),
    )


def due() -> list[dict[str, Any]]:
    """The mails that would be sent now, oldest first, as rows for the command line; none while the breaker is open."""
    with transaction() as s:
        return [dict(row) for row in s.execute(DUE, {"now": utcnow()}).mappings()]


def serve() -> None:
    """The sender as a process of its own: runs until SIGTERM or SIGINT."""

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(stop)

    asyncio.run(until_told())


def resume() -> bool:
    """Close the breaker after a person has seen to its cause; gives whether it was open."""
    with transaction() as s:
        return close_alarm(s, AlarmKind.RELAY_REFUSES, RELAY)


async def pause(seconds: float, *, unless: asyncio.Event) -> None:
    """Wait this long, or until the event."""
    with ignoring(TimeoutError):
        await asyncio.wait_for(unless.wait(), seconds)


async def _all_lanes(stop: asyncio.Event, *, until_empty: bool) -> Office:
    get_settings().require("smtp_host")
    connections = get_settings().smtp_connections
    engine = async_engine(pool_size=connections)
    office = Office()

    async def lanes() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(_lane(engine, office, stop, until_empty=until_empty))

    work = asyncio.create_task(lanes())
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({work}, timeout=LAST_UNIT_S if stop.is_set() else None)
    finally:
        told.cancel()
        # What is still in hand is cut off: the row stays queued, and the relay may get a copy.
        work.cancel()
        with ignoring(asyncio.CancelledError):
            await work
        await engine.dispose()
    return office


async def _lane(engine: AsyncEngine, office: Office, stop: asyncio.Event, *, until_empty: bool) -> None:
    wait_s = FIRST_PAUSE_S
    async with Relay() as relay:
        lane = Lane(relay=relay, office=office)
        while not stop.is_set():
            try:
                async with AsyncSession(engine) as session:
                    state = await send_one(session, lane)
            except RelayDown as down:
                await asyncio.to_thread(_note_down, office, down)
                if until_empty:
                    return
            except (DBAPIError, OSError, LockLost) as trouble:
                log.warning("database not reached", extra={"error": type(trouble).__name__})
            else:
                wait_s = FIRST_PAUSE_S
                if state is None and until_empty:
                    return
                if state is None:
                    await relay.close()
                    await pause(IDLE_S, unless=stop)
                continue
            await pause(wait_s, unless=stop)
            wait_s = min(2 * wait_s, LAST_PAUSE_S)


def _note_down(office: Office, down: RelayDown) -> None:
    """Write down that the relay could not be reached; a person is called at once if trying again would do harm."""
    log.warning("relay not reached", extra={"reply": str(down)})
    office.reached, office.trouble = False, str(down)
    office.down_since = office.down_since or utcnow()
    if down.wants_person:
        kind = AlarmKind.RELAY_REFUSES
    elif utcnow() - office.down_since >= UNREACHABLE_AFTER:
        kind = AlarmKind.RELAY_UNREACHABLE
    else:
        return
    with ignoring(DBAPIError), transaction() as s:
        raise_alarm(s, kind, RELAY, str(down))


def _row(delivery_id: int, found: Verdict, attempts: int) -> dict[str, Any]:
    now = utcnow()
    return {
        "id": delivery_id,
        "state": found.state,
        "attempts": attempts,
        "not_before": now + found.wait,
        "sent_at": now if found.state is DeliveryState.SENT else None,
        "reply": found.reply,
    }
