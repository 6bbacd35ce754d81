"""Which portal does a test crawl? A real HTTP server on loopback whose log is the witness of what was asked of it."""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

ROBOTS = "/robots.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived. ``at`` is monotonic."""

    at: float
    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. ``wait_s`` before it; ``silent``: the connection is dropped without a word."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    silent: bool = False

    @classmethod
    def of(cls, told: Any, **details: Any) -> Self:
        """JSON."""
        headers = {"Content-Type": "application/json", **details.pop("headers", {})}
        return cls(body=json.dumps(told).encode(), headers=headers, **details)


Answer = Callable[[Seen], Reply]


class Always:
    """The same answer to everything."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def __call__(self, _: Seen) -> Reply:
        return self.reply


class Portal:
    """A server that answers by a function of the request; robots.txt is 404 unless the test says otherwise."""

    def __init__(self, answer: Answer, robots: Answer | Reply | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.log: list[Seen] = []
        self.at_once = self.most_at_once = 0
        self.counting = threading.Lock()
        self._answer = answer
        self._robots = robots if robots is not None else Reply(status=404)
        portal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet: apart, Nagle makes each answer wait 40 ms

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                seen = Seen(
                    at=time.monotonic(),
                    method=self.command,
                    path=parts.path,
                    query={name: values[-1] for name, values in parse_qs(parts.query).items()},
                    raw_query=parts.query,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                with portal.counting:
                    portal.log.append(seen)
                    portal.at_once += 1
                    portal.most_at_once = max(portal.most_at_once, portal.at_once)
                reply = portal.reply(seen)
                if reply.wait_s:
                    portal.closing.wait(reply.wait_s)
                with portal.counting:
                    portal.at_once -= 1
                if reply.silent:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in _lines(reply.headers):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                self.handle_any()

            def do_POST(self) -> None:
                self.handle_any()

            def log_message(self, *_: object) -> None:
                """Quiet: the log is ours."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A crawl that hangs up is what some tests are about."""

        self.closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def reply(self, seen: Seen) -> Reply:
        """The answer to this request."""
        if seen.path != ROBOTS:
            return self._answer(seen)
        return self._robots if isinstance(self._robots, Reply) else self._robots(seen)

    def asked(self, path: str | None = None) -> list[Seen]:
        """What was asked for beside robots.txt, in order; of one path only if given."""
        return [seen for seen in self.log if seen.path != ROBOTS and path in (None, seen.path)]

    def gaps(self) -> list[float]:
        """Seconds between one request and the next, robots.txt included."""
        return [after.at - before.at for before, after in zip(self.log, self.log[1:], strict=False)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        closer = threading.Thread(target=self._server.shutdown)
        closer.start()
        # It looks whether it shall end when somebody comes, or twice a second: two hundred portals would take a minute.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        closer.join()
        self._server.server_close()


def _lines(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and value of each header; one that comes several times has a line for each."""
    for name, value in headers.items():
        yield from ((name, each) for each in value.split("\n"))


class Canary:
    """A listener that nobody may reach; counts the connections."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                caller, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            caller.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()


class Flood:
    """A server that answers each request with a beginning and then with the same block, without end."""

    def __init__(self, beginning: bytes, block: bytes) -> None:
        self._beginning, self._block = beginning, block
        self.sent = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                caller, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._threads.append(threading.Thread(target=self._pour, args=(caller,), daemon=True))
            self._threads[-1].start()

    def _pour(self, caller: socket.socket) -> None:
        caller.settimeout(1)
        with caller, contextlib.suppress(OSError):  # hung up: what the test is about
            while asked := caller.recv(65536):
                if ROBOTS.encode() in asked:
                    caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                caller.sendall(self._beginning)
                while not self._stopping.is_set():
                    caller.sendall(self._block)
                    self.sent += len(self._block)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()
