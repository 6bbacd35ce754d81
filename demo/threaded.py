"""How does a server live in a thread, and end as soon as it is told? uvicorn's own looks whether it shall, at intervals.

Those intervals are a quarter of a second each time, which is nothing to a service and half of a short visit.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic, sleep

import uvicorn

START_S, END_S = 10.0, 10.0


@contextmanager
def threaded(config: uvicorn.Config) -> Iterator[int]:
    """A server in a thread of its own, on a free port of loopback or on the port that the config names; gives the port.

    It ends when its answers are given and its background tasks done, or after ``timeout_graceful_shutdown``.
    """
    with socket.create_server((config.host, config.port)) as listening:
        # asyncio sees to it only where a socket names its protocol; without it an answer in two parts waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Told(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = monotonic() + START_S
        while not server.started:
            if monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the server did not start")
            sleep(0.002)
        try:
            yield listening.getsockname()[1]
        finally:
            server.end()
            thread.join(END_S)


class _Told(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        with suppress(RuntimeError):  # its loop is closed: it has ended by itself
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._told.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)  # each second has a date of its own

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in (*self.servers, *(sockets or ())):
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle(), self.config.timeout_graceful_shutdown)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    async def _idle(self) -> None:
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn keeps them in sets
            await asyncio.sleep(0.002)
