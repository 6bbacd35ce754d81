"""Where in the sandbox does Kommers stand, and whom does it answer?

The Supplier Hub's list goes on for those who bring the form's token and its cookie, and answers 400 to all others. An
instance's list goes on for those who send its hidden state back; a state that it did not make is a server's error.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Protocol
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from demo import kommers_list_wire, kommers_wire
from demo.kommers_notices import Listed, listed
from demo.notice import Notice

ERROR = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Statuscode {status}</h1></body></html>"


class Stand(Protocol):
    """What the portal needs to know of the sandbox."""

    today: date

    def notices(self) -> tuple[Notice, ...]:
        """What is published now."""


def routes(stand: Stand) -> list[Route]:
    """The hub's two lists and its notices' pages; the lists of the instances and their notices' pages."""

    def route(path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(path, answer, methods=list(methods))

    hub, instances = _Hub(stand), _Instances(stand)
    return [
        *[route(path, hub.page, "GET") for path in kommers_wire.LISTS],
        route("/Notices/TenderNotices", hub.search, "POST"),
        route("/Notices/{kind}/{number:int}", hub.sent_on, "GET"),
        route("/Notice/{kind}/{number:int}", hub.notice, "GET"),
        route("/StatusCode/{status:int}", hub.error, "GET"),
        *[route(path, instances.page, "GET") for path in kommers_list_wire.PATHS.values()],
        *[route(path, instances.further, "POST") for path in kommers_list_wire.PATHS.values()],
        *[
            route(path.rpartition("/")[0] + "/NoticeOverview.aspx", instances.notice, "GET")
            for path in kommers_list_wire.PATHS.values()
        ],
    ]


class _Hub:
    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def _listed(self) -> tuple[Listed, ...]:
        return listed(self._stand.notices(), self._stand.today)

    async def page(self, request: Request) -> Response:
        session = uuid4().hex
        return self._answer(request.url.path, 1, session)

    async def search(self, request: Request) -> Response:
        session = request.cookies.get(kommers_wire.COOKIE)
        async with request.form() as form:
            token, number = form.get(kommers_wire.TOKEN), str(form.get("PageIndex") or "1")
        if session is None or token != _token(session) or not number.isdigit():
            return HTMLResponse(ERROR.format(status=400), 400)
        return self._answer(request.url.path, int(number), session)

    def _answer(self, path: str, number: int, session: str) -> Response:
        body = kommers_wire.page(path, self._listed(), self._stand.today, number, _token(session))
        response = HTMLResponse(body)
        response.set_cookie(kommers_wire.COOKIE, session, httponly=True, samesite="strict")
        return response

    async def sent_on(self, request: Request) -> Response:
        kind, number = request.path_params["kind"], request.path_params["number"]
        return RedirectResponse(f"/Notice/{kind}/{number}", 302)

    async def notice(self, request: Request) -> Response:
        kind, number = request.path_params["kind"], request.path_params["number"]
        for one in self._listed():
            if one.eforms and f"{one.kind}Notice" == kind and one.numbers.hub == number:
                return HTMLResponse(kommers_wire.notice_page(one))
        return RedirectResponse("/StatusCode/400", 302)

    async def error(self, request: Request) -> Response:
        return HTMLResponse(ERROR.format(status=request.path_params["status"]))


class _Instances:
    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def _listed(self, request: Request) -> tuple[str, tuple[Listed, ...]]:
        return request.url.path.split("/")[1].lower(), listed(self._stand.notices(), self._stand.today)

    async def page(self, request: Request) -> Response:
        instance, found = self._listed(request)
        response = HTMLResponse(kommers_list_wire.page(instance, found, 1))
        response.set_cookie(kommers_list_wire.SESSION, uuid4().hex, httponly=True)
        return response

    async def further(self, request: Request) -> Response:
        instance, found = self._listed(request)
        async with request.form() as form:
            state, onward = str(form.get("__VIEWSTATE") or ""), kommers_list_wire.NEXT in form
        number = kommers_list_wire.number_in(instance, state)
        if number is None:
            return HTMLResponse(ERROR.format(status=500), 500)
        if kommers_list_wire.SESSION not in request.cookies:
            number = 0  # a visitor whom nobody knows begins anew
        return HTMLResponse(kommers_list_wire.page(instance, found, number + 1 if onward else number))

    async def notice(self, request: Request) -> Response:
        instance, found = self._listed(request)
        number = request.query_params.get("ProcurementId", "")
        for one in kommers_list_wire.rows_of(instance, found):
            if str(one.numbers.procurement) == number:
                return HTMLResponse(kommers_list_wire.overview(one))
        return HTMLResponse(ERROR.format(status=404), 404)


def _token(session: str) -> str:
    return hashlib.sha256(f"form/{session}".encode()).hexdigest()
