"""What lies in the outbox? Fills it with real rows in bulk, and counts what became of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count

import pytest
from nursery import Child, python_process
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

import settings as settings_module
from alerts.verp import bounce_address
from db.models import Delivery, DeliveryState, Digest, DigestRun, Subscriber, Suppression
from db.session import transaction, utcnow

SENDER = "varsel@anbudsvakt.example"
_serial = count(1)


def use_relay(environment: pytest.MonkeyPatch, port: int, **also: str) -> None:
    """Point the settings, of this process and of its children, at a relay on loopback."""
    environment.setenv("ANBUDSVAKT_SMTP_HOST", "127.0.0.1")
    environment.setenv("ANBUDSVAKT_SMTP_PORT", str(port))
    environment.setenv("ANBUDSVAKT_SMTP_SECURITY", "none")
    for name, value in also.items():
        environment.setenv(f"ANBUDSVAKT_{name.upper()}", value)
    settings_module.get_settings.cache_clear()


def fill(mails: int, *, recipient: str = "post{n}@firma.example") -> list[str]:
    """Put this many mails into the outbox; gives their Message-IDs."""
    serial = next(_serial)
    with transaction() as s:
        run_id = s.scalar(
            insert(DigestRun)
            .values(day=date(2026, 11, 23), cadence="daily", slot=f"fill {serial}", as_of=utcnow())
            .returning(DigestRun.id)
        )
        numbers = range(1, mails + 1)
        subscribers = s.scalars(
            insert(Subscriber).returning(Subscriber.id, sort_by_parameter_order=True),
            [
                {
                    "company": f"Firma {serial}-{n}",
                    "email": f"{serial}-" + recipient.format(n=n),
                    "country": "NO",
                    "language": "nb",
                    "cadence": "daily",
                    "confirmed_at": utcnow(),
                }
                for n in numbers
            ],
        ).all()
        digests = s.scalars(
            insert(Digest).returning(Digest.id, sort_by_parameter_order=True),
            [{"run_id": run_id, "subscriber_id": one, "built_at": utcnow(), "view": {}} for one in subscribers],
        ).all()
        rows = [
            {
                "digest_id": digest_id,
                "message_id": f"<digest.{digest_id}.{serial}@anbudsvakt.example>",
                "sender": SENDER,
                "recipient": f"{serial}-" + recipient.format(n=n),
                "message": mail(f"<digest.{digest_id}.{serial}@anbudsvakt.example>", n),
                "state": "queued",
            }
            for n, digest_id in zip(numbers, digests, strict=True)
        ]
        s.execute(insert(Delivery), rows)
    return [str(row["message_id"]) for row in rows]


def mail(message_id: str, number: int) -> bytes:
    """A mail of a few kilobytes with a line that begins with a point, as a digest may have."""
    body = f"Mail {number}\r\n.en linje som begynner med punktum\r\n" + "Rammeavtale sveisearbeid\r\n" * 80
    head = f"From: {SENDER}\r\nTo: <firma@firma.example>\r\nSubject: Mail {number}\r\nMessage-ID: {message_id}\r\n\r\n"
    return (head + body).encode()


def sent(mails: int = 1) -> list[str]:
    """This many mails as the relay has taken them over; gives their envelope senders."""
    fill(mails)
    with transaction() as s:
        s.execute(update(Delivery).values(state=DeliveryState.SENT, sent_at=utcnow(), attempts=1))
        ids = s.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    return [str(bounce_address(one, utcnow())) for one in ids]


def suppressed() -> int:
    """How many addresses are suppressed."""
    with transaction() as s:
        return len(s.scalars(select(Suppression)).all())


def states() -> Counter[str]:
    """How many deliveries are in each state."""
    with transaction() as s:
        return Counter(s.scalars(select(Delivery.state)))


@contextmanager
def sender_process() -> Iterator[Child]:
    """The sender as a process of its own, killed at the latest when the ``with`` ends."""
    with python_process("from alerts.sender import serve; serve()") as process:
        yield process
