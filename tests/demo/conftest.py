"""What do the sandbox's own tests share? Portals that run, and a way to ask them anything."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from asking import TODAY, Answer, Ask

from demo.portals import SandboxPortals
from demo.witness import Faults


@pytest.fixture
def portals() -> Iterator[SandboxPortals]:
    with SandboxPortals(today=TODAY, faults=Faults(doffin_burst=None)) as running:
        yield running


@pytest.fixture
def ask(portals: SandboxPortals) -> Ask:
    def send(path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        connection = HTTPConnection(urlsplit(portals.base_url).netloc, timeout=20)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            reply = connection.getresponse()
            return Answer(
                status=reply.status,
                headers={name.lower(): value for name, value in reply.getheaders()},
                body=reply.read(),
            )
        finally:
            connection.close()

    return send


@pytest.fixture
def ted(ask: Ask) -> Ask:
    """Search TED; a keyword with None leaves that key out of the request."""

    def search(query: str = "PD >= 20000101", **more: Any) -> Answer:
        body = {"query": query, "fields": ["publication-number"], "limit": 250} | more
        content = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
        return ask("/v3/notices/search", method="POST", body=content, Content_Type="application/json")

    return search


@pytest.fixture
def doffin(ask: Ask) -> Ask:
    """Ask Doffin with a key."""

    def get(path: str) -> Answer:
        return ask(path, Ocp_Apim_Subscription_Key="anything")

    return get
