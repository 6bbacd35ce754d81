"""How does what is owed go out through a door? Claimed, posted and recorded in one transaction, at least once.

Between the receiver's answer and our commit lies a gap; what falls into it is sent once more, as the same bytes under
the same id. One attempt at a time for each door, so that a server that hangs keeps one connection and no more.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from alerts import chat, webhook
from alerts.alarms import AlarmKind, door_off, raise_alarm
from alerts.post import Answered, Poster, Unreached
from alerts.restored import GENUINE
from alerts.sealed import unseal
from alerts.sender import IDLE_S, LAST_UNIT_S, pause
from db.models import DoorKind, PushState
from db.session import async_engine, utcnow

log = logging.getLogger(__name__)

LANES: Final = 4
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
LONG: Final = timedelta(days=5)  # of nothing but failures, after which a door is switched off
LONGEST_WAIT: Final = timedelta(days=1)
GONE: Final = 410

CLAIM: Final = text(f"""
    -- the oldest that is due, of a door that nobody else is at; both rows locked, so that what another has just sent
    -- is seen to be sent
    SELECT delivery.id, delivery.push_id, delivery.body, delivery.attempts, delivery.created_at, door.id AS door_id,
           door.kind, door.target, door.secrets, door.secret_at, door.failures, door.failing_since
      FROM door_delivery AS delivery
      JOIN door ON door.id = delivery.door_id
      JOIN subscriber ON subscriber.id = door.subscriber_id
     WHERE delivery.state IN ('queued', 'deferred') AND delivery.not_before <= :now
       AND door.closed_at IS NULL AND door.off_at IS NULL AND subscriber.unsubscribed_at IS NULL
       AND {GENUINE}
     ORDER BY delivery.not_before, delivery.id
     LIMIT 1 FOR NO KEY UPDATE OF door, delivery SKIP LOCKED
""")  # noqa: S608 - the condition is ours
RECORD: Final = text("""
    UPDATE door_delivery
       SET state = :state, attempts = attempts + 1, not_before = :not_before, sent_at = :sent_at, reply = :reply
     WHERE id = :id AND state IN ('queued', 'deferred')
""")
WELL: Final = text("UPDATE door SET failures = 0, failing_since = NULL WHERE id = :door_id AND failures > 0")
ILL: Final = text("""
    UPDATE door SET failures = failures + 1, failing_since = coalesce(failing_since, :now), off_at = :off_at
     WHERE id = :door_id
""")
HOLD: Final = text("""
    -- what else waits for this door waits with it
    UPDATE door_delivery SET not_before = :not_before
     WHERE door_id = :door_id AND state IN ('queued', 'deferred') AND not_before < :not_before
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushVerdict:
    """What became of an attempt. ``off``: why nothing more goes through this door."""

    state: PushState
    reply: str
    wait: timedelta = timedelta(0)
    off: str | None = None


def verdict(
    outcome: Answered | Unreached, *, failures: int, failing_since: datetime | None, owed_since: datetime, now: datetime
) -> PushVerdict:
    """What an outcome means for one message and its door. ``failures``: in a row before this one."""
    if isinstance(outcome, Answered) and 200 <= outcome.status < 300:
        return PushVerdict(state=PushState.SENT, reply=f"HTTP {outcome.status}")
    reply = f"HTTP {outcome.status}" if isinstance(outcome, Answered) else outcome.why
    wait = BACK_OFF[min(failures, len(BACK_OFF) - 1)]
    if isinstance(outcome, Answered) and outcome.status == GONE:
        return PushVerdict(state=PushState.DEFERRED, reply=reply, wait=wait, off="the receiver says that it is gone")
    if failing_since is not None and now - failing_since >= LONG:
        off = f"nothing has gone through since {failing_since:%Y-%m-%d %H:%M} UTC, last: {reply}"
        return PushVerdict(state=PushState.DEFERRED, reply=reply, wait=wait, off=off)
    if now - owed_since >= LONG:
        return PushVerdict(state=PushState.FAILED, reply=reply, wait=wait)
    asked = retry_after(outcome.retry_after, now) if isinstance(outcome, Answered) else timedelta(0)
    return PushVerdict(state=PushState.DEFERRED, reply=reply, wait=max(wait, min(asked, LONGEST_WAIT)))


def retry_after(told: str | None, now: datetime) -> timedelta:
    """How long a Retry-After asks to wait: seconds or a date (RFC 9110 §10.2.3); nothing where it says neither."""
    told = (told or "").strip()
    if told.isascii() and told.isdecimal():
        return timedelta(seconds=int(told[:7]))
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return timedelta(0)
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


async def push_one(session: AsyncSession, poster: Poster) -> PushState | None:
    """Take the next due alert through one attempt; gives its new state, or None when nothing is due."""
    async with session.begin():
        due = (await session.execute(CLAIM, {"now": utcnow()})).one_or_none()
        if due is None:
            return None
        outcome = await _send(poster, due)
        now = utcnow()
        found = verdict(
            outcome, failures=due.failures, failing_since=due.failing_since, owed_since=due.created_at, now=now
        )
        await _record(session, due, found, now)
    log.info("door tried", extra={"push": due.id, "door_id": due.door_id, "state": str(found.state)})
    return found.state


async def _send(poster: Poster, due: Row[Any]) -> Answered | Unreached:
    now = utcnow()
    body = bytes(due.body)
    try:
        if due.kind == DoorKind.CHAT:
            return await chat.tell(due.target, body, allowance=poster.allowance)
        keys = webhook.signing([unseal(secret) for secret in due.secrets], due.secret_at, now)
        return await poster.post(due.target, webhook.signed_headers(due.push_id, body, keys, now), body)
    except Exception as error:  # noqa: BLE001 - a fault of ours with one row is written down there and stops no other
        # Its type alone: an exception's text may quote the target or the secret.
        return Unreached(why=f"could not be sent ({type(error).__name__})")


async def _record(session: AsyncSession, due: Row[Any], found: PushVerdict, now: datetime) -> None:
    sent = found.state is PushState.SENT
    row = {"id": due.id, "state": found.state, "not_before": now + found.wait, "reply": found.reply}
    await session.execute(RECORD, row | {"sent_at": now if sent else None})
    if sent:
        await session.execute(WELL, {"door_id": due.door_id})
        return
    await session.execute(ILL, {"door_id": due.door_id, "now": now, "off_at": now if found.off else None})
    await session.execute(HOLD, {"door_id": due.door_id, "not_before": now + found.wait})
    if found.off:
        await session.run_sync(raise_alarm, AlarmKind.DOOR_FAILED, door_off(due.door_id), f"{due.kind}: {found.off}")


async def run(stop: asyncio.Event, poster: Poster | None = None) -> Counter[PushState]:
    """Send what is due through all doors until ``stop``, then finish what is in hand; outlives the database's restarts."""
    return await _lanes(stop, poster or Poster(), until_empty=False)


def drain(poster: Poster | None = None) -> Counter[PushState]:
    """Send all that is due now and come back; gives how many attempts ended in which state."""
    return asyncio.run(_lanes(asyncio.Event(), poster or Poster(), until_empty=True))


async def _lanes(stop: asyncio.Event, poster: Poster, *, until_empty: bool) -> Counter[PushState]:
    engine = async_engine(pool_size=LANES)
    states: Counter[PushState] = Counter()
    lanes = [asyncio.create_task(_lane(engine, poster, states, stop, until_empty=until_empty)) for _ in range(LANES)]
    told = asyncio.create_task(stop.wait())
    every = asyncio.create_task(asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION))
    try:
        await asyncio.wait({told, every}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await asyncio.wait(lanes, timeout=LAST_UNIT_S)
    finally:
        told.cancel()
        # What is still in hand is cut off: the row stays queued, and the receiver may get a copy.
        for lane in lanes:
            lane.cancel()
        outcomes = await asyncio.gather(*lanes, return_exceptions=True)
        await engine.dispose()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return states


async def _lane(
    engine: AsyncEngine, poster: Poster, states: Counter[PushState], stop: asyncio.Event, *, until_empty: bool
) -> None:
    while not stop.is_set():
        state = None
        try:
            async with AsyncSession(engine) as session:
                state = await push_one(session, poster)
        except (DBAPIError, OSError) as trouble:
            log.warning("database not reached", extra={"error": type(trouble).__name__})
            if until_empty:
                raise
        if state is not None:
            states[state] += 1
        elif until_empty:
            return
        else:
            await pause(IDLE_S, unless=stop)
