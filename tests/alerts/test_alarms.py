"""Does each kind of fault call a person within a quarter of an hour, by one alarm, until it is mended? (O1)

The faults are real, the clock is turned, the sender runs as in a worker, and the watch looks when the timetable says.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from duty import BETWEEN_LOOKS, Duty, alarms, looks, on_duty
from loopback import Reply
from outbox import fill, sent, states
from owing import owed
from receivers import owed_through, receiver
from returned_samples import samples
from scripted_relay import DROP, At
from sqlalchemy import delete, select, update
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import canary, digest, doors, jobs, pusher, sender, timetable, watch
from alerts.alarms import AlarmKind
from alerts.bounces import take
from classifier.match import load_scorer, match_new
from crawlers import store
from crawlers.store import FetchOutcome
from db.declared import Declaration, declare
from db.models import Delivery, Door, Fetch, Match
from db.session import transaction

TOLD_WITHIN: Final = timedelta(minutes=15)
LATENCY: Final = timedelta(seconds=30)  # between the entry of the timetable and its job
RETURNED: Final = {sample.name: sample for sample in samples()}
COMPLAINT: Final = samples(Path(__file__).parents[1] / "complaints")[0]


def test_o1_the_watch_looks_every_ten_minutes_of_our_waking_hours() -> None:
    gaps = {after - before for before, after in pairwise(looks())}
    assert gaps == {BETWEEN_LOOKS, timedelta(hours=3, minutes=10)}


Mend = Callable[[], Awaitable[None]]


@pytest.fixture
async def duty(database: URL, environment: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Duty]:
    async with on_duty(environment, tmp_path) as one:
        yield one


# The faults, each with its mending


async def relay_refuses(duty: Duty) -> Mend:
    """The relay will not have our mail."""
    duty.relay.says[At.RCPT] = b"550 5.7.1 not from you"
    fill(4)
    await duty.until(lambda: alarms() != set())

    async def mend() -> None:
        duty.relay.says.clear()
        await asyncio.to_thread(sender.resume)

    return mend


async def relay_unreachable(duty: Duty) -> Mend:
    """The relay hangs up on whoever calls."""
    duty.relay.says[At.GREETING] = DROP
    fill(1)
    met = duty.relay.connections
    await duty.until(lambda: duty.relay.connections > met)
    duty.by_sender = True

    async def mend() -> None:
        duty.relay.says.clear()
        await duty.until(lambda: states() == {"sent": 1})

    return mend


async def digest_broken(duty: Duty) -> Mend:
    """A match has lost its evidence, so that its digest cannot be written."""
    owed()
    with transaction() as s:
        kept = s.scalars(select(Match.evidence)).one()
        s.execute(update(Match).values(evidence={}))
    await asyncio.to_thread(digest.run_due, duty.clock.now())

    async def mend() -> None:
        with transaction() as s:
            s.execute(update(Match).values(evidence=kept))
        watch.mend_all()  # as each worker does when it starts

    return mend


async def source_failed(duty: Duty) -> Mend:
    """A source's run ends with an error. Portals that break really, for real crawls: ``test_last_good.py``."""
    run(duty, "0 notices where 20 or more were due")

    async def mend() -> None:
        run(duty, None)

    return mend


async def source_silent(duty: Duty) -> Mend:
    """Nobody reads a source any more. Its alarm comes within two cadences (C8), which are over now."""
    declare([Declaration(key="ted", name="TED", country=None, licence="reuse", terms="https://ted.example/terms",
                         url="https://ted.example", cadence_s=6 * 3600, quiet_s=6 * 86400, signals=False, state="on")])  # fmt: skip
    run(duty, None)
    assert alarms() == set()
    duty.clock.turn(timedelta(hours=2 * 6 + 3))  # the night does not count

    async def mend() -> None:
        run(duty, None)

    return mend


def run(duty: Duty, error: str | None) -> None:
    """A run of TED, written down as a crawl does it, just now."""
    fetch = store.open_fetch("ted", None, overlap_days=3)
    store.close_fetch(fetch.id, FetchOutcome(seen=30, new=3, error=error))
    with transaction() as s:
        s.execute(update(Fetch).where(Fetch.id == fetch.id).values(started_at=duty.clock.now()))


async def child_failed(duty: Duty) -> Mend:
    """Matching ends as it never should."""

    async def match(code: int) -> None:
        duty.environment.setattr(jobs, "command", lambda *_: [sys.executable, "-c", f"raise SystemExit({code})"])
        async with jobs.opened():
            await jobs.match(int(duty.clock.now().timestamp()))

    await match(2)

    async def mend() -> None:
        await match(0)

    return mend


async def outbox_stuck(duty: Duty) -> Mend:
    """No worker sends, and mails are due."""
    await duty.stop_sending()
    fill(3)

    async def mend() -> None:
        duty.start_sending()
        await duty.until(lambda: states() == {"sent": 3})

    return mend


async def books(duty: Duty) -> Mend:
    """Somebody has taken the mails of told digests away by hand."""
    owed()
    await asyncio.to_thread(digest.run_due, duty.clock.now())
    await duty.until(lambda: states() == {"sent": 1})
    with transaction() as s:
        kept = s.scalars(select(Delivery)).one()
        row = {column.key: getattr(kept, column.key) for column in Delivery.__table__.columns}
        s.execute(delete(Delivery))

    async def mend() -> None:
        with transaction() as s:
            s.add(Delivery(**row))

    return mend


async def bounced_for_us(duty: Duty) -> Mend:
    """A mail comes back since the other side does not trust us."""
    [verp] = sent()
    take(RETURNED["gmail-unauthenticated"].mail(verp=verp), [verp])

    async def mend() -> None:
        duty.clock.turn(timedelta(days=8))  # a week without another

    return mend


async def complaints(duty: Duty) -> Mend:
    """A reader calls our mail spam."""
    [verp] = sent()
    take(COMPLAINT.mail(verp=verp), [verp])

    async def mend() -> None:
        duty.clock.turn(timedelta(days=31))

    return mend


async def door_failed(duty: Duty) -> Mend:
    """The server behind a webhook says that it is gone."""
    well = False
    receiving = duty.cares.enter_context(receiver(duty.folder, lambda _: Reply(status=204 if well else 410)))
    owed_through(receiving)
    await asyncio.to_thread(pusher.drain, receiving.poster)

    async def mend() -> None:
        nonlocal well
        well = True
        with transaction() as s:
            doors.resume_door(s, s.scalars(select(Door.id)).one())
        await asyncio.to_thread(pusher.drain, receiving.poster)

    return mend


async def canary_missing(duty: Duty) -> Mend:
    """Matching has come to a stop, and our own notice of the day with it."""
    duty.environment.setenv("ANBUDSVAKT_CANARY_TO", "vakt@drift.example")
    settings_module.get_settings.cache_clear()
    (entry,) = [entry for entry in timetable.table([]) if entry.task is jobs.put_out_canary]
    slot = entry.trigger.get_next_fire_time(None, datetime(2026, 11, 23, tzinfo=entry.zone))
    after = [at for at in looks() if at > slot + LATENCY][:2]
    duty.look_after = after[1] - slot - LATENCY
    assert canary.put_out()

    async def mend() -> None:
        assert await asyncio.to_thread(lambda: match_new(load_scorer()))
        await asyncio.to_thread(digest.run_due, duty.clock.now())
        await duty.until(lambda: states() == {"sent": 1})

    return mend


FAULTS: dict[AlarmKind, Callable[[Duty], Awaitable[Mend]]] = {
    AlarmKind.RELAY_REFUSES: relay_refuses,
    AlarmKind.RELAY_UNREACHABLE: relay_unreachable,
    AlarmKind.DIGEST_BROKEN: digest_broken,
    AlarmKind.SOURCE_FAILED: source_failed,
    AlarmKind.SOURCE_SILENT: source_silent,
    AlarmKind.CHILD_FAILED: child_failed,
    AlarmKind.OUTBOX_STUCK: outbox_stuck,
    AlarmKind.BOOKS: books,
    AlarmKind.BOUNCED_FOR_US: bounced_for_us,
    AlarmKind.COMPLAINTS: complaints,
    AlarmKind.DOOR_FAILED: door_failed,
    AlarmKind.CANARY: canary_missing,
}


@pytest.mark.parametrize("kind", list(AlarmKind))
async def test_o1_a_fault_is_told_within_a_quarter_of_an_hour_and_closed_when_it_is_mended(
    duty: Duty, kind: AlarmKind
) -> None:
    await asyncio.to_thread(watch.look)
    assert alarms() == set()
    mend = await FAULTS[kind](duty)
    waited = await duty.waited_for(kind)
    print(f"\n{kind}: {waited.total_seconds() / 60:.1f} min")
    assert waited <= TOLD_WITHIN
    await mend()
    duty.clock.turn(BETWEEN_LOOKS)
    await asyncio.to_thread(watch.look)
    assert alarms() == set()
