"""Does each door let in whom its table says, and take no form that is not ours? (W4, W5, W10)"""

import re

import httpx
import pytest
from browsing import as_administrator, as_subscriber, hidden, make_administrator, send
from starlette.routing import Route

from factories import make_subscriber
from web import app
from web.csrf import EXEMPT, SAFE, proof_for

FOREIGN = ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"})


PARAMETER = re.compile(r"\{\w+(:int)?\}")


def doors(*tables: tuple[Route, ...]) -> list[tuple[str, str]]:
    """Every method and path of these tables, with something in place of a path's parameters."""
    return [
        (method, PARAMETER.sub(lambda found: "1" if found[1] else "x", route.path))
        for table in tables
        for route in table
        for method in sorted(route.methods or ())
    ]


def unsafe(*tables: tuple[Route, ...]) -> list[tuple[str, str]]:
    return [(method, path) for method, path in doors(*tables) if method not in SAFE]


def test_w5_every_door_is_in_one_table_and_in_the_application(client: httpx.Client) -> None:
    tables: tuple[tuple[Route, ...], ...] = (app.PUBLIC, app.SUBSCRIBER, app.ADMIN)
    every = [(route.path, method) for table in tables for route in table for method in route.methods or ()]
    assert len(every) == len(set(every))
    inner = app.create_app().app  # type: ignore[attr-defined]
    assert inner.routes[-1:] == list(app.API)  # whose own doors want a token each (test_api_tokens.py)
    built = [(route.path, method) for route in inner.routes[:-1] for method in route.methods]
    assert sorted(built) == sorted(every)
    assert all(path.startswith("/admin") for path, _ in doors_of(app.ADMIN))
    assert not [path for path, _ in doors_of(app.SUBSCRIBER) if path.startswith("/admin")]


def doors_of(table: tuple[Route, ...]) -> list[tuple[str, str]]:
    return [(path, method) for method, path in doors(table)]


def test_w5_who_is_not_logged_in_as_the_table_says_stays_outside(client: httpx.Client) -> None:
    subscriber, administrator = make_subscriber(), make_administrator()
    someone: dict[str, list[tuple[Route, ...]]] = {
        "nobody": [app.SUBSCRIBER, app.ADMIN],
        "subscriber": [app.ADMIN],
        "administrator": [app.SUBSCRIBER],
    }
    for who, closed in someone.items():
        client.cookies.clear()
        if who == "subscriber":
            as_subscriber(client, subscriber)
        elif who == "administrator":
            as_administrator(client, administrator)
        for table in closed:
            login = "/admin/login" if table is app.ADMIN else "/login"
            for method, path in doors(table):
                proof = proof_for(client.cookies.get("anbudsvakt") or "")
                reply = client.request(method, path, data={"proof": proof})
                if method in SAFE:
                    assert reply.status_code == 303, (who, method, path)
                    assert reply.headers["location"].startswith(f"{login}?next=")
                else:
                    assert reply.status_code == 403, (who, method, path)


def test_w5_who_is_logged_in_passes(client: httpx.Client) -> None:
    as_subscriber(client, make_subscriber(language="sv"))
    page = client.get("/me")
    assert (page.status_code, page.headers["content-language"]) == (200, "sv")
    client.cookies.clear()
    as_administrator(client, make_administrator())
    assert client.get("/admin").status_code == 200


def test_w4_every_unsafe_door_wants_the_proof_of_its_own_browser(client: httpx.Client) -> None:
    tables = (app.PUBLIC, app.SUBSCRIBER, app.ADMIN)
    asked = unsafe(*tables)
    exempt = {PARAMETER.sub("x", path) for path in EXEMPT}
    assert exempt == {"/u/x", "/r/x", "/v/x", "/q/x"}
    as_administrator(client, make_administrator())
    mine = proof_for(client.cookies["anbudsvakt"])
    for method, path in asked:
        if path in exempt:
            continue
        for data in ({}, {"proof": ""}, {"proof": "0" * 64}, {"proof": proof_for("x" * 43)}):
            assert client.request(method, path, data=data).status_code == 403, (path, data)
        for headers in FOREIGN:
            refused = client.request(method, path, data={"proof": mine}, headers=headers)
            assert refused.status_code == 403, (path, headers)
    client.cookies.clear()
    for method, path in asked:
        if path not in exempt:  # without a cookie no proof holds, not even that of no cookie
            assert client.request(method, path, data={"proof": proof_for("")}).status_code == 403


def test_w4_a_form_of_ours_is_taken(client: httpx.Client) -> None:
    as_subscriber(client, make_subscriber())
    page = client.get("/me").text
    assert send(client, "/logout", {"proof": hidden(page)["proof"]}).status_code == 303
    assert client.get("/me").status_code == 303


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/plain; charset=idna\r\n\r\n" + b"a" * 99
         + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"nothing of the kind", "multipart/form-data"),
        (b"--y\r\n", "multipart/form-data; boundary=x"),
        (b"&" * 9_000, "application/x-www-form-urlencoded"),
        (b"a=1&" * 5_000, "application/x-www-form-urlencoded"),
        (b"proof=%00%ff%ed%a0%80", "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
def test_w9_a_body_that_is_no_form_is_told_so(client: httpx.Client, body: bytes, kind: str) -> None:
    reply = client.post("/login", content=body, headers={"content-type": kind})
    assert reply.status_code in {400, 403}
    assert "<main" in reply.text
