"""How does a test fill in our forms? As a reader's browser does: it keeps the cookie, and sends what the form held."""

import re
from html import unescape
from threading import Event
from time import monotonic
from urllib.parse import urlencode

import httpx
from mail_reading import text_of
from sqlalchemy import select

from db.models import Administrator, Delivery, Letter, Subscriber
from db.session import transaction, utcnow
from settings import get_settings
from web.passwords import hashed
from web.session import log_in

PASSWORD = "riktig hest batteri stift"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_kept: dict[str, str] = {}


def hidden(page: str) -> dict[str, str]:
    """What the forms of a page hold unseen, the proof among it."""
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(page)}


def submit(client: httpx.Client, path: str, *, seen_at: str | None = None, **values: str | list[str]) -> httpx.Response:
    """Open a page with a form, fill it in and send it."""
    seen = client.get(seen_at or path)
    assert seen.status_code == 200, (path, seen.status_code)
    return send(client, path, hidden(seen.text) | values)


def send(client: httpx.Client, path: str, values: dict[str, str | list[str]] | dict[str, str]) -> httpx.Response:
    """Send these values as a browser sends a form of ours."""
    pairs = [(name, one) for name, value in values.items() for one in ([value] if isinstance(value, str) else value)]
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    return client.post(path, content=urlencode(pairs), headers=headers)


def make_administrator(email: str = "ada@midsec.example", language: str = "nb") -> Administrator:
    """An administrator whose password is PASSWORD."""
    _kept.setdefault(PASSWORD, hashed(PASSWORD))  # a hash takes long, as it should
    row = Administrator(email=email, language=language, password_hash=_kept[PASSWORD], created_at=utcnow())
    with transaction() as s:
        s.add(row)
    return row


def as_subscriber(client: httpx.Client, subscriber: Subscriber) -> None:
    """Let this client be logged in as a subscriber, as after their link."""
    _log_in(client, subscriber_id=subscriber.id)


def as_administrator(client: httpx.Client, administrator: Administrator) -> None:
    """Let this client be logged in as an administrator."""
    _log_in(client, administrator_id=administrator.id)


def letters(wanted: int = 0) -> list[tuple[Letter, Delivery]]:
    """Every letter in the outbox, oldest first, as soon as there are so many: some are written after the answer."""
    deadline = monotonic() + 10
    while True:
        with transaction() as s:
            rows = s.execute(
                select(Letter, Delivery).join(Delivery, Delivery.letter_id == Letter.id).order_by(Letter.id)
            )
            found = [(letter, delivery) for letter, delivery in rows]
        if len(found) >= wanted or monotonic() > deadline:
            return found
        Event().wait(0.02)


def link_in(delivery: Delivery) -> str:
    """The path of the link that a letter holds."""
    site = get_settings().site
    [link] = set(re.findall(rf"{re.escape(site)}(/\S+)", text_of(delivery.message or b"")))
    return str(link)


def _log_in(client: httpx.Client, **who: int) -> None:
    from starlette.requests import Request

    nobody = Request({"type": "http", "headers": []})
    with transaction() as s:
        token = log_in(s, nobody, **who)
    client.cookies.set("anbudsvakt", token)
