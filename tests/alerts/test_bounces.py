"""Does a mail that comes back find its row and do what it must, and nothing more? (M7, M8, M9, M10, D15)"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from lanes import Use, delivery
from outbox import fill, sent, states, suppressed
from postbox import envelopes, open_postbox, use_bounces
from returned_samples import Sample, samples
from scripted_relay import scripted_relay
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from alerts import books, bounces, letters, sender
from alerts.alarms import AlarmKind, open_alarms
from alerts.bounces import BACK_OFF, Taken, take
from alerts.suppress import is_forbidden, is_suppressed
from alerts.verp import bounce_address
from db.models import Delivery, LetterKind, ReturnedMail, Signup, Subscriber, Suppression
from db.session import transaction, utcnow

ALL = {sample.name: sample for sample in samples()}
COMPLAINTS = samples(Path(__file__).parents[1] / "complaints")
SUPPRESSES = {"gone", "complaint"}


def bounce(sample: str, verp: str) -> Taken:
    return take(ALL[sample].mail(verp=verp) + verp.encode(), [verp], null_sender=True)


def kinds() -> set[str]:
    with transaction() as s:
        return {alarm.kind for alarm in open_alarms(s)}


async def test_m7_every_mail_that_comes_back_is_matched(
    database: URL, use: Use, environment: pytest.MonkeyPatch
) -> None:
    fill(12)
    with open_postbox(environment) as box:
        async with scripted_relay() as relay:
            use.lane(relay)
            await asyncio.to_thread(sender.drain)
        verps = envelopes(relay.heard)
        assert len(set(verps)) == 12
        for verp in verps:
            assert await asyncio.to_thread(box.hand_in, ALL["exchange-not-found"].mail(verp=verp), verp) == {}
    assert states() == {"bounced": 12}
    assert suppressed() == 12
    # The mail itself says nothing of it: the bytes are those that were rendered.
    with transaction() as s:
        assert set(relay.accepted) == set(s.scalars(select(Delivery.message)))


@pytest.mark.parametrize("sample", ALL.values(), ids=lambda sample: sample.name)
def test_m8_each_kind_has_its_outcome(database: URL, environment: pytest.MonkeyPatch, sample: Sample) -> None:
    use_bounces(environment)
    [verp] = sent()
    before = utcnow()
    take(sample.mail(verp=verp), [verp], null_sender=b"Return-Path: <>" in sample.kept)
    row = delivery()
    with transaction() as s:
        subscriber = s.scalars(select(Subscriber)).one()
        assert is_suppressed(s, row.recipient) is (sample.meaning in SUPPRESSES)
    match sample.meaning:
        case "gone" | "message":
            assert row.state == "bounced"
        case "later" | "ours":
            assert row.state == "deferred"
            assert row.not_before >= before + BACK_OFF[0]
            assert row.sent_at is None
        case _:
            assert row.state == "sent"
            assert subscriber.back_off_until is None
    with transaction() as s:
        assert books.count(s).differences() == {}
    assert (AlarmKind.BOUNCED_FOR_US in kinds()) is (sample.meaning in {"ours", "message"})
    assert AlarmKind.RELAY_REFUSES not in kinds()


def test_m8_a_full_mailbox_is_left_alone_longer_and_longer_and_then_given_up(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    sent()
    now, waits = utcnow(), []
    environment.setattr(bounces, "utcnow", lambda: now)
    for turn in range(20):
        verp = str(bounce_address(delivery().id, now))
        assert take(ALL["postfix-mailbox-full"].mail(verp=verp) + b"%d\r\n" % turn, [verp]) is Taken.DONE
        row = delivery()
        if row.state == "bounced":
            break
        waits.append((row.not_before - now) / timedelta(hours=1))
        now = row.not_before + timedelta(minutes=5)
        with transaction() as s:  # the sender's next attempt, which the relay accepts
            s.execute(update(Delivery).values(state="sent", sent_at=now))
    assert [round(wait) for wait in waits] == [2, 4, 8, 16, 32, 64]
    assert suppressed() == 1


@pytest.mark.parametrize(
    ("name", "state", "reason", "forbidden"),
    [
        ("postfix-unknown-user", "bounced", "came back: 5.1.1", False),
        ("postfix-mailbox-full", "bounced", None, False),
        ("complaint", "complained", "complained of a sign-up", True),
    ],
)
def test_m8_a_letter_that_comes_back_before_anybody_confirmed_is_known(
    database: URL, environment: pytest.MonkeyPatch, name: str, state: str, reason: str | None, *, forbidden: bool
) -> None:
    use_bounces(environment)
    with transaction() as s:
        asked = Signup(email="post@firma.example", language="nb", wording="x", cut_address="x", answers={})
        s.add(asked)
        s.flush()
        letters.post(s, LetterKind.CONFIRM, asked.email, "nb", signup_id=asked.id)
        s.execute(update(Delivery).values(state="sent", sent_at=utcnow()))
    verp = str(bounce_address(delivery().id, utcnow()))
    sample = COMPLAINTS[0] if name == "complaint" else ALL[name]
    raw = sample.mail(verp=verp, recipient="post@firma.example")
    assert [take(raw, [verp]) for _ in range(2)] == [Taken.DONE, Taken.BEFORE]
    assert delivery().state == state
    with transaction() as s:
        assert s.scalar(select(Suppression.reason)) == reason
        assert books.count(s).differences() == {}
        assert is_forbidden(s, "post@firma.example") is forbidden


def test_m8_mails_that_were_under_way_together_count_once(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    verps = sent(3)
    with transaction() as s:  # three mails of one subscriber
        first = s.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        from db.models import Digest

        mine = s.get_one(Digest, first.digest_id).subscriber_id
        for row in s.scalars(select(Digest)).all():
            row.run_id, row.subscriber_id = _own_run(s, row.id), mine
    for verp in verps:
        bounce("postfix-mailbox-full", verp)
    with transaction() as s:
        assert s.get_one(Subscriber, mine).soft_bounces == 1
        assert len(set(s.scalars(select(Delivery.not_before)))) == 1


def _own_run(s: object, number: int) -> int:
    from datetime import date

    from sqlalchemy.orm import Session

    from db.models import DigestRun

    assert isinstance(s, Session)
    run = DigestRun(day=date(2026, 11, 23), cadence="at_once", slot=f"own {number}", as_of=utcnow())
    s.add(run)
    s.flush()
    return run.id


async def test_m8_nobody_who_is_left_alone_is_written_to(
    database: URL, use: Use, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    [verp] = sent()
    bounce("postfix-mailbox-full", verp)
    async with scripted_relay() as relay:
        use.lane(relay)
        with transaction() as s:
            s.execute(update(Delivery).values(not_before=utcnow()))
        await asyncio.to_thread(sender.drain)
        assert relay.accepted == []
        assert sender.due() == []
        with transaction() as s:
            s.execute(update(Subscriber).values(back_off_until=utcnow()))
        await asyncio.to_thread(sender.drain)
    assert relay.accepted == [delivery().message]


def test_m8_a_refusal_for_our_sake_suppresses_nobody_and_several_stop_the_sending(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    verps = sent(5)
    assert bounce("gmail-unauthenticated", verps[0]) is Taken.DONE
    assert kinds() == {AlarmKind.BOUNCED_FOR_US}
    bounce("postfix-host-not-found", verps[1])
    bounce("exchange-online-banned", verps[2])
    assert kinds() == {AlarmKind.BOUNCED_FOR_US, AlarmKind.RELAY_REFUSES}
    assert suppressed() == 0
    # A person has seen to it; what came before counts no longer.
    assert sender.resume()
    bounce("postfix-blocklist", verps[3])
    assert kinds() == {AlarmKind.BOUNCED_FOR_US}


def test_m8_our_own_fault_never_helps_to_give_an_address_up(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    sent()
    now, turn = utcnow(), 0
    environment.setattr(bounces, "utcnow", lambda: now)
    for turn in range(20):
        verp = str(bounce_address(delivery().id, now))
        take(ALL["gmail-unauthenticated"].mail(verp=verp) + b"%d\r\n" % turn, [verp])
        row = delivery()
        if row.state == "bounced":
            break
        now = row.not_before + timedelta(minutes=5)
        with transaction() as s:
            s.execute(update(Delivery).values(state="sent", sent_at=now))
    assert (turn, suppressed()) == (len(BACK_OFF), 0)
    with transaction() as s:
        s.execute(update(Delivery).values(state="sent", sent_at=now))
    verp = str(bounce_address(delivery().id, now))
    take(ALL["postfix-mailbox-full"].mail(verp=verp), [verp])
    assert delivery().not_before - now == BACK_OFF[0]
    assert (states(), suppressed()) == ({"deferred": 1}, 0)


def test_the_same_report_twice_has_one_effect(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    [verp] = sent()
    assert [bounce("postfix-mailbox-full", verp) for _ in range(3)] == [Taken.DONE, Taken.BEFORE, Taken.BEFORE]
    with transaction() as s:
        assert s.scalars(select(Subscriber.soft_bounces)).one() == 1
        assert len(s.scalars(select(ReturnedMail)).all()) == 1
