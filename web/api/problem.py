"""How does the JSON API say that something is wrong? As problem+json (RFC 9457), in English."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.security import TooLarge

MEDIA_TYPE: Final = "application/problem+json"
# What a failure means where nobody told more.
MEANINGS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The body cannot be read as JSON.",
        401: "No token in use was given.",
        403: "This token may only read.",
        404: "There is nothing here, or nothing that this token may see.",
        405: "This address does not take that method.",
        409: "It cannot be done as things stand; `detail` says why.",
        413: "A body of 64 kB is the most that is taken.",
        422: "What was asked does not have the form that the OpenAPI document describes.",
        429: "The token asks too often; Retry-After says how long to wait.",
        500: "Something failed on our side; it is in our log. Asking again later may help.",
    }
)


_CONTENT: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


class Fault(BaseModel):
    """One place that is wrong in what was sent."""

    where: Annotated[str, Field(description="Path to it, such as `body.cpv.0` or `query.limit`.")]
    why: Annotated[str, Field(description="What is wrong with it.")]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(description="Always `about:blank`: the status says what kind of problem it is.")] = (
        "about:blank"
    )
    title: Annotated[str, Field(description="The status in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What is wrong this time, for a person.")]
    faults: Annotated[list[Fault], Field(description="Each place that is wrong; empty where there is none to name.")]


class ProblemResponse(Response):
    """A problem as it is sent."""

    media_type = MEDIA_TYPE


def problem(
    status: int, detail: str | None = None, *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer that tells a problem."""
    title = HTTPStatus(status).phrase
    told = Problem(title=title, status=status, detail=detail or MEANINGS.get(status, title), faults=list(faults))
    # In ASCII: what a stranger wrote may hold halves of surrogate pairs, which UTF-8 cannot.
    return ProblemResponse(json.dumps(told.model_dump()), status_code=status, headers=dict(headers or {}))


def may(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These problems, as the OpenAPI document lists an operation's answers."""
    return {status: {"description": MEANINGS[status], "content": _CONTENT} for status in statuses}


async def refused(_: Request, error: Exception) -> Response:
    """For HTTPException: as it says; what our own limit cut short while it was read is told as that."""
    if isinstance(error.__cause__, TooLarge):
        return problem(413)
    if not isinstance(error, HTTPException):
        return problem(500)
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase and error.__cause__ is None else None
    return problem(error.status_code, own, headers=error.headers)


async def misformed(_: Request, error: Exception) -> Response:
    """For RequestValidationError: each place and why, without quoting what was sent."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [Fault.model_construct(where=".".join(map(str, one["loc"])), why=one["msg"]) for one in found]
    return problem(422, faults=faults)


async def too_large(_: Request, __: Exception) -> Response:
    """For a body over the limit that was read by nobody's parser."""
    return problem(413)


async def failed(_: Request, __: Exception) -> Response:
    """For everything else. The outer layer writes down its type and place."""
    return problem(500)
