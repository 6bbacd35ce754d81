"""Does a firm's own text become a profile that it wanted, with proof, and is nobody written to who did not ask? (P1, P6, W8)"""

from datetime import timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter

import httpx
import pytest
from browsing import Values, hidden, letters, link_in, send, submit
from fingerprint import everything
from mail_reading import html_of, read, text_of
from sqlalchemy import delete, func, select

from alerts.digest import run
from alerts.erasure import erase
from alerts.sender import due
from alerts.suppress import is_suppressed, suppress
from alerts.texts import texts
from alerts.tokens import Purpose, sign
from db.languages import LANGUAGES
from db.models import Cadence, Consent, Delivery, FirstVerdict, LimitedAct, Profile, Signup, Subscriber, Threshold
from db.session import transaction, utcnow
from factories import make_notice, make_subscriber
from web.joining import wording
from web.pages import TEXTS

ALMA = "alma@alvsvets.example"
FIRM = {
    "text": "Vi svetsar bärande konstruktioner enligt EN 1090. Vi bygger trappor och räcken i stål.",
    "company": "Älvsvets AB",
    "email": ALMA,
    "country": "SE",
    "language": "sv",
}
SENT = "Kolla din e-post"


def notices() -> None:
    """Twelve recent ones, of which some are a welder's."""
    make_notice()
    for n, title in enumerate(("Renhold av kontorer", "Levering av brød", "Sveiseutstyr og stålprofiler", "Trapper")):
        for again in range(3):
            make_notice(title={"nb": f"{title} {again}"}, description={"nb": f"Avtale om {title.lower()}."},
                        cpv=["45262680" if n > 1 else "90910000"])  # fmt: skip


def to_the_summary(client: httpx.Client, **also: str) -> tuple[httpx.Response, httpx.Response]:
    """All steps but the last; gives the page with the notices and the one with what would come."""
    words = submit(client, "/signup?lang=sv", **(FIRM | also), go="words")
    assert words.status_code == 200
    assert "Vi bygger trappor och räcken i stål." in words.text
    values = hidden(words.text) | {"sentences": "Vi svetsar bärande konstruktioner enligt EN 1090.",
                                   "cpv": ["45262680", "99999999"], "countries": ["NO", "SE"]}  # fmt: skip
    judge = send(client, "/signup?lang=sv", values | {"go": "notices"})
    assert judge.status_code == 200
    told: Values = {name: "relevant" for name in fields(judge.text) if name.startswith("verdict_")}
    summary = send(client, "/signup?lang=sv", {**hidden(judge.text), **told, "go": "summary"})
    assert summary.status_code == 200
    return judge, summary


def fields(page: str) -> set[str]:
    return {part.split('"')[0] for part in page.split('name="')[1:]}


def sign_up(client: httpx.Client, email: str = ALMA) -> httpx.Response:
    """The last step alone: it carries all that came before."""
    page = client.get("/signup?lang=sv").text
    whole: Values = {
        **FIRM,
        "email": email,
        "sentences": "Vi svetsar.",
        "countries": "NO",
        "cadence": "weekly",
        "go": "send",
    }
    return send(client, "/signup?lang=sv", hidden(page) | whole)


def forget_limits() -> None:
    with transaction() as s:
        s.execute(delete(LimitedAct))


def test_p1_a_firm_is_told_what_would_come_confirms_and_is_a_subscriber_with_proof(client: httpx.Client) -> None:
    notices()
    judge, summary = to_the_summary(client)
    assert sum(name.startswith("verdict_") for name in fields(judge.text)) == 5
    assert "annonser i veckan" in summary.text
    with transaction() as s:  # nothing is kept of whom goes no further
        assert s.scalar(select(func.count(Signup.id))) == 0
    values = hidden(summary.text) | {"cadence": "weekly", "go": "send"}
    assert SENT in send(client, "/signup?lang=sv", values).text
    [(letter, delivery)] = letters()
    assert delivery.recipient == ALMA
    with transaction() as s:
        assert s.scalar(select(func.count(Subscriber.id))) == 0
    run(Cadence.WEEKLY, utcnow())
    path = link_in(delivery)
    before = everything()
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert everything() == before
    reply = submit(client, path)
    assert (reply.status_code, reply.headers["location"]) == (303, "/me")
    assert "Älvsvets AB" in client.get("/me").text
    assert client.get(path).status_code == 404
    with transaction() as s:
        subscriber = s.scalars(select(Subscriber)).one()
        profile = s.scalars(select(Profile)).one()
        line = s.scalars(select(Threshold)).one()
        proof = s.scalars(select(Consent)).one()
        verdicts = s.scalars(select(FirstVerdict)).all()
        assert s.scalar(select(func.count(Signup.id))) == 0
    assert (subscriber.company, subscriber.language, subscriber.cadence) == ("Älvsvets AB", "sv", "weekly")
    assert subscriber.confirmed_at is not None
    assert (profile.sentences, profile.cpv) == (["Vi svetsar bärande konstruktioner enligt EN 1090."], ["45262680"])
    assert profile.countries == []
    assert len(verdicts) == 5
    assert (line.by, line.moved_from) == ("sign-up", Decimal("0.368"))
    assert line.value < Decimal("0.368")  # all five were wanted: it begins lower than the model's own
    assert proof.wording == wording("sv")
    assert (proof.asked_from, proof.confirmed_from) == ("127.0.0.0/24", "127.0.0.0/24")
    assert proof.asked_at < proof.confirmed_at
    assert letter.id


def test_p1_no_digest_before_a_posted_confirmation(client: httpx.Client) -> None:
    notices()
    sign_up(client)
    for cadence in Cadence:
        run(cadence, utcnow() + timedelta(days=7))
    with transaction() as s:
        assert s.scalar(select(func.count(Delivery.id)).where(Delivery.digest_id.is_not(None))) == 0


def test_p1_the_wording_that_was_read_is_told_by_its_mark() -> None:
    said = {language: texts(language, TEXTS).say("signup.consent") for language in LANGUAGES}
    assert len({wording(language) for language in said}) == 4


def test_p4_a_confirmation_works_for_48_hours_and_once(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up(client)
    [(letter, delivery)] = letters()
    path = link_in(delivery)
    for purpose in Purpose:
        if purpose is not Purpose.CONFIRM:
            assert client.get(f"/confirm/{sign(purpose, letter.id)}").status_code == 404, purpose
    assert client.get(f"/login/{path.rpartition('/')[2]}").status_code == 404
    assert client.get(f"/login/{sign(Purpose.LOG_IN, letter.id)}").status_code == 404  # a letter of another kind
    later = utcnow() + timedelta(hours=48, seconds=1)
    with monkeypatch.context() as turned:
        turned.setattr("alerts.letters.utcnow", lambda: later)
        assert client.get(path).status_code == 404
    assert submit(client, path).status_code == 303
    assert client.get(path).status_code == 404


def test_p4_a_log_in_link_works_for_30_minutes_and_once(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = make_subscriber(email=ALMA)
    assert submit(client, "/login", email="Alma@Alvsvets.example").status_code == 200
    [(_, delivery)] = letters(1)
    assert delivery.recipient == subscriber.email
    path = link_in(delivery)
    later = utcnow() + timedelta(minutes=30, seconds=1)
    with monkeypatch.context() as turned:
        turned.setattr("alerts.letters.utcnow", lambda: later)
        assert client.get(path).status_code == 404
    page = client.get(path)
    proof = hidden(page.text)
    assert client.get("/me").status_code == 303
    assert send(client, path, proof).headers["location"] == "/me"
    assert client.get("/me").status_code == 200
    assert send(client, path, hidden(client.get("/me").text)).status_code == 404


@pytest.mark.parametrize("tries", [30, pytest.param(1_000, marks=pytest.mark.prove)])
def test_p6_one_address_gets_three_letters_a_day_however_often_it_is_typed(client: httpx.Client, tries: int) -> None:
    replies = set()
    for n in range(tries):
        reply = sign_up(client, ALMA.upper() if n % 2 else ALMA)
        replies.add((reply.status_code, reply.text.replace(ALMA.upper(), ALMA)))
        with transaction() as s:  # each from another client
            s.execute(delete(LimitedAct).where(LimitedAct.what.in_(["letter_of_client", "proposal_of_client"])))
    [(status, page)] = replies
    assert (status, SENT in page) == (200, True)
    assert len(letters()) == 3


@pytest.mark.parametrize("tries", [12, pytest.param(1_000, marks=pytest.mark.prove)])
def test_p6_one_client_has_ten_letters_written_an_hour(client: httpx.Client, tries: int) -> None:
    codes = [sign_up(client, f"post{n}@firma.example").status_code for n in range(tries)]
    assert codes == [200] * 10 + [429] * (tries - 10)
    assert len(letters()) == 10
    assert submit(client, "/login", email=ALMA).status_code == 429


@pytest.mark.parametrize("tries", [6, pytest.param(200, marks=pytest.mark.prove)])
def test_p6_who_is_here_cannot_be_listed(client: httpx.Client, tries: int) -> None:
    make_subscriber(email=ALMA, language="sv")
    took: dict[str, list[float]] = {ALMA: [], "stranger@alvsvets.example": []}
    replies = set()
    for _ in range(tries):
        for email, times in took.items():
            forget_limits()
            began = perf_counter()
            reply = sign_up(client, email)
            times.append(perf_counter() - began)
            replies.add((reply.status_code, reply.text))
    assert len(replies) == 1
    links = {submit(client, "/login", email=email).text for email in took}
    assert len(links) == 1
    # Of a few, the fastest: what else the machine does is then left out.
    known, unknown = ((median if tries > 50 else min)(times) for times in took.values())
    print(f"known {known * 1000:.0f} ms, unknown {unknown * 1000:.0f} ms")
    assert abs(known - unknown) <= 0.2 * max(known, unknown) + 0.005
    letters(2 * tries + 1)
    kinds = {letter.kind for letter, delivery in letters() if delivery.recipient == ALMA}
    assert kinds == {"here_already", "log_in"}


def test_a_letter_says_nothing_that_a_stranger_typed(client: httpx.Client) -> None:
    page = client.get("/signup?lang=sv").text
    evil = FIRM | {"company": "Köp billigt på evil.example", "sentences": "evil.example säljer allt", "countries": "SE"}
    send(client, "/signup?lang=sv", hidden(page) | evil | {"go": "send"})
    [(_, delivery)] = letters()
    raw = delivery.message or b""
    assert "evil" not in text_of(raw) + html_of(raw)
    message = read(raw)
    assert "List-Unsubscribe" not in message
    assert message["Auto-Submitted"] == "auto-generated"


def test_w8_a_forged_host_bends_no_link(client: httpx.Client) -> None:
    client.headers.update({"host": "evil.example", "x-forwarded-host": "evil.example"})
    sign_up(client)
    [(_, delivery)] = letters()
    raw = delivery.message or b""
    assert "http://127.0.0.1:8080/confirm/" in text_of(raw)
    assert "evil" not in text_of(raw) + html_of(raw)


def test_d15_a_suppressed_address_gets_the_confirmation_it_asked_for_and_nothing_else(client: httpx.Client) -> None:
    make_subscriber(email="left@alvsvets.example", confirmed_at=utcnow())
    with transaction() as s:
        suppress(s, ALMA, "complained")
        suppress(s, "left@alvsvets.example", "came back")
    sign_up(client)
    submit(client, "/login", email="left@alvsvets.example")
    assert len(letters(2)) == 2
    [waiting] = due()
    [(_, delivery), _] = letters()
    assert waiting["letter_id"] == delivery.letter_id
    assert submit(client, link_in(delivery)).status_code == 303
    with transaction() as s:
        assert not is_suppressed(s, ALMA)


def test_d15_who_asked_never_to_be_written_to_gets_no_way_in_either(client: httpx.Client) -> None:
    gone = make_subscriber(email="left@alvsvets.example", confirmed_at=utcnow())
    with transaction() as s:
        erase(s, gone.id, never_again=True)
    make_subscriber(email="left@alvsvets.example", confirmed_at=utcnow())  # by an import
    make_subscriber(email="here@alvsvets.example", confirmed_at=utcnow())
    for email in ("left@alvsvets.example", "here@alvsvets.example"):
        assert submit(client, "/login", email=email).status_code == 200
    assert [delivery.recipient for _, delivery in letters(1)] == ["here@alvsvets.example"]


def test_who_left_and_signs_up_again_is_the_same_subscriber(client: httpx.Client) -> None:
    old = make_subscriber(email=ALMA, unsubscribed_at=utcnow())
    sign_up(client)
    sign_up(client)
    first, second = (link_in(delivery) for _, delivery in letters())
    assert submit(client, first).status_code == 303
    assert submit(client, second).status_code == 303
    with transaction() as s:
        subscriber = s.scalars(select(Subscriber)).one()
        assert (subscriber.id, subscriber.unsubscribed_at, subscriber.company) == (old.id, None, "Älvsvets AB")
        assert s.scalar(select(func.count(Profile.id))) == 1
        assert s.scalar(select(func.count(Consent.id))) == 2


def test_what_is_wrong_is_told_beside_its_field(client: httpx.Client) -> None:
    reply = submit(
        client, "/signup?lang=sv", text="", company="", email="nobody", country="DK", language="sv", go="send"
    )
    assert reply.status_code == 422
    for name in ("text", "company", "email", "country"):
        assert f'id="{name}-problem"' in reply.text
        assert f'href="#{name}"' in reply.text
    assert letters() == []
