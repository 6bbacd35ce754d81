"""What does a subscriber see who is logged in? Their own page, and the way out."""

from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from db.models import Profile
from db.session import transaction
from web.pages import answer
from web.session import log_out, subscriber_of

SHOWN_SENTENCES: Final = 3


def me(request: Request) -> Response:
    """Who they are to us, what we look for on their behalf, and when they hear of it."""
    subscriber = subscriber_of(request)
    with transaction() as s:
        profiles = s.scalars(
            select(Profile).where(Profile.subscriber_id == subscriber.id).order_by(Profile.id)
        ).all()  # fmt: skip
    return answer(request, "me.html", subscriber=subscriber, profiles=profiles, shown=SHOWN_SENTENCES)


def leave(request: Request) -> Response:
    """Log out."""
    reply = RedirectResponse("/", status_code=303)
    with transaction() as s:
        log_out(s, request, reply)
    return reply
