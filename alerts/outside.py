"""What of a text or an address from outside may reach a reader? Pure; every outside word passes here once.

A title may be a megabyte, hold bidi overrides that turn the line round, or line breaks that forge a second line of
the mail; a link may be ``javascript:``. Jinja escapes markup; this module does the rest (promises.md H8, H9, H12).
"""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

TITLE: Final = 300  # characters; as many graphemes or fewer
SENTENCE: Final = 600
NAME: Final = 120
URL: Final = 2000

_SPACES: Final = re.compile(r"\s+")
_ENCODED_WORD: Final = re.compile(r"=(?=\?)")


def shown(text: str, limit: int) -> str:
    """The text on one line, without controls and invisible marks, at most ``limit`` characters long.

    A cut is visible: it ends in an ellipsis, at a word's end where one is near. What is short and clean stays as it is.
    """
    # What a cut would drop anyway is not worth cleaning; the factor leaves room for what cleaning takes out.
    head = text[: limit * 50]
    if not head.isprintable():
        head = "".join(map(_visible, head))
    head = _SPACES.sub(" ", head).strip()
    if len(head) <= limit:
        return head
    end = limit - 1
    while end > limit // 2 and unicodedata.combining(head[end]):
        end -= 1  # a letter is not parted from its marks
    word_end = head.rfind(" ", limit * 3 // 4, end)
    cut = head[: word_end if word_end > 0 else end]
    return cut.rstrip(" ,;:-\N{EN DASH}") + "…"


def header_text(text: str, limit: int) -> str:
    """The text as it may stand in a mail header: :func:`shown`, and nothing that reads as an encoded word.

    Python 3.11.7 decodes ``=?utf-8?q?hei=0D=0ABcc:_x@y.no?=`` and writes a real Bcc line (CVE-2024-6923).
    """
    return _ENCODED_WORD.sub("= ", shown(text, limit))


def safe_url(url: str) -> str | None:
    """The address, if it is an http or https one that can be a link; else None."""
    if len(url) > URL:
        return None
    address = url.strip()
    if not address.isprintable() or " " in address or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return None
    fits = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and port_is_fine
    return address if fits else None


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cf", "Cc"}:
        return " " if character.isspace() or character == "\x85" else ""
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"  # half of a surrogate pair cannot be written as UTF-8
    return character
