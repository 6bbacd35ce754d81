"""Which doors does the web have, and for whom? The route tables PUBLIC, SUBSCRIBER, ADMIN and API, and nothing else.

A door's table alone decides who may pass it (web/gate.py), and of API's the token that it brings; each GET leaves everything as it is (P2).
"""

import gc
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from db.models import SessionKind
from web import (
    administrators,
    digests,
    doors,
    feedback,
    holdings,
    laboratory,
    links,
    matches,
    notices,
    preferences,
    profiles,
    programs,
    public,
    recall,
    report,
    signup,
    subscribers,
)
from web.admin import (
    alarms,
    deliveries,
    importing,
    log,
    procurements,
    quarantine,
    scores,
    sources,
    suppressions,
)
from web.admin import subscribers as served
from web.api.app import AT, create_api
from web.api.uses import Uses
from web.coverage import coverage_in
from web.gate import guarded
from web.pages import COVERAGE, error_page
from web.security import Guarded, TooLarge

PUBLIC: Final = (
    Route("/healthz", public.health, methods=["GET"]),
    Route("/metrics", public.metrics, methods=["GET"]),
    Route("/u/{token}", public.unsubscribe_page, methods=["GET"]),
    Route("/u/{token}", public.unsubscribe, methods=["POST"]),
    Route("/r/{token}", report.leave_page, methods=["GET"]),
    Route("/r/{token}", report.leave, methods=["POST"]),
    Route("/d/{token}", public.digest_page, methods=["GET"]),
    Route("/v/{token}", feedback.question, methods=["GET"]),
    Route("/v/{token}/{verdict}", feedback.question, methods=["GET"]),
    Route("/v/{token}", feedback.answer, methods=["POST"]),
    Route("/e/{token}.ics", doors.event, methods=["GET"]),
    Route("/c/{token}.ics", doors.calendar, methods=["GET"]),
    Route("/f/{token}.atom", doors.feed, methods=["GET"]),
    Route("/x/{token}.{form}", doors.matches, methods=["GET"]),
    Route("/q/{token}", recall.question, methods=["GET"]),
    Route("/q/{token}", recall.answer, methods=["POST"]),
    Route("/static/{name}", public.style, methods=["GET"]),
    *(Route(path, coverage_in(language), methods=["GET"]) for language, path in COVERAGE.items()),
    Route("/", signup.start, methods=["GET"]),
    Route("/signup", signup.first_page, methods=["GET"]),
    Route("/signup", signup.step, methods=["POST"]),
    Route("/confirm/{token}", signup.confirm_page, methods=["GET"]),
    Route("/confirm/{token}", signup.confirm, methods=["POST"]),
    Route("/login", links.ask_page, methods=["GET"]),
    Route("/login", links.ask, methods=["POST"]),
    Route("/login/{token}", links.link_page, methods=["GET"]),
    Route("/login/{token}", links.use_link, methods=["POST"]),
    Route("/admin/login", administrators.log_in_page, methods=["GET"]),
    Route("/admin/login", administrators.enter, methods=["POST"]),
)
SUBSCRIBER: Final = (
    Route("/me", subscribers.me, methods=["GET"]),
    Route("/me/profiles", profiles.profiles, methods=["GET"]),
    Route("/me/profiles/new", profiles.new_profile, methods=["GET"]),
    Route("/me/profiles/new", profiles.make_profile, methods=["POST"]),
    Route("/me/profiles/{profile_id}", profiles.profile_page, methods=["GET"]),
    Route("/me/profiles/{profile_id}", profiles.save_profile, methods=["POST"]),
    Route("/me/profiles/{profile_id}/active", profiles.turn_profile, methods=["POST"]),
    Route("/me/profiles/{profile_id}/delete", profiles.delete_page, methods=["GET"]),
    Route("/me/profiles/{profile_id}/delete", profiles.delete_profile, methods=["POST"]),
    Route("/me/matches", matches.matches, methods=["GET"]),
    Route("/me/notices/{notice_id}", notices.notice_page, methods=["GET"]),
    Route("/me/notices/{notice_id}/verdict", notices.judge, methods=["POST"]),
    Route("/me/settings", preferences.preferences, methods=["GET"]),
    Route("/me/settings", preferences.save, methods=["POST"]),
    Route("/me/settings/leave", preferences.leave_page, methods=["GET"]),
    Route("/me/settings/leave", preferences.leave, methods=["POST"]),
    Route("/me/addresses", preferences.open_address, methods=["POST"]),
    Route("/me/addresses/{door_id}", preferences.turn_address, methods=["POST"]),
    Route("/me/tokens", programs.programs, methods=["GET"]),
    Route("/me/tokens", programs.make_token, methods=["POST"]),
    Route("/me/tokens/{token_id}", programs.revoke, methods=["POST"]),
    Route("/me/digests", digests.digests, methods=["GET"]),
    Route("/me/export", holdings.handed_out, methods=["GET"]),
    Route("/me/erase", holdings.erase_page, methods=["GET"]),
    Route("/me/erase", holdings.erase_all, methods=["POST"]),
    Route("/logout", subscribers.leave, methods=["POST"]),
)
ADMIN: Final = (
    Route("/admin", administrators.home, methods=["GET"]),
    Route("/admin/report", report.last_week, methods=["GET"]),
    Route("/admin/report/mail", report.turn_mail, methods=["POST"]),
    Route("/admin/report/{year:int}/{number:int}", report.report_page, methods=["GET"]),
    Route("/admin/logout", administrators.leave, methods=["POST"]),
    Route("/admin/lab", laboratory.benches, methods=["GET"]),
    Route("/admin/lab/{bench}", laboratory.bench_page, methods=["GET"]),
    Route("/admin/lab/{bench}", laboratory.put, methods=["POST"]),
    Route("/admin/lab/{bench}/undo", laboratory.undo, methods=["POST"]),
    Route("/admin/sources", sources.sources, methods=["GET"]),
    Route("/admin/sources/{key}", sources.source, methods=["GET"]),
    Route("/admin/sources/{key}", sources.turn, methods=["POST"]),
    Route("/admin/quarantine", quarantine.quarantine, methods=["GET"]),
    Route("/admin/quarantine/{id}", quarantine.kept, methods=["GET"]),
    Route("/admin/quarantine/{id}/retry", quarantine.retry, methods=["POST"]),
    Route("/admin/procurements", procurements.procurements, methods=["GET"]),
    Route("/admin/procurements/{id}", procurements.procurement, methods=["GET"]),
    Route("/admin/procurements/{id}", procurements.rule, methods=["POST"]),
    Route("/admin/subscribers", served.subscribers, methods=["GET"]),
    Route("/admin/subscribers/import", importing.form_page, methods=["GET"]),
    Route("/admin/subscribers/import", importing.take_in, methods=["POST"]),
    Route("/admin/subscribers/{id}", served.subscriber, methods=["GET"]),
    Route("/admin/deliveries", deliveries.deliveries, methods=["GET"]),
    Route("/admin/deliveries/release", deliveries.release, methods=["POST"]),
    Route("/admin/deliveries/{id}", deliveries.delivery, methods=["GET"]),
    Route("/admin/deliveries/{id}/sent", deliveries.taken_for_sent, methods=["POST"]),
    Route("/admin/suppressions", suppressions.suppressions, methods=["GET"]),
    Route("/admin/suppressions", suppressions.add, methods=["POST"]),
    Route("/admin/suppressions/{id}", suppressions.suppression, methods=["GET"]),
    Route("/admin/suppressions/{id}", suppressions.lift, methods=["POST"]),
    Route("/admin/alarms", alarms.alarms, methods=["GET"]),
    Route("/admin/scores", scores.scores, methods=["GET"]),
    Route("/admin/scores", scores.rescore, methods=["POST"]),
    Route("/admin/audit", log.log, methods=["GET"]),
)
_API: Final = create_api()
API: Final = (Mount(AT, _API),)


def create_app() -> ASGIApp:
    """The web's application, guarded."""
    handlers = {HTTPException: _refused, TooLarge: _too_large, Exception: _failed}
    routes = [
        *(guarded(route, only=None) for route in PUBLIC),
        *(guarded(route, only=SessionKind.SUBSCRIBER) for route in SUBSCRIBER),
        *(guarded(route, only=SessionKind.ADMINISTRATOR) for route in ADMIN),
        *API,
    ]
    uses: Uses = _API.state.uses
    inner = Starlette(routes=routes, exception_handlers=handlers, lifespan=lambda _: uses.kept())
    # A path with a slash too many is unknown; RFC 8058 forbids to answer a one-click with a redirect.
    inner.router.redirect_slashes = False
    return Guarded(inner, error_page)


def serve(host: str, port: int) -> None:
    """The web as a process, until SIGTERM or SIGINT."""
    import uvicorn

    app = create_app()
    # What is here now stays for good: looking through it for what could be forgotten held up answers for a tenth of a
    # second at times.
    gc.collect()
    gc.freeze()
    # No access log: its lines would hold tokens. Our own log tells of failures. Which proxies are believed is told by
    # our own setting (web/clients.py).
    uvicorn.run(
        app, host=host, port=port, access_log=False, server_header=False, log_config=None,
        proxy_headers=False, timeout_graceful_shutdown=5,
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
