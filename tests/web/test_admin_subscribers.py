"""Does an administrator see whom we serve, and do firms come in from a file whole, asked first, or not at all?"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from browsing import as_administrator, letters, link_in, make_administrator, proof_in, submit
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from web_server import visitor

from alerts.digest import run
from alerts.suppress import suppress
from db.models import Act, Audit, Cadence, Consent, LetterKind, Profile, Signup, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

HOSTILE = "<script>alert(1)</script> AS"
HEAD = "company;email;country;language;profile;sentences;cpv;threshold;consent"
WELDER = 'Sveis AS;post@sveis.example;NO;nb;Sveising;"Vi sveiser stål.|Vi har EN 1090.";45262670 45262400;0,55;'


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    with visitor() as one:
        as_administrator(one, make_administrator(language="en"))
        yield one


def take_in(client: httpx.Client, *rows: str, head: str = HEAD) -> httpx.Response:
    proof = proof_in(client.get("/admin/subscribers/import").text)
    body = "\n".join((head, *rows)).encode("utf-8-sig")
    return client.post(
        "/admin/subscribers/import", data={"proof": proof}, files={"file": ("firms.csv", body, "text/csv")},
        headers={"sec-fetch-site": "same-origin"},
    )  # fmt: skip


def rows_of(table: type[Subscriber | Signup | Profile | Consent]) -> int:
    with transaction() as s:
        return s.scalar(select(func.count()).select_from(table)) or 0


def test_everyone_is_listed_and_found_by_name_address_and_standing(client: httpx.Client) -> None:
    served = make_subscriber(company=HOSTILE)
    make_subscriber(unsubscribed_at=utcnow())
    make_subscriber(confirmed_at=None)
    make_subscriber(back_off_until=utcnow() + timedelta(days=1))
    with transaction() as s:
        suppress(s, make_subscriber(email="Nei.Takk@sveis.example").email, "asked")
    every = client.get("/admin/subscribers").text
    assert "Showing 1–5 of 5." in every
    assert "<script" not in every
    for standing in ("left", "unconfirmed", "suppressed", "backing_off", "served"):
        assert "Showing 1–1 of 1." in client.get(f"/admin/subscribers?standing={standing}").text, standing
    for part, found in (("nei.takk", True), ("SCRIPT", True), ("%", False), ("_", False)):
        page = client.get("/admin/subscribers", params={"q": part}).text
        assert ("Showing 1–1 of 1." in page) is found, part
    assert "<script" not in client.get(f"/admin/subscribers/{served.id}").text


def test_a_firms_page_has_its_profiles_and_what_it_was_told(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = make_notice()
    make_match(version, make_profile(subscriber, threshold=0.625))
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    page = client.get(f"/admin/subscribers/{subscriber.id}").text
    assert ["0.625" in page, "NS-EN 1090" in page, "Queued" in page] == [True] * 3
    assert client.get("/admin/subscribers/0").status_code == 404


def test_a_firm_without_proof_of_consent_is_asked_by_letter_and_comes_in_when_it_confirms(
    client: httpx.Client,
) -> None:
    reply = take_in(client, WELDER)
    assert "1 firm gets a letter and is to confirm." in reply.text
    assert rows_of(Subscriber) == 0
    [(letter, delivery)] = letters(1)
    assert letter.kind == LetterKind.CONFIRM
    assert submit(client, link_in(delivery)).status_code == 303
    with transaction() as s:
        profile = s.scalars(select(Profile)).one()
        assert profile.sentences == ["Vi sveiser stål.", "Vi har EN 1090."]
        assert s.scalars(select(Consent)).one().asked_from.startswith("administrator ")


def test_a_firm_with_consent_comes_in_at_once_and_a_second_time_changes_nothing(client: httpx.Client) -> None:
    left = make_subscriber(email="post@borte.example", unsubscribed_at=utcnow())
    rows = (WELDER + "2026-11-02", WELDER.replace("Sveising", "Montering") + "2026-11-02",
            WELDER.replace("sveis.", "borte.") + "2026-11-02")  # fmt: skip
    reply = take_in(client, *rows)
    assert "1 firm was taken in." in reply.text
    assert "1 firm has left and gets nothing." in reply.text
    assert (rows_of(Subscriber), rows_of(Profile), rows_of(Consent)) == (2, 2, 1)
    assert "1 firm is here already" in take_in(client, *rows).text
    assert (rows_of(Subscriber), rows_of(Profile), rows_of(Consent)) == (2, 2, 1)
    with transaction() as s:
        assert s.get_one(Subscriber, left.id).unsubscribed_at is not None
        told = [(row.act, row.told) for row in s.scalars(select(Audit).order_by(Audit.id))]
    assert told == [(Act.FIRMS_IMPORTED, {"taken_in": 1, "left": 1}), (Act.FIRMS_IMPORTED, {"here": 1, "left": 1})]


def test_a_file_with_faults_is_told_by_row_and_column_and_stores_nothing(client: httpx.Client) -> None:
    with transaction() as s:
        suppress(s, "post@sveis.example", "asked")
    reply = take_in(
        client,
        WELDER,
        f"{HOSTILE};nobody;NO;nb;Sveising;Vi sveiser.;4526;2;2026-13-01",
        "Uten AS;post@uten.example;NO;nb;Sveising;;;;",
        "Kort AS;post@kort.example",
        "To AS;post@to.example;NO;nb;En;Vi kan.;;;",
        "To AB;post@to.example;NO;nb;To;Vi kan.;;;",
    )
    assert reply.status_code == 422
    for row, column, told in ((2, "email", "The address is suppressed."), (3, "email", "Is not as"), (3, "cpv", "Is"),
                              (3, "threshold", "Is not"), (3, "consent", "Is not"), (4, "sentences", "Must be"),
                              (7, "company", "Differs"), (7, "consent", "A firm that is to be asked")):  # fmt: skip
        assert f"Row {row}, <code>{column}</code>: {told}" in reply.text
    assert "Row 5: The row has not as many fields" in reply.text
    assert "<script" not in reply.text
    assert rows_of(Subscriber) + rows_of(Signup) + rows_of(Consent) == 0
    for head in ("", "company,email", HEAD + ";height", HEAD + ";email"):
        assert take_in(client, WELDER, head=head).status_code == 422
    with transaction() as s:
        assert s.scalar(select(func.count(Audit.id))) == 0


def test_a_file_that_is_none_is_told_so(client: httpx.Client) -> None:
    proof = proof_in(client.get("/admin/subscribers/import").text)
    for body in (b"\xff\xfe\x00\x01", b'company,email\n"open', b"", b"\0" * 50, b"company\r\n" + b"," * 60_000):
        reply = client.post("/admin/subscribers/import", data={"proof": proof}, files={"file": ("a.csv", body)})
        assert reply.status_code == 422
