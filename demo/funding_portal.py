"""Where in the sandbox does the EU Funding & Tenders portal stand, and how does it take a request?

Only parts of a multipart form that call themselves JSON are read; plain form fields answer 500, as the portal does.
"""

import json
from datetime import date
from typing import Any, Protocol

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo import funding_wire


class Stand(Protocol):
    """What the portal needs to know of the sandbox."""

    today: date


def routes(stand: Stand) -> list[Route]:
    """The search."""

    async def endpoint(request: Request) -> Response:
        parts: dict[str, Any] = {}
        async with request.form() as form:
            for name, part in form.multi_items():
                if isinstance(part, UploadFile) and part.content_type == "application/json":
                    parts[name] = json.loads(await part.read())
        status, answer = funding_wire.search(request.query_params, parts, stand.today)
        return JSONResponse(answer, status)

    return [Route(funding_wire.PATH, endpoint, methods=["POST"])]
