"""Where does the demo's mail arrive?

A real SMTP server on loopback that accepts, keeps and files every message, and refuses whom it is told to refuse.

    with Mailbox(Path("var/demo/mail")) as mailbox:
        send(mailbox.host, mailbox.port)
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from re import sub
from threading import Condition
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """One accepted message: its envelope, its bytes as they came, and the same parsed."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message: EmailMessage
    received_at: datetime

    @property
    def message_id(self) -> str:
        """The Message-ID header, or an empty string."""
        return str(self.message["Message-ID"] or "")

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The plain text part, or an empty string."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, or an empty string."""
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body(preferencelist=(subtype,))
        return str(part.get_content()) if part is not None else ""


class Mailbox:
    """An SMTP server from `with` to its end; what it accepted stays readable afterwards.

    With a folder, each message is filed there as `001-name_at_host.eml`, its HTML part beside it as `.html`.
    `refuse` maps a recipient to the SMTP reply it gets, such as `550 5.1.1 no such user`.
    """

    def __init__(self, folder: Path | None = None, *, port: int = 0, refuse: Mapping[str, str] | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._folder = folder
        self._refuse = dict(refuse or {})
        self._kept: list[KeptMail] = []
        self._arrived = Condition()

    @property
    def messages(self) -> tuple[KeptMail, ...]:
        """Every accepted message, in the order of arrival."""
        with self._arrived:
            return tuple(self._kept)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The recipients of all messages, in the order of arrival, repeats included."""
        return tuple(recipient for mail in self.messages for recipient in mail.recipients)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The Message-IDs of all messages, in the order of arrival, repeats included."""
        return tuple(mail.message_id for mail in self.messages)

    def to(self, recipient: str) -> tuple[KeptMail, ...]:
        """The messages for one address."""
        return tuple(mail for mail in self.messages if recipient in mail.recipients)

    def wait_for(self, count: int, within_s: float = 10.0) -> tuple[KeptMail, ...]:
        """The messages once there are `count` of them; TimeoutError when they do not arrive in time."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._kept) >= count, timeout=within_s):
                raise TimeoutError(f"{len(self._kept)} of {count} messages arrived within {within_s} s")
            return tuple(self._kept)

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        listening = socket.create_server((self.host, self.port))
        self.port = listening.getsockname()[1]
        self._controller = _OnSocket(self, listening, hostname=self.host, port=self.port)
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._controller.stop()

    # What aiosmtpd calls on its handler.

    async def handle_RCPT(  # noqa: N802  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept a recipient, unless told to refuse it."""
        if address in self._refuse:
            return self._refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message; it is on file before the sender hears that it was accepted."""
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=policy.SMTP)
        with self._arrived:
            mail = KeptMail(
                number=len(self._kept) + 1,
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=raw,
                message=message,
                received_at=datetime.now(UTC),
            )
            self._file(mail)
            self._kept.append(mail)
            self._arrived.notify_all()
        return f"250 2.0.0 OK kept as {mail.number}"

    def _file(self, mail: KeptMail) -> None:
        if self._folder is None:
            return
        name = sub(r"[^\w.-]", "_", mail.recipients[0].replace("@", "_at_"))
        path = self._folder / f"{mail.number:03d}-{name}.eml"
        path.write_bytes(mail.raw)
        if mail.html:
            path.with_suffix(".html").write_text(mail.html, encoding="utf-8")


class _OnSocket(Controller):
    """A controller on a socket that is bound already, so that any free port will do."""

    def __init__(self, handler: Mailbox, listening: socket.socket, **kwargs: Any) -> None:
        super().__init__(handler, enable_SMTPUTF8=True, **kwargs)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)
