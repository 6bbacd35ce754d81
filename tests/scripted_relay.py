"""How does a relay misbehave? An SMTP server on loopback that follows a script, one line per command.

A script names what is said at a point of the conversation; everything else goes well. What it accepted, and every
command that it heard, is kept for the test.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class At(StrEnum):
    """A point of the conversation."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    AUTH = "auth"
    STARTTLS = "starttls"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"  # after the final point
    RSET = "rset"
    QUIT = "quit"


DROP: Final = b"drop"
SILENCE: Final = b"silence"
WELL: Final[Mapping[At, bytes]] = {
    At.GREETING: b"220 relay.example ready",
    At.EHLO: b"250-relay.example\r\n250-8BITMIME\r\n250 SIZE 10000000",
    At.HELO: b"250 relay.example",
    At.AUTH: b"235 2.7.0 welcome",
    At.STARTTLS: b"220 go ahead",
    At.MAIL: b"250 2.1.0 ok",
    At.RCPT: b"250 2.1.5 ok",
    At.DATA: b"354 go on",
    At.DOT: b"250 2.0.0 taken",
    At.RSET: b"250 2.0.0 ok",
    At.QUIT: b"221 2.0.0 bye",
}


@dataclass(slots=True)
class ScriptedRelay:
    """The server as the test sees it. ``says`` may be changed while it runs."""

    says: dict[At, bytes] = field(default_factory=dict)
    slow_s: float = 0.0  # between two bytes of every answer
    mails_per_connection: int | None = None  # then it hangs up without a word
    refuse_after: int | None = None  # from this mail on, ``says`` holds; before it, all goes well
    tls: ssl.SSLContext | None = None
    implicit: bool = False  # TLS from the first byte on, instead of STARTTLS
    port: int = 0
    connections: int = 0
    heard: list[str] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    tried: int = 0
    mails_at: list[float] = field(default_factory=list)  # when each MAIL was heard, monotonic

    def answer(self, at: At) -> bytes:
        """What to say here."""
        if self.refuse_after is not None and self.tried <= self.refuse_after and at is not At.GREETING:
            return WELL[at]
        return self.says.get(at, WELL[at])


class _Gone(Exception):  # noqa: N818 - a state of the connection, told by its name
    """The connection is to end."""


class _Conversation:
    def __init__(self, relay: ScriptedRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.relay, self.reader, self.writer = relay, reader, writer
        self.mails = 0

    async def hold(self) -> None:
        await self.say(At.GREETING)
        while line := await self.reader.readline():
            verb = line.split()[0].decode("latin-1").lower() if line.split() else ""
            self.relay.heard.append(line.decode("latin-1").strip())
            if verb == "mail":
                self.relay.tried += 1
                self.relay.mails_at.append(time.monotonic())
                if self.mails == self.relay.mails_per_connection:
                    raise _Gone
            await self.say(At(verb))
            if verb == "starttls" and self.relay.tls is not None:
                await self.writer.start_tls(self.relay.tls)
            elif verb == "data" and self.relay.answer(At.DATA).startswith(b"354"):
                await self.take()
            elif verb == "quit":
                raise _Gone

    async def take(self) -> None:
        content = await self.reader.readuntil(b"\r\n.\r\n")
        if self.relay.answer(At.DOT).startswith(b"250"):
            self.relay.accepted.append(content[:-3].replace(b"\r\n..", b"\r\n."))
        self.mails += 1
        await self.say(At.DOT)

    async def say(self, at: At) -> None:
        words = self.relay.answer(at)
        if words == DROP:
            raise _Gone
        if words == SILENCE:
            await self.reader.read()  # until the other side gives up
            raise _Gone
        for piece in [words + b"\r\n"] if not self.relay.slow_s else [bytes([b]) for b in words + b"\r\n"]:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(self.relay.slow_s)


@asynccontextmanager
async def scripted_relay(says: Mapping[At, bytes] | None = None, **also: object) -> AsyncIterator[ScriptedRelay]:
    """A server that follows this script for the length of an ``async with``."""
    relay = ScriptedRelay(says=dict(says or {}), **also)  # type: ignore[arg-type]

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.connections += 1
        try:
            await _Conversation(relay, reader, writer).hold()
        except (_Gone, OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=relay.tls if relay.implicit else None)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
