"""What does a subscriber see who is logged in? Their own page, and the way out."""

from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.my_matches import Answered, Wanted, my_matches
from alerts.speak import speaker
from db import seed
from db.models import Profile
from db.session import transaction, utcnow
from web.matches import told
from web.pages import answer
from web.session import log_out, subscriber_of

SHOWN_SENTENCES: Final = 3
SHOWN_MATCHES: Final = 3


def me(request: Request) -> Response:
    """Who they are to us, what is new to them, and what we look for on their behalf."""
    subscriber, now = subscriber_of(request), utcnow()
    with transaction() as s:
        profiles = s.scalars(
            select(Profile).where(Profile.subscriber_id == subscriber.id).order_by(Profile.id)
        ).all()  # fmt: skip
        found = my_matches(s, subscriber.id, Wanted(answered=Answered.NOTHING), now)
        said = speaker(language=subscriber.language, country=subscriber.country, as_of=now, names=seed.load())
        rows = told(s, subscriber, found.rows[:SHOWN_MATCHES], profiles, said)
    return answer(request, "me.html", subscriber=subscriber, profiles=profiles, rows=rows, shown=SHOWN_SENTENCES)


def leave(request: Request) -> Response:
    """Log out."""
    reply = RedirectResponse("/", status_code=303)
    with transaction() as s:
        log_out(s, request, reply)
    return reply
