"""Which doors does the web have? The route table: PUBLIC, ADMIN and API, and nothing else."""

from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from web import doors, public
from web.api.app import AT, create_api
from web.coverage import coverage_in
from web.pages import COVERAGE, error_page
from web.security import Guarded, TooLarge

PUBLIC: Final = (
    Route("/healthz", public.health, methods=["GET"]),
    Route("/u/{token}", public.unsubscribe_page, methods=["GET"]),
    Route("/u/{token}", public.unsubscribe, methods=["POST"]),
    Route("/d/{token}", public.digest_page, methods=["GET"]),
    Route("/e/{token}.ics", doors.event, methods=["GET"]),
    Route("/c/{token}.ics", doors.calendar, methods=["GET"]),
    Route("/f/{token}.atom", doors.feed, methods=["GET"]),
    Route("/x/{token}.{form}", doors.matches, methods=["GET"]),
    Route("/static/{name}", public.style, methods=["GET"]),
    *(Route(path, coverage_in(language), methods=["GET"]) for language, path in COVERAGE.items()),
)
ADMIN: Final[tuple[Route, ...]] = ()
API: Final = (Mount(AT, create_api()),)


def create_app() -> ASGIApp:
    """The web's application, guarded."""
    handlers = {HTTPException: _refused, TooLarge: _too_large, Exception: _failed}
    inner = Starlette(routes=[*PUBLIC, *ADMIN, *API], exception_handlers=handlers)
    # A path with a slash too many is unknown; RFC 8058 forbids to answer a one-click with a redirect.
    inner.router.redirect_slashes = False
    return Guarded(inner, error_page)


def serve(host: str, port: int) -> None:
    """The web as a process, until SIGTERM or SIGINT."""
    import uvicorn

    # No access log: its lines would hold tokens. Our own log tells of failures.
    uvicorn.run(
        create_app(), host=host, port=port, access_log=False, server_header=False, log_config=None,
        timeout_graceful_shutdown=5,
    )  # fmt: skip


async def _refused(request: Request, error: Exception) -> Response:
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    answer = error_page(request.scope, status)
    answer.headers.update(headers or {})
    return answer


async def _too_large(request: Request, _: Exception) -> Response:
    return error_page(request.scope, 413)


async def _failed(request: Request, _: Exception) -> Response:
    return error_page(request.scope, 500)
