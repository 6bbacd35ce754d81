"""What does every answer of ours carry, whatever became of the question? Headers, a size limit, and words for a failure."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 64 * 1024
HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'"
        ),
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        # A page behind a token is its reader's alone; whoever may be kept says so itself.
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
)
ErrorPage = Callable[[Scope, int], ASGIApp]


class TooLarge(Exception):  # noqa: N818 - a state of the request, told by its name
    """Raised while reading a body that is over the limit."""


class Guarded:
    """The outermost layer: nothing leaves without the headers, no body over the limit gets in, no traceback gets out."""

    def __init__(self, app: ASGIApp, error_page: ErrorPage) -> None:
        self.app = app
        self.error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = _with_headers(send)
        if _announced(scope) > LARGEST_BODY:
            await self.error_page(scope, 413)(scope, receive, guarded)
            return
        try:
            await self.app(scope, _limited(receive), guarded)
        except Exception as error:  # noqa: BLE001 - answered in words by the app already; here it is only written down
            # Type and place alone: an exception's text may quote the request or a row.
            where = traceback.extract_tb(error.__traceback__)[-1]
            told = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
            log.error("request failed", extra={"error": told})  # noqa: TRY400 - as above


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limited(receive: Receive) -> Callable[[], Awaitable[Message]]:
    """The same stream, which ends with TooLarge when more comes than was announced or may come."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise TooLarge
        return message

    return limited
