"""How does a mail become bytes that nobody outside can bend? Headers cleaned, written, and read back before sending.

Why so careful: Python 3.11.7 writes a real ``Bcc`` line for a title such as ``=?utf-8?q?hei=0D=0ABcc:_x@y.no?=``
(CVE-2024-6923), lets NUL through, and turns a long List-Unsubscribe into an encoded word, which kills one-click.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy
from typing import Any, Final

from alerts.outside import header_text, safe_url

HEADERS: Final = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)
LIST_HEADERS: Final = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
PART_HEADERS: Final = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
PICTURE_HEADERS: Final = PART_HEADERS | {"content-id", "content-disposition"}
SUBJECT: Final = 200  # characters
ONE_CLICK: Final = "List-Unsubscribe=One-Click"
_MESSAGE_ID: Final = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_CONTENT_ID: Final = re.compile(r"[0-9A-Za-z.@_-]{1,200}")
_LIST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


class MailBroken(Exception):  # noqa: N818 - the house's word: a state of the mail, told by its name
    """Raised when a mail cannot be written as the standards and our promises ask; it is not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom about what. ``list_id`` is RFC 2919's, with or without its angle brackets.

    A letter, which one person just asked for, is of no list: it has neither ``list_id`` nor ``one_click_url``.
    """

    sender: str
    sender_name: str
    recipient: str
    subject: str
    message_id: str
    sent_at: datetime
    list_id: str | None = None
    one_click_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that the HTML part shows as ``cid:`` and its Content-ID; nothing is fetched to see it (RFC 2392)."""

    content_id: str
    png: bytes


class _Policy(EmailPolicy):
    """CRLF, and lines of 998 so that an address in a header stays whole; words are folded at 76 as RFC 2047 asks."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in {"subject", "from"} and self.max_line_length != 76:
            return str(self.clone(max_line_length=76).fold(name, value))
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


POLICY: Final = _Policy(linesep=SMTP.linesep, max_line_length=998, raise_on_defect=False)


def write(envelope: Envelope, *, text: str, html: str, pictures: Sequence[Picture] = ()) -> bytes:
    """The mail as wire bytes (CRLF, 7 bits), the same for the same input. Raises MailBroken."""
    try:
        message = _message(envelope, text, html, pictures)
        raw = message.as_bytes()
    except (ValueError, IndexError, MessageError, UnicodeError) as error:
        # The standard library raises IndexError for some addresses that it cannot parse.
        raise MailBroken(f"a header cannot be written: {type(error).__name__}") from error
    check(raw, envelope, pictures)
    return raw


def check(raw: bytes, envelope: Envelope, pictures: Sequence[Picture] = ()) -> None:
    """Read the bytes back as a stranger would. Raises MailBroken unless they hold what we set and nothing else."""
    if b"\r" in raw.replace(b"\r\n", b"") or b"\n" in raw.replace(b"\r\n", b"") or b"\0" in raw:
        raise MailBroken("a line ends in something else than CRLF, or a NUL stands in it")
    if any(len(line) > 998 or not line.isascii() for line in raw.split(b"\r\n")):
        raise MailBroken("a line is longer than 998 characters, or not ASCII")
    read = message_from_bytes(raw, policy=SMTP)
    of_a_list = envelope.one_click_url is not None
    if tuple(read.keys()) != (HEADERS if of_a_list else tuple(name for name in HEADERS if name not in LIST_HEADERS)):
        raise MailBroken("the header names read back are not those that were set")
    _check_parts(read, pictures)
    if [one.addr_spec for one in read["To"].addresses] != [envelope.recipient]:
        raise MailBroken("the mail is not to its one recipient")
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    if of_a_list and f"\r\nList-Unsubscribe: <{envelope.one_click_url}>\r\n" not in head:
        raise MailBroken("List-Unsubscribe is not whole on one line")


def _check_parts(read: EmailMessage, pictures: Sequence[Picture]) -> None:
    parts = list(read.iter_parts())
    wanted = ["text/plain", "multipart/related" if pictures else "text/html"]
    if [part.get_content_type() for part in parts] != wanted:
        raise MailBroken("the mail has not exactly a text and an HTML part")
    if any({name.lower() for name in part} - PART_HEADERS for part in parts):
        raise MailBroken("a part has a header that was not set")
    if not pictures:
        return
    page, *shown = parts[1].iter_parts()
    if page.get_content_type() != "text/html" or {name.lower() for name in page} - PART_HEADERS:
        raise MailBroken("the pictures do not stand behind an HTML part")
    if any({name.lower() for name in part} - PICTURE_HEADERS for part in shown):
        raise MailBroken("a picture has a header that was not set")
    if [(part.get("Content-ID"), part.get_content_type(), part.get_content()) for part in shown] != [
        (f"<{picture.content_id}>", "image/png", picture.png) for picture in pictures
    ]:
        raise MailBroken("the pictures read back are not those that were set")


def _message(envelope: Envelope, text: str, html: str, pictures: Sequence[Picture]) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    for name, value in _headers(envelope).items():
        message[name] = value
    # Quoted-printable whatever the length: a relay that cannot do 8 bits would otherwise rewrite it under our signature.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    del message["MIME-Version"]
    message["MIME-Version"] = "1.0"
    content_type = str(message["Content-Type"])
    del message["Content-Type"]
    message["Content-Type"] = content_type
    # "=_" cannot stand in quoted-printable text, so that the boundary never occurs in a part (RFC 2045, 6.7).
    message.set_boundary(_boundary(envelope.message_id))
    if pictures:
        _show(list(message.iter_parts())[1], pictures, _boundary(f"{envelope.message_id} pictures"))
    for part in message.walk():
        if part is not message:
            del part["MIME-Version"]
    return message


def _show(page: MIMEPart, pictures: Sequence[Picture], boundary: str) -> None:
    """Put pictures behind the HTML part that shows them (RFC 2387)."""
    page.make_related(boundary)
    page.set_param("type", "text/html")
    for picture in pictures:
        if not _CONTENT_ID.fullmatch(picture.content_id):
            raise MailBroken("a picture's Content-ID is not one")
        # Its base 64 is broken at 76, whatever length our own lines may have (RFC 2045, 6.8).
        part = EmailMessage(policy=POLICY.clone(max_line_length=76))
        part.set_content(picture.png, "image", "png", disposition="inline", cid=f"<{picture.content_id}>")
        page.attach(part)


def _boundary(of: str) -> str:
    return "=_" + hashlib.sha256(of.encode()).hexdigest()[:32]


def _headers(envelope: Envelope) -> Mapping[str, object]:
    if not _MESSAGE_ID.fullmatch(envelope.message_id):
        raise MailBroken("the Message-ID is not one")
    if envelope.sent_at.tzinfo is None:
        raise MailBroken("the moment of sending needs a zone")
    return {
        "From": Address(display_name=header_text(envelope.sender_name, 80), addr_spec=_address(envelope.sender)),
        "To": Address(addr_spec=_address(envelope.recipient)),
        "Subject": header_text(envelope.subject, SUBJECT),
        "Date": envelope.sent_at,
        "Message-ID": envelope.message_id,
        **_list_headers(envelope),
        "Auto-Submitted": "auto-generated",
    }


def _list_headers(envelope: Envelope) -> Mapping[str, object]:
    list_id, one_click = envelope.list_id, envelope.one_click_url
    if list_id is None and one_click is None:
        return {}
    list_id = (list_id or "").strip().removeprefix("<").removesuffix(">")
    if not _LIST_ID.fullmatch(list_id):
        raise MailBroken("the List-Id is not one")
    if one_click is None or safe_url(one_click) != one_click or not one_click.isascii() or set("<>,") & set(one_click):
        raise MailBroken("the one-click address is not one http or https address")
    return {
        "List-Id": f"<{list_id}>",
        "List-Unsubscribe": f"<{one_click}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }


def _address(address: str) -> str:
    if not (address.isascii() and address.isprintable()) or address.count("@") < 1 or set(' <>,;:"') & set(address):
        raise MailBroken("an address is not one plain mail address")
    return address
