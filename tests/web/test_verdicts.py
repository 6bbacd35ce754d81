"""Can a reader say what they think with one press, does looking say nothing, and what does it change? (P2, P3, P5)"""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any, cast

import httpx
import pytest
from fingerprint import everything
from lxml.html import HtmlElement
from mail_reading import addresses, html_of, text_of, tree
from sqlalchemy import select

from alerts import tokens
from alerts.digest import run
from alerts.tokens import Purpose
from db.models import Alert, Cadence, Delivery, Digest, Feedback, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from settings import get_settings

SAID = {"nb": "Notert: «Ikke for oss»", "nn": "Notert: «Ikkje for oss»", "sv": "Noterat: ”Inte för oss”",
        "en": "Noted: “Not for us”"}  # fmt: skip
ASKED = {"nb": "Er dette noe for deg?", "nn": "Er dette noko for deg?", "sv": "Är det här något för er?",
         "en": "Is this something for you?"}  # fmt: skip


def told(**values: Any) -> tuple[Subscriber, Alert]:
    """A subscriber who was sent a digest with one entry."""
    subscriber = make_subscriber(**{"company": "Hemmelig Sveis AS", "email": "alma@sveis.example"} | values)
    version = make_notice()
    make_match(version, make_profile(subscriber, name="Hemmelig profil"))
    alert = make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    return subscriber, alert


def mail() -> bytes:
    with transaction() as s:
        raw = s.scalars(select(Delivery.message)).one()
    assert raw is not None
    return raw


def door(alert: Alert) -> str:
    return "/v/" + tokens.sign(Purpose.VERDICT, alert.id)


def feedback() -> list[tuple[int, str, str | None]]:
    with transaction() as s:
        return [(row.alert_id, row.verdict, row.reason) for row in s.scalars(select(Feedback))]


def found(page: str, path: str) -> list[HtmlElement]:
    return cast("list[HtmlElement]", tree(page).xpath(path))


def links() -> list[str]:
    """The address of every link of the mail, in both parts, that leads to us."""
    raw = mail()
    urls = {*addresses(text_of(raw)), *(str(link.get("href")) for link in found(html_of(raw), "//a"))}
    urls.add(message_from_bytes(raw, policy=policy.SMTP)["List-Unsubscribe"].strip("<>"))
    site = get_settings().site
    return sorted(url.removeprefix(site) for url in urls if url.startswith(site))


def test_p3_looking_at_every_link_of_a_mail_says_nothing(client: httpx.Client) -> None:
    _, alert = told()
    with transaction() as s:
        page = client.get("/d/" + tokens.sign(Purpose.DIGEST, s.scalars(select(Digest.id)).one()))
    before, offered = everything(), links()
    # What the mail offers, its permanent page offers too.
    assert {url for url in offered if url.startswith("/v/")} <= {
        *(str(link.get("href")).removeprefix(get_settings().site) for link in found(page.text, "//a")),
        door(alert),
    }
    assert {door(alert), *(f"{door(alert)}/{word}" for word in ("relevant", "not_relevant", "on_it"))} <= {*offered}
    for url in offered:
        assert client.get(url).status_code == client.head(url).status_code == 200, url
        assert "set-cookie" not in client.get(url).headers
    assert everything() == before


def test_one_press_says_it_and_the_last_word_wins(client: httpx.Client) -> None:
    _, alert = told()
    for verdict in ("relevant", "relevant", "on_it", "not_relevant"):
        reply = client.post(door(alert), data={"verdict": verdict})
        assert reply.status_code == 200
        assert feedback() == [(alert.id, verdict, None)]
    before = everything()
    assert client.post(door(alert), data={"verdict": "not_relevant"}).status_code == 200
    assert everything() == before
    reply = client.post(door(alert), data={"verdict": "not_relevant", "reason": "too_far"})
    assert feedback() == [(alert.id, "not_relevant", "too_far")]
    assert "Du svarte: for langt unna." in reply.text
    client.post(door(alert), data={"verdict": "relevant", "reason": "too_far"})
    assert feedback() == [(alert.id, "relevant", None)]


def test_the_button_that_the_link_was_for_stands_out(client: httpx.Client) -> None:
    _, alert = told()
    page = client.get(f"{door(alert)}/not_relevant").text
    buttons = {button.get("value"): button.get("class") for button in found(page, "//form[@method='post']//button")}
    assert buttons == {"relevant": "button second", "not_relevant": "button", "on_it": "button second"}
    assert [form.get("action") for form in found(page, "//form")] == [door(alert)]
    assert "Du trykket på «Ikke for oss» i e-posten." in page


def test_every_button_of_the_answer_works_too(client: httpx.Client) -> None:
    _, alert = told()
    page = client.post(door(alert), data={"verdict": "not_relevant"}).text
    for form in found(page, "//form"):
        pressed = [*form.iter("button")]
        hidden = {str(field.get("name")): field.get("value") for field in form.iter("input")}
        for button in pressed:
            reply = client.post(str(form.get("action")), data=hidden | {str(button.get("name")): button.get("value")})
            assert reply.status_code == 200
    assert len(found(page, "//button[@name='reason']")) == 5


@pytest.mark.parametrize(
    ("verdict", "due", "follows"),
    [
        ("relevant", True, "Du får fortsatt beskjed når noe endres."),
        ("not_relevant", True, "Du hører ikke mer om denne anskaffelsen"),
        ("on_it", True, "Vi minner deg på fristen 7 og 3 dager før"),
        ("on_it", False, "Det er ingen frist å minne om nå."),
    ],
)
def test_the_answer_says_what_now_follows(client: httpx.Client, verdict: str, due: bool, follows: str) -> None:
    subscriber = make_subscriber()
    version = make_notice(deadline_at=utcnow() + timedelta(days=9) if due else None)
    make_match(version, make_profile(subscriber))
    reply = client.post(door(make_alert(subscriber, version)), data={"verdict": verdict})
    assert follows in reply.text


def test_who_has_left_is_promised_nothing(client: httpx.Client) -> None:
    _, alert = told(unsubscribed_at=utcnow())
    assert "Varslene er slått av" in client.post(door(alert), data={"verdict": "on_it"}).text


@pytest.mark.parametrize("language", ASKED)
def test_it_speaks_the_readers_language(client: httpx.Client, language: str) -> None:
    _, alert = told(language=language)
    asked = client.get(door(alert))
    assert asked.headers["content-language"] == language
    assert ASKED[language] in asked.text
    assert '<p class="title" lang="nb">Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes</p>' in asked.text
    assert SAID[language] in client.post(door(alert), data={"verdict": "not_relevant"}).text


def test_whoever_was_forwarded_the_mail_learns_nothing_more(client: httpx.Client) -> None:
    subscriber, alert = told()
    other = make_notice(title={"nb": "En annen anskaffelse"})
    make_alert(subscriber, other)
    pages = [client.post(door(alert), data={"verdict": "on_it"}).text, client.get(door(alert)).text]
    for page in pages:
        assert not re.search("emmelig|alma@|En annen|bærende", page)
    assert "«Vi går for den»" in pages[0]
    assert "Notert" not in pages[1]  # what was said is for whoever said it


def test_what_is_no_word_of_ours_is_kept_by_nobody(client: httpx.Client) -> None:
    _, alert = told()
    before = everything()
    for data in ({}, {"verdict": "perhaps"}, {"verdict": "not_relevant", "reason": "perhaps"}, {"reason": "too_far"}):
        assert client.post(door(alert), data=data).status_code == 400, data
    assert client.post(door(alert), files={"verdict": ("a.txt", b"relevant")}).status_code == 400
    assert client.get(f"{door(alert)}/perhaps").status_code == 404
    assert client.post(f"{door(alert)}/relevant", data={"verdict": "relevant"}).status_code == 405
    assert everything() == before


def test_a_token_opens_its_own_door_alone(client: httpx.Client) -> None:
    subscriber, alert = told()
    with transaction() as s:
        digest_id = s.scalars(select(Digest.id)).one()
    assert subscriber.id == alert.id == digest_id  # so that only the purpose can tell them apart
    doors = {
        "/u/{}": Purpose.UNSUBSCRIBE,
        "/d/{}": Purpose.DIGEST,
        "/e/{}.ics": Purpose.EVENT,
        "/v/{}": Purpose.VERDICT,
    }
    before = everything()
    for path, right in doors.items():
        for purpose in Purpose:
            url = path.format(tokens.sign(purpose, alert.id))
            assert (client.get(url).status_code == 200) == (purpose is right), (path, purpose)
            if purpose is not right:
                assert client.post(url, data={"verdict": "relevant"}).status_code in {404, 405}
    assert everything() == before
    assert client.post("/v/" + tokens.sign(Purpose.VERDICT, 4_711), data={"verdict": "relevant"}).status_code == 404
