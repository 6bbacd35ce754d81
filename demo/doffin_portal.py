"""Where in the sandbox does Doffin stand, and whom does it let in?

The public API's gateway wants a key and counts requests; the web client's detail wants nothing.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import date
from time import monotonic
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import doffin_wire
from demo.notice import Notice
from demo.witness import API_KEY_HEADER, Faults

BURST_WINDOW_S = 10.0


class Stand(Protocol):
    """What the portal needs to know of the sandbox."""

    today: date
    faults: Faults
    doffin_calls: deque[float]

    def notices(self) -> tuple[Notice, ...]:
        """What is published now."""

    def plays(self, name: str) -> bool:
        """Whether a counted fault has turns left."""


def routes(stand: Stand) -> list[Route]:
    """The search, the download and the web client's detail."""

    def route(path: str, answer: Callable[[Stand, Request], Awaitable[Response]]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answer(stand, request)

        return Route(path, endpoint)

    return [
        route("/public/v2/search", _search),
        route("/public/v2/download/{doffin_id}", _download),
        route(f"{doffin_wire.DETAIL}/{{doffin_id}}", _detail),
    ]


async def _search(stand: Stand, request: Request) -> Response:
    if refused := _gate(stand, request):
        return refused
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    status, body = doffin_wire.search(parameters, stand.notices(), stand.today)
    return Response(body, status, media_type="application/json") if body is not None else Response(status_code=status)


async def _download(stand: Stand, request: Request) -> Response:
    if refused := _gate(stand, request):
        return refused
    doffin_id = request.path_params["doffin_id"]
    body = doffin_wire.download(doffin_id, stand.notices())
    if body is None:
        return Response(doffin_wire.reason("Notice not found"), 404, media_type="application/json")
    notice = next(notice for notice in stand.notices() if notice.doffin_id == doffin_id)
    return Response(stand.faults.wounded(notice.key, body), media_type="application/octet-stream")


def _gate(stand: Stand, request: Request) -> Response | None:
    """The gateway in front of Doffin: a key, and so many requests in ten seconds."""
    if not (request.headers.get(API_KEY_HEADER) or request.query_params.get("subscription-key")):
        message = "Access denied due to missing subscription key. Make sure to include it when making requests."
        return JSONResponse({"statusCode": 401, "message": message}, 401)
    now = monotonic()
    while stand.doffin_calls and now - stand.doffin_calls[0] > BURST_WINDOW_S:
        stand.doffin_calls.popleft()
    burst = stand.faults.doffin_burst
    if stand.plays("doffin_429_first") or (burst is not None and len(stand.doffin_calls) >= burst):
        seconds = stand.faults.retry_after_s
        message = f"Rate limit is exceeded. Try again in {seconds} seconds."
        return JSONResponse({"statusCode": 429, "message": message}, 429, {"Retry-After": str(seconds)})
    stand.doffin_calls.append(now)
    return None


async def _detail(stand: Stand, request: Request) -> Response:
    body = doffin_wire.detail(request.path_params["doffin_id"], stand.notices())
    return Response(status_code=404) if body is None else Response(body, media_type="application/json")
