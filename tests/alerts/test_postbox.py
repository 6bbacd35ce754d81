"""Does returned mail come in by LMTP and from a Maildir, once each, and does nothing forged get past the door? (M7)"""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from lanes import delivery
from mailroom import wait_until
from nursery import python_process
from outbox import sent, states, suppressed
from postbox import Postbox, answers, open_postbox, use_bounces, use_port
from returned_samples import samples
from sqlalchemy import select
from sqlalchemy.engine import URL

import db.session
import settings as settings_module
from alerts.bounces import Taken
from alerts.postbox import empty_maildir
from alerts.verp import bounce_address
from db.models import ReturnedMail, Subscriber
from db.session import transaction, utcnow

ALL = {sample.name: sample for sample in samples()}


def test_m7_a_forged_or_old_envelope_is_refused_at_the_door(database: URL, environment: pytest.MonkeyPatch) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        forged = verp.replace(".", ".0", 1)[: verp.index("@")] + verp[verp.index("@") :]
        old = str(bounce_address(delivery().id, utcnow() - timedelta(days=9)))
        for address in (forged, old, f"noen@{verp.partition('@')[2]}", "varsel@anbudsvakt.example"):
            refused = box.hand_in(ALL["postfix-unknown-user"].mail(verp=address), address)
            assert refused[address][0] == 550
    assert (states(), suppressed()) == ({"sent": 1}, 0)


def test_many_reports_at_once_have_one_effect_each(database: URL, environment: pytest.MonkeyPatch) -> None:
    names = ["postfix-unknown-user", "gmail-over-quota", "gmail-delay", "oof-norwegian"]
    with open_postbox(environment) as box, ThreadPoolExecutor(8) as hands:
        verps = sent(24)
        mails = [(ALL[names[n % 4]].mail(verp=verp), verp) for n, verp in enumerate(verps)] * 2
        assert list(hands.map(lambda one: box.hand_in(*one), mails)) == [{}] * 48
    assert states() == {"bounced": 6, "deferred": 6, "sent": 12}
    with transaction() as s:
        assert len(s.scalars(select(ReturnedMail)).all()) == 12
        assert set(s.scalars(select(Subscriber.soft_bounces))) == {0, 1}


def test_the_postbox_is_a_process_that_stops_when_asked(database: URL, environment: pytest.MonkeyPatch) -> None:
    port = use_port(environment)
    [verp] = sent()
    with python_process("from alerts.postbox import serve; serve()") as process:
        wait_until(lambda: answers(port), within_s=20)
        assert Postbox(port).hand_in(ALL["postfix-unknown-user"].mail(verp=verp), verp) == {}
        assert states() == {"bounced": 1}
        process.terminate()
        assert process.wait(10) == 0


# The Maildir


def test_a_maildir_is_emptied_and_keeps_what_a_person_should_see(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_bounces(environment)
    verps = sent(3)
    new = tmp_path / "bounces" / "new"
    for folder in ("tmp", "new", "cur"):
        (tmp_path / "bounces" / folder).mkdir(parents=True)
    told = {"a": "postfix-unknown-user", "b": "gmail-over-quota", "c": "person-answers"}
    for verp, (name, sample) in zip(verps, told.items(), strict=True):
        (new / name).write_bytes(b"Delivered-To: " + verp.encode() + b"\n" + ALL[sample].mail(verp="noen@b.example"))
    assert empty_maildir(tmp_path / "bounces") == {Taken.DONE: 2, Taken.UNREAD: 1}
    assert states() == {"bounced": 1, "deferred": 1, "sent": 1}
    assert [path.name.partition(":")[0] for path in (tmp_path / "bounces" / "cur").iterdir()] == ["c"]
    assert list(new.iterdir()) == []
    assert empty_maildir(tmp_path / "bounces") == {}


def test_while_the_database_is_away_no_mail_is_taken(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        mail = ALL["postfix-unknown-user"].mail(verp=verp)
        db.session.forget_engine()
        environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        settings_module.get_settings.cache_clear()
        assert box.hand_in(mail, verp)[verp][0] == 451
        environment.setenv("DATABASE_URL", db.session.plain_url(database))
        settings_module.get_settings.cache_clear()
        db.session.forget_engine()
        assert box.hand_in(mail, verp) == {}
    assert states() == {"bounced": 1}


def test_the_door_tells_nothing_to_who_hands_in_too_much(database: URL, environment: pytest.MonkeyPatch) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            _too_much(box, verp)
    assert refused.value.smtp_code in {552, 500}
    assert states() == {"sent": 1}


def _too_much(box: Postbox, verp: str) -> None:
    box.hand_in(ALL["postfix-unknown-user"].mail(verp=verp) + b"x\r\n" * 1_000_000, verp)


def test_a_person_who_writes_to_the_envelope_learns_that_nobody_reads_it(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        letter = ALL["person-answers"].mail(verp=verp)
        assert box.hand_in(letter, verp, sender="ola@fjellsveis.example")[verp][0] == 550
        assert box.hand_in(letter, verp, sender="") == {}  # nobody to tell
    assert states() == {"sent": 1}


def test_the_empty_sender_is_known_for_what_it_is(database: URL, environment: pytest.MonkeyPatch) -> None:
    mail = b"From: System <system@gw.example>\r\nSubject: Undeliverable: digest\r\n\r\n550 5.1.1 no such user\r\n"
    with open_postbox(environment) as box:
        first, second = sent(2)
        assert box.hand_in(mail, first, sender="system@gw.example")[first][0] == 550
        assert states() == {"sent": 2}
        assert box.hand_in(mail, second, sender="") == {}
    assert states() == {"sent": 1, "bounced": 1}
