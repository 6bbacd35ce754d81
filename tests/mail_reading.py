"""How tests read a mail: as the standard library does, and as a person sees it."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from lxml import html
from lxml.html import HtmlElement

_URL = re.compile(r"https?://\S+")
_FETCHING = frozenset(
    {"src", "srcset", "href", "background", "poster", "data", "action", "formaction", "ping", "xlink:href"}
)


def read(raw: bytes) -> EmailMessage:
    """The mail as the standard library reads it."""
    return message_from_bytes(raw, policy=default)


def text_of(raw: bytes) -> str:
    """The plain part."""
    return _part(raw, "plain")


def html_of(raw: bytes) -> str:
    """The HTML part."""
    return _part(raw, "html")


def tree(page: str) -> HtmlElement:
    """The page as lxml's own parser reads it."""
    return html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))


def seen(page: str) -> str:
    """What a person sees of a page: the text of its body, spaces collapsed."""
    return " ".join(" ".join(tree(page).body.itertext()).split())


def fetched(page: str) -> list[str]:
    """What a program that shows this page or mail would fetch by itself; links and forms wait for a person."""
    found = [
        str(value)
        for element in tree(page).iter()
        if isinstance(element.tag, str) and element.tag not in ("a", "form")
        for name, value in element.attrib.items()
        if name in _FETCHING
    ]
    return found + re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")\s;]+)", page)


def words(text: str) -> list[str]:
    """The words of a text in order, without addresses, punctuation and case."""
    return re.findall(r"\w+", _URL.sub(" ", text).casefold())


def addresses(text: str) -> set[str]:
    """The http addresses written in a text."""
    return set(_URL.findall(text))


def _part(raw: bytes, subtype: str) -> str:
    part = read(raw).get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
