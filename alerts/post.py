"""May this go to that address, and what did it answer? One POST to a stranger's server, which may be up to anything.

The address that is checked is the one that is connected to: the name is looked up once, and no second look-up lies
between (DNS rebinding gains nothing). HTTPS only, no redirect is followed, nothing of the answer's body is read, and
the whole exchange has one limit, however slowly the other side speaks.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import h11

from net.addresses import PUBLIC_ONLY, Allowance, refusal
from settings import get_settings

LIMIT_S: Final = 20.0
CONNECT_S: Final = 5.0
MOST_ADDRESSES: Final = 4
PORT: Final = 443
LARGEST_READ: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the server said. ``retry_after``: as it wrote it."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """No answer, and why; never more of the address than its owner may see in a log."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """Posts to public addresses only; ``allowance`` and ``tls`` let a test point it at a server of its own."""

    allowance: Allowance = PUBLIC_ONLY
    tls: ssl.SSLContext | None = None
    limit_s: float = LIMIT_S

    async def post(  # noqa: PLR0911 - one line for each thing that can go wrong
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answered | Unreached:
        """One attempt. Whatever goes wrong is an outcome, not an exception."""
        if reason := objection(url, self.allowance):
            return Unreached(why=reason)
        try:
            async with asyncio.timeout(self.limit_s):
                return await self._exchange(urlsplit(url), headers, body)
        except TimeoutError:
            return Unreached(why="no answer in time")
        except ssl.SSLCertVerificationError:
            return Unreached(why="its certificate is not to be trusted")
        except socket.gaierror:
            return Unreached(why="its name leads nowhere")
        except h11.RemoteProtocolError:
            return Unreached(why="its answer is no HTTP")
        except (OSError, EOFError) as trouble:
            return Unreached(why=f"no connection ({type(trouble).__name__})")

    async def _exchange(self, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> Answered | Unreached:
        host = _host(parts)
        port = parts.port or PORT
        addresses = await self._public_addresses(host, port)
        if not addresses:
            return Unreached(why="its name leads to no public address")
        reader, writer = await self._connection(addresses, host, port)
        try:
            speech = h11.Connection(h11.CLIENT)
            written = speech.send(_request(parts, headers, body)) or b""
            written += (speech.send(h11.Data(data=body)) or b"") + (speech.send(h11.EndOfMessage()) or b"")
            writer.write(written)
            # A server that answers before it has read everything closes; its answer still counts.
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            return await _answer(speech, reader)
        finally:
            writer.transport.abort()

    async def _public_addresses(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(address[0]) for *_, address in found)
        return [one for one in addresses if self.allowance.admits(host, port, one)][:MOST_ADDRESSES]

    async def _connection(
        self, addresses: Sequence[str], host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first of these that takes one: half the internet's IPv6 leads nowhere."""
        tls = self.tls or ssl.create_default_context()
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(CONNECT_S):
                    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=host)
            except ssl.SSLError:
                raise
            except OSError:  # TimeoutError is one
                continue
        return await asyncio.open_connection(addresses[-1], port, ssl=tls, server_hostname=host)


def objection(url: str, allowance: Allowance = PUBLIC_ONLY) -> str | None:
    """Why nothing may be sent to this address, or None. What its name leads to is seen when something is sent."""
    if reason := refusal(url, allowance):
        return reason
    return None if urlsplit(url).scheme == "https" else "only https"


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> h11.Request:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else ""
    port = "" if parts.port in (None, PORT) else f":{parts.port}"
    host = f"[{_host(parts)}]" if ":" in _host(parts) else _host(parts)
    told = {
        "Host": f"{host}{port}",
        "User-Agent": f"Anbudsvakt (+{get_settings().contact_url})",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    return h11.Request(method="POST", target=path + query, headers=list(told.items()))


async def _answer(speech: h11.Connection, reader: asyncio.StreamReader) -> Answered:
    while True:
        event = speech.next_event()
        if event is h11.NEED_DATA:
            received = await reader.read(LARGEST_READ)
            speech.receive_data(received)
            if not received and speech.their_state in {h11.SEND_RESPONSE, h11.IDLE}:
                raise EOFError
        elif isinstance(event, h11.Response):
            fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
            return Answered(status=event.status_code, retry_after=fields.get("retry-after"))
        elif not isinstance(event, h11.InformationalResponse):
            raise EOFError


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").encode("idna").decode("ascii").lower()
