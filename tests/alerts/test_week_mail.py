"""Does each administrator get the week's report once, whole without its pictures, and stop it by one click? (D1, M1, M2, M6)"""

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import SMTP
from pathlib import Path

import dkim
import httpx
import pytest
from browsing import as_administrator, make_administrator, submit
from dkim_reading import headers
from mail_reading import html_of, seen, text_of, tree
from mailroom import mailroom
from nursery import python_process
from outbox import states, use_relay
from postbox import use_bounces
from returned_samples import samples
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from typer.testing import CliRunner
from web_server import visitor

from alerts import sender, tokens, wire
from alerts.bounces import take
from alerts.tokens import Purpose
from alerts.verp import bounce_address
from alerts.week_mail import post_week
from alerts.week_report import Week
from cli import app
from db.models import Administrator, Delivery, Letter, LetterKind, Notice
from db.session import transaction, utcnow
from factories import make_match, make_notice, make_profile, make_subscriber

SAMPLES = {one.name: one for one in (*samples(), *samples(Path(__file__).parents[1] / "complaints"))}
LAST = Week.before(utcnow())
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
WITHOUT_PICTURES = 100_000  # bytes, from which on clients clip a mail


def before_the_week_ended(email: str = "ada@midsec.example", language: str = "nb") -> Administrator:
    row = make_administrator(email, language)
    with transaction() as s:
        s.execute(update(Administrator).where(Administrator.id == row.id).values(created_at=LAST.bounds[0]))
    return row


def came(*firms: int, **values: object) -> None:
    """A purchase for each number, which fits so many firms."""
    for count in firms:
        version = make_notice(**values)  # type: ignore[arg-type]
        with transaction() as s:
            at = LAST.bounds[0] + timedelta(days=2)
            s.execute(update(Notice).where(Notice.id == version.notice_id).values(created_at=at))
        for _ in range(count):
            make_match(version, make_profile(make_subscriber()))


def mails() -> dict[str, bytes]:
    """The outbox by recipient."""
    with transaction() as s:
        rows = s.execute(select(Delivery.recipient, Delivery.message).order_by(Delivery.id)).all()
    return {recipient: bytes(message or b"") for recipient, message in rows}


def parts_of(raw: bytes) -> tuple[MIMEPart, MIMEPart, list[MIMEPart]]:
    """Text, HTML and pictures, as the standard library reads them; and nothing else is there."""
    read = message_from_bytes(raw, policy=SMTP)
    assert [part.defects for part in read.walk()] == [[]] * len(list(read.walk()))
    assert read.get_content_type() == "multipart/alternative"
    text, related = read.iter_parts()
    assert related.get_content_type() == "multipart/related"
    assert related.get_param("type") == "text/html"
    html, *pictures = related.iter_parts()
    return text, html, pictures


@pytest.mark.usefixtures("database")
def test_the_mail_tells_each_administrator_the_same_in_their_language() -> None:
    came(6, 0)
    came(4, country="SE", nuts=["SE332"])
    for language in ("nb", "nn", "sv", "en"):
        before_the_week_ended(f"{language}@midsec.example", language)
    assert post_week(utcnow()) == 4
    said = {"nb": "Uke", "nn": "Veke", "sv": "Vecka", "en": "Week"}
    sent = mails()
    assert len({text_of(raw) for raw in sent.values()}) == 4
    for language, word in said.items():
        raw = sent[f"{language}@midsec.example"]
        read = message_from_bytes(raw, policy=SMTP)
        assert str(read["Subject"]).startswith(f"{word} {LAST.number}: ")
        page = tree(html_of(raw))
        assert page.get("lang") == language
        # The same figures, as a table and as lines.
        shown = Counter(cell.text_content() for cell in page.iter("td"))
        text = text_of(raw)
        for cell in shown:
            assert cell in text, (language, cell)
        told = Counter(re.findall(r": (\d+|–)(?= ·|$)", text, re.MULTILINE))
        assert told == Counter({cell: count for cell, count in shown.items() if re.fullmatch(r"\d+|–", cell)})
        # Of what four firms stand behind no figure is told, here as on the page.
        assert told["–"] >= 2
        for heading in page.iter("h2"):
            assert str(heading.text).upper() in text


@pytest.mark.usefixtures("database")
def test_m1_and_m6_the_mail_is_well_formed_light_and_read_without_its_pictures() -> None:
    came(5, 0)
    ada = before_the_week_ended()
    post_week(utcnow())
    (raw,) = mails().values()
    assert [name for name, _ in headers(raw)] == list(wire.HEADERS)
    assert [name.decode() for name, _ in dkim.rfc822_parse(raw)[0]] == list(wire.HEADERS)
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    url = tokens.reports_off_url(ada.id)
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert len(url) <= 70
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")

    text, html, pictures = parts_of(raw)
    assert len(pictures) >= 3
    assert len(raw) - sum(len(picture.as_bytes()) for picture in pictures) < WITHOUT_PICTURES
    assert sum(len(picture.as_bytes()) for picture in pictures) < 3 * WITHOUT_PICTURES
    page = tree(str(html.get_content()))
    images = list(page.iter("img"))
    assert [f"<{image.get('src').removeprefix('cid:')}>" for image in images] == [one["Content-ID"] for one in pictures]
    assert all(picture.get_content_disposition() == "inline" for picture in pictures)
    assert all(picture.get_content().startswith(b"\x89PNG") for picture in pictures)
    assert all(len(line) <= 76 for one in pictures for line in one.as_bytes().splitlines()[5:])
    # Whoever sees no picture reads its name, and below it a table with its figures.
    assert all(image.get("alt") and image.getnext().tag == "table" for image in images)
    assert all(image.get("alt") not in seen(str(html.get_content())) for image in images)
    assert url in str(text.get_content())
    assert f"/admin/report/{LAST.year}/{LAST.number}" in str(text.get_content())


@pytest.mark.usefixtures("database")
def test_a_week_in_which_nothing_came_is_told_as_well_and_by_hand_once() -> None:
    before_the_week_ended()
    for queued in (1, 0):
        by_hand = CliRunner().invoke(app, ["report", "--json"], catch_exceptions=False)
        assert (by_hand.exit_code, json.loads(by_hand.stdout)) == (0, {"queued": queued})
    (raw,) = mails().values()
    read = message_from_bytes(raw, policy=SMTP)
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert "Ingenting kom denne uken." in text_of(raw)


@pytest.mark.usefixtures("database")
def test_a_missed_monday_is_made_up_for_and_told_to_nobody_twice_or_too_early() -> None:
    monday, _ = Week.of(utcnow().date()).bounds
    early = before_the_week_ended()
    late, gone = make_administrator("late@midsec.example"), before_the_week_ended("gone@midsec.example")
    unwilling = before_the_week_ended("no@midsec.example")
    with transaction() as s:
        s.execute(update(Administrator).where(Administrator.id == late.id).values(created_at=monday))
        s.execute(update(Administrator).where(Administrator.id == gone.id).values(removed_at=utcnow()))
        s.execute(update(Administrator).where(Administrator.id == unwilling.id).values(reports_off_at=utcnow()))
    assert post_week(monday + timedelta(days=2, hours=8)) == 1
    assert post_week(monday + timedelta(days=3, hours=8)) == 0
    assert post_week(monday + timedelta(days=7, hours=8)) == 2
    with transaction() as s:
        told = s.execute(select(Letter.administrator_id, Letter.week).order_by(Letter.id)).all()
    assert [tuple(row) for row in told] == [
        (early.id, LAST.first), (early.id, LAST.shifted(1).first), (late.id, LAST.shifted(1).first)
    ]  # fmt: skip


@pytest.mark.usefixtures("database")
def test_d1_a_job_that_is_killed_half_way_leaves_nobody_out_and_doubles_nothing() -> None:
    for number in range(3):
        before_the_week_ended(f"a{number}@midsec.example")
    dies = (
        "import os, signal; from alerts import letters, week_mail; from db.session import utcnow; real = letters.queue;"
        "done = [];\n"
        "def queue(*given, **named):\n"
        "    real(*given, **named); done.append(1)\n"
        "    if len(done) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "letters.queue = queue; week_mail.post_week(utcnow())"
    )
    with python_process(dies) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert len(mails()) == 1
    assert [post_week(utcnow()), post_week(utcnow())] == [2, 0]
    assert len(mails()) == 3


@pytest.mark.usefixtures("database")
def test_d1_two_jobs_at_once_queue_one_mail_each() -> None:
    for number in range(3):
        before_the_week_ended(f"a{number}@midsec.example")
    with ThreadPoolExecutor(2) as both:
        assert sum(both.map(post_week, [utcnow()] * 2)) == 3
    assert sorted(mails()) == [f"a{number}@midsec.example" for number in range(3)]
    with transaction() as s:
        assert set(s.scalars(select(Letter.kind))) == {LetterKind.WEEK_REPORT}
        assert len(s.scalars(select(Letter.id)).all()) == 3


@pytest.mark.usefixtures("database")
def test_the_relay_gets_the_very_bytes_and_whoever_said_no_in_between_gets_none(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    came(5)
    before_the_week_ended()
    before_the_week_ended("bo@midsec.example")
    unwilling = before_the_week_ended("no@midsec.example")
    with mailroom(tmp_path) as room:
        use_relay(environment, room.port)
        assert post_week(utcnow()) == 3
        with transaction() as s:
            s.execute(update(Administrator).where(Administrator.id == unwilling.id).values(reports_off_at=utcnow()))
        assert len(sender.due()) == 2
        sender.drain()
        assert states() == {"sent": 2, "suppressed": 1}
        assert sorted(one.recipient for one in room.accepted()) == ["ada@midsec.example", "bo@midsec.example"]
        with transaction() as s:
            ids = set(s.scalars(select(Delivery.message_id).where(Delivery.state == "sent")))
        assert {one.message_id for one in room.accepted()} == ids


@pytest.mark.parametrize(
    ("sample", "ends"),
    [("postfix-unknown-user", "bounced"), ("not-spam", "sent"), ("abuse-with-envelope", "complained"),
     ("postfix-mailbox-full", "sent")],
)  # fmt: skip
@pytest.mark.usefixtures("database")
def test_m9_a_report_that_is_complained_of_or_finds_nobody_is_mailed_no_more(
    environment: pytest.MonkeyPatch, sample: str, ends: str
) -> None:
    use_bounces(environment)
    ada = before_the_week_ended()
    post_week(utcnow())
    with transaction() as s:
        s.execute(update(Delivery).values(state="sent", sent_at=utcnow()))
        verp = bounce_address(s.scalars(select(Delivery.id)).one(), utcnow())
    assert verp
    came_back = SAMPLES[sample].mail(verp=verp)
    for _ in range(2):
        take(came_back, [verp], null_sender=True)
    assert states() == {ends: 1}
    assert (off_at(ada) is not None) is (ends != "sent")


# One click, and the setting


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    del database
    with visitor() as one:
        yield one


def off_at(administrator: Administrator) -> object:
    with transaction() as s:
        return s.get_one(Administrator, administrator.id).reports_off_at


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_m2_one_click_stops_the_report_at_once_and_can_be_repeated(client: httpx.Client, form: str) -> None:
    ada = before_the_week_ended(language="sv")
    path = "/r/" + tokens.sign(Purpose.REPORTS_OFF, ada.id)
    question = client.get(path)
    assert (question.status_code, question.headers["content-language"]) == (200, "sv")
    assert re.search(r'<form class="question" method="post">.*<button', question.text, re.DOTALL)
    assert off_at(ada) is None
    first = None
    for _ in range(3):
        if form == "urlencoded":
            reply = client.post(path, data=ONE_CLICK)
        else:
            reply = client.post(path, files={name: (None, value) for name, value in ONE_CLICK.items()})
        assert reply.status_code == 200
        assert "set-cookie" not in reply.headers
        first = first or off_at(ada)
    assert off_at(ada) == first is not None
    assert post_week(utcnow()) == 0
    assert client.get("/r/" + tokens.sign(Purpose.UNSUBSCRIBE, ada.id)).status_code == 404


def test_an_administrator_turns_the_mail_off_and_on_at_home(client: httpx.Client) -> None:
    ada = before_the_week_ended()
    as_administrator(client, ada)
    assert submit(client, "/admin/report/mail", seen_at="/admin").status_code == 303
    assert off_at(ada) is not None
    assert "Send den til meg" in client.get("/admin").text
    submit(client, "/admin/report/mail", seen_at="/admin")
    assert off_at(ada) is None
