"""Can a stranger's token see, touch or even guess at what is Alma's, and does a log ever hold a person? (P5, P10)"""

import logging
import re
from threading import Event
from time import monotonic

import httpx
import pytest
from api_asking import Program, token_of
from fingerprint import everything
from sqlalchemy.engine import URL

from db.models import Subscriber
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

SAID = {"key": "sveising", "name": "Sveising", "sentences": ["Vi sveiser."]}


@pytest.fixture
def alma(database: URL) -> Subscriber:
    return make_subscriber(company="Älvsvets AB", email="alma@alvsvets.example", country="SE", language="sv")


def test_a_stranger_finds_nothing_at_any_of_almas_ids(client: httpx.Client, alma: Subscriber) -> None:
    profile, version = make_profile(alma, name="Almas hemlighet"), make_notice()
    match, alert = make_match(version, profile), make_alert(alma, version)
    clara = Program(client, token_of(make_subscriber()))
    assert clara.get("/thresholds")["thresholds"] == []
    before = everything()
    lists = [clara.get(path) for path in ("/profiles", "/matches", "/thresholds")]
    lists.append(clara.get("/matches", profile=profile.id))
    assert all(found["next"] is None and not any(found.values()) for found in lists)
    replies = [
        clara.ask("GET", f"/profiles/{profile.id}"),
        clara.ask("PUT", f"/profiles/{profile.id}", json=SAID),
        clara.ask("DELETE", f"/profiles/{profile.id}"),
        clara.ask("POST", "/feedback", json={"alert_id": alert.id, "verdict": "relevant"}),
        clara.ask("POST", "/feedback", json={"match_id": match.id, "verdict": "relevant"}),
    ]
    nothing = clara.ask("GET", f"/profiles/{profile.id + 1000}")
    assert {(one.status_code, one.content) for one in replies} == {(404, nothing.content)}
    assert everything() == before


def test_p2_looking_at_any_door_of_the_api_changes_nothing(client: httpx.Client, alma: Subscriber) -> None:
    profile, version = make_profile(alma), make_notice()
    make_match(version, profile)
    make_alert(alma, version)
    stands = {"{notice_id}": str(version.notice_id), "{profile_id}": str(profile.id)}
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    doors = ["/openapi.json", *(path for path, told in paths.items() if "get" in told)]
    assert len(doors) == 7
    for program in (Program(client, token_of(alma)), Program(client, token_of(None))):
        before = everything()
        for door in doors:
            path = re.sub(r"\{\w+\}", lambda found: stands[found[0]], door)
            replies = [program.ask(method, path).status_code for method in ("GET", "HEAD", "OPTIONS")]
            assert (replies[0], replies[1] in (200, 405), replies[2]) == (200, True, 405), path
        assert everything() == before


def test_an_administrators_token_sees_what_all_have(client: httpx.Client, alma: Subscriber) -> None:
    for subscriber in (alma, make_subscriber()):
        make_match(make_notice(), make_profile(subscriber))
    ada = Program(client, token_of(None))
    assert [len(ada.get(f"/{path}")[path]) for path in ("profiles", "matches", "thresholds")] == [2, 2, 2]
    profiles = ada.get("/profiles")["profiles"]
    assert ada.get(f"/profiles/{profiles[0]['id']}") == profiles[0]


def test_no_log_holds_a_person_a_token_or_what_was_said(
    client: httpx.Client, alma: Subscriber, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_of(alma)
    program = Program(client, token)
    program.ask("POST", "/profiles", json=SAID | {"name": "Almas hemlighet"})
    program.ask("POST", "/profiles", json=SAID | {"cpv": "Almas hemlighet"})
    program.get("/notices", text="Almas hemlighet")

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("alma@alvsvets.example Almas hemlighet")

    monkeypatch.setattr("web.api.profiles.write_profile", breaks)
    reply = program.ask("POST", "/profiles", json=SAID | {"key": "annat", "name": "Almas hemlighet"})
    assert (reply.status_code, reply.headers["content-type"]) == (500, "application/problem+json")
    assert "hemlighet" not in reply.text
    deadline = monotonic() + 10
    while not [record for record in caplog.records if record.levelname == "ERROR"] and monotonic() < deadline:
        Event().wait(0.01)  # it is written down after the answer, in the server's thread
    assert "request failed" in [record.getMessage() for record in caplog.records]
    # The test's own client tells its addresses; and uvicorn those it was asked for, to pytest's handler alone: it has
    # no other, and hands nothing on.
    ours = [record for record in caplog.records if not record.name.startswith(("http", "uvicorn.access"))]
    assert not logging.getLogger("uvicorn.access").propagate
    told = " ".join(str(vars(record)) for record in ours)
    assert [word for word in ("hemlighet", "alma@", token) if word in told] == []
