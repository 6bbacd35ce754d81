"""How does returned mail reach us? From an LMTP port that a mail server hands it to, or a Maildir that it puts it in.

Either way a mail is done with only when what follows from it is committed: LMTP answers 250 after that, and the file
goes after that. A postbox that dies in between meets the mail again, which changes nothing.
"""

import asyncio
import logging
import mailbox
from collections.abc import Sequence
from email.utils import getaddresses
from pathlib import Path
from typing import Any, Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy.exc import DBAPIError

from alerts.bounces import Taken, take
from alerts.returned import LARGEST
from alerts.sender import pause
from alerts.until_told import run_until_told
from alerts.verp import read_bounce_address
from db.session import utcnow
from settings import Settings, get_settings

log = logging.getLogger(__name__)

# Where mailbox providers are told to send complaints. Mail for a person (postmaster) belongs to the mail server.
COMPLAINTS: Final = "complaints"
LOOK_EVERY_S: Final = 10.0
# Whom a delivering server says a file was for; claims like any other, until a signature proves one.
DELIVERED_TO: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
STOP_S: Final = 5.0


class Door:
    """What aiosmtpd asks when a mail server speaks LMTP to us."""

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether anybody lives here: a delivery that we sent in the last days, or complaints."""
        local, _, domain = address.lower().rpartition("@")
        complaint = local == COMPLAINTS and domain == get_settings().bounce_domain
        if not complaint and read_bounce_address(address, utcnow()) is None:
            return "550 5.1.1 no such mailbox here, or no longer"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - as above
        self, _server: LMTP, _session: Session, envelope: Envelope
    ) -> str:
        """One answer per recipient, as RFC 2033 wants it."""
        raw = envelope.original_content or b""
        return "\r\n".join([await self._one(raw, address, envelope.mail_from) for address in envelope.rcpt_tos])

    async def _one(self, raw: bytes, address: str, sender: str | None) -> str:
        from_nobody = sender in {None, "", "<>"}  # aiosmtpd keeps the brackets of the empty path
        try:
            taken = await asyncio.to_thread(take, raw, [address], null_sender=from_nobody)
        except DBAPIError as trouble:
            log.warning("returned mail put off", extra={"error": type(trouble).__name__})
            return "451 4.3.0 later, please"
        if taken is Taken.UNREAD and not from_nobody:  # whoever wrote it should know that nobody reads it
            return f"550 5.7.0 nobody reads this address; please write to {get_settings().mail_from}"
        return "250 2.0.0 taken"


def serve() -> None:
    """The postbox as a process of its own: runs until SIGTERM or SIGINT."""
    run_until_told(run)


def wanted(settings: Settings) -> bool:
    """Whether this installation takes returned mail at all."""
    return settings.lmtp_port is not None or settings.bounce_maildir is not None


async def run(stop: asyncio.Event) -> None:
    """Take mail from the LMTP port and the Maildir, whichever of them the settings name, until ``stop``."""
    settings = get_settings()
    settings.require("secret_key", "bounce_domain")
    async with asyncio.TaskGroup() as group:
        if settings.lmtp_port is not None:
            group.create_task(_listen(settings.lmtp_host, settings.lmtp_port, stop))
        if settings.bounce_maildir is not None:
            group.create_task(_watch(settings.bounce_maildir, stop))


async def _listen(host: str, port: int, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def door() -> LMTP:
        return LMTP(Door(), hostname=get_settings().bounce_domain, ident="LMTP", data_size_limit=LARGEST, loop=loop)

    server = await loop.create_server(door, host, port)
    log.info("postbox open", extra={"port": port})
    try:
        await stop.wait()
    finally:
        server.close()


async def _watch(folder: Path, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.to_thread(empty_maildir, folder)
        await pause(LOOK_EVERY_S, unless=stop)


def empty_maildir(folder: Path) -> dict[Taken, int]:
    """Take every new mail of a Maildir; gives how many became what.

    What had an effect is removed; what had none stays, marked as seen, for a person. What cannot be taken yet (the
    database is away) stays new.
    """
    counts: dict[Taken, int] = {}
    maildir = mailbox.Maildir(folder, create=True)
    for key in list(maildir.iterkeys()):
        try:
            raw = maildir.get_bytes(key)
            mail = maildir.get_message(key)
        except (KeyError, OSError):
            continue  # another postbox, or a person, was faster
        if "S" in mail.get_flags():
            continue
        try:
            taken = take(raw, _recipients(mail), null_sender=_header(mail, "Return-Path") == "<>")
        except DBAPIError as trouble:
            log.warning("returned mail put off", extra={"error": type(trouble).__name__})
            break
        counts[taken] = counts.get(taken, 0) + 1
        if taken in {Taken.DONE, Taken.BEFORE}:
            maildir.discard(key)
        else:
            mail.set_subdir("cur")
            mail.add_flag("S")
            maildir[key] = mail
    return counts


def _recipients(mail: Any) -> Sequence[str]:
    written = [str(value) for name in DELIVERED_TO for value in mail.get_all(name, [])]
    return [address for _, address in getaddresses([value[:1_000] for value in written[:20]]) if address]


def _header(mail: Any, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())
