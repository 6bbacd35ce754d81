"""How is XML from outside read without it reaching out or blowing up? The only XMLParser of the project is made here.

Refused: document type declarations (no notice has one, and every entity attack needs one), depth beyond libxml2's
limit, bodies over 32 MiB. Nothing is fetched, whatever a document asks for.
"""

from functools import lru_cache
from typing import Final

from lxml import etree

from crawlers.notice import NoticeBroken

Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type it hands out

LARGEST_BODY: Final = 32 * 1024 * 1024  # as the gate to the network allows (DOWNLOAD_MAXSIZE)

EFORMS_NAMESPACES: Final = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
}


def _parser(encoding: str | None = None) -> etree.XMLParser:
    """The one safe parser. A new one each time: lxml's parsers keep state and are not for sharing."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding=encoding,
    )


def root(body: bytes) -> Element:
    """The root element of a document. Raises NoticeBroken when it is not well-formed, not safe or too large.

    A body that calls itself UTF-8 and is Windows-1252 (H10) is read as what it is.
    """
    if not body.strip():
        raise NoticeBroken("the body is empty")
    if len(body) > LARGEST_BODY:
        raise NoticeBroken("the body is larger than 32 MiB")
    try:
        top = etree.fromstring(body.lstrip(), _parser())
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        if _is_utf8(body):
            raise NoticeBroken(f"not well-formed XML: {_short(error)}") from None
        top = _as_windows_1252(body, error)
    if top.getroottree().docinfo.internalDTD is not None:
        raise NoticeBroken("a notice has no document type declaration")
    return top


def _as_windows_1252(body: bytes, first: Exception) -> Element:
    try:
        return etree.fromstring(body.lstrip(), _parser("windows-1252"))
    except (etree.XMLSyntaxError, LookupError, ValueError):
        raise NoticeBroken(f"not well-formed XML: {_short(first)}") from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


@lru_cache(maxsize=512)
def _any_namespace(path: str) -> str:
    return "/".join(step if step in {"", ".", "*"} else f"{{*}}{step}" for step in path.split("/"))


def all_of(element: Element, path: str) -> list[Element]:
    """Elements at a path of prefixed eForms names (``cac:Party/cbc:ID``), whatever prefixes the document uses."""
    return list(element.iterfind(path, EFORMS_NAMESPACES))


def one_of(element: Element, path: str) -> Element | None:
    """The first element at an eForms path."""
    return element.find(path, EFORMS_NAMESPACES)


def value_of(element: Element, path: str) -> str | None:
    """The text of the first element at an eForms path, stripped; None when absent or blank."""
    return content(one_of(element, path))


def all_named(element: Element, path: str) -> list[Element]:
    """Elements at a path of local names, in any namespace; ``.//NAME`` searches below."""
    return list(element.iterfind(_any_namespace(path)))


def one_named(element: Element, path: str) -> Element | None:
    """The first element at a path of local names, in any namespace."""
    return element.find(_any_namespace(path))


def value_named(element: Element, path: str) -> str | None:
    """The text of the first element at a path of local names; None when absent or blank."""
    return content(one_named(element, path))


def content(element: Element | None) -> str | None:
    """All text inside an element, stripped; None when there is none."""
    if element is None:
        return None
    text = "".join(map(str, element.itertext())) if len(element) else (element.text or "")
    return text.strip() or None
