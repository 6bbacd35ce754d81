"""Can an administrator open a subscriber's doors, change an address that got about, and close them?"""

import json

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from cli import app
from db.models import Subscriber
from factories import make_profile, make_subscriber


@pytest.fixture
def subscriber(database: URL) -> Subscriber:
    return make_subscriber(email="Alma@alvsvets.example")


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, ["doors", *words], catch_exceptions=False)


def row(*words: str) -> dict[str, object]:
    (one,) = (json.loads(line) for line in anbudsvakt(*words, "--json").stdout.splitlines())
    assert isinstance(one, dict)
    return one


def test_a_door_is_opened_once_changed_and_closed(subscriber: Subscriber) -> None:
    first = row("open", "alma@ALVSVETS.example", "calendar")
    assert row("open", str(subscriber.id), "calendar") == first
    assert str(first["address"]).startswith("http://127.0.0.1:8080/c/")
    listed = row("list", str(subscriber.id))
    assert listed == {key: value for key, value in first.items() if key != "address"}
    changed = row("change", str(first["door"]))
    assert changed["address"] != first["address"]
    assert anbudsvakt("close", str(changed["door"])).exit_code == 0
    assert anbudsvakt("list", "--json").stdout == ""


def test_a_webhook_shows_its_secret_and_not_where_it_leads(subscriber: Subscriber) -> None:
    words = ("open", str(subscriber.id), "webhook", "--target", "https://hooks.example.com/s3cret")
    first = row(*words)
    assert str(first["secret"]).startswith("whsec_")
    assert "address" not in first
    assert row(*words) == first
    assert row("secret", str(first["door"]))["secret"] != first["secret"]
    assert anbudsvakt("resume", str(first["door"])).exit_code == 0
    assert row("push") == {"sent": 0, "deferred": 0, "failed": 0}
    assert "s3cret" not in anbudsvakt("list", "--json").stdout
    assert anbudsvakt("open", str(subscriber.id), "webhook", "--target", "https://other.example.com/").exit_code == 1


def test_a_chat_shows_nothing_of_its_target(subscriber: Subscriber) -> None:
    first = row(
        "open", str(subscriber.id), "chat", "--target", "mmosts://chat.example.com/3ccdd113474722377935511fc85d3dd4"
    )
    assert (first["kind"], first.keys() & {"secret", "address", "target"}) == ("chat", set())
    assert anbudsvakt("secret", str(first["door"])).exit_code == 1
    assert "3ccdd" not in anbudsvakt("list").stdout
    assert anbudsvakt("open", str(subscriber.id), "chat", "--target", "mailto://a:b@example.com").exit_code == 1


@pytest.mark.parametrize("target", ["http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "nowhere"])
def test_a_webhook_that_leads_inside_is_not_opened(subscriber: Subscriber, target: str) -> None:
    assert anbudsvakt("open", str(subscriber.id), "webhook", "--target", target).exit_code == 1
    assert anbudsvakt("list", "--json").stdout == ""


def test_what_cannot_be_opened_is_said(subscriber: Subscriber) -> None:
    other = make_profile(make_subscriber())
    for words, code in (
        (("open", "nobody@nowhere.example", "calendar"), 1),
        (("open", str(subscriber.id), "window"), 2),
        (("open", str(subscriber.id), "calendar", "--profile", other.key), 1),
        (("open", str(subscriber.id), "webhook"), 1),
        (("open", str(subscriber.id), "calendar", "--target", "https://hooks.example.com/"), 1),
        (("change", "4711"), 1),
        (("secret", "4711"), 1),
        (("resume", "4711"), 1),
        (("close", "4711"), 1),
    ):
        assert anbudsvakt(*words).exit_code == code, words
    assert anbudsvakt("list", "--json").stdout == ""
