"""What did the relay say to one mail? A connection to it, and its answers as values: Sent, Deferred or Refused.

Only a clear word about the mailbox suppresses an address. Whatever may be our own fault (policy, authentication,
protocol) never does: the mail waits, and after a few such answers in a row the sender stops and calls a person.
"""

import ipaddress
import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

import aiosmtplib

from settings import Settings, get_settings

COMMAND_S: Final = 30.0
# RFC 5321 §4.5.3.2.6: a relay that is slow after the final dot has often accepted; giving up early makes a copy.
DATA_S: Final = 600.0
REPLY_KEPT: Final = 300
_ADDRESS: Final = re.compile(r"[^\s<>]+@[^\s<>]+")
_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# RFC 3463: address unknown, bad or moved. 5.1.7 and 5.1.8 are about the sender, which is us.
_MAILBOX_GONE: Final = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_MAILBOX_FULL: Final = "5.2.2"
_TOO_BIG: Final = "5.3.4"


class Stage(StrEnum):
    """The command that was answered."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


class Fault(StrEnum):
    """Whom a final refusal is about."""

    ADDRESS = "address"  # no such mailbox, said with an enhanced code: never write there again
    MAILBOX = "mailbox"  # cannot take this mail; the next one may try again
    MESSAGE = "message"
    US = "us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The relay has taken the mail over."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now: a 4xx, a lost connection, silence, or an answer that is none."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A final no."""

    reply: str
    fault: Fault


Outcome = Sent | Deferred | Refused


class RelayDown(Exception):  # noqa: N818 - a state of the relay, told by its name
    """Raised when no connection can be had; no mail was tried. ``wants_person``: trying again would do harm."""

    def __init__(self, told: str, *, wants_person: bool = False) -> None:
        super().__init__(told)
        self.wants_person = wants_person


class _Stale(Exception):  # noqa: N818 - as above
    """The relay had closed a connection that was used before; the mail has not been tried."""


def judge(stage: Stage, code: int, text: str) -> Deferred | Refused:
    """What an answer other than the hoped-for one means for the mail. Pure.

    Nothing but 250 after the final dot is Sent, so that a confused relay makes a copy rather than a loss.
    """
    reply = printable(f"{stage}: {code} {text}")
    if not 500 <= code < 600:
        return Deferred(reply=reply)
    found = _ENHANCED.search(text)
    enhanced = found.group() if found else ""
    if enhanced == _MAILBOX_FULL and stage is not Stage.MAIL:
        return Deferred(reply=reply)
    return Refused(reply=reply, fault=_fault(stage, code, enhanced))


def _fault(stage: Stage, code: int, enhanced: str) -> Fault:
    if stage is Stage.MAIL:
        return Fault.US
    if enhanced in _MAILBOX_GONE:
        return Fault.ADDRESS
    if enhanced == _TOO_BIG or enhanced.startswith("5.6.") or (not enhanced and code == 552):
        return Fault.MESSAGE
    # Without an enhanced code, 550, 551 and 553 speak of the mailbox by definition (RFC 5321 §4.2.3), but relays use
    # 550 for policy as well: enough to give this mail up, not enough to give the address up.
    if enhanced.startswith("5.2.") or (not enhanced and stage is Stage.RCPT and code in {550, 551, 553}):
        return Fault.MAILBOX
    return Fault.US


def printable(text: str) -> str:
    """An answer as it may be stored and shown: one line of ASCII, cut, without addresses (alarms name no person)."""
    plain = _ADDRESS.sub("(address)", text.encode("ascii", "backslashreplace").decode("ascii"))
    return "".join(letter if letter.isprintable() else " " for letter in plain)[:REPLY_KEPT]


class Relay:
    """One connection to the relay: opened at need, kept for the next mail, opened anew when it was lost."""

    def __init__(
        self, settings: Settings | None = None, *, command_s: float = COMMAND_S, data_s: float = DATA_S
    ) -> None:
        self.settings = settings or get_settings()
        self.command_s, self.data_s = command_s, data_s
        self._smtp: aiosmtplib.SMTP | None = None
        self._used = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        await self.close(politely=kind is None)

    async def send(self, sender: str, recipient: str, message: bytes) -> Outcome:
        """Offer one mail. Raises RelayDown when there is no connection to be had."""
        if self._smtp is not None:
            try:
                return await self._offer(sender, recipient, message)
            except _Stale:
                await self.close(politely=False)
        await self._connect()
        return await self._offer(sender, recipient, message)

    async def close(self, *, politely: bool = True) -> None:
        """Let go of the connection, with QUIT where that is still possible."""
        smtp, self._smtp, self._used = self._smtp, None, False
        if smtp is None:
            return
        try:
            if politely and smtp.is_connected:
                await smtp.quit(timeout=min(self.command_s, 2.0))
        except (aiosmtplib.SMTPException, OSError):
            pass  # it was to end anyway
        finally:
            smtp.close()

    async def _offer(self, sender: str, recipient: str, message: bytes) -> Outcome:
        smtp, stage, used = self._smtp, Stage.MAIL, self._used
        if smtp is None:
            raise RelayDown("not connected")
        self._used = True
        try:
            eight_bit = not message.isascii() and smtp.supports_extension("8bitmime")
            await smtp.mail(sender, options=["BODY=8BITMIME"] if eight_bit else [], timeout=self.command_s)
            stage = Stage.RCPT
            await smtp.rcpt(recipient, timeout=self.command_s)
            stage = Stage.DATA
            answer = await smtp.data(message, timeout=self.data_s)
        except aiosmtplib.SMTPResponseException as said:
            # 421 announces that the relay closes the connection. An answer that is none, or a yes where it makes no
            # sense, means that we no longer understand one another.
            lost = not 400 <= said.code < 600 or said.code == 421
            if lost and used and stage is Stage.MAIL:
                raise _Stale from None
            await (self.close(politely=False) if lost else self._reset())
            return judge(stage, said.code, said.message)
        except ValueError as wrong:  # an address that cannot be written in a command; the envelope sender is ours
            await self._reset()
            return Refused(reply=printable(f"{stage}: {type(wrong).__name__}"), fault=Fault.US)
        except (aiosmtplib.SMTPException, OSError) as trouble:
            lost_before_use = isinstance(trouble, (aiosmtplib.SMTPServerDisconnected, OSError))
            if used and stage is Stage.MAIL and lost_before_use and not isinstance(trouble, TimeoutError):
                raise _Stale from None
            await self.close(politely=False)
            return Deferred(reply=printable(f"{stage}: {type(trouble).__name__}"))
        return Sent(reply=printable(f"{answer.code} {answer.message}"))

    async def _reset(self) -> None:
        """Make ready for the next mail after a refused one."""
        try:
            if self._smtp is not None:
                await self._smtp.rset(timeout=self.command_s)
        except (aiosmtplib.SMTPException, OSError):
            await self.close(politely=False)

    async def _connect(self) -> None:
        settings = self.settings
        smtp = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            local_hostname=_own_name(settings),
            timeout=self.command_s,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            tls_context=None if settings.smtp_security == "none" else ssl.create_default_context(),
        )
        try:
            await smtp.connect()
            await _introduce(smtp)
        except aiosmtplib.SMTPAuthenticationError as said:
            smtp.close()
            raise RelayDown(
                printable(f"log-in refused: {said.code} {said.message}"), wants_person=said.code >= 500
            ) from None
        except aiosmtplib.SMTPResponseException as said:
            smtp.close()
            raise RelayDown(printable(f"greeting: {said.code} {said.message}")) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as trouble:
            smtp.close()
            raise RelayDown(printable(f"{type(trouble).__name__}: {trouble}")) from None
        self._smtp, self._used = smtp, False


async def _introduce(smtp: aiosmtplib.SMTP) -> None:
    """Say EHLO, or HELO to a relay of the old school, unless logging in has done so; a relay that wants neither is down."""
    if smtp.is_ehlo_or_helo_needed:
        try:
            await smtp.ehlo()
        except aiosmtplib.SMTPHeloError:
            await smtp.helo()


def _own_name(settings: Settings) -> str:
    """What we call ourselves in EHLO: the host of our public address (RFC 5321 §4.1.3 for one without a name)."""
    host = settings.base_url.host or "localhost"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
