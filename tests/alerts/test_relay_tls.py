"""Does a relay that is not proved to be ours get a single byte of a password or a mail? (S3)"""

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from certificates import self_signed
from lanes import Use
from outbox import fill, states
from scripted_relay import At, scripted_relay
from sqlalchemy.engine import URL

from alerts import sender

OFFERS = {At.EHLO: b"250-relay.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"}
PASSWORD = "a-secret-word-of-ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impostor:
    """A relay that must get nothing. ``trusted``: its certificate is signed by somebody whom we trust."""

    name: str
    host: str = "localhost"
    days: int = 1
    trusted: bool = True
    certified: bool = True
    says: dict[At, bytes] = field(default_factory=lambda: dict(OFFERS))


STARTTLS = [
    Impostor(name="offers no STARTTLS", certified=False, says={At.EHLO: b"250-relay.example\r\n250 AUTH PLAIN LOGIN"}),
    Impostor(name="refuses STARTTLS", says={**OFFERS, At.STARTTLS: b"454 4.7.0 not now"}),
    Impostor(name="says yes and speaks no TLS", certified=False),
    Impostor(name="another's name", host="annen.example"),
    Impostor(name="expired", days=-1),
    Impostor(name="signed by nobody we know", trusted=False),
    Impostor(name="speaks before its TLS", certified=False, says={**OFFERS, At.STARTTLS: b"220 go\r\n250 AUTH PLAIN"}),
]
IMPLICIT = [one for one in STARTTLS if one.certified and At.STARTTLS not in one.says]


@pytest.mark.parametrize(
    ("security", "impostor"),
    [("starttls", one) for one in STARTTLS] + [("tls", one) for one in IMPLICIT],
    ids=lambda one: getattr(one, "name", one),
)
async def test_s3_no_byte_of_a_password_or_a_mail_is_sent(
    database: URL, use: Use, environment: pytest.MonkeyPatch, tmp_path: Path, security: str, impostor: Impostor
) -> None:
    fill(2)
    context = certified(tmp_path, impostor, environment)
    async with scripted_relay(impostor.says, tls=context, implicit=security == "tls") as relay:
        use.lane(relay, smtp_host="localhost", smtp_security=security, smtp_user="anbudsvakt", smtp_password=PASSWORD)
        drained = await asyncio.to_thread(sender.drain)
    assert drained.sent == 0
    assert drained.stopped is not None
    assert PASSWORD not in drained.stopped
    assert {line.split(" ")[0] for line in relay.heard if line.isascii() and line.isprintable()} <= {"EHLO", "STARTTLS"}
    assert relay.tried == 0
    assert relay.accepted == []
    assert states() == {"queued": 2}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_s3_a_relay_that_is_proved_gets_both(
    database: URL, use: Use, environment: pytest.MonkeyPatch, tmp_path: Path, security: str
) -> None:
    fill(2)
    context = certified(tmp_path, Impostor(name="ours"), environment)
    async with scripted_relay(OFFERS, tls=context, implicit=security == "tls") as relay:
        use.lane(relay, smtp_host="localhost", smtp_security=security, smtp_user="anbudsvakt", smtp_password=PASSWORD)
        await asyncio.to_thread(sender.drain)
    assert states() == {"sent": 2}
    heard = [line.split(" ")[0] for line in relay.heard]
    assert heard.index("AUTH") > (heard.index("STARTTLS") if security == "starttls" else -1)


def certified(folder: Path, one: Impostor, environment: pytest.MonkeyPatch) -> ssl.SSLContext | None:
    if not one.certified:
        return None
    certificate, key = self_signed(folder, one.host, days=one.days)
    if one.trusted:
        environment.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
