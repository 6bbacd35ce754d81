"""Where in the sandbox do the portals of Denmark and Finland stand, and whom do they let in?

udbud.dk everybody, Hilma whoever brings a key.
"""

from datetime import date
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import hilma_wire, udbud_wire
from demo.witness import API_KEY_HEADER


class Stand(Protocol):
    """What the portals need to know of the sandbox."""

    today: date


def routes(stand: Stand) -> list[Route]:
    """Both searches."""

    async def danish(request: Request) -> Response:
        status, answer = udbud_wire.search(await request.body(), stand.today)
        return JSONResponse(answer, status)

    async def finnish(request: Request) -> Response:
        if not request.headers.get(API_KEY_HEADER):
            return JSONResponse({"statusCode": 401, "message": hilma_wire.NO_KEY}, 401)
        status, answer = hilma_wire.search(await request.body(), stand.today)
        return JSONResponse(answer, status)

    return [Route(udbud_wire.PATH, danish, methods=["POST"]), Route(hilma_wire.PATH, finnish, methods=["POST"])]
