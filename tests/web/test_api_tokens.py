"""Does a token open the API for whom it was made, for as long and as much as was meant, and is it kept as a hash alone?"""

import json
from datetime import datetime, timedelta

import httpx
import pytest
from api_asking import Program, quick, token_of
from fingerprint import everything
from mailroom import wait_until
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner, Result

from cli import app as cli
from db.models import ApiToken, Subscriber
from db.session import forget_engine, plain_url, transaction, utcnow
from factories import make_subscriber
from settings import get_settings
from web import app
from web.api.pace import Pace
from web.api.tokens import MOST, PREFIX, TokenRefused, add_token, revoke_token
from web.api.uses import Uses


def noted() -> Uses:
    uses: Uses = app.API[0].app.state.uses  # type: ignore[attr-defined]
    return uses


def last_used() -> datetime | None:
    with transaction() as s:
        return s.scalars(select(ApiToken.last_used_at)).one()


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(cli, ["api", "token", *words], catch_exceptions=False)


def test_only_the_hash_of_a_token_is_kept(database: URL) -> None:
    token = token_of(make_subscriber())
    with transaction() as s:
        row = s.execute(text("SELECT t::text FROM api_token t")).scalar_one()
    assert token.removeprefix(PREFIX) not in row
    assert len(token) == len(PREFIX) + 43


def test_whoever_has_no_token_in_use_is_told_the_same(client: httpx.Client) -> None:
    revoked, old, left, good = (make_subscriber() for _ in range(4))
    tokens = {one.id: token_of(one) for one in (revoked, old, left, good)}
    with transaction() as s:
        revoke_token(s, s.scalars(select(ApiToken.id).where(ApiToken.subscriber_id == revoked.id)).one())
        s.execute(update(ApiToken).where(ApiToken.subscriber_id == old.id).values(expires_at=utcnow()))
        s.execute(update(Subscriber).where(Subscriber.id == left.id).values(unsubscribed_at=utcnow()))
    given = [
        {},
        *({"Authorization": f"Bearer {tokens[one.id]}"} for one in (revoked, old, left)),
        {"Authorization": f"Bearer {PREFIX}{'x' * 43}"},
        {"Authorization": f"Bearer {tokens[good.id]}x"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {tokens[good.id]}"},
    ]
    replies = [client.get("/api/v1/profiles", headers=headers) for headers in given]
    replies.append(client.get("/api/v1/profiles", params={"token": tokens[good.id]}))
    replies.append(client.get("/api/v1/profiles", params={"access_token": tokens[good.id]}))
    assert {(one.status_code, one.headers["www-authenticate"], one.content) for one in replies} == {
        (401, "Bearer", replies[0].content)
    }
    assert replies[0].headers["content-type"] == "application/problem+json"
    assert Program(client, tokens[good.id]).get("/profiles") == {"profiles": [], "next": None}


def test_a_token_that_only_reads_writes_nothing(client: httpx.Client) -> None:
    for token in (token_of(make_subscriber(), write=False), token_of(None)):
        before = everything()
        reading = Program(client, token)
        replies = [
            reading.ask("POST", "/profiles", json={"key": "a", "name": "A", "sentences": ["Vi sveiser."]}),
            reading.ask("PUT", "/profiles/1", json={"key": "a", "name": "A", "sentences": ["Vi sveiser."]}),
            reading.ask("DELETE", "/profiles/1"),
            reading.ask("POST", "/feedback", json={"alert_id": 1, "verdict": "relevant"}),
        ]
        assert [one.status_code for one in replies] == [403] * 4
        assert everything() == before


def test_what_sees_all_cannot_be_made_to_write(database: URL) -> None:
    with pytest.raises(TokenRefused), transaction() as s:
        add_token(s, None, name="all", write=True)
    token_of(None)
    with pytest.raises(IntegrityError), transaction() as s:
        s.execute(update(ApiToken).values(scopes=["read", "write"]))


def test_its_last_use_is_written_down_as_the_web_stops_and_of_two_processes_the_latest_stands(database: URL) -> None:
    token = token_of(make_subscriber())
    with quick() as client:
        Program(client, token).get("/profiles")
        assert last_used() is None
    used = last_used()
    assert used is not None
    assert utcnow() - used < timedelta(minutes=1)
    with quick() as client:
        Program(client, token).get("/profiles")
        with transaction() as s:  # another process has seen it since
            s.execute(update(ApiToken).values(last_used_at=used + timedelta(hours=1)))
    assert last_used() == used + timedelta(hours=1)


def test_it_is_written_down_now_and_then_while_the_web_serves(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.uses.EVERY_S", 0.01)
    token = token_of(make_subscriber())
    with quick() as client:
        Program(client, token).get("/profiles")
        wait_until(lambda: last_used() is not None, within_s=10)


def test_what_cannot_be_written_down_waits_for_the_database(
    client: httpx.Client, database: URL, environment: pytest.MonkeyPatch
) -> None:
    program = Program(client, token_of(make_subscriber()))
    program.get("/profiles")
    for address in (database.set(database="gone"), database):
        environment.setenv("DATABASE_URL", plain_url(address))
        get_settings.cache_clear()
        forget_engine()
        noted().write_down()
    assert last_used() is not None


def test_whoever_asks_too_often_is_told_when_to_come_back(database: URL) -> None:
    with quick(Pace(per_minute=1, at_once=2)) as client:
        hasty, other = (Program(client, token_of(make_subscriber())) for _ in range(2))
        replies = [hasty.ask("GET", "/thresholds") for _ in range(3)]
        assert [one.status_code for one in replies] == [200, 200, 429]
        assert 50 < int(replies[2].headers["retry-after"]) <= 60
        assert other.ask("GET", "/thresholds").status_code == 200


def test_tokens_are_made_listed_and_revoked_on_the_command_line(client: httpx.Client) -> None:
    alma = make_subscriber(email="alma@alvsvets.example")
    made = json.loads(anbudsvakt("add", "Alma@alvsvets.example", "--name", "ERP", "--write", "--json").stdout)
    assert (made["subscriber"], made["scopes"]) == (alma.id, ["read", "write"])
    program = Program(client, made["token"])
    assert program.ask("GET", "/profiles").status_code == 200
    noted().write_down()
    (listed,) = (json.loads(line) for line in anbudsvakt("list", "--json").stdout.splitlines())
    assert listed == {key: value for key, value in made.items() if key not in {"token", "last_used_at"}} | {
        "last_used_at": listed["last_used_at"]
    }
    assert listed["last_used_at"] is not None
    assert anbudsvakt("revoke", str(made["id"])).exit_code == 0
    assert anbudsvakt("revoke", str(made["id"])).exit_code == 1
    assert program.ask("GET", "/profiles").status_code == 401
    assert anbudsvakt("list", "--json").stdout == ""


def test_a_token_that_cannot_be_meant_is_refused(database: URL) -> None:
    make_subscriber(email="post@fjellsveis.example")
    for words in (
        ("--name", "x"),
        ("post@fjellsveis.example", "--administrator", "--name", "x"),
        ("--administrator", "--write", "--name", "x"),
        ("post@fjellsveis.example", "--name", " "),
        ("post@fjellsveis.example", "--name", "x", "--days", "0"),
    ):
        assert anbudsvakt("add", *words).exit_code == 2, words
    assert anbudsvakt("list", "--json").stdout == ""


def test_tokens_go_with_their_subscriber_and_there_are_not_too_many(database: URL) -> None:
    subscriber = make_subscriber()
    for _ in range(MOST):
        token_of(subscriber)
    with pytest.raises(TokenRefused, match="revoke one first"):
        token_of(subscriber)
    with transaction() as s:
        s.delete(s.get_one(Subscriber, subscriber.id))
    with transaction() as s:
        assert s.scalars(select(ApiToken)).all() == []
