"""Does looking change nothing, at whatever door and as whom? A scanner follows every link of every page and letter. (P2, W6)"""

import re
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from browsing import as_administrator, as_subscriber, letters, link_in, make_administrator, submit
from fingerprint import everything
from mail_reading import fetched, html_of
from playwright.sync_api import Browser
from sqlalchemy.engine import URL
from starlette.routing import Route
from web_server import served

from alerts import letters as post
from alerts import tokens
from alerts.digest import run
from alerts.tokens import Purpose
from db.models import Cadence, Digest, LetterKind, Signup, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from web import app
from web.csrf import SAFE
from web.security import HEADERS

_LINK = re.compile(r'(?:href|src|action)="([^"]+)"')


def somebody() -> tuple[Subscriber, list[str]]:
    """A subscriber with a digest, a sign-up that waits, and an administrator who asked for a link; the links of all letters."""
    subscriber, administrator = make_subscriber(), make_administrator()
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    with transaction() as s:
        signup = Signup(email="ny@firma.example", language="nb", wording="x", cut_address="x", answers={})
        s.add(signup)
        s.flush()
        post.post(s, LetterKind.CONFIRM, signup.email, "nb", signup_id=signup.id)
        post.post(s, LetterKind.LOG_IN, subscriber.email, "nb", subscriber_id=subscriber.id)
        post.post(s, LetterKind.HERE_ALREADY, subscriber.email, "sv", subscriber_id=subscriber.id)
        post.post(s, LetterKind.LOG_IN, administrator.email, "en", administrator_id=administrator.id)
        digest = s.query(Digest).one()
        return subscriber, [
            *(link_in(delivery) for _, delivery in letters()),
            f"/d/{tokens.sign(Purpose.DIGEST, digest.id)}",
            f"/u/{tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id)}",
            f"/r/{tokens.sign(Purpose.REPORTS_OFF, administrator.id)}",
        ]


def doors_to_look_at() -> list[str]:
    """Every path of the table that has no parameter, and every other with something in its place."""
    tables: tuple[tuple[Route, ...], ...] = (app.PUBLIC, app.SUBSCRIBER, app.ADMIN)
    return [re.sub(r"\{\w+\}", "x", route.path) for table in tables for route in table]


def links_of(page: str) -> set[str]:
    """Where the links of a page of ours lead, among our own doors."""
    found = set()
    for written in _LINK.findall(page):
        parts = urlsplit(unescape(written))
        if not parts.scheme and parts.path.startswith("/") and not parts.path.startswith("/static/"):
            found.add(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def test_p2_and_p11_following_every_link_as_anybody_changes_nothing_and_leads_nowhere_else(
    client: httpx.Client,
) -> None:
    subscriber, sent = somebody()
    administrator = make_administrator("bo@midsec.example")
    for who in ("nobody", "subscriber", "administrator"):
        client.cookies.clear()
        if who == "subscriber":
            as_subscriber(client, subscriber)
        elif who == "administrator":
            as_administrator(client, administrator)
        before = everything()
        todo, seen = [*doors_to_look_at(), *sent], set[str]()
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            for method in ("HEAD", "GET", "OPTIONS"):
                reply = client.request(method, path)
                assert reply.status_code < 500, (who, method, path)
                for name in HEADERS:
                    assert reply.headers.get_list(name), (who, path, name)
            reply = client.get(path)
            # A redirect to elsewhere would count who goes there, and so would a picture.
            assert urlsplit(reply.headers.get("location", "")).netloc == "", path
            if reply.headers.get("content-type", "").startswith("text/html"):
                assert [one for one in fetched(reply.text) if one[0] not in "/#"] == [], path
            todo += links_of(reply.text) - seen
        assert everything() == before, who
        assert len(seen) > 25
    assert set(SAFE) == {"HEAD", "GET", "OPTIONS"}


@pytest.mark.browser
def test_p2_a_browser_that_runs_script_and_waits_confirms_nothing(database: URL, browser: Browser) -> None:
    _, sent = somebody()
    with served() as address:
        before = everything()
        said: list[str] = []
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.on("console", lambda message: said.append(message.text))
        for path in [*sent, "/", "/signup", "/login", "/admin/login"]:
            page.goto(address + path)
            page.wait_for_timeout(200)
            if not path.startswith("/d/"):
                assert page.locator("form button[type=submit]").count() or path == "/", path
        assert everything() == before
        assert [line for line in said if "404" not in line] == []  # the digest's page names no icon


def test_a_letters_links_lead_to_its_own_door_alone(client: httpx.Client) -> None:
    somebody()
    for _, delivery in letters():
        links = {unescape(link) for link in re.findall(r'href="([^"]+)"', html_of(delivery.message or b""))}
        assert {urlsplit(link).path for link in links} == {link_in(delivery)}


def test_w6_a_page_behind_a_form_is_kept_nowhere(client: httpx.Client) -> None:
    reply = submit(client, "/signup", text="", go="words")
    assert reply.headers["cache-control"] == "no-store"
    assert "script" not in reply.headers["content-security-policy"]
