"""Does a complaint end all mail, is no claim believed, and do complaints stop us in time? (M5, M9, M10)"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from lanes import Use, delivery
from outbox import fill, sent, states, suppressed
from postbox import ROLE, open_postbox, use_bounces
from returned_samples import Sample, samples
from scripted_relay import scripted_relay
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from alerts import reputation, sender, watch
from alerts.alarms import STOP, AlarmKind, open_alarms
from alerts.bounces import Taken, take
from alerts.suppress import is_suppressed
from alerts.tokens import unsubscribe_url
from alerts.verp import bounce_address
from db.models import Delivery, Subscriber
from db.session import transaction, utcnow

ALL = {sample.name: sample for sample in samples()}
COMPLAINTS = samples(Path(__file__).parents[1] / "complaints")

BELIEVE_ME = """Authentication-Results: {server}; dkim=pass header.d=mottaker.example; spf=pass; dmarc=pass
Received-SPF: pass
ARC-Authentication-Results: i=1; {server}; dkim=pass
X-Spam-Status: No
From: MAILER-DAEMON@anbudsvakt.example
Reply-To: {verp}
Sender: {verp}
"""


@pytest.mark.parametrize("server", ["mottaker.example", "retur.anbudsvakt.example", "anbudsvakt.example", "localhost"])
@pytest.mark.parametrize("name", ["postfix-unknown-user", "gmail-unauthenticated", "postfix-mailbox-full"])
def test_m10_no_claim_of_a_returned_mail_is_believed(
    database: URL, environment: pytest.MonkeyPatch, server: str, name: str
) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        row = delivery()
        mail = ALL[name].mail(verp=row.recipient, recipient=row.recipient, message_id=row.message_id)
        claims = BELIEVE_ME.format(server=server, verp=verp).encode().replace(b"\n", b"\r\n")
        # To a door that is open for everyone, with every header saying whose mail it was.
        assert box.hand_in(claims + mail, ROLE) == {}
    assert (states(), suppressed(), alarms()) == ({"sent": 1}, 0, set())


def test_m10_a_report_about_somebody_else_ends_the_mail_of_who_got_the_envelope_alone(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    verps = sent(2)
    with transaction() as s:
        mine, other = s.scalars(select(Delivery.recipient).order_by(Delivery.id)).all()
    take(ALL["postfix-unknown-user"].mail(verp=verps[0], recipient=other), [verps[0]])
    with transaction() as s:
        assert is_suppressed(s, mine)
        assert not is_suppressed(s, other)


# Complaints


@pytest.mark.parametrize("sample", COMPLAINTS, ids=lambda sample: sample.name)
def test_m9_a_complaint_ends_all_mail(database: URL, environment: pytest.MonkeyPatch, sample: Sample) -> None:
    with open_postbox(environment) as box:
        [verp] = sent()
        fill(1)  # another's mail, which waits
        with transaction() as s:
            subscriber = s.scalars(select(Subscriber).order_by(Subscriber.id)).first()
        assert subscriber is not None
        to = verp if sample.name == "addressed-to-the-envelope" else ROLE
        mail = sample.mail(verp=verp, unsubscribe=unsubscribe_url(subscriber.id), recipient=subscriber.email)
        assert box.hand_in(mail, to, sender="fbl@mottaker.example") == {}
    ended = sample.meaning == "complaint"
    with transaction() as s:
        assert is_suppressed(s, subscriber.email) is ended
        left = s.scalars(select(Subscriber.unsubscribed_at).order_by(Subscriber.id)).all()
    assert [at is not None for at in left] == [ended, False]


async def test_m9_a_complaint_is_in_force_before_the_next_mail(
    database: URL, use: Use, environment: pytest.MonkeyPatch
) -> None:
    with open_postbox(environment) as box:
        fill(1)
        mail = COMPLAINTS[0].mail(verp=str(bounce_address(delivery().id, utcnow())))
        await asyncio.to_thread(box.hand_in, mail, ROLE)
        async with scripted_relay() as relay:
            use.lane(relay)
            await asyncio.to_thread(sender.drain)
    assert relay.heard == []
    assert states() == {"suppressed": 1}
    with transaction() as s:
        assert s.scalars(select(Subscriber.unsubscribed_at)).one() is not None


def test_m9_without_a_signature_of_ours_a_complaint_ends_nothing(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    [verp] = sent()
    row = delivery()
    bent = verp.replace("b+", "b+9")
    for sample in COMPLAINTS:
        mail = sample.mail(verp=bent, recipient=row.recipient, unsubscribe="https://anbudsvakt.example/u/1." + "a" * 28)
        assert take(mail, [ROLE]) in {Taken.UNPROVED, Taken.HARMLESS}
    assert suppressed() == 0


# Wanted mail only


def complain(verp: str) -> Taken:
    return take(COMPLAINTS[0].mail(verp=verp), [ROLE])


def alarms() -> set[tuple[str, str]]:
    with transaction() as s:
        return {(alarm.kind, alarm.subject) for alarm in open_alarms(s)}


RATE, HALT = (AlarmKind.COMPLAINTS, "rate"), (AlarmKind.COMPLAINTS, STOP)


def test_m5_a_thousandth_is_an_alarm_and_three_of_them_stop_the_sending(
    database: URL, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    verps = sent(1_500)
    complain(verps[0])
    assert alarms() == set()  # 0.07 %
    complain(verps[1])
    assert alarms() == {RATE}  # 0.13 %
    for verp in verps[2:4]:
        complain(verp)
    assert alarms() == {RATE}  # 0.27 %
    complain(verps[4])
    assert alarms() == {RATE, HALT}  # 0.33 %


async def test_m5_what_complaints_stopped_waits_for_a_person(
    database: URL, use: Use, environment: pytest.MonkeyPatch
) -> None:
    use_bounces(environment)
    verps = sent(50)
    for verp in verps[:2]:
        complain(verp)
    assert alarms() == {RATE}  # two complainers are no crowd, whatever their share
    complain(verps[2])
    assert alarms() == {RATE, HALT}
    fill(5)
    async with scripted_relay() as relay:
        use.lane(relay)
        drained = await asyncio.to_thread(sender.drain)
        assert (drained.sent, relay.connections, sender.due()) == (0, 0, [])
        assert drained.stopped == "3 of 50 mails of 30 days were complained of"
        assert sender.resume()
        await asyncio.to_thread(watch.look)
        assert alarms() == {RATE}  # counted anew, so that it does not stop again for what a person has seen to
        assert (await asyncio.to_thread(sender.drain)).sent == 5


def test_m5_our_own_subscriber_is_in_no_rate(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    own, *others = sent(4)
    with transaction() as s:
        s.execute(update(Subscriber).where(Subscriber.id == select(func.min(Subscriber.id)).scalar_subquery()).values(canary=True))  # fmt: skip
    complain(own)
    assert alarms() == set()
    complain(others[0])
    assert alarms() == {RATE}
    with transaction() as s:
        (told,) = [alarm.told for alarm in open_alarms(s)]
    assert told == "1 of 3 mails of 30 days were complained of"


def test_m5_the_alarm_closes_when_the_complaints_are_old(database: URL, environment: pytest.MonkeyPatch) -> None:
    use_bounces(environment)
    complain(sent(50)[0])
    assert alarms() == {RATE}
    with transaction() as s:
        reputation.judge_returned(s, utcnow() + timedelta(days=29))
    assert alarms() == {RATE}
    with transaction() as s:
        s.execute(update(Delivery).values(sent_at=utcnow()))
        reputation.judge_returned(s, utcnow() + timedelta(days=31))
    assert alarms() == set()
