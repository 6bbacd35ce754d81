"""Can a reader leave with one click, does looking change nothing, and do links open no other door? (M2, P2, P4, P5)"""

import random
import re
import secrets
from email import message_from_bytes, policy

import httpx
import pytest
from fingerprint import everything
from outbox import states
from sqlalchemy import select, text

from alerts import tokens
from alerts.digest import run
from alerts.tokens import Purpose
from db.models import Cadence, Delivery, Digest, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def alma(**values: object) -> Subscriber:
    """A Swedish subscriber who was sent a digest."""
    subscriber = make_subscriber(
        **{"company": "Älvsvets & Co <AB>", "email": "alma@alvsvets.example", "country": "SE", "language": "sv"}
        | values
    )
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    return subscriber


def leave_url(subscriber: Subscriber) -> str:
    return "/u/" + tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id)


def has_left(subscriber: Subscriber) -> bool:
    with transaction() as s:
        return s.get_one(Subscriber, subscriber.id).unsubscribed_at is not None


# One click


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_one_click_ends_it_at_once_and_can_be_repeated(client: httpx.Client, form: str) -> None:
    subscriber = alma()
    for _ in range(100):
        if form == "urlencoded":
            reply = client.post(leave_url(subscriber), data=ONE_CLICK)
        else:
            reply = client.post(leave_url(subscriber), files={name: (None, value) for name, value in ONE_CLICK.items()})
        assert reply.status_code == 200
        assert "set-cookie" not in reply.headers
    assert has_left(subscriber)
    with transaction() as s:
        first = s.get_one(Subscriber, subscriber.id).unsubscribed_at
    client.post(leave_url(subscriber), data=ONE_CLICK)
    with transaction() as s:
        assert s.get_one(Subscriber, subscriber.id).unsubscribed_at == first


def test_the_address_in_the_mail_is_the_one_that_works(client: httpx.Client) -> None:
    subscriber = alma()
    with transaction() as s:
        raw = s.scalar(select(Delivery.message))
    assert raw is not None
    headers = message_from_bytes(raw, policy=policy.SMTP)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<http://127\.0\.0\.1:8080(/u/\S+)>", headers["List-Unsubscribe"])
    assert address is not None
    assert client.post(address[1], data=ONE_CLICK).status_code == 200
    assert has_left(subscriber)


def test_a_mail_that_waits_is_not_sent_after_leaving(client: httpx.Client) -> None:
    from alerts.sender import due

    subscriber = alma()
    assert states() == {"queued": 1}
    client.post(leave_url(subscriber), data=ONE_CLICK)
    assert due() == []


def test_the_button_leaves_and_says_so_in_the_readers_language(client: httpx.Client) -> None:
    subscriber = alma()
    question = client.get(leave_url(subscriber))
    assert (question.status_code, question.headers["content-language"]) == (200, "sv")
    assert "Ska vi sluta bevaka åt Älvsvets &amp; Co &lt;AB&gt;?" in question.text
    assert re.search(r'<form class="question" method="post">.*<button', question.text, re.DOTALL)
    assert not has_left(subscriber)

    answer = client.post(leave_url(subscriber))
    assert answer.status_code == 200
    assert "Bevakningen är avslutad" in answer.text
    assert has_left(subscriber)
    assert "Bevakningen är avslutad" in client.get(leave_url(subscriber)).text


def test_a_page_names_no_address_and_no_profile(client: httpx.Client) -> None:
    subscriber = alma()
    with transaction() as s:
        digest = s.scalars(select(Digest)).one()
    for url in (leave_url(subscriber), "/d/" + tokens.sign(Purpose.DIGEST, digest.id)):
        assert "alma@" not in client.get(url).text


# Looking changes nothing


def test_get_and_head_change_nothing_whatever_link_is_followed(client: httpx.Client) -> None:
    subscriber = alma()
    with transaction() as s:
        digest = s.scalars(select(Digest)).one()
        raw = s.scalars(select(Delivery.message)).one()
    assert raw is not None
    body = message_from_bytes(raw, policy=policy.SMTP).as_string()
    linked = set(re.findall(r"http://127\.0\.0\.1:8080(/[\w./-]+)", body.replace("=\r\n", "").replace("=\n", "")))
    assert {url.split("/")[1] for url in linked} == {"u", "d", "e", "v"}
    urls = [
        *linked,
        leave_url(subscriber),
        "/d/" + tokens.sign(Purpose.DIGEST, digest.id),
        "/healthz",
        "/static/site.css",
    ]
    before = everything()
    for url in urls:
        for _ in range(5):
            assert client.get(url).status_code == 200
            assert client.head(url).status_code == 200
            client.get(url + "?List-Unsubscribe=One-Click&confirm=yes")
            client.request("GET", url, content=b"List-Unsubscribe=One-Click")
    assert everything() == before


def test_head_says_what_get_would(client: httpx.Client) -> None:
    subscriber = alma()
    head, get = client.head(leave_url(subscriber)), client.get(leave_url(subscriber))
    assert (head.status_code, head.text) == (200, "")
    assert head.headers["content-length"] == get.headers["content-length"]


# The permanent page


def test_a_digest_can_be_read_again_as_it_was_told(client: httpx.Client) -> None:
    alma()
    with transaction() as s:
        digest = s.scalars(select(Digest)).one()
        s.execute(text('UPDATE notice_version SET title = \'{"nb": "noe annet"}\''))
    reply = client.get("/d/" + tokens.sign(Purpose.DIGEST, digest.id))
    assert reply.status_code == 200
    assert 'lang="sv"' in reply.text
    assert "Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes" in reply.text
    assert "noe annet" not in reply.text
    sheets = re.findall(r'href="(/static/[^"]+)"', reply.text)
    assert sheets
    assert {client.get(sheet).headers["content-type"] for sheet in sheets} == {"text/css; charset=utf-8"}


# Doors


def test_tokens_that_are_none_open_nothing(client: httpx.Client) -> None:
    subscriber = alma()
    with transaction() as s:
        digest = s.scalars(select(Digest)).one()
    good = {
        "u": tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id),
        "d": tokens.sign(Purpose.DIGEST, digest.id),
    }
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    before = everything()
    wrong = [
        f"/u/{good['d']}",
        f"/d/{good['u']}",
        "/u/",
        "/d/",
        "/u/1",
        "/u/..%2f..%2fetc",
        "/u/%00",
        f"/u/{good['u']}/",
    ]
    for _ in range(60):
        door = chance.choice("ud")
        letters = list(good[door])
        letters[chance.randrange(len(letters))] = chance.choice("abcXYZ019-_.")
        if "".join(letters) != good[door]:
            wrong.append(f"/{door}/{''.join(letters)}")
    for url in wrong:
        assert client.get(url).status_code == 404, url
        assert client.post(url, data=ONE_CLICK).status_code in {404, 405}, url
    assert everything() == before


def test_a_token_of_a_row_that_is_gone_opens_nothing(client: httpx.Client) -> None:
    assert client.get("/u/" + tokens.sign(Purpose.UNSUBSCRIBE, 4_711)).status_code == 404
    assert client.post("/u/" + tokens.sign(Purpose.UNSUBSCRIBE, 4_711)).status_code == 404
    assert client.get("/d/" + tokens.sign(Purpose.DIGEST, 4_711)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "heard"),
    [("sv-SE,sv;q=0.9", "sv"), ("no", "nb"), ("nn-NO", "nn"), ("de,en;q=0.5", "en"), ("fi", "nb"), ("", "nb")],
)
def test_who_is_not_known_is_answered_in_the_browsers_language(client: httpx.Client, asked: str, heard: str) -> None:
    reply = client.get("/u/nothing", headers={"accept-language": asked})
    assert (reply.status_code, reply.headers["content-language"]) == (404, heard)
    assert f'<html lang="{heard}">' in reply.text


# Health


def test_health_tells_kinds_of_alarm_and_no_person(client: httpx.Client) -> None:
    from alerts.alarms import AlarmKind, raise_alarm

    assert client.get("/healthz").json() == {"status": "ok", "alarms": [], "waiting": 0, "oldest_waiting_s": 0}
    alma()
    with transaction() as s:
        raise_alarm(s, AlarmKind.RELAY_REFUSES, "relay", "550 5.7.1 alma@alvsvets.example refused")
    reply = client.get("/healthz")
    assert (reply.status_code, reply.json()["status"], reply.json()["alarms"]) == (200, "alarm", ["relay_refuses"])
    assert "alma" not in reply.text
