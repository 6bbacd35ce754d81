"""Does each of a subscriber's own doors stay shut to another subscriber, and does looking change nothing? (P2, P5)"""

import re

import httpx
from browsing import Values, as_subscriber, hidden, send
from fingerprint import everything
from starlette.routing import Route

from alerts.doors import open_door
from db.models import DoorKind, Subscriber
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from web.api.tokens import add_token
from web.app import SUBSCRIBER
from web.csrf import SAFE


def alma_and_hers() -> tuple[Subscriber, dict[str, str]]:
    """Alma, and the numbers of what is hers."""
    alma = make_subscriber(country="SE", language="sv")
    profile, version = make_profile(alma), make_notice()
    make_match(version, profile)
    make_alert(alma, version)
    with transaction() as s:
        door, (token, _) = open_door(s, DoorKind.CALENDAR, alma.id), add_token(s, alma.id, name="Kassan")
    numbers = {"profile_id": profile.id, "notice_id": version.notice_id, "door_id": door.id, "token_id": token.id}
    return alma, {name: str(number) for name, number in numbers.items()}


def filled(route: Route, numbers: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: numbers[found[1]], route.path)


def test_p5_a_stranger_finds_nothing_behind_the_numbers_of_another(client: httpx.Client) -> None:
    _, numbers = alma_and_hers()
    clara = make_subscriber()
    as_subscriber(client, clara)
    form = hidden(client.get("/me/profiles/new").text)
    # What each form would take if it were hers, so that only whose it is can be why it is refused.
    sound: Values = {
        "active": "0",
        "go": "close",
        "verdict": "relevant",
        "name": "x",
        "sentences": "x",
        "language": "nb",
    }
    asked = [route for route in SUBSCRIBER if "{" in route.path]
    assert len(asked) >= 8
    before = everything()
    for route in asked:
        for guess in (
            numbers,
            dict.fromkeys(numbers, "999999"),
            dict.fromkeys(numbers, "x"),
            dict.fromkeys(numbers, "9" * 40),
        ):
            path = filled(route, guess)
            for method in route.methods or ():
                reply = client.request(method, path) if method in SAFE else send(client, path, form | sound)
                assert reply.status_code == 404, (method, path)
    assert everything() == before


def test_p2_looking_at_every_page_changes_nothing(client: httpx.Client) -> None:
    alma, numbers = alma_and_hers()
    as_subscriber(client, alma)
    before = everything()
    for route in SUBSCRIBER:
        if "GET" not in (route.methods or ()):
            continue
        for method in ("GET", "HEAD"):
            reply = client.request(method, filled(route, numbers))
            assert reply.status_code == 200, route.path
            if not route.path.endswith("export"):
                assert reply.headers["content-language"] == "sv"
    assert everything() == before


def test_every_link_of_every_page_leads_somewhere(client: httpx.Client) -> None:
    alma, _ = alma_and_hers()
    as_subscriber(client, alma)
    seen, waiting = set[str](), ["/me"]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.startswith(("/", "?")):
            continue
        seen.add(path)
        reply = client.get(path)
        assert reply.status_code == 200, path
        if "text/html" in reply.headers["content-type"]:
            waiting += [link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="(/[^"#]*)"', reply.text)]
    assert {
        "/me/matches",
        "/me/profiles",
        "/me/settings",
        "/me/digests",
        "/me/erase",
        "/me/export",
        "/me/tokens",
    } <= seen
