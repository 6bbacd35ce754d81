"""Which programs may ask in a subscriber's name? Their tokens of the JSON API: made and told once, listed and revoked."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.speak import Speaker, speaker
from db import seed
from db.models import ApiScope, ApiToken
from db.session import transaction, utcnow
from web.api.tokens import LIFE, NAME, TokenRefused, add_token, revoke_token, tokens_of
from web.forms import Form, filled, form_of
from web.own import number_in
from web.pages import answer
from web.session import subscriber_of

# How many days a token may last that is made here; on the command line there are more.
DAYS: Final = ("30", "90", str(LIFE.days))


def programs(request: Request) -> Response:
    """The tokens in use, and the form for another."""
    return _page(request, filled({"days": DAYS[-1]}), revoked=request.query_params.get("told") == "revoked")


def make_token(request: Request) -> Response:
    """Make a token and tell it, in this answer alone: only its hash is kept."""
    subscriber, form = subscriber_of(request), form_of(request)
    name = form.text("name", longest=NAME)
    if name and not name.isprintable():
        form.problem("name", "needed")
    days = form.choice("days", DAYS)
    if not form.sound:
        return _page(request, form, status=422)
    try:
        with transaction() as s:
            life = timedelta(days=int(days))
            _, token = add_token(s, subscriber.id, name=name, write=bool(form.raw("write")), life=life)
    except TokenRefused:
        # The name and the time are sound, so they have left meanwhile, or have as many as there may be.
        form.problem("name", "too_many_tokens")
        return _page(request, form, status=422)
    return _page(request, filled({"days": DAYS[-1]}), token=token)


def revoke(request: Request) -> Response:
    """Revoke one of theirs; the program that has it is refused from now on."""
    try:
        with transaction() as s:
            revoke_token(s, number_in(request, "token_id"), subscriber_id=subscriber_of(request).id)
    except TokenRefused:
        raise HTTPException(404) from None
    return RedirectResponse("/me/tokens?told=revoked", status_code=303)


def _page(
    request: Request, form: Form, *, status: int = 200, token: str | None = None, revoked: bool = False
) -> Response:
    subscriber = subscriber_of(request)
    said = speaker(language=subscriber.language, country=subscriber.country, as_of=utcnow(), names=seed.load())
    with transaction() as s:
        rows = _listed(s, subscriber.id, said)
    return answer(
        request, "tokens.html", status=status, form=form, rows=rows, token=token, revoked=revoked, days=DAYS,
        left=subscriber.unsubscribed_at is not None, longest=NAME,
    )  # fmt: skip


def _listed(s: Session, subscriber_id: int, said: Speaker) -> list[dict[str, object]]:
    """Each token as its owner knows it; by its name and days, since itself is told once."""
    now = utcnow()
    return [
        {
            "id": row.id,
            "name": row.name,
            "writes": ApiScope.WRITE in row.scopes,
            "made": _day(said, row.created_at),
            "used": _day(said, row.last_used_at) if row.last_used_at else None,
            "until": _day(said, row.expires_at),
            "over": row.expires_at <= now,
        }
        for row in _newest_first(s, subscriber_id)
    ]


def _newest_first(s: Session, subscriber_id: int) -> list[ApiToken]:
    return list(reversed(tokens_of(s, subscriber_id)))


def _day(said: Speaker, at: datetime) -> str:
    return said.clock.day(said.clock.local(at).date())
