"""Do five hundred hostile words stay words, for a parser that reads the mail and a browser that reads the page? (H8)"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import pytest
from digest_views import MAIL, NAMES, make_entry, make_view
from hostile_words import FIVE_HUNDRED, hostile_view
from loopback import Portal, Reply
from lxml.html import HtmlElement
from mail_reading import html_of, tree
from playwright.sync_api import Browser, Dialog

from alerts.message import render, render_page
from web.security import HEADERS

SCHEMES = ("http://", "https://", "mailto:")
NEVER = {
    "script",
    "iframe",
    "img",
    "form",
    "object",
    "embed",
    "base",
    "svg",
    "math",
    "template",
    "video",
    "details",
    "x",
}


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The page's elements in order with the names of their attributes."""
    return [(str(element.tag), sorted(element.attrib)) for element in _elements(page)]


def _elements(page: str) -> Iterator[HtmlElement]:
    yield from tree(page).iter()


@cache
def _harmless() -> tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]:
    view = hostile_view("ord")
    return shape(html_of(render(view, NAMES, **MAIL))), shape(render_page(view, NAMES))


def test_there_are_five_hundred() -> None:
    assert len(FIVE_HUNDRED) >= 500


@pytest.mark.parametrize(
    "part", [range(7, 500, 25), pytest.param(range(500), marks=pytest.mark.prove)], ids=["some", "all"]
)
def test_no_word_becomes_markup(part: range) -> None:
    """H8: in every place of mail and page; 0 script, 0 ``on*``, 0 schemes but three, and not one element more."""
    for number in part:
        view = hostile_view(FIVE_HUNDRED[number])
        for page, harmless in zip(
            (html_of(render(view, NAMES, **MAIL)), render_page(view, NAMES)), _harmless(), strict=True
        ):
            assert shape(page) == harmless, FIVE_HUNDRED[number]
            for element in _elements(page):
                assert element.tag not in NEVER
                assert not [name for name in element.attrib if str(name).startswith("on")]
            assert all(str(url).startswith((*SCHEMES, "/")) for url in tree(page).xpath("//@href | //@src"))


@pytest.mark.browser
@pytest.mark.parametrize(("what", "policy"), [("page", True), ("page", False), ("mail", False)])
def test_a_browser_runs_none_of_them(browser: Browser, what: str, *, policy: bool) -> None:
    """H8: all five hundred at once; 0 dialogs, 0 requests elsewhere, and 0 reports of the page's policy."""
    entries = tuple(make_entry(alert_id=number, title=words, buyer=words) for number, words in enumerate(FIVE_HUNDRED))
    if what == "page":
        html = render_page(make_view(company=FIVE_HUNDRED[40], entries=entries), NAMES)
    else:
        html = "".join(
            html_of(render(make_view(company=FIVE_HUNDRED[40], entries=entries[at : at + 12]), NAMES, **MAIL))
            for at in range(0, len(entries), 12)
        )
    heard = _read(browser, html, dict(HEADERS) if policy else {})
    assert heard.words > 100  # they are there, as words
    assert heard.dialogs == 0
    assert heard.elsewhere == []
    assert [line for line in heard.said if "Content Security Policy" in line] == []


@pytest.mark.browser
def test_the_browser_would_have_run_them(browser: Browser) -> None:
    assert _read(browser, "".join(f"<div>{words}</div>" for words in FIVE_HUNDRED[40:50]), {}).dialogs > 0


@dataclass(kw_only=True)
class Heard:
    """What a page did in a browser."""

    words: int = 0
    dialogs: int = 0
    elsewhere: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def _read(browser: Browser, html: str, headers: dict[str, str]) -> Heard:
    heard, asked = Heard(), []
    document = Reply(body=html.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})

    def dismissed(dialog: Dialog) -> None:
        heard.dialogs += 1
        dialog.dismiss()

    with Portal(lambda seen: document if seen.path == "/d" else Reply(status=204)) as portal:
        page = browser.new_page()
        page.on("dialog", dismissed)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: heard.said.append(message.text))
        page.goto(f"{portal.url}/d", wait_until="commit")
        page.wait_for_timeout(800)  # what a script would wait for has begun by now
        heard.words = page.get_by_text("alert(1)").count()
        heard.elsewhere = [url for url in asked if not url.startswith(portal.url)]
        page.close()
    return heard
