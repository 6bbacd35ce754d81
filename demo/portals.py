"""Where can the collector find TED, Doffin and all other portals without leaving this machine?

    with SandboxPortals(day=1) as portals:
        collect(portals.base_url)

runs all of them on one loopback port in a thread; `anbudsvakt sandbox` runs them alone.
"""

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import (
    doffin_portal,
    feed_wire,
    funding_portal,
    kommers_portal,
    neighbour_portals,
    nspa_portal,
    rates_wire,
    ted_wire,
)
from demo.catalogue import catalogue
from demo.eforms_wire import eforms_xml
from demo.notice import Notice
from demo.threaded import threaded
from demo.witness import Faults, SeenRequest, Witness, as_json

GATEWAY_429 = "<html><head><title>429 Too Many Requests</title></head><body><center>nginx</center></body></html>"
GATEWAY_503 = "<html><head><title>503 Service Unavailable</title></head><body><center>nginx</center></body></html>"
FEED_PAGE = "<!doctype html><html><head><title>Vedlikehold</title></head><body>Vi er snart tilbake.</body></html>"


@dataclass(kw_only=True, slots=True)
class _Stand:
    """What the portals serve now; tests and the admin route may change it while they run."""

    today: date
    day: int
    faults: Faults
    witness: Witness
    played: Counter[str] = field(default_factory=Counter)
    doffin_calls: deque[float] = field(default_factory=deque)

    def notices(self) -> tuple[Notice, ...]:
        return catalogue(self.today, self.day)

    def plays(self, name: str) -> bool:
        """True while the counted fault of that name has turns left, and takes one."""
        if self.played[name] >= getattr(self.faults, name):
            return False
        self.played[name] += 1
        return True


def application(stand: _Stand) -> Starlette:
    """All portals as one ASGI application."""

    def route(path: str, answer: Callable[[_Stand, Request], Awaitable[Response]], method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            return await answer(stand, request)

        return Route(path, endpoint, methods=[method])

    routes = [
        route("/v3/notices/search", _ted_search, "POST"),
        route("/{language}/notice/{number}/xml", _ted_xml),
        *doffin_portal.routes(stand),
        *[route(channel.path, _feed) for channel in feed_wire.CHANNELS],
        *nspa_portal.routes(stand),
        *funding_portal.routes(stand),
        *kommers_portal.routes(stand),
        *neighbour_portals.routes(stand),
        route(rates_wire.PATH, _rates),
        route("/robots.txt", _robots),
        route("/_sandbox", _admin, "POST"),
        route("/_sandbox/log", _log),
    ]
    return Starlette(routes=routes, middleware=[Middleware(_Noting, witness=stand.witness)])


class _Noting:
    """Middleware that notes every request with the status it got; the sandbox's own routes are left out."""

    def __init__(self, app: ASGIApp, witness: Witness) -> None:
        self.app, self.witness = app, witness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            # The note is written before the answer leaves, so that whoever has the answer finds the note.
            if message["type"] == "http.response.start":
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
                query = scope["query_string"].decode("latin-1")
                self.witness.note(scope["method"], scope["path"], query, headers, message["status"])
            await send(message)

        await self.app(scope, receive, noting)


async def _ted_search(stand: _Stand, request: Request) -> Response:
    if stand.plays("ted_429_first"):
        return HTMLResponse(GATEWAY_429, 429)
    if stand.plays("ted_503_first"):
        return HTMLResponse(GATEWAY_503, 503)
    if stand.plays("ted_empty_first"):
        return Response(status_code=200, media_type="application/json")
    if not request.headers.get("content-type", "").startswith("application/json"):
        return JSONResponse({"message": "Content-Type is not supported"}, 415)
    status, answer = ted_wire.search(await request.body(), stand.notices(), stand.today)
    if status == 200 and stand.plays("ted_timed_out_first"):
        answer |= {"notices": answer["notices"][: len(answer["notices"]) // 2], "timedOut": True}
    return JSONResponse(answer, status)


async def _ted_xml(stand: _Stand, request: Request) -> Response:
    compatible = request.headers.get("user-agent", "").startswith("Mozilla/5.0 (compatible; ")
    if stand.faults.waf_for_all or (stand.faults.waf and not compatible):
        return Response(status_code=202, headers={"x-amzn-waf-action": "challenge"})
    number = request.path_params["number"].lstrip("0")
    for notice in stand.notices():
        if notice.on_portal("ted") and notice.ted_number == number:
            return Response(stand.faults.wounded(notice.key, eforms_xml(notice, "ted")), media_type="application/xml")
    return HTMLResponse("<html><body>Notice not found</body></html>", 404)


async def _feed(stand: _Stand, request: Request) -> Response:
    if stand.faults.feed_html:
        return HTMLResponse(FEED_PAGE)
    channel = next(channel for channel in feed_wire.CHANNELS if channel.path == request.url.path)
    feed = feed_wire.feed(channel, stand.today)
    if feed.unchanged_for(request.headers):
        return Response(status_code=304, headers=feed.headers)
    return Response(feed.body, headers=feed.headers, media_type="application/rss+xml")


async def _rates(stand: _Stand, _: Request) -> Response:
    return Response(rates_wire.document(stand.today), media_type="text/xml")


async def _robots(stand: _Stand, _: Request) -> Response:
    if stand.faults.robots_status != 200:
        return Response(status_code=stand.faults.robots_status)
    return PlainTextResponse(stand.faults.robots_text)


async def _admin(stand: _Stand, request: Request) -> Response:
    """`{"day": 2, "faults": {…}}` for portals that run as a process of their own."""
    try:
        wanted: dict[str, Any] = await request.json()
        faults = Faults.from_json(wanted["faults"]) if "faults" in wanted else stand.faults
    except (ValueError, KeyError) as error:
        return JSONResponse({"unknown": str(error)}, 400)
    stand.day = wanted.get("day", stand.day)
    if "faults" in wanted:
        stand.faults = faults
        stand.played.clear()
    return Response(status_code=204)


async def _log(stand: _Stand, _: Request) -> Response:
    lines = [as_json(seen) for seen in stand.witness.requests]
    return Response("".join(f"{line}\n" for line in lines), media_type="application/x-ndjson")


class SandboxPortals:
    """The portals on a loopback port of their own, up from `with` to its end.

    `today` anchors all dates and defaults to the day in Oslo; `log_path` also writes the requests as JSON Lines.
    """

    def __init__(
        self,
        *,
        day: int = 1,
        faults: Faults | None = None,
        today: date | None = None,
        log_path: Path | None = None,
        port: int = 0,
    ) -> None:
        now = datetime.now(feed_wire.ZONE).date()
        self._stand = _Stand(today=today or now, day=day, faults=faults or Faults(), witness=Witness(log_path))
        self._port = port
        self.base_url = ""

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """Every request so far, oldest first: the tests' witness."""
        return self._stand.witness.requests

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is published now."""
        return self._stand.notices()

    def set_day(self, day: int) -> None:
        """Turn to day 1 or 2; on day 2 the corrigenda are out."""
        self._stand.day = day

    def set_faults(self, faults: Faults) -> None:
        """Play these faults from now on, with full counts."""
        self._stand.faults = faults
        self._stand.played.clear()

    def __enter__(self) -> Self:
        config = uvicorn.Config(
            application(self._stand),
            host="127.0.0.1",
            port=self._port,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        self._running = ExitStack()
        self.base_url = f"http://127.0.0.1:{self._running.enter_context(threaded(config))}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._running.close()
