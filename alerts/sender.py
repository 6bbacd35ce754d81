"""How does the outbox empty? A few connections side by side, each taking one mail after the other, until told to stop."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress as ignoring
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self

from psycopg import Error as DatabaseError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alerts import beat, restored
from alerts.alarms import AlarmKind, close_alarm, raise_alarm, sending_stops
from alerts.attempt import RELAY, Lane, LockLost, Office, send_one
from alerts.pace import Pace
from alerts.relay import Relay, RelayDown
from alerts.restored import GENUINE
from alerts.until_told import run_until_told
from db.models import DeliveryState
from db.session import Connection, connection, transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)

IDLE_S: Final = 2.0
# Grows twofold from the first to the last while the relay or the database cannot be reached.
FIRST_PAUSE_S: Final = 0.5
LAST_PAUSE_S: Final = 15.0
# What a mail in hand may still take after a request to stop; the process is gone within ten seconds.
LAST_UNIT_S: Final = 8.0
UNREACHABLE_AFTER: Final = timedelta(minutes=5)
TURNS: Final = timedelta(minutes=2)

DUE: Final = text(f"""
    SELECT delivery.id, delivery.digest_id, delivery.letter_id, delivery.state, delivery.attempts, delivery.not_before
      FROM delivery
      LEFT JOIN digest ON digest.id = delivery.digest_id
      LEFT JOIN letter ON letter.id = delivery.letter_id
      LEFT JOIN subscriber ON subscriber.id = digest.subscriber_id
      LEFT JOIN administrator reader ON reader.id = letter.administrator_id AND letter.kind = 'week_report'
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND delivery.message IS NOT NULL
       AND coalesce(subscriber.unsubscribed_at, reader.reports_off_at, reader.removed_at) IS NULL
       AND (letter.kind = 'confirm' OR NOT EXISTS (
            SELECT FROM suppression WHERE address = lower(delivery.recipient)))
       AND (subscriber.back_off_until IS NULL OR subscriber.back_off_until <= :now)
       AND NOT EXISTS (SELECT FROM alarm WHERE closed_at IS NULL
                        AND (kind = 'relay_refuses' OR kind = 'complaints' AND subject = 'stop'))
       AND {GENUINE}
     ORDER BY delivery.not_before, delivery.id
""")  # noqa: S608 - the condition is ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one emptying of the outbox did, and what stood in its way. ``deferred``: will be tried again."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    stopped: str | None = None


async def run(stop: asyncio.Event) -> Counter[DeliveryState]:
    """Send whatever is due, on all connections, until ``stop`` is set; then finish what is in hand.

    Outlives restarts of the database and of the relay. Gives how many attempts ended in which state.
    """
    return (await _all_lanes(stop, until_empty=False)).states


def drain() -> Drained:
    """Send all that is due now and come back."""
    office = asyncio.run(_all_lanes(asyncio.Event(), until_empty=True))
    with transaction() as s:
        stops = [*filter(None, [restored.why_held(s)]), *(alarm.told for alarm in sending_stops(s))]
    return Drained(
        sent=office.states[DeliveryState.SENT],
        deferred=office.states[DeliveryState.DEFERRED],
        failed=office.states[DeliveryState.FAILED],
        suppressed=office.states[DeliveryState.SUPPRESSED],
        stopped=office.trouble or (stops[0] if stops else None),
    )


def due() -> list[dict[str, Any]]:
    """The mails that would be sent now, oldest first, as rows for the command line; none while the breaker is open."""
    with transaction() as s:
        return [dict(row) for row in s.execute(DUE, {"now": utcnow()}).mappings()]


def serve() -> None:
    """The sender as a process of its own: runs until SIGTERM or SIGINT."""
    run_until_told(run)


def resume() -> bool:
    """Close the breaker after a person has seen to its cause; gives whether it was open."""
    with transaction() as s:
        closed = [close_alarm(s, AlarmKind(alarm.kind), alarm.subject) for alarm in sending_stops(s)]
    return any(closed)


async def pause(seconds: float, *, unless: asyncio.Event) -> None:
    """Wait this long, or until the event."""
    with ignoring(TimeoutError):
        await asyncio.wait_for(unless.wait(), seconds)


async def _all_lanes(stop: asyncio.Event, *, until_empty: bool) -> Office:
    get_settings().require("smtp_host")
    with ignoring(DBAPIError), transaction() as s:
        restored.judge(s)
    connections = get_settings().smtp_connections
    office = Office(pace=Pace(get_settings().smtp_rate))

    async def lanes() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(_lane(office, stop, until_empty=until_empty))

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
    return office


class _Line:
    """One connection to the database, made anew where it is lost; no more than one is ever held."""

    def __init__(self) -> None:
        self._database: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._database is not None:
            await self._database.close()

    async def open(self) -> Connection:
        """The connection, or another in its place. Raises psycopg's errors where none can be had."""
        if self._database is None or self._database.closed:
            self._database = await connection()
        return self._database


async def _lane(office: Office, stop: asyncio.Event, *, until_empty: bool) -> None:
    wait_s = FIRST_PAUSE_S
    async with Relay() as relay, _Line() as line:
        lane = Lane(relay=relay, office=office)
        while not stop.is_set():
            try:
                state = await send_one(await line.open(), lane)
            except RelayDown as down:
                await asyncio.to_thread(_note_down, office, down)
                if until_empty:
                    return
            except (DatabaseError, DBAPIError, OSError, LockLost) as trouble:
                log.warning("database not reached", extra={"error": type(trouble).__name__})
            else:
                wait_s = FIRST_PAUSE_S
                await _note_turn(office)
                if state is None and until_empty:
                    return
                if state is None:
                    await relay.close()
                    await pause(IDLE_S, unless=stop)
                continue
            await pause(wait_s, unless=stop)
            wait_s = min(2 * wait_s, LAST_PAUSE_S)


async def _note_turn(office: Office) -> None:
    """Write down, every other minute at most, that whatever is due is taken."""
    now = utcnow()
    if office.turned_at is None or now - office.turned_at >= TURNS:
        office.turned_at = now
        with ignoring(DBAPIError):
            await asyncio.to_thread(beat.keep, beat.Part.SENDER)


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
