"""What does a mail that came back say? Delivery reports, complaints, and what is neither; bytes in, a reading out.

Pure, and made for strangers: whatever the bytes, the answer is a reading, never an exception (RFC 3464, 5965, 6533).
Nothing read here is believed: whose mail it was is proved elsewhere, by a signature of ours (M10).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from typing import Any, Final

from alerts.bounce_codes import Meaning, codes, meaning_of, mildest
from alerts.odd_returns import read_odd
from alerts.relay import printable

_TOLD: Final = 1_000  # characters that are looked at before a line is cut
LARGEST: Final = 2 * 1024 * 1024  # bytes that are read; a report quotes the original, which is 100 kB at most
DEPTH: Final = 8
PARTS: Final = 64
_STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_QUOTED: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers"}
)
# A reader who takes our mail out of the spam folder, and reports on authentication, do not complain (RFC 6430, 6591).
_NO_COMPLAINT: Final = {
    "not-spam": Meaning.DELIVERED,
    "auth-failure": Meaning.AUTO_REPLY,
    "dmarc": Meaning.AUTO_REPLY,
}
_COMMENT: Final = re.compile(r"\([^()]*\)")

Fields = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The reading. ``code`` as far as one was said; ``told`` for a person: ASCII, one line, without addresses.

    ``claims``: of a complaint, what may prove whose mail it was (envelope senders and unsubscribe links).
    """

    meaning: Meaning
    code: str = ""
    told: str = ""
    claims: tuple[str, ...] = ()


def read_returned(raw: bytes, *, null_sender: bool = False) -> Returned:
    """Read one mail. ``null_sender``: it came with the empty envelope sender, as reports do."""
    try:
        return _read(BytesParser(policy=compat32).parsebytes(raw[:LARGEST]), null_sender=null_sender)
    except (RecursionError, LookupError, ValueError, MessageError) as error:
        # The standard library's parser goes as deep as a mail says, and stumbles over some of what it finds there.
        return Returned(meaning=Meaning.NOTHING, told=f"cannot be read: {type(error).__name__}")


def _read(message: Message, *, null_sender: bool) -> Returned:
    parts = list(_parts(message))
    kinds = [part.get_content_type() for part in parts]
    for part, kind in zip(parts, kinds, strict=True):
        if kind == "message/feedback-report":
            return _complaint(part, parts)
    for part, kind in zip(parts, kinds, strict=True):
        if kind in _STATUS_PARTS and (found := _report(_blocks(part))):
            return found
    if "message/disposition-notification" in kinds:
        return Returned(meaning=Meaning.AUTO_REPLY, told="a receipt")
    meaning, code, told = read_odd(message, parts, null_sender=null_sender or _text(message, "return-path") == "<>")
    return Returned(meaning=meaning, code=code, told=printable(told[:_TOLD]))


def _report(blocks: list[Fields]) -> Returned | None:
    """A delivery report of one or more recipients; None where it has none that can be read."""
    judged = [(_recipient(block), block) for block in blocks if block.keys() & {"action", "status", "final-recipient"}]
    if not judged:
        return None
    meaning, code = mildest(one for one, _ in judged)
    block = next(block for one, block in judged if one == (meaning, code))
    said = block.get("diagnostic-code", block.get("status", ""))
    return Returned(meaning=meaning, code=code, told=printable(said[:_TOLD]))


def _recipient(block: Fields) -> tuple[Meaning, str]:
    action = _COMMENT.sub(" ", block.get("action", "")).strip().lower()
    status, diagnostic = block.get("status", ""), block.get("diagnostic-code", "")
    code = next(iter(codes(status)), "")
    if action.startswith(("deliver", "relay", "expand")):
        return Meaning.DELIVERED, code
    if action.startswith("delay") or (not action.startswith("fail") and status.strip().startswith("4")):
        return Meaning.DELAYED, code
    return meaning_of(status, diagnostic)


def _complaint(part: Message, parts: list[Message]) -> Returned:
    fields = _merged(_blocks(part))
    kind = _COMMENT.sub(" ", fields.get("feedback-type", "abuse")).strip().lower()
    if kind in _NO_COMPLAINT:
        return Returned(meaning=_NO_COMPLAINT[kind], told=printable(f"feedback: {kind[:80]}"))
    claims = [fields.get("original-mail-from", "")]
    for quoted in (one for one in parts if one.get_content_type() in _QUOTED):
        original = _merged(_blocks(quoted)[:1])
        claims += [original.get("return-path", ""), original.get("list-unsubscribe", "")]
    known = tuple(dict.fromkeys(claim.strip() for claim in claims if claim.strip()))
    return Returned(meaning=Meaning.COMPLAINT, told=printable(f"feedback: {kind[:80]}"), claims=known)


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts of a mail, but not those of a mail that is quoted in it: what that says is no report to us."""
    yield message
    if depth >= DEPTH or message.get_content_maintype() != "multipart":
        return
    inner = message.get_payload()
    for part in inner[:PARTS] if isinstance(inner, list) else []:
        if isinstance(part, Message):
            yield from _parts(part, depth + 1)


def _blocks(part: Message) -> list[Fields]:
    """The groups of fields in a part, however the parser took it apart; base64 is undone, which RFC 3464 forbids."""
    payload: Any = part.get_payload()
    blocks: list[Fields] = []
    for inner in payload[:PARTS] if isinstance(payload, list) else []:
        blocks.append(_fields(inner))
        blocks += _written(inner.get_payload())
    if isinstance(payload, str):
        blocks += _written(payload)
    if not any(blocks) or not any(" " not in name for block in blocks for name in block):
        encoded = payload if isinstance(payload, str) else "".join(str(one.get_payload()) for one in payload or [])
        blocks = _written(_unbase64(encoded))
    return [block for block in blocks if block]


def _written(text: Any) -> list[Fields]:
    if not isinstance(text, str):
        return []
    chunks = re.split(r"\n[ \t]*\r?\n", text.replace("\r\n", "\n"))[:PARTS]
    return [_fields(HeaderParser(policy=compat32).parsestr(chunk.strip("\n"))) for chunk in chunks]


def _fields(block: Message) -> Fields:
    """Names in lower case, values on one line; of a field that comes twice, the first."""
    found: Fields = {}
    for name, value in block.items():
        found.setdefault(name.lower(), " ".join(str(value).split()))
    return found


def _merged(blocks: list[Fields]) -> Fields:
    found: Fields = {}
    for block in reversed(blocks):
        found |= block
    return found


def _unbase64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _text(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())
