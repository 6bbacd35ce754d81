"""How is a portal's HTML read without it reaching out, blowing up or hiding a row? The only HTMLParser of the project.

HTML of portals is never well-formed, so it is read as browsers read it: what is cut or crossed ends where it can. Whether
all that was promised is there is for the parser of each portal to say.
"""

import re
from typing import Final

from lxml import etree

from crawlers.markup import excess as markup_excess
from crawlers.notice import SourceBroken
from crawlers.page import decoded
from crawlers.xml import LARGEST_BODY, Element

_BLANKS: Final = re.compile(r"[ \t\r\n\f\v]+")
_BLANK: Final = "\ufeff\x00 \t\r\n"


def tree(body: bytes, source: str) -> Element:
    """The root element of a page or of a piece of one. Raises SourceBroken when there is no markup in it at all."""
    if len(body) > LARGEST_BODY:
        raise SourceBroken(f"{source} answered with a page larger than 32 MiB")
    text = decoded(body).strip(_BLANK)
    if not text.startswith("<"):
        raise SourceBroken(f"{source} answered with what is no page: {text[:80]!r}")
    if reason := markup_excess(text):
        raise SourceBroken(f"{source} answered with a page that holds {reason}")
    # A new one each time: lxml's parsers keep state. NUL would end the text for libxml2, and hide what follows.
    parser = etree.HTMLParser(
        no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        top = etree.fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceBroken(f"{source} answered with what is no page: {str(error)[:120]}") from None
    if top is None:
        raise SourceBroken(f"{source} answered with an empty page")
    return top


def classes(element: Element) -> frozenset[str]:
    """The names in an element's class attribute."""
    return frozenset((element.get("class") or "").split())


def pieces(element: Element) -> tuple[str, ...]:
    """The texts inside an element, one for each run between two tags, blanks folded, empty ones left out.

    Only ASCII's blanks: among the others are halves of letters that were read wrongly (H10), for the cleaner to repair.
    """
    found = (_BLANKS.sub(" ", str(part)).strip(" ") for part in element.itertext())
    return tuple(part for part in found if part)


def markup(element: Element) -> bytes:
    """The element as bytes, to be kept of what could not be read."""
    return etree.tostring(element, encoding="utf-8", method="html", with_tail=False)
