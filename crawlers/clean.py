"""What is left of a portal's text when everything that is not text, or is about a person, has been taken out?

Every pattern here is linear in the length of its input (H13): no two neighbouring repeats can match the same characters,
and what could run long is bounded. Codes, numbers and moments are cleaned in :mod:`crawlers.codes` and
:mod:`crawlers.moments`; their functions may be imported from here too.
"""

import html
import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from crawlers.codes import (
    celex,
    country,
    cpv,
    cpv_codes,
    is_whole_country,
    notice_reference,
    nuts,
    ojs_number,
    organisation_digits,
    uuid_of,
    uuid_or_doffin_id,
)
from crawlers.moments import deadline, instant, money, publication_day
from crawlers.persons import without_mail, without_persons

# The longest real title met has 442 characters (218303-2021), so that no real title is cut; mails show fewer.
TITLE_LIMIT: Final = 500
TEXT_LIMIT: Final = 200_000
URL_LIMIT: Final = 2000

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_C1: Final = re.compile("[\x80-\x9f]")
_HIDDEN: Final = re.compile(r"<(script|style|head)\b[^<>]*>|<(!)--", re.IGNORECASE)
_TAG: Final = re.compile(r"</?([a-z][a-z0-9]{0,10})\b[^<>]*>", re.IGNORECASE)
_BREAKS: Final = re.compile("p|br|div|li|tr|ul|ol|table|h[1-6]|blockquote|section|article|hr")
_INLINE: Final = re.compile(
    "a|abbr|b|big|body|center|cite|code|dd|dl|dt|em|figure|font|form|html|i|iframe|img|input|ins|label|link|mark|meta|"
    "object|q|s|small|span|strike|strong|sub|sup|svg|tbody|td|th|thead|tt|u|video"
)
_HUGE_REFERENCE: Final = re.compile(r"&#(?:\d{8,}|[xX][\da-fA-F]{8,});?")  # html.unescape() would raise on these


def _in_windows_1252(raw: bytes) -> str:
    """Bytes read as Windows-1252, its five holes as Latin-1: what a wrongly told decoder makes of them."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)


_C1_MEANT: Final = {chr(byte): bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}
# Letters and signs that Nordic texts hold, under what becomes of their UTF-8 in Windows-1252 and in Latin-1. Only
# these are repaired: «STÅ» ends in two characters that would be a Ż too.
_PUNCTUATION: Final = (*range(0x2010, 0x2016), *range(0x2018, 0x2020), 0x2020, 0x2022, 0x2026, 0x20AC, 0x2122, 0x2212)
_MEANT: dict[str, str] = {
    garbled: chr(code)
    for code in (*range(0xA0, 0x100), *_PUNCTUATION)
    for garbled in (_in_windows_1252(chr(code).encode()), chr(code).encode().decode("latin-1"))
}
# What was read wrongly twice as Latin-1 has these in between; nobody means a control after an Â.
_MEANT |= {chr(code).encode().decode("latin-1"): chr(code) for code in range(0x80, 0xA0)}
_MOJIBAKE: Final = re.compile(
    "[\u00c2\u00c3][{tail}]|\u00e2[\x80\x82\x84\x88{lead}][{tail}]".format(
        tail="\x80-\xbf" + re.escape(_in_windows_1252(bytes(range(0x80, 0xA0)))),
        lead=re.escape(_in_windows_1252(b"\x80\x82\x84\x88")),
    )
)


def line(raw: str | None, limit: int = TITLE_LIMIT) -> str:
    """A title or a name: one line, whole words, no mail address; '' for nothing."""
    if not raw:
        return ""
    plain = " ".join(_plain(raw[: 8 * limit]).split())
    return cut(without_mail(plain), limit)


def text(raw: str | None, limit: int = TEXT_LIMIT) -> str:
    """A description: paragraphs kept, markup and persons' addresses and phones taken out; '' for nothing."""
    if not raw:
        return ""
    plain = without_persons(_plain(raw[: 2 * limit]))
    lines = [" ".join(part.split()) for part in plain.split("\n")]
    kept = [part for number, part in enumerate(lines) if part or (number and lines[number - 1])]
    return cut("\n".join(kept).strip(), limit)


def _plain(raw: str) -> str:
    """Text as a person would have typed it: repaired, without markup, entities, controls; NFC."""
    plain = _without_markup(_repaired(raw)) if "<" in raw or "&" in raw else _repaired(raw)
    plain = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", plain))
    return plain if unicodedata.is_normalized("NFC", plain) else unicodedata.normalize("NFC", plain)


def _repaired(raw: str) -> str:
    """UTF-8 that was read as Windows-1252, once or twice, is put right (met in Doffin 2023-100718)."""
    for _ in range(2):
        if _MOJIBAKE.search(raw) is None:
            break
        raw = _MOJIBAKE.sub(lambda found: _MEANT.get(found.group(), found.group()), raw)
    return _C1.sub(lambda found: _C1_MEANT[found.group()], raw)


def _without_markup(raw: str) -> str:
    for _ in range(2):  # twice, because feeds escape their HTML and some portals escape that again
        raw = _without_tags(raw)
        if "&" not in raw:
            return raw
        raw = html.unescape(_HUGE_REFERENCE.sub("", raw))
    return _without_tags(raw)


def _without_tags(raw: str) -> str:
    return _TAG.sub(_in_place_of_tag, _without_hidden(raw)) if "<" in raw else raw


def _in_place_of_tag(found: re.Match[str]) -> str:
    """A line end, nothing, or what stood there: ``<name>`` in a sentence is not markup."""
    name = found.group(1).lower()
    if _BREAKS.fullmatch(name):
        return "\n"
    return "" if _INLINE.fullmatch(name) else found.group()


def _without_hidden(raw: str) -> str:
    """Without scripts, styles, heads and comments, contents included; an unclosed one hides the rest."""
    kept, start = [], 0
    while (opened := _HIDDEN.search(raw, start)) is not None:
        kept.append(raw[start : opened.start()])
        name = opened.group(1)
        closing = re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE) if name else re.compile("-->")
        closed = closing.search(raw, opened.end())
        if closed is None:
            return "".join(kept)
        start = closed.end()
    return "".join([*kept, raw[start:]])


def cut(plain: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word where one ends near, never inside a letter with its accents."""
    if len(plain) <= limit:
        return plain
    end = limit - 1
    while end > 1 and unicodedata.combining(plain[end]):
        end -= 1
    space = plain.rfind(" ", max(0, end - 40), end)
    return plain[: space if space > 0 else end].rstrip() + "…"


def fold(plain: str) -> str:
    """Letters and digits only, lower case, accents off: for comparing titles and names, never for showing them."""
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
    return " ".join(lower.translate(_BARE).split())


class _Bare(dict[int, str | None]):
    """What becomes of a letter when it is folded; asked once for each that there is, since titles have many."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        self[code] = told = None if unicodedata.combining(char) else char if char.isalnum() else " "
        return told


_BARE: Final = _Bare()


def safe_url(raw: str | None) -> str | None:
    """An address that is safe to show as a link: http or https, a host, no credentials, no blanks; else None."""
    if not raw or len(raw) > 4 * URL_LIMIT:
        return None
    address = raw.strip().split(maxsplit=1)[0] if raw.strip() else ""
    if address[:4].lower() == "www.":
        address = "https://" + address
    if len(address) > URL_LIMIT or _INVISIBLE.search(address) or any(char in address for char in '<>"\\`{}|^'):
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or parts.username is not None or "." not in host:
        return None
    return address


__all__ = [
    "celex",
    "country",
    "cpv",
    "cpv_codes",
    "cut",
    "deadline",
    "fold",
    "instant",
    "is_whole_country",
    "line",
    "money",
    "notice_reference",
    "nuts",
    "ojs_number",
    "organisation_digits",
    "publication_day",
    "safe_url",
    "text",
    "uuid_of",
    "uuid_or_doffin_id",
    "without_persons",
]
