"""What does a returned mail say that is no proper report? Old mail servers write prose, and people's answers come too.

An automatic answer is never counted as a bounce: it is one only where a mail server speaks, of a mail that it did not
deliver. What is quoted below its own words says nothing.
"""

import re
from collections.abc import Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Final

from alerts.bounce_codes import Meaning, codes, meaning_of

READ: Final = 64 * 1024  # characters of its own words
_DAEMON: Final = re.compile(r"(mailer-?daemon|mail-?daemon|post-?master|mdaemon|mail-?delivery\S*|mta)", re.IGNORECASE)
_UNDELIVERED: Final = re.compile(
    r"undeliver|not delivered|delivery (status notification|failure|failed|problem|report|error)|mail delivery|failure notice"
    r"|returned mail|returning message|could not be delivered|unzustellbar|olevererbar|kunde inte levereras|kan inte levereras"
    r"|kunne ikke leveres|kan ikke leveres|ikke levert|returnert (e-?post|melding)|non remis",
    re.IGNORECASE,
)
_STILL_TRYING: Final = re.compile(
    r"warning message only|do not need to resend|no action is required|will (continue to|keep) try|will be retried"
    r"|delivery (is |has been |was )?delayed|still trying|not yet been delivered|attempts? will continue"
    r"|försenad|forsinket|försöker igen|prøver igjen|prøver på nytt",
    re.IGNORECASE,
)
_GIVEN_UP: Final = re.compile(
    r"giv(ing|en) up|permanent|will not be retried|no longer be tried|failed for", re.IGNORECASE
)
_QUOTES: Final = re.compile(
    r"^(>|-{2,}.*(original|copy|message|headers|melding|meddelande)|={5,}|_{5,}|Return-Path:|Received:|Message-ID:)",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWER_HEADERS: Final = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-autoresponder", "x-vacation")
_TAG: Final = re.compile(r"<[^<>@]*>")


def read_odd(message: Message, parts: Sequence[Message], *, null_sender: bool) -> tuple[Meaning, str, str]:
    """The meaning, the code, and the line that said so, of a mail without a delivery report."""
    subject = _header(message, "subject")
    own = own_words(parts)
    failed = "x-failed-recipients" in message
    by_server = bool(_DAEMON.fullmatch(parseaddr(_header(message, "from"))[1].partition("@")[0]))
    # Answers come with the empty sender too (RFC 3834), and repeat the subject of what they answer.
    reports = by_server or (null_sender and not answers_by_itself(message))
    returned = failed or (reports and bool(_UNDELIVERED.search(subject)))
    # A server that says neither in a header nor in the subject what this is, says it with a code.
    if not returned and by_server and _UNDELIVERED.search(own):
        returned = bool(codes(own)) or null_sender
    if not returned:
        return (Meaning.AUTO_REPLY if answers_by_itself(message) else Meaning.NOTHING), "", subject
    told = f"{subject}\n{own}"
    if _STILL_TRYING.search(told) and not _GIVEN_UP.search(told):
        return Meaning.DELAYED, "", subject
    meaning, code = meaning_of("", own)
    if meaning is Meaning.DELIVERED:
        return Meaning.NOTHING, code, subject
    return meaning, code, next((line for line in own.splitlines() if code and code in line), subject)


def answers_by_itself(message: Message) -> bool:
    """Whether this is an answer that no person wrote (RFC 3834, and what was there before it)."""
    submitted = _header(message, "auto-submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or _header(message, "precedence").lower() in {"auto_reply", "bulk", "junk", "list"}
        or any(name in message for name in _ANSWER_HEADERS)
    )


def own_words(parts: Sequence[Message]) -> str:
    """The text that the sender wrote, up to where it begins to quote."""
    for subtype in ("plain", "html"):
        for part in parts:
            if part.get_content_type() == f"text/{subtype}" and part.get_content_disposition() != "attachment":
                text = _decoded(part)[: 4 * READ]
                if subtype == "html":
                    text = _TAG.sub(" ", text)
                quote = _QUOTES.search(text)
                words = (text[: quote.start()] if quote else text).strip()
                if words:
                    return words[:READ]
    return ""


def _decoded(part: Message) -> str:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    try:
        return body.decode(part.get_content_charset() or "utf-8")
    except (LookupError, ValueError, MessageError):
        return body.decode("latin-1")


def _header(message: Message, name: str) -> str:
    value = " ".join(str(message.get(name, "")).split())
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, MessageError):
        return value
