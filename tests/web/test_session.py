"""Can a session be planted, outlive its time, or be stolen by reading the table? (W3)"""

from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from browsing import PASSWORD, as_subscriber, make_administrator, submit
from fingerprint import everything
from sqlalchemy import select, text

import settings as settings_module
from db.models import WebSession
from db.session import transaction, utcnow
from factories import make_subscriber
from web import session


def turn_clock(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    later = utcnow() + by
    monkeypatch.setattr("web.session.utcnow", lambda: later)


def test_w3_the_token_after_log_in_is_another_than_before(client: httpx.Client) -> None:
    make_administrator()
    client.get("/admin/login")
    planted = client.cookies["anbudsvakt"]
    reply = submit(client, "/admin/login", email="ada@midsec.example", password=PASSWORD)
    assert reply.status_code == 303
    token = client.cookies["anbudsvakt"]
    assert token != planted
    client.cookies.set("anbudsvakt", planted)
    assert client.get("/admin").status_code == 303
    client.cookies.clear()
    client.cookies.set("anbudsvakt", token)
    assert client.get("/admin").status_code == 200
    submit(client, "/admin/login", email="ada@midsec.example", password=PASSWORD)
    client.cookies.clear()
    client.cookies.set("anbudsvakt", token)
    assert client.get("/admin").status_code == 303  # who logs in again leaves no session behind


def test_w3_log_out_ends_it_on_our_side(client: httpx.Client) -> None:
    as_subscriber(client, make_subscriber())
    token = client.cookies["anbudsvakt"]
    assert submit(client, "/logout", seen_at="/me").headers["location"] == "/"
    client.cookies.clear()
    client.cookies.set("anbudsvakt", token)
    assert client.get("/me").status_code == 303


def test_w3_a_session_ends_unused_after_twelve_hours(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    as_subscriber(client, make_subscriber())
    turn_clock(monkeypatch, timedelta(hours=11, minutes=59))
    assert client.get("/me").status_code == 200
    turn_clock(monkeypatch, timedelta(hours=23, minutes=58))
    assert client.get("/me").status_code == 200
    turn_clock(monkeypatch, timedelta(hours=36))
    assert client.get("/me").status_code == 303


def test_w3_a_session_ends_after_seven_days_however_much_it_is_used(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_subscriber(client, make_subscriber())
    codes = []
    for hours in range(11, 7 * 24 + 12, 11):
        turn_clock(monkeypatch, timedelta(hours=hours))
        codes.append(client.get("/me").status_code)
    assert codes == [200] * (7 * 24 // 11) + [303]


def test_w3_the_table_opens_nothing(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    as_subscriber(client, subscriber)
    token = client.cookies["anbudsvakt"]
    with transaction() as s:
        row = s.execute(text("SELECT w::text FROM web_session w")).scalar_one()
        kept = s.scalars(select(WebSession.token_hash)).one()
    assert token not in row
    client.cookies.clear()
    client.cookies.set("anbudsvakt", kept[:43])
    assert client.get("/me").status_code == 303


def test_w3_we_can_end_every_session_of_somebody(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    as_subscriber(client, subscriber)
    with transaction() as s:
        session.end_all(s, subscriber_id=subscriber.id)
    assert client.get("/me").status_code == 303


def test_w3_the_cookie_is_for_https_this_host_and_no_script(
    client: httpx.Client, environment: pytest.MonkeyPatch
) -> None:
    assert "set-cookie" not in client.get("/dekning").headers  # a page without a form needs none
    plain = SimpleCookie(client.get("/login").headers["set-cookie"])["anbudsvakt"]
    assert (plain["httponly"], plain["samesite"], plain["path"], plain["domain"]) == (True, "lax", "/", "")
    environment.setenv("ANBUDSVAKT_BASE_URL", "https://anbudsvakt.example")
    settings_module.get_settings.cache_clear()
    client.cookies.clear()
    cookie = SimpleCookie(client.get("/login").headers["set-cookie"])["__Host-anbudsvakt"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True, True, "lax", "/", "",
    )  # fmt: skip


def test_reading_with_a_session_writes_nothing(client: httpx.Client) -> None:
    as_subscriber(client, make_subscriber())
    before = everything()
    for _ in range(3):
        assert client.get("/me").status_code == 200
    assert everything() == before
