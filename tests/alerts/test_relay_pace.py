"""Is the relay's rate kept, whatever the number of connections? (D11)"""

import asyncio
import itertools
import time
from collections.abc import Sequence

import pytest
from lanes import Use
from outbox import fill, states
from scripted_relay import scripted_relay
from sqlalchemy.engine import URL

from alerts import sender
from alerts.pace import Pace

LIMIT = 50


def fullest_second(moments: Sequence[float]) -> int:
    """The most that began within any one second."""
    return max(
        sum(begin <= at < begin + 1 for at in moments[place : place + 500]) for place, begin in enumerate(moments)
    )


@pytest.mark.parametrize("mails", [150, pytest.param(5_000, marks=pytest.mark.prove)])
async def test_d11_no_second_holds_more_than_the_relay_allows(database: URL, use: Use, mails: int) -> None:
    fill(mails)
    async with scripted_relay() as relay:
        use.lane(relay, smtp_rate=str(LIMIT), smtp_connections="8")
        began = time.monotonic()
        await asyncio.to_thread(sender.drain)
        took_s = time.monotonic() - began
    assert states() == {"sent": mails}
    print(f"\n{mails} mails, {relay.connections} connections, {took_s:.1f} s, fullest {fullest_second(relay.mails_at)}")
    assert fullest_second(relay.mails_at) <= LIMIT * 1.1
    assert took_s >= (mails - 1) / LIMIT


async def test_d11_a_burst_after_a_standstill_is_not_made_up_for() -> None:
    pace, granted = Pace(200), []

    async def lane() -> None:
        for _ in range(10):
            await pace.turn()
            granted.append(time.monotonic())

    lanes = asyncio.gather(*(lane() for _ in range(4)))
    await asyncio.sleep(0.02)
    time.sleep(0.1)  # noqa: ASYNC251 - the whole process stands still, which is what is asked about
    await lanes
    assert min(after - before for before, after in itertools.pairwise(granted)) >= 1 / 200 - 0.001


async def test_d11_without_a_limit_nobody_waits() -> None:
    pace, began = Pace(), time.monotonic()
    for _ in range(1_000):
        await pace.turn()
    assert time.monotonic() - began < 1
