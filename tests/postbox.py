"""How does returned mail reach the product in a test? Over a real LMTP port, with the standard library as the client."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from mailroom import wait_until

import settings as settings_module
from alerts import postbox

DOMAIN = "retur.anbudsvakt.example"
ROLE = f"complaints@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Postbox:
    """An open LMTP port."""

    port: int

    def hand_in(self, raw: bytes, *recipients: str, sender: str = "") -> dict[str, tuple[int, bytes | str]]:
        """Hand a mail in as a mail server does; gives who was refused, and with what."""
        with smtplib.LMTP("127.0.0.1", self.port, timeout=30) as client:
            try:
                return dict(client.sendmail(sender, list(recipients), raw))
            except smtplib.SMTPRecipientsRefused as refused:
                return dict(refused.recipients)
            except smtplib.SMTPDataError as put_off:
                return dict.fromkeys(recipients, (put_off.smtp_code, put_off.smtp_error))


def use_bounces(environment: pytest.MonkeyPatch, **also: str) -> None:
    """Settings with a domain for what comes back."""
    environment.setenv("ANBUDSVAKT_BOUNCE_DOMAIN", DOMAIN)
    for name, value in also.items():
        environment.setenv(f"ANBUDSVAKT_{name.upper()}", value)
    settings_module.get_settings.cache_clear()


def use_port(environment: pytest.MonkeyPatch, **also: str) -> int:
    """Settings with a free LMTP port too; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    use_bounces(environment, lmtp_port=str(port), **also)
    return port


@contextmanager
def open_postbox(environment: pytest.MonkeyPatch, **also: str) -> Iterator[Postbox]:
    """The product's own postbox, in a thread of its own, for the length of a ``with``."""
    port = use_port(environment, **also)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(postbox.run(stop),))
    thread.start()
    try:
        wait_until(lambda: answers(port), within_s=10)
        yield Postbox(port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def answers(port: int) -> bool:
    """Whether anybody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def envelopes(heard: Sequence[str]) -> list[str]:
    """The envelope senders in what a relay heard, in order."""
    return [line.partition("<")[2].partition(">")[0] for line in heard if line.upper().startswith("MAIL FROM:")]
