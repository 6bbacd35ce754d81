"""How does a process of ours go on until it is told to stop?"""

import asyncio
import signal
from collections.abc import Awaitable, Callable


def run_until_told(work: Callable[[asyncio.Event], Awaitable[object]]) -> None:
    """Do the work in a loop of its own; SIGTERM or SIGINT sets the event that it is given."""

    async def told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(stop)

    asyncio.run(told())
