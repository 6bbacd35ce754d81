"""What can a reader do without logging in? Leave, read a digest again; and ask whether we are well.

GET and HEAD change nothing: mail scanners follow every link (P2). Leaving is a POST, by the button or by the mailbox
provider's one click (RFC 8058), and the token alone decides: no cookie, no redirect, and nothing in the body.
"""

import hmac
from typing import Final

from sqlalchemy import update
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from alerts import watch
from alerts.message import page_css, render_page
from alerts.tokens import Purpose, read
from alerts.view import DigestView
from db import seed
from db.models import Digest, Subscriber
from db.session import transaction, utcnow
from settings import get_settings
from web.pages import HERE, page

STYLE_KEPT: Final = "public, max-age=3600"


def unsubscribe_page(request: Request) -> HTMLResponse:
    """The question, with a real button."""
    with transaction() as s:
        subscriber = s.get(Subscriber, _row(request, Purpose.UNSUBSCRIBE))
    if subscriber is None:
        raise HTTPException(404)
    template = "leave.html" if subscriber.unsubscribed_at is None else "left.html"
    return page(template, subscriber.language, company=subscriber.company)


async def unsubscribe(request: Request) -> HTMLResponse:
    """Leave; doing it again changes nothing. In force at once: the sender asks before each mail."""
    # Read to its end, and held to the limit, so that the answer is not cut off by a client still writing.
    await request.body()
    return await run_in_threadpool(_leave, _row(request, Purpose.UNSUBSCRIBE))


def digest_page(request: Request) -> HTMLResponse:
    """What one digest told, for good."""
    with transaction() as s:
        digest = s.get(Digest, _row(request, Purpose.DIGEST))
    if digest is None or digest.view is None:
        raise HTTPException(404)
    return HTMLResponse(render_page(DigestView.from_json(digest.view), seed.load()))


def health(_: Request) -> JSONResponse:
    """Whether we can serve, for a load balancer, and which kinds of alarm are open, for a person."""
    found = watch.health()
    told = {
        "status": "ok" if found.database and not found.alarms else "alarm" if found.database else "down",
        "alarms": list(found.alarms),
        "waiting": found.waiting,
        "oldest_waiting_s": found.oldest_waiting_s,
    }
    return JSONResponse(told, status_code=200 if found.database else 503)


def metrics(request: Request) -> Response:
    """Counts and ages for Prometheus, to whoever says the token of the settings; without one there is no such page."""
    token = get_settings().metrics_token
    if token is None:
        raise HTTPException(404)
    said = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(said, f"Bearer {token.get_secret_value()}".encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    from alerts.metrics import CONTENT_TYPE, exposition

    return Response(exposition(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def style(request: Request) -> Response:
    """Our style sheets and our sign, and no other file."""
    name, kind = request.path_params["name"], "text/css"
    match name:
        case "digest.css":
            body = str(page_css())
        case "site.css" | "icon.svg":
            body = (HERE / "static" / name).read_text(encoding="utf-8")
            kind = "image/svg+xml" if name == "icon.svg" else kind
        case _:
            raise HTTPException(404)
    return Response(body, media_type=kind, headers={"Cache-Control": STYLE_KEPT})


def _leave(subscriber_id: int) -> HTMLResponse:
    with transaction() as s:
        s.execute(
            update(Subscriber)
            .where(Subscriber.id == subscriber_id, Subscriber.unsubscribed_at.is_(None))
            .values(unsubscribed_at=utcnow())
        )
        subscriber = s.get(Subscriber, subscriber_id)
    if subscriber is None:
        raise HTTPException(404)
    return page("left.html", subscriber.language, company=subscriber.company)


def _row(request: Request, purpose: Purpose) -> int:
    row_id = read(purpose, request.path_params["token"])
    if row_id is None:
        raise HTTPException(404)
    return row_id
