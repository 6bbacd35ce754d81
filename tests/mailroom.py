"""Which mails did a relay accept? A real SMTP server in a process of its own, and the test's hold on it.

The server appends one line per accepted mail to a file, before it answers: Message-ID, SHA-256 of the content, the
envelope's recipient. The file is the witness, whatever happens to the sender.
"""

import argparse
import asyncio
import email
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

HERE = Path(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One mail that the relay took over."""

    message_id: str
    sha256: str
    recipient: str


class Mailroom:
    """The test's hold on the server process."""

    def __init__(self, folder: Path, *, slow_s: float = 0.0) -> None:
        self.witness = folder / "accepted"
        self.witness.touch()
        command = [sys.executable, str(HERE), str(self.witness), str(slow_s)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def accepted(self) -> list[Accepted]:
        """All accepted mails in their order, copies included."""
        # A reader may meet a line while it is being written: only what ends in a line break is a line.
        whole, _, _ = self.witness.read_text(encoding="utf-8").rpartition("\n")
        rows = (line.split(" ") for line in whole.splitlines())
        return [Accepted(message_id=row[0], sha256=row[1], recipient=row[2]) for row in rows]

    def wait_for(self, count: int, *, within_s: float = 30.0) -> None:
        """Until this many mails, copies included, were accepted."""
        wait_until(lambda: len(self.accepted()) >= count, within_s=within_s)

    def close(self) -> None:
        """Stop the server."""
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def mailroom(folder: Path, *, slow_s: float = 0.0) -> Iterator[Mailroom]:
    """A running server for the length of a ``with``."""
    room = Mailroom(folder, slow_s=slow_s)
    try:
        yield room
    finally:
        room.close()


def wait_until(true: Callable[[], bool], *, within_s: float) -> None:
    """Wait for a condition, and fail when it has not come by then."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within_s} s")
        time.sleep(0.01)


class _Witness:
    def __init__(self, path: str, slow_s: float) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self.slow_s = slow_s

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        told = email.message_from_bytes(content)["Message-ID"]
        line = f"{told} {hashlib.sha256(content).hexdigest()} {envelope.rcpt_tos[0]}\n"
        os.write(self.file, line.encode())
        # The worst case: the mail is accepted and the sender does not know it yet.
        await asyncio.sleep(self.slow_s)
        return "250 2.0.0 taken"


async def _serve(path: str, slow_s: float) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    witness = _Witness(path, slow_s)
    server = await loop.create_server(lambda: SMTP(witness, hostname="mailroom.example"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("witness")
    parser.add_argument("slow_s", type=float)
    given = parser.parse_args()
    asyncio.run(_serve(given.witness, given.slow_s))
