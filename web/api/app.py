"""What is the JSON API? One application with its own OpenAPI document, its own errors, and a token at every door."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from web.api import feedback, matches, notices, problem, profiles, thresholds
from web.api.examples import EXAMPLES
from web.api.pace import Pace
from web.api.uses import Uses
from web.security import TooLarge

AT: Final = "/api/v1"
VERSION: Final = "1.0.0"
ABOUT: Final = (
    "Notices of defence and preparedness procurement, and how they match what a firm can do. Moments are in UTC, "
    "amounts are decimal numbers in strings, null means that nothing was said. Lists come in pages: follow `next`."
)


def create_api(pace: Pace | None = None) -> FastAPI:
    """The API, at this pace."""
    api = FastAPI(
        title="Anbudsvakt",
        version=VERSION,
        description=ABOUT,
        # The document alone: the pages that FastAPI would show it in take their script from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        responses={
            **problem.may(401, 422, 429),
            "default": {**problem.may(500)[500], "description": "Any other problem."},
        },
        exception_handlers={
            HTTPException: problem.refused,
            RequestValidationError: problem.misformed,
            TooLarge: problem.too_large,
            Exception: problem.failed,
        },
    )
    api.state.pace = pace or Pace()
    api.state.uses = Uses()
    for part in (notices, profiles, matches, feedback, thresholds):
        api.include_router(part.router)
    document = _document(api)

    async def openapi(_: Request) -> JSONResponse:
        return JSONResponse(document)

    api.add_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    return api


def _document(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with the form of a problem and with examples."""
    found = get_openapi(
        title=api.title, version=api.version, description=api.description, routes=api.routes, servers=[{"url": AT}]
    )
    schemas = found["components"]["schemas"]
    for model in (problem.Fault, problem.Problem):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    for name, example in EXAMPLES.items():
        # Here and not in the models: on its way FastAPI drops every null, also out of an example.
        schemas[name]["examples"] = [example]
    return found
