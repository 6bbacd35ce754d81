"""How many mails a second does the outbox send, beside a bare aiosmtplib loop with the same bytes and connections?"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from aiosmtplib import SMTP
from sqlalchemy import delete, insert

from alerts.sender import drain
from benchmarks.ground import Told
from db.models import Delivery, DeliveryState, Digest, DigestRun, Subscriber
from db.session import transaction, utcnow
from settings import get_settings

MAILS = 2000
ROUNDS = 3
SENDER = "varsel@anbudsvakt.example"
# A sink in a process of its own, so that it does not share an interpreter with either side.
SINK = """
import sys, time
from aiosmtpd.controller import Controller
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 OK"
controller = Controller(Sink(), hostname="127.0.0.1", port=0)
import socket
listening = socket.create_server(("127.0.0.1", 0))
controller._create_server = lambda: controller.loop.create_server(controller._factory_invoker, sock=listening)
controller.port = listening.getsockname()[1]
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
"""


def run() -> Told:
    """Both in turn, a few rounds each, against the same sink."""
    ours, bare = [], []
    with _sink() as port:
        os.environ |= {
            "ANBUDSVAKT_SMTP_HOST": "127.0.0.1",
            "ANBUDSVAKT_SMTP_PORT": str(port),
            "ANBUDSVAKT_SMTP_SECURITY": "none",
        }
        get_settings.cache_clear()
        for _ in range(ROUNDS):
            mails = _fill()
            started = time.perf_counter()
            sent = drain().sent
            ours.append(sent / (time.perf_counter() - started))
            assert sent == MAILS
            started = time.perf_counter()
            asyncio.run(_bare(port, mails, get_settings().smtp_connections))
            bare.append(MAILS / (time.perf_counter() - started))
    return Told(unit="mails/s", ours=median(ours), peer=median(bare), peer_is="bare aiosmtplib loop, same connections")


@contextmanager
def _sink() -> Iterator[int]:
    child = subprocess.Popen([sys.executable, "-c", SINK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.stdin.close()
        child.wait(10)


def _fill() -> list[tuple[str, bytes]]:
    """An outbox of queued mails; gives recipient and bytes of each."""
    now = utcnow()
    mails = [(f"post{n}@firm{n}.example", _mail(n)) for n in range(MAILS)]
    with transaction() as s:
        s.execute(delete(Subscriber))
        run_row = DigestRun(day=now.date(), cadence="daily", slot=f"{now:%H:%M:%S.%f}", as_of=now)
        s.add(run_row)
        s.flush()
        people = s.scalars(
            insert(Subscriber).returning(Subscriber.id, sort_by_parameter_order=True),
            [{"company": f"Firm {n}", "email": to, "country": "NO", "language": "nb", "cadence": "daily"} for n, (to, _) in enumerate(mails)],
        ).all()  # fmt: skip
        digests = s.scalars(
            insert(Digest).returning(Digest.id, sort_by_parameter_order=True),
            [{"run_id": run_row.id, "subscriber_id": person, "built_at": now} for person in people],
        ).all()
        s.execute(
            insert(Delivery),
            [{"digest_id": digest, "message_id": f"<{digest}@bench>", "sender": SENDER, "recipient": to, "message": body,
              "state": DeliveryState.QUEUED} for digest, (to, body) in zip(digests, mails, strict=True)],
        )  # fmt: skip
    return mails


def _mail(number: int) -> bytes:
    body = "\r\n".join(f"Linje {line} av et varsel om anskaffelser i Midt-Norge." for line in range(300))
    return f"From: {SENDER}\r\nSubject: {number}\r\n\r\n{body}\r\n".encode()


async def _bare(port: int, mails: list[tuple[str, bytes]], connections: int) -> None:
    todo = iter(mails)

    async def work() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            for to, body in todo:
                await smtp.sendmail(SENDER, [to], body)

    await asyncio.gather(*(work() for _ in range(connections)))
