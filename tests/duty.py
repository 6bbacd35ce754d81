"""What does a worker have, in a test that takes something from it? A sender at work, a watch that looks in time, a clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from mailroom import wait_until
from outbox import use_relay
from postbox import use_bounces
from scripted_relay import ScriptedRelay, scripted_relay
from turned import Clock

from alerts import jobs, sender, timetable, watch
from alerts.alarms import AlarmKind, open_alarms
from db.session import transaction

# The worst moment for a fault is just after a look. From one to four at night nothing runs, and nobody is read to.
BETWEEN_LOOKS: Final = timedelta(minutes=10)


def looks() -> list[datetime]:
    """When the watch looks, in a week with no change of clocks."""
    (entry,) = [entry for entry in timetable.table([]) if entry.task is jobs.look]
    found, at = [], datetime(2026, 11, 23, tzinfo=entry.zone)
    end = at + timedelta(days=7)
    while at < end:
        at = entry.trigger.get_next_fire_time(None, at)
        found.append(at)
        at += timedelta(seconds=1)
    return found


@dataclass(slots=True, kw_only=True)
class Duty:
    """A worker at work, in this process: what it has, and what a fault takes from it."""

    clock: Clock
    relay: ScriptedRelay
    environment: pytest.MonkeyPatch
    folder: Path
    cares: AsyncExitStack
    stop: asyncio.Event
    sending: "asyncio.Task[Any]"
    look_after: timedelta = BETWEEN_LOOKS  # from the fault on
    by_sender: bool = False  # the sender itself tells, when it notices that time has passed

    async def stop_sending(self) -> None:
        self.stop.set()
        await self.sending

    def start_sending(self) -> None:
        self.stop.clear()
        self.sending = asyncio.create_task(sender.run(self.stop))

    async def until(self, true: Callable[[], bool], *, within_s: float = 10) -> None:
        await asyncio.to_thread(wait_until, true, within_s=within_s)

    async def waited_for(self, kind: AlarmKind) -> timedelta:
        """How long until a person was told, who is told of nothing else."""
        began, half = self.clock.now(), self.look_after / 2
        for _ in range(2):
            if alarms() == {kind}:
                break
            self.clock.turn(half)
            if self.by_sender:
                await self.until(lambda: alarms() == {kind})
        else:
            await asyncio.to_thread(watch.look)
        assert alarms() == {kind}
        return self.clock.now() - began


def alarms() -> set[AlarmKind]:
    with transaction() as s:
        return {AlarmKind(alarm.kind) for alarm in open_alarms(s)}


@asynccontextmanager
async def on_duty(environment: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Duty]:
    """A worker at work for the length of an ``async with``, on a relay that takes everything."""
    clock = Clock(environment)
    for name, seconds in (("IDLE_S", 0.02), ("FIRST_PAUSE_S", 0.02), ("LAST_PAUSE_S", 0.02)):
        environment.setattr(sender, name, seconds)
    async with scripted_relay() as relay, AsyncExitStack() as cares:
        use_relay(environment, relay.port, smtp_connections="1")
        use_bounces(environment)
        stop = asyncio.Event()
        duty = Duty(
            clock=clock, relay=relay, environment=environment, folder=folder, cares=cares, stop=stop,
            sending=asyncio.create_task(sender.run(stop)),
        )  # fmt: skip
        yield duty
        await duty.stop_sending()
