"""Who is logged in by this browser? Sessions on our side, whose token is in a cookie and whose hash alone is in the table.

A token is new at each log-in, so that none can be planted; a session ends after twelve hours unused or seven days, when
its owner logs out, or when we end it (W3).
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from db.models import Administrator, SessionKind, Subscriber, WebSession
from db.session import transaction, utcnow
from settings import get_settings
from web.csrf import TOKEN

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
# Written down this seldom, so that reading pages hardly writes at all.
SEEN_EVERY: Final = timedelta(minutes=5)


def new_token() -> str:
    """A token that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


def token_of(request: Request) -> str | None:
    """The token in the browser's cookie, logged in or not; None for anything that we did not make."""
    token = request.cookies.get(_cookie())
    return token if token is not None and TOKEN.fullmatch(token) else None


def put_cookie(response: Response, token: str) -> None:
    """Let the browser hold this token: for us alone, unseen by script, and gone when it is closed."""
    response.set_cookie(_cookie(), token, path="/", httponly=True, samesite="lax", secure=_is_secure())


def log_in(
    s: Session, request: Request, *, subscriber_id: int | None = None, administrator_id: int | None = None
) -> str:
    """Open a session and give its token, to be put into the answer's cookie; the browser's earlier one ends."""
    now, token = utcnow(), new_token()
    _end(s, token_of(request))
    s.execute(delete(WebSession).where(WebSession.expires_at < now))
    kind = SessionKind.SUBSCRIBER if subscriber_id is not None else SessionKind.ADMINISTRATOR
    s.add(
        WebSession(
            token_hash=_hash(token),
            kind=kind,
            subscriber_id=subscriber_id,
            administrator_id=administrator_id,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    s.flush()
    return token


def log_out(s: Session, request: Request, response: Response) -> None:
    """End the browser's session, and give it a token that opens nothing."""
    _end(s, token_of(request))
    put_cookie(response, new_token())


def end_all(s: Session, *, subscriber_id: int | None = None, administrator_id: int | None = None) -> None:
    """End every session of this person, as when a password changed or somebody is no longer to come in."""
    mine = (
        WebSession.subscriber_id == subscriber_id if subscriber_id else WebSession.administrator_id == administrator_id
    )
    s.execute(delete(WebSession).where(mine))


def who_is(request: Request, kind: SessionKind) -> Subscriber | Administrator | None:
    """Who is logged in as this kind; nobody where the session is over, or its owner is gone."""
    token = token_of(request)
    if token is None:
        return None
    now = utcnow()
    with transaction() as s:
        session = s.scalar(
            select(WebSession).where(
                WebSession.token_hash == _hash(token),
                WebSession.kind == kind,
                WebSession.expires_at > now,
                WebSession.seen_at > now - IDLE,
            )
        )
        if session is None:
            return None
        if session.seen_at < now - SEEN_EVERY:
            s.execute(update(WebSession).where(WebSession.id == session.id).values(seen_at=now))
        if kind is SessionKind.SUBSCRIBER:
            return s.get(Subscriber, session.subscriber_id)
        found = s.get(Administrator, session.administrator_id)
        return found if found is not None and found.removed_at is None else None


def subscriber_of(request: Request) -> Subscriber:
    """The subscriber who is logged in, for the handlers of SUBSCRIBER's routes: the gate lets nobody else through."""
    return cast("Subscriber", request.state.subscriber)


def administrator_of(request: Request) -> Administrator:
    """The administrator who is logged in, for the handlers of ADMIN's routes: the gate lets nobody else through."""
    return cast("Administrator", request.state.administrator)


def _end(s: Session, token: str | None) -> None:
    if token is not None:
        s.execute(delete(WebSession).where(WebSession.token_hash == _hash(token)))


def _hash(token: str) -> str:
    # 256 random bits need no salt and no slow hash: nobody can try them all.
    return hashlib.sha256(token.encode()).hexdigest()


def _is_secure() -> bool:
    """Whether we are reached by https; on loopback, as in the demonstration, we need not be."""
    return get_settings().site.startswith("https://")


def _cookie() -> str:
    # The prefix makes browsers refuse the cookie from anywhere but this very host, by https.
    return "__Host-anbudsvakt" if _is_secure() else "anbudsvakt"
