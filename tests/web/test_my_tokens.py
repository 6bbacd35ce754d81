"""Can a subscriber make a key for a program of theirs, see it once, see when it was used, and take it back?"""

import re

import httpx
import pytest
from api_asking import Program
from browsing import Values, as_subscriber, hidden, send, submit
from sqlalchemy import select

from db.models import ApiToken, Subscriber
from db.session import transaction
from factories import make_subscriber
from web import app
from web.api.tokens import MOST, PREFIX, add_token


@pytest.fixture
def alma(client: httpx.Client) -> Subscriber:
    one = make_subscriber(language="sv", country="SE")
    as_subscriber(client, one)
    return one


def tokens() -> list[ApiToken]:
    with transaction() as s:
        return list(s.scalars(select(ApiToken).order_by(ApiToken.id)))


def token_in(page: str) -> str:
    [found] = re.findall(PREFIX + "[A-Za-z0-9_-]{43}", page)
    return str(found)


def test_a_key_is_shown_once_used_seen_and_taken_back(client: httpx.Client, alma: Subscriber) -> None:
    reply = submit(client, "/me/tokens", name="Kassan", write="1", days="90")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    program = Program(client, token_in(reply.text))
    page = client.get("/me/tokens").text
    assert "inte använd än" in page
    assert PREFIX not in page
    assert "Kassan" in page
    assert "får läsa och skriva" in page
    [row] = tokens()
    assert (row.subscriber_id, (row.expires_at - row.created_at).days) == (alma.id, 90)
    assert program.get("/profiles")["profiles"] == []
    app.API[0].app.state.uses.write_down()  # type: ignore[attr-defined]
    assert "senast använd" in client.get("/me/tokens").text
    assert submit(client, f"/me/tokens/{row.id}", seen_at="/me/tokens").status_code == 303
    assert program.ask("GET", "/profiles").status_code == 401
    assert "Kassan" not in client.get("/me/tokens?told=revoked").text


def test_what_cannot_be_made_is_refused_with_words(client: httpx.Client, alma: Subscriber) -> None:
    form = hidden(client.get("/me/tokens").text)
    wrongs: list[Values] = [{"name": " "}, {"name": "x" * 81}, {"name": "a\u200bb"}, {"name": "x", "days": "9999"}]
    for wrong in wrongs:
        reply = send(client, "/me/tokens", {**form, "days": "30", **wrong})
        assert (reply.status_code, "-problem" in reply.text) == (422, True), wrong
    assert tokens() == []
    with transaction() as s:
        for _ in range(MOST):
            add_token(s, alma.id, name="x")
    reply = send(client, "/me/tokens", form | {"name": "y", "days": "30"})
    assert (reply.status_code, len(tokens())) == (422, MOST)


def test_a_strangers_key_is_nobody_elses_to_see_or_revoke(client: httpx.Client, alma: Subscriber) -> None:
    with transaction() as s:
        add_token(s, make_subscriber().id, name="Claras")
    [hers] = tokens()
    page = client.get("/me/tokens").text
    assert "Claras" not in page
    assert send(client, f"/me/tokens/{hers.id}", hidden(page)).status_code == 404
    assert [row.revoked_at for row in tokens()] == [None]
