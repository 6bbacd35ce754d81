"""Does every behaviour of a relay have the right outcome, and is nobody suppressed for our own faults? (D8, D10, D15)"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from certificates import self_signed
from outbox import fill, states, use_relay
from scripted_relay import DROP, SILENCE, At, ScriptedRelay, scripted_relay
from sqlalchemy import select, update
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

import settings as settings_module
from alerts import sender
from alerts.alarms import AlarmKind, open_alarms
from alerts.attempt import Lane, Office, send_one
from alerts.relay import Relay, RelayDown
from alerts.suppress import is_suppressed, suppress
from alerts.verdict import BACK_OFF, TRIES
from db.models import Alarm, Delivery, DeliveryState, Subscriber, Suppression
from db.session import async_engine, transaction, utcnow
from settings import get_settings

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a relay does, and what must come of it. ``state`` None: no connection, and the mail is untouched."""

    name: str
    says: dict[At, bytes] = field(default_factory=dict)
    state: DeliveryState | None = SENT
    suppressed: bool = False
    slow_s: float = 0.0


BEHAVIOURS = [
    Behaviour(name="all goes well"),
    Behaviour(name="answers byte by byte", slow_s=0.002),
    Behaviour(name="answers in several lines", says={At.DOT: b"250-2.0.0 taken\r\n250 2.0.0 as A1B2"}),
    Behaviour(name="answers in Latin-1", says={At.DOT: "250 2.0.0 mottatt på øya".encode("latin-1")}),
    Behaviour(name="speaks only the old tongue", says={At.EHLO: b"502 5.5.1 what"}),
    Behaviour(name="forwards", says={At.RCPT: b"251 2.1.5 will forward"}),
    Behaviour(name="421 for a greeting", says={At.GREETING: b"421 4.3.2 closing"}, state=None),
    Behaviour(name="554 for a greeting", says={At.GREETING: b"554 5.7.1 we do not want you"}, state=None),
    Behaviour(name="garbage for a greeting", says={At.GREETING: b"SSH-2.0-OpenSSH_9.9"}, state=None),
    Behaviour(name="silence for a greeting", says={At.GREETING: SILENCE}, state=None),
    Behaviour(name="hangs up at once", says={At.GREETING: DROP}, state=None),
    Behaviour(name="refuses both tongues", says={At.EHLO: b"550 no", At.HELO: b"550 no"}, state=None),
    Behaviour(name="421 at MAIL", says={At.MAIL: b"421 4.7.0 too many"}, state=DEFERRED),
    Behaviour(name="451 at MAIL", says={At.MAIL: b"451 4.3.0 later"}, state=DEFERRED),
    Behaviour(name="452 at MAIL", says={At.MAIL: b"452 4.3.1 no room"}, state=DEFERRED),
    Behaviour(name="5.7.1 at MAIL", says={At.MAIL: b"550 5.7.1 sender not allowed"}, state=DEFERRED),
    Behaviour(name="5.1.1 at MAIL, which is about us", says={At.MAIL: b"550 5.1.1 who?"}, state=DEFERRED),
    Behaviour(name="authentication wanted", says={At.MAIL: b"530 5.7.0 authenticate first"}, state=DEFERRED),
    Behaviour(name="450 at RCPT", says={At.RCPT: b"450 4.2.1 greylisted"}, state=DEFERRED),
    Behaviour(name="452 at RCPT", says={At.RCPT: b"452 4.2.2 full for now"}, state=DEFERRED),
    Behaviour(name="mailbox full", says={At.RCPT: b"552 5.2.2 over quota"}, state=DEFERRED),
    Behaviour(
        name="no such mailbox",
        says={At.RCPT: b"550 5.1.1 <1-post1@firma.example>: no such user"},
        state=FAILED,
        suppressed=True,
    ),
    Behaviour(name="no such domain", says={At.RCPT: b"550 5.1.2 no such host"}, state=FAILED, suppressed=True),
    Behaviour(name="bad address", says={At.RCPT: b"553 5.1.3 bad syntax"}, state=FAILED, suppressed=True),
    Behaviour(name="domain takes no mail", says={At.RCPT: b"556 5.1.10 null MX"}, state=FAILED, suppressed=True),
    Behaviour(name="5.1.8, which is about us", says={At.RCPT: b"550 5.1.8 bad sender system"}, state=DEFERRED),
    Behaviour(name="policy at RCPT", says={At.RCPT: b"550 5.7.1 blocked"}, state=DEFERRED),
    Behaviour(name="no route", says={At.RCPT: b"550 5.4.4 unable to route"}, state=DEFERRED),
    Behaviour(name="mailbox disabled", says={At.RCPT: b"550 5.2.1 disabled"}, state=FAILED),
    Behaviour(name="550 and no more", says={At.RCPT: b"550 no"}, state=FAILED),
    Behaviour(name="hangs up at RCPT", says={At.RCPT: DROP}, state=DEFERRED),
    Behaviour(name="silence at RCPT", says={At.RCPT: SILENCE}, state=DEFERRED),
    Behaviour(name="garbage at RCPT", says={At.RCPT: b"%%%%"}, state=DEFERRED),
    Behaviour(name="451 at DATA", says={At.DATA: b"451 4.3.0 later"}, state=DEFERRED),
    Behaviour(name="yes to DATA before the mail", says={At.DATA: b"250 2.0.0 ok"}, state=DEFERRED),
    Behaviour(name="hangs up at DATA", says={At.DATA: DROP}, state=DEFERRED),
    Behaviour(name="451 after the point", says={At.DOT: b"451 4.3.0 later"}, state=DEFERRED),
    Behaviour(name="hangs up after the point", says={At.DOT: DROP}, state=DEFERRED),
    Behaviour(name="silence after the point", says={At.DOT: SILENCE}, state=DEFERRED),
    Behaviour(name="garbage after the point", says={At.DOT: b"ok?"}, state=DEFERRED),
    Behaviour(name="spam, it says", says={At.DOT: b"554 5.7.1 looks like spam"}, state=DEFERRED),
    Behaviour(name="554 and no more", says={At.DOT: b"554 transaction failed"}, state=DEFERRED),
    Behaviour(name="too big", says={At.DOT: b"552 5.3.4 too big"}, state=FAILED),
    Behaviour(name="malformed, it says", says={At.DOT: b"554 5.6.0 malformed"}, state=FAILED),
    Behaviour(name="no such user, said late", says={At.DOT: b"550 5.1.1 no such user"}, state=FAILED, suppressed=True),
]


@pytest.fixture
async def engine(database: URL) -> AsyncIterator[AsyncEngine]:
    """Connections of the sender's own kind."""
    made = async_engine(pool_size=2)
    yield made
    await made.dispose()


@pytest.fixture
def use(environment: pytest.MonkeyPatch) -> "Use":
    return Use(environment)


@dataclass(frozen=True, slots=True)
class Use:
    """Points the settings at a scripted relay, and makes a lane with little patience."""

    environment: pytest.MonkeyPatch

    def lane(self, relay: ScriptedRelay, *, patience_s: float = 0.3, **also: str) -> Lane:
        use_relay(self.environment, relay.port, **also)
        return Lane(relay=Relay(command_s=patience_s, data_s=patience_s), office=Office())


async def one(engine: AsyncEngine, lane: Lane) -> DeliveryState | None:
    async with AsyncSession(engine) as session:
        return await send_one(session, lane)


def delivery() -> Delivery:
    with transaction() as s:
        return s.scalars(select(Delivery)).one()


def all_due_now() -> None:
    """Turn the clock past every back-off."""
    with transaction() as s:
        s.execute(update(Delivery).values(not_before=utcnow()))


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
async def test_each_behaviour_has_its_outcome(engine: AsyncEngine, use: Use, behaviour: Behaviour) -> None:
    fill(1)
    before = utcnow()
    async with scripted_relay(behaviour.says, slow_s=behaviour.slow_s) as relay:
        lane = use.lane(relay)
        try:
            state = await one(engine, lane)
        except RelayDown:
            state = None
        await lane.relay.close()
    row = delivery()
    assert state == behaviour.state
    assert row.state == (state or DeliveryState.QUEUED)
    assert row.attempts == (0 if state is None else 1)
    assert (row.sent_at is not None) == (state is SENT)
    assert len(relay.accepted) == (1 if state is SENT or behaviour.says.get(At.DOT) == b"250" else 0)
    if state is DEFERRED:
        assert row.not_before >= before + BACK_OFF[0]
    with transaction() as s:
        assert is_suppressed(s, row.recipient) is behaviour.suppressed
        assert open_alarms(s) == []
    if state is not None:
        assert row.smtp_reply is not None
        assert row.smtp_reply.isascii()
        assert "@" not in row.smtp_reply


async def test_the_bytes_that_arrive_are_the_bytes_that_were_rendered(engine: AsyncEngine, use: Use) -> None:
    fill(1)
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        await one(engine, lane)
        await lane.relay.close()
    assert relay.accepted == [delivery().message]


async def test_a_connection_that_was_dropped_between_two_mails_costs_no_attempt(engine: AsyncEngine, use: Use) -> None:
    fill(3)
    async with scripted_relay(mails_per_connection=1) as relay:
        lane = use.lane(relay)
        assert [await one(engine, lane) for _ in range(3)] == [SENT] * 3
        await lane.relay.close()
    assert relay.connections == 3
    with transaction() as s:
        assert s.scalars(select(Delivery.attempts)).all() == [1, 1, 1]


async def test_after_a_refused_mail_the_connection_serves_the_next(engine: AsyncEngine, use: Use) -> None:
    fill(2)
    async with scripted_relay({At.RCPT: b"550 5.1.1 no such user"}) as relay:
        lane = use.lane(relay)
        assert await one(engine, lane) is FAILED
        relay.says.clear()
        assert await one(engine, lane) is SENT
        await lane.relay.close()
    assert relay.connections == 1


async def test_a_mail_is_tried_for_three_days_and_then_given_up(engine: AsyncEngine, use: Use) -> None:
    fill(1)
    waits = []
    async with scripted_relay({At.RCPT: b"450 4.2.0 later"}) as relay:
        lane = use.lane(relay)
        while (state := await one(engine, lane)) is DEFERRED:
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


async def test_the_breaker_opens_and_waits_until_told(database: URL, use: Use) -> None:
    fill(60)
    async with scripted_relay({At.RCPT: b"550 5.7.1 blocked"}, refuse_after=20) as relay:
        use.lane(relay)
        drained = await asyncio.to_thread(sender.drain)
        refused = relay.tried - 20
        # Of the twenty good ones, those in hand on the other connections may meet the refusal at their RCPT.
        assert drained.sent > 20 - get_settings().smtp_connections
        assert drained.stopped is not None
        assert 0 < refused <= 25
        with transaction() as s:
            assert [(alarm.kind, alarm.subject) for alarm in open_alarms(s)] == [(AlarmKind.RELAY_REFUSES, "relay")]
            assert s.scalars(select(Suppression)).all() == []
        assert FAILED not in states()

        again = await asyncio.to_thread(sender.drain)
        assert (again.sent, relay.tried - 20) == (0, refused)

        relay.says.clear()
        assert sender.resume()
        all_due_now()
        await asyncio.to_thread(sender.drain)
    assert states() == {"sent": 60}
    with transaction() as s:
        assert open_alarms(s) == []


async def test_one_refusal_about_us_among_good_mails_does_not_open_the_breaker(engine: AsyncEngine, use: Use) -> None:
    fill(8)
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        for turn in range(8):
            relay.says = {At.RCPT: b"550 5.7.1 blocked"} if turn % 2 else {}
            await one(engine, lane)
        await lane.relay.close()
    assert states() == {"sent": 4, "deferred": 4}
    with transaction() as s:
        assert open_alarms(s) == []


async def test_a_relay_that_knows_nobody_is_not_believed_for_long(database: URL, use: Use) -> None:
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


async def test_no_starttls_no_mail_and_no_password(engine: AsyncEngine, use: Use) -> None:
    fill(1)
    async with scripted_relay() as relay:
        lane = use.lane(relay, smtp_security="starttls", smtp_user="anbudsvakt", smtp_password="a-secret-word")
        with pytest.raises(RelayDown):
            await one(engine, lane)
    assert [line.split()[0] for line in relay.heard] == ["EHLO"]
    assert delivery().attempts == 0


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_is_believed_only_if_it_is_trusted(
    engine: AsyncEngine, use: Use, environment: pytest.MonkeyPatch, tmp_path: Path, *, trusted: bool
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
            assert await one(engine, lane) is SENT
        else:
            with pytest.raises(RelayDown):
                await one(engine, lane)
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
async def test_no_spelling_of_a_suppressed_address_is_written_to(
    engine: AsyncEngine, use: Use, subscribed_as: str, suppressed_as: str
) -> None:
    from db.address import mailable

    fill(1)
    with transaction() as s:
        s.execute(update(Delivery).values(recipient=mailable(subscribed_as)))
        suppress(s, suppressed_as, "complained")
    async with scripted_relay() as relay:
        lane = use.lane(relay)
        assert await one(engine, lane) is DeliveryState.SUPPRESSED
    assert relay.heard == []


async def test_who_leaves_while_the_mail_waits_gets_none(engine: AsyncEngine, use: Use) -> None:
    fill(1)
    with transaction() as s:
        s.execute(update(Subscriber).values(unsubscribed_at=utcnow()))
    async with scripted_relay() as relay:
        assert await one(engine, use.lane(relay)) is DeliveryState.SUPPRESSED
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
