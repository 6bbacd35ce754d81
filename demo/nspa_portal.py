"""Where in the sandbox does NSPA's portal stand, and whom does it give its further pages?

Those who bring the token of the form and the cookies of the page before, as the portal's own page does. Without the
token there is an error page; without the server pool's cookie the first page comes again, whatever page was asked for.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Protocol
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from demo import nspa_wire

ERROR_PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error.</h1></body></html>"


class Stand(Protocol):
    """What the portal needs to know of the sandbox."""

    today: date


def routes(stand: Stand) -> list[Route]:
    """The page, the piece with further rows, and the pager."""

    def route(path: str, answer: Callable[[Stand, Request], Awaitable[Response]], method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answer(stand, request)

        return Route(path, endpoint, methods=[method])

    return [
        route(nspa_wire.LIST, _page, "GET"),
        route(nspa_wire.ROWS_PIECE, _rows, "POST"),
        route(nspa_wire.PAGER_PIECE, _pager, "POST"),
    ]


async def _page(stand: Stand, request: Request) -> Response:
    session = uuid4().hex
    body = nspa_wire.page(stand.today, request.query_params.get("PreFilter", ""), nspa_wire.token_of(session))
    response = HTMLResponse(body)
    response.set_cookie(nspa_wire.TOKEN_COOKIE, session, path="/eProcurement5G", httponly=True)
    response.set_cookie(nspa_wire.POOL_COOKIE, "pool-2")
    return response


async def _rows(stand: Stand, request: Request) -> Response:
    if not _knows(request):
        return HTMLResponse(ERROR_PAGE, 500)
    number = nspa_wire.number_asked(request.query_params) if nspa_wire.POOL_COOKIE in request.cookies else 1
    return HTMLResponse(nspa_wire.rows_piece(stand.today, request.query_params.get("PreFilter", ""), number))


async def _pager(stand: Stand, request: Request) -> Response:
    if not _knows(request):
        return HTMLResponse(ERROR_PAGE, 500)
    found = nspa_wire.opportunities(stand.today, request.query_params.get("PreFilter", ""))
    return HTMLResponse(nspa_wire.pager_piece(len(found)))


def _knows(request: Request) -> bool:
    session = request.cookies.get(nspa_wire.TOKEN_COOKIE)
    return session is not None and request.headers.get("__requestverificationtoken") == nspa_wire.token_of(session)
