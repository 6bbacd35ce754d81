"""Does no word from outside become markup, script or a strange link, in the mail and on the page?"""

from collections.abc import Iterator

import pytest
from digest_views import MAIL, NAMES, make_entry, make_view
from hostile_words import hostile_view
from lxml.html import HtmlElement
from mail_reading import html_of, seen, text_of, tree

from alerts.message import render, render_page
from alerts.outside import safe_url
from alerts.view import NearMiss, PortalLink

TAGS = ("script", "SCRIPT", "svg/onload", "iframe", "style", "meta", "base", "form", "object", "math", "template")
PAYLOADS = [
    *(f"<{tag}>alert(1)</{tag}>" for tag in TAGS),
    *(f'"><{tag} x="' for tag in TAGS),
    *(f"</{tag}><img src=x onerror=alert(1)>" for tag in ("title", "style", "textarea", "noscript", "blockquote", "a")),
    "<script src=//evil.example></script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)",
    "&#60;script&#62;alert(1)&#x3c;/script&#x3e;",
    "<img src=x onerror=alert(1)>",
    "<IMG SRC=`javascript:alert(1)`>",
    '<a href="javascript:alert(1)">x</a>',
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "` onclick=alert(1) `",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script-->",
    "<!DOCTYPE html><html onload=alert(1)>",
    "]]><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}{{ told.company.__class__ }}",
    "${7*7} #{7*7} %(company)s {company} {0}",
    "<x onpointerrawupdate=alert(1)>",
    "<body/onload=alert(1)>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<div style=background:url(https://evil.example/p)>",
    "expression(alert(1)) url(javascript:alert(1))",
    "\u003cscript\u003e\uff1cscript\uff1e",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<scr\N{ZERO WIDTH SPACE}ipt>alert(1)</script>",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "mailto:a@evil.example",
    "//evil.example/",
    "https:evil.example",
    "https://",
    "http:///x",
    "https://bank.example@evil.example/",
    "https://evil.example\\@bank.example/",
    "https://evil.example/ onclick=alert(1)",
    "https://evil.example/\r\nBcc: x@evil.example",
    "https://[::1/",
    "https://evil.example:99999/",
    "https://evil.example/" + "a" * 3000,
    "",
]


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The page's elements in order with the names of their attributes: what a word must not be able to change."""
    return [(str(element.tag), sorted(element.attrib)) for element in elements(page)]


def elements(page: str) -> Iterator[HtmlElement]:
    yield from tree(page).iter()


HARMLESS = "ord"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_word_from_outside_becomes_markup(payload: str) -> None:
    pages = {
        "mail": (
            html_of(render(hostile_view(payload), NAMES, **MAIL)),
            html_of(render(hostile_view(HARMLESS), NAMES, **MAIL)),
        ),
        "page": (render_page(hostile_view(payload), NAMES), render_page(hostile_view(HARMLESS), NAMES)),
    }
    for page, harmless in pages.values():
        assert shape(page) == shape(harmless)
        assert tree(page).xpath("//script | //iframe | //img | //form | //object | //base | //svg") == []
        assert not [name for element in elements(page) for name in element.attrib if str(name).startswith("on")]
        assert all(str(url).startswith("https://") for url in tree(page).xpath("//a/@href"))
        styles = {str(style) for style in tree(page).xpath("//@style")}
        assert styles == {str(style) for style in tree(harmless).xpath("//@style")}
        assert [e.text for e in tree(page).xpath("//style")] == [e.text for e in tree(harmless).xpath("//style")]


def test_the_payloads_are_still_readable_as_words() -> None:
    payload = "<script>alert('x & y')</script>"
    raw = render(hostile_view(payload), NAMES, **MAIL)
    assert seen(html_of(raw)).count(payload) == text_of(raw).count(payload) > 5


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_plain_web_addresses_are_links(address: str) -> None:
    assert safe_url(address) is None
    link = PortalLink(source="TED", number="1-2026", url=address)
    near = NearMiss(title="Rekkverk", language="nb", buyer=None, score=0.5, url=address)
    view = make_view(
        entries=(make_entry(links=(link,), calendar_url=address, verdict_url=address),),
        near_misses=(near,),
        page_url=address,
        unsubscribe_url=address,
    )
    raw = render(view, NAMES, **MAIL)
    assert tree(html_of(raw)).xpath("//@href") == []
    assert tree(render_page(view, NAMES)).xpath("//a/@href") == []
    assert "TED 1-2026\n" in text_of(raw)
    assert "evil" not in text_of(raw)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.doffin.no/notices/2026-112233",
        "http://127.0.0.1:8080/d/abc",
        "https://www.kommersannons.se/elite/notice/noticeoverview.aspx?ProcurementId=1&x=%C3%A5#top",
        "https://ted.europa.eu/no/notice/-/detail/612345-2026",
    ],
)
def test_the_portals_addresses_are_links(address: str) -> None:
    link = PortalLink(source="TED", number="1", url=address)
    raw = render(make_view(entries=(make_entry(links=(link,)),)), NAMES, **MAIL)
    assert address in tree(html_of(raw)).xpath("//a/@href")
    assert f"TED 1: {address}\n" in text_of(raw)
