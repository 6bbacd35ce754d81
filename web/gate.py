"""What must a request show before a handler sees it? A form of ours, and for whom a door is.

A door's place in the route table alone decides who may pass: no handler can forget to ask.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from db.models import SessionKind
from web.csrf import EXEMPT, SAFE, UNREAD, is_ours
from web.forms import read_form
from web.session import token_of, who_is

# Where those log in who may not pass yet.
LOG_IN: Final = {SessionKind.SUBSCRIBER: "/login", SessionKind.ADMINISTRATOR: "/admin/login"}

Handler = Callable[[Request], Any]


def guarded(route: Route, *, only: SessionKind | None) -> Route:
    """The same door with its gate: ``only`` lets in those who are logged in so.

    A handler may be plain or async. It finds the form in ``form_of(request)``, and who asks in ``subscriber_of`` or
    ``administrator_of``. Whoever may not pass is sent to log in where they only wanted to look, and else told 403.
    """
    return Route(route.path, _checked(route.endpoint, route.path, only), methods=list(route.methods or ()))


def _checked(handler: Handler, path: str, only: SessionKind | None) -> Callable[[Request], Awaitable[Response]]:
    async def checked(request: Request) -> Response:
        if request.method not in SAFE and path not in UNREAD:
            request.state.form = await read_form(request)
            if path not in EXEMPT and not is_ours(request, request.state.form, token_of(request)):
                raise HTTPException(403)
        if only is not None:
            somebody = await run_in_threadpool(who_is, request, only)
            if somebody is None:
                return _turned_away(request, only)
            setattr(request.state, only.value, somebody)
        answer: Response = (
            await handler(request) if iscoroutinefunction(handler) else await run_in_threadpool(handler, request)
        )
        return answer

    return checked


def _turned_away(request: Request, only: SessionKind) -> Response:
    if request.method not in SAFE:
        raise HTTPException(403)
    return RedirectResponse(f"{LOG_IN[only]}?{urlencode({'next': request.url.path})}", status_code=303)
