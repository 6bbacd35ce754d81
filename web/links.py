"""How does one come in without a password? By a link in a mail, for half an hour and once; nobody learns who is known here (P4, P6)."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import letters
from alerts.suppress import is_forbidden
from alerts.tokens import Purpose
from db.models import Act, Administrator, LetterKind, SessionKind, Subscriber
from db.session import transaction
from web import audit
from web.clients import client_of
from web.forms import Form, form_of
from web.limits import Counted, take
from web.pages import answer
from web.session import log_in, put_cookie

HOME: Final = {SessionKind.SUBSCRIBER: "/me", SessionKind.ADMINISTRATOR: "/admin"}


def ask_page(request: Request) -> Response:
    """Where a subscriber asks for their link."""
    return answer(request, "ask_link.html", form=Form())


def ask(request: Request) -> Response:
    """A subscriber asks for their link."""
    form = form_of(request)
    email = form.address("email")
    if not form.sound:
        return answer(request, "ask_link.html", form=form, status=422)
    return mailed(request, email, SessionKind.SUBSCRIBER)


def mailed(request: Request, email: str, kind: SessionKind) -> Response:
    """The same answer, whoever is asked for. What follows is done after it, so that not even its time tells."""
    with transaction() as s:
        if not take(s, Counted.LETTER_OF_CLIENT, client_of(request)):
            raise HTTPException(429)
    reply = answer(request, "sent.html", what="link_sent")
    reply.background = BackgroundTask(_post_link, email, kind)
    return reply


def link_page(request: Request) -> Response:
    """The question, with a real button: looking uses up nothing (P2)."""
    with transaction() as s:
        letter = letters.find(s, Purpose.LOG_IN, request.path_params["token"])
    return spent(request) if letter is None else answer(request, "use_link.html")


def use_link(request: Request) -> Response:
    """Log in by the link, which is then used up."""
    with transaction() as s:
        letter = letters.use(s, Purpose.LOG_IN, request.path_params["token"])
        administrator = None
        if letter is not None and letter.administrator_id is not None:
            administrator = s.get_one(Administrator, letter.administrator_id)
        if letter is None or (administrator is not None and administrator.removed_at is not None):
            return spent(request)
        kind = SessionKind.SUBSCRIBER if administrator is None else SessionKind.ADMINISTRATOR
        token = log_in(s, request, subscriber_id=letter.subscriber_id, administrator_id=letter.administrator_id)
        if administrator is not None:
            audit.record(s, administrator, Act.LOGGED_IN, "administrator", administrator.id, told={"by": "link"})
    reply = RedirectResponse(HOME[kind], status_code=303)
    put_cookie(reply, token)
    return reply


def spent(request: Request, again: str = "/login") -> Response:
    """The same words for a link that was used, is too old, or never was ours; and where to get another."""
    return answer(request, "spent.html", status=404, again=again)


def _post_link(email: str, kind: SessionKind) -> None:
    with transaction() as s:
        if kind is SessionKind.SUBSCRIBER:
            subscriber = known_subscriber(s, email)
            # Who asked never to be written to, and came back to us by an import, has not asked for this one either.
            if subscriber is not None and take(s, Counted.LETTER_TO_ADDRESS, email) and not is_forbidden(s, email):
                letters.post(
                    s, LetterKind.LOG_IN, subscriber.email, subscriber.language, subscriber_id=subscriber.id
                )  # fmt: skip
        else:
            found = s.scalar(
                select(Administrator).where(Administrator.email == email.lower(), Administrator.removed_at.is_(None))
            )
            if found is not None and take(s, Counted.LETTER_TO_ADDRESS, email):
                letters.post(s, LetterKind.LOG_IN, found.email, found.language, administrator_id=found.id)


def known_subscriber(s: Session, email: str) -> Subscriber | None:
    """The subscriber at this address, however its letters are cased; the eldest of several."""
    same = select(Subscriber).where(func.lower(Subscriber.email) == email.lower(), Subscriber.confirmed_at.is_not(None))
    return s.scalar(same.order_by(Subscriber.id).limit(1))
