"""Does every behaviour of a relay have the right outcome, and is nobody suppressed for our own faults? (D8)"""

from dataclasses import dataclass, field

import pytest
from lanes import Use, delivery, one
from outbox import fill
from scripted_relay import DROP, SILENCE, At, scripted_relay

from alerts.alarms import open_alarms
from alerts.relay import RelayDown
from alerts.suppress import is_suppressed
from alerts.verdict import BACK_OFF
from db.models import DeliveryState
from db.session import Connection, transaction, utcnow

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


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
async def test_d8_each_behaviour_has_its_outcome(outbox: Connection, use: Use, behaviour: Behaviour) -> None:
    fill(1)
    before = utcnow()
    async with scripted_relay(behaviour.says, slow_s=behaviour.slow_s) as relay:
        lane = use.lane(relay)
        try:
            state = await one(outbox, lane)
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


def test_d8_there_are_behaviours_enough_and_none_of_ours_suppresses() -> None:
    assert len(BEHAVIOURS) >= 30
    assert not [one.name for one in BEHAVIOURS if one.suppressed and b"5.7." in b"".join(one.says.values())]
