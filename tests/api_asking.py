"""How does a test ask the JSON API? With a token of somebody's, at the real server, and a pace that nothing reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from web_server import visitor

from db.models import Subscriber
from db.session import transaction
from web import app
from web.api.pace import Pace
from web.api.tokens import add_token
from web.api.uses import Uses


@dataclass(frozen=True, slots=True)
class Program:
    """A program of one subscriber's, or an administrator's."""

    client: httpx.Client
    token: str

    def ask(self, method: str, path: str, **values: Any) -> httpx.Response:
        """One request with the token."""
        headers = {"Authorization": f"Bearer {self.token}"} | values.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **values)

    def get(self, path: str, **asked: Any) -> Any:
        """What a GET answers, which is well."""
        reply = self.ask("GET", path, params=asked)
        assert reply.status_code == 200, reply.text
        return reply.json()


def token_of(subscriber: Subscriber | None, *, write: bool = True) -> str:
    """A new token; of nobody, an administrator's."""
    with transaction() as s:
        owner = None if subscriber is None else subscriber.id
        return add_token(s, owner, name="test", write=write and owner is not None)[1]


@contextmanager
def quick(pace: Pace | None = None) -> Iterator[httpx.Client]:
    """Someone who asks the real server without a token; the pace is this test's own."""
    state = app.API[0].app.state  # type: ignore[attr-defined]
    usual = state.pace, state.uses
    state.pace, state.uses = pace or Pace(per_minute=1e9, at_once=1_000_000), Uses()
    try:
        with visitor() as client:
            yield client
    finally:
        state.pace, state.uses = usual
