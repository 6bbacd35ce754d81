"""Does the sender try, stop and leave people alone as it should? (D10, D15, S3)"""

import asyncio
import ssl
import time
from pathlib import Path

import pytest
from certificates import self_signed
from lanes import Use, all_due_now, delivery, one
from outbox import fill, states
from psycopg import sql
from scripted_relay import At, scripted_relay
from sqlalchemy import select, update
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import sender
from alerts.alarms import AlarmKind, open_alarms
from alerts.attempt import CLAIM
from alerts.relay import RelayDown
from alerts.suppress import is_suppressed, suppress
from alerts.verdict import TRIES
from db.models import Alarm, Delivery, DeliveryState, Subscriber, Suppression
from db.session import Connection, transaction, utcnow
from settings import get_settings

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED


async def test_the_bytes_that_arrive_are_the_bytes_that_were_rendered(outbox: Connection, use: Use) -> None:
    fill(1)
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        await one(outbox, lane)
        await lane.relay.close()
    assert relay.accepted == [delivery().message]


async def test_a_connection_that_was_dropped_between_two_mails_costs_no_attempt(outbox: Connection, use: Use) -> None:
    fill(3)
    async with scripted_relay(mails_per_connection=1) as relay:
        lane = use.lane(relay)
        assert [await one(outbox, lane) for _ in range(3)] == [SENT] * 3
        await lane.relay.close()
    assert relay.connections == 3
    with transaction() as s:
        assert s.scalars(select(Delivery.attempts)).all() == [1, 1, 1]


async def test_after_a_refused_mail_the_connection_serves_the_next(outbox: Connection, use: Use) -> None:
    fill(2)
    async with scripted_relay({At.RCPT: b"550 5.1.1 no such user"}) as relay:
        lane = use.lane(relay)
        assert await one(outbox, lane) is FAILED
        relay.says.clear()
        assert await one(outbox, lane) is SENT
        await lane.relay.close()
    assert relay.connections == 1


async def test_a_mail_is_tried_for_three_days_and_then_given_up(outbox: Connection, use: Use) -> None:
    fill(1)
    waits = []
    async with scripted_relay({At.RCPT: b"450 4.2.0 later"}) as relay:
        lane = use.lane(relay)
        while (state := await one(outbox, lane)) is DEFERRED:
            row = delivery()
            waits.append(row.not_before - utcnow())
            all_due_now()
        await lane.relay.close()
    assert state is FAILED
    assert len(waits) == TRIES - 1
    assert [round(wait.total_seconds() / 60) for wait in waits[:7]] == [1, 5, 30, 120, 360, 360, 360]
    assert 2.5 <= sum(wait.total_seconds() for wait in waits) / 86_400 <= 3
    with transaction() as s:
        assert not is_suppressed(s, delivery().recipient)


# The breaker


@pytest.mark.parametrize(("mails", "good"), [(60, 20), pytest.param(1_000, 500, marks=pytest.mark.prove)])
async def test_d10_the_breaker_opens_and_waits_until_told(database: URL, use: Use, mails: int, good: int) -> None:
    fill(mails)
    async with scripted_relay({At.RCPT: b"550 5.7.1 blocked"}, refuse_after=good) as relay:
        use.lane(relay)
        drained = await asyncio.to_thread(sender.drain)
        took_s = time.monotonic() - relay.mails_at[good]  # since the first that was refused
        refused = relay.tried - good
        # Of the good ones, those in hand on the other connections may meet the refusal at their RCPT.
        assert drained.sent > good - get_settings().smtp_connections
        print(f"\n{refused} refused mails tried, alarm within {took_s:.1f} s")
        assert took_s <= 60
        assert drained.stopped is not None
        assert 0 < refused <= 25
        with transaction() as s:
            assert [(alarm.kind, alarm.subject) for alarm in open_alarms(s)] == [(AlarmKind.RELAY_REFUSES, "relay")]
            assert s.scalars(select(Suppression)).all() == []
        assert FAILED not in states()

        again = await asyncio.to_thread(sender.drain)
        assert (again.sent, relay.tried - good) == (0, refused)

        relay.says.clear()
        assert sender.resume()
        all_due_now()
        await asyncio.to_thread(sender.drain)
    assert states() == {"sent": mails}
    with transaction() as s:
        assert open_alarms(s) == []


async def test_d10_one_refusal_about_us_among_good_mails_does_not_open_the_breaker(
    outbox: Connection, use: Use
) -> None:
    fill(8)
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        for turn in range(8):
            relay.says = {At.RCPT: b"550 5.7.1 blocked"} if turn % 2 else {}
            await one(outbox, lane)
        await lane.relay.close()
    assert states() == {"sent": 4, "deferred": 4}
    with transaction() as s:
        assert open_alarms(s) == []


async def test_d10_a_relay_that_knows_nobody_is_not_believed_for_long(database: URL, use: Use) -> None:
    fill(60)
    async with scripted_relay({At.RCPT: b"550 5.1.1 no such user"}) as relay:
        use.lane(relay)
        await asyncio.to_thread(sender.drain)
    assert states()["failed"] <= 25
    with transaction() as s:
        assert [alarm.kind for alarm in open_alarms(s)] == [AlarmKind.RELAY_REFUSES]


# Log-in and encryption


@pytest.mark.parametrize(
    ("answer", "alarms"), [(b"535 5.7.8 wrong password", [AlarmKind.RELAY_REFUSES]), (b"454 4.7.0 later", [])]
)
async def test_a_refused_log_in_sends_nothing(database: URL, use: Use, answer: bytes, alarms: list[str]) -> None:
    fill(3)
    greeting = {At.EHLO: b"250-relay.example\r\n250 AUTH PLAIN", At.AUTH: answer}
    async with scripted_relay(greeting) as relay:
        use.lane(relay, smtp_user="anbudsvakt", smtp_password="not-the-right-one")
        drained = await asyncio.to_thread(sender.drain)
    assert drained.stopped is not None
    assert relay.tried == 0
    assert states() == {"queued": 3}
    with transaction() as s:
        assert [alarm.kind for alarm in open_alarms(s)] == alarms
    assert "not-the-right-one" not in drained.stopped


async def test_no_starttls_no_mail_and_no_password(outbox: Connection, use: Use) -> None:
    fill(1)
    async with scripted_relay() as relay:
        lane = use.lane(relay, smtp_security="starttls", smtp_user="anbudsvakt", smtp_password="a-secret-word")
        with pytest.raises(RelayDown):
            await one(outbox, lane)
    assert [line.split()[0] for line in relay.heard] == ["EHLO"]
    assert delivery().attempts == 0


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_is_believed_only_if_it_is_trusted(
    outbox: Connection, use: Use, environment: pytest.MonkeyPatch, tmp_path: Path, *, trusted: bool
) -> None:
    fill(1)
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if trusted:
        environment.setenv("SSL_CERT_FILE", str(certificate))
    async with scripted_relay({At.EHLO: b"250-relay.example\r\n250 STARTTLS"}, tls=context) as relay:
        lane = use.lane(relay, patience_s=5, smtp_security="starttls", smtp_host="localhost")
        if trusted:
            assert await one(outbox, lane) is SENT
        else:
            with pytest.raises(RelayDown):
                await one(outbox, lane)
        await lane.relay.close()
    assert relay.tried == (1 if trusted else 0)


# Who is not written to


@pytest.mark.parametrize(
    ("subscribed_as", "suppressed_as"),
    [
        ("Post@Firma.example", "post@firma.example"),
        ("post@firma.example", "POST@FIRMA.EXAMPLE"),
        ("post@trøndersveis.example", "Post@xn--trndersveis-hgb.example"),
        ("post@xn--trndersveis-hgb.example", "post@TRØNDERSVEIS.example"),
    ],
)
async def test_d15_no_spelling_of_a_suppressed_address_is_written_to(
    outbox: Connection, use: Use, subscribed_as: str, suppressed_as: str
) -> None:
    from db.address import mailable

    fill(1)
    with transaction() as s:
        s.execute(update(Delivery).values(recipient=mailable(subscribed_as)))
        suppress(s, suppressed_as, "complained")
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        assert await one(outbox, lane) is DeliveryState.SUPPRESSED
    assert relay.heard == []


async def test_who_leaves_while_the_mail_waits_gets_none(outbox: Connection, use: Use) -> None:
    fill(1)
    with transaction() as s:
        s.execute(update(Subscriber).values(unsubscribed_at=utcnow()))
    async with scripted_relay() as relay:
        assert await one(outbox, use.lane(relay)) is DeliveryState.SUPPRESSED
    assert relay.heard == []


# What a person sees


async def test_a_dry_run_lists_what_would_be_sent_and_sends_nothing(database: URL, use: Use) -> None:
    fill(3)
    with transaction() as s:
        last = s.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert last is not None
        suppress(s, last.recipient, "complained")
    assert [row["attempts"] for row in sender.due()] == [0, 0]
    assert states() == {"queued": 3}
    with transaction() as s:
        s.add(Alarm(kind=AlarmKind.RELAY_REFUSES, subject="relay", told="550 5.7.1"))
    assert sender.due() == []


def test_without_a_relay_the_setting_is_named(database: URL) -> None:
    fill(1)
    with pytest.raises(settings_module.SettingsError, match="ANBUDSVAKT_SMTP_HOST"):
        sender.drain()


async def test_a_plan_that_was_made_while_nothing_waited_serves_a_full_outbox(outbox: Connection) -> None:
    asked = {"now": utcnow(), "in_hand": [1]}
    for _ in range(20):  # after ten it is kept
        assert await (await outbox.execute(CLAIM, asked)).fetchone() is None
        await outbox.commit()
    fill(300)
    kept = "SELECT name, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%FOR UPDATE OF delivery%'"
    [(name, times)] = await (await outbox.execute(kept)).fetchall()
    assert times > 0
    explained = sql.SQL("EXPLAIN EXECUTE {} (now(), '{{}}')").format(sql.Identifier(name))
    plan = "\n".join(line for (line,) in await (await outbox.execute(explained)).fetchall())
    assert "Index Scan using ix_delivery_due" in plan
    assert "Seq Scan" not in plan.replace("Seq Scan on database_mark", "")  # of one row, without an index
    assert await (await outbox.execute(CLAIM, {**asked, "now": utcnow()})).fetchone() is not None
