"""Can everybody use each page: whoever sees little, hears the page, has a small screen or it is night? Asked of axe-core. (WCAG 2.2 AA)"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import as_administrator, make_administrator
from digest_views import MAIL, NAMES, NORWEGIAN
from furnished import furnished
from known_views import QUIET_NB, REMINDED_SV
from mail_reading import html_of
from playwright.sync_api import Browser, Page
from several_profiles import SWEDISH_SEVERAL
from sqlalchemy.engine import URL
from web_server import served, visitor

from alerts.message import render, render_letter
from alerts.view import DigestView
from db.models import LetterKind
from db.session import transaction
from demo.looks import Who, go
from demo.pages import NO_PAGES, TABLES, looks
from web import pages

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# What a reader may set for themselves (WCAG 1.4.12); as a sheet of the document's own, which no policy forbids.
AIRY = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
                     p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
  const width = document.documentElement.scrollWidth;
  document.adoptedStyleSheets = [];
  return width;
}"""
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return [one.outerHTML.slice(0, 80), style.outlineStyle, parseFloat(style.outlineWidth)];
}"""
NARROW, ROOMY, WIDE = 320, 1000, 1280
AXE = Axe().axe_script
BROKEN = """<style>a { display: block; height: 6px; overflow: hidden } @media (prefers-color-scheme: dark) { p { color: #333;
background: #000 } }</style><h1>x</h1><img src="data:,"><input><a href="#1">1</a><a href="#2">2</a><p>night</p><div style="width: 400px">x</div>"""


def faults(page: Page, *rules: str) -> list[tuple[str, str]]:
    """What axe, which is in the page, finds wrong: which rule, and where."""
    # Style sheets are ours and loaded; axe would fetch them once more, which our policy forbids.
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [(str(rule["id"]), str(node["html"])[:200]) for rule in found for node in rule["nodes"]]


def trouble(page: Page, *widths: int, night: bool = True) -> list[object]:
    """All that is wrong with the page that is open, by day and by night too."""
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE)
    found: list[object] = []
    for width in (*widths, ROOMY):
        page.set_viewport_size({"width": width, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(("wider than", width))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 640})
        if page.evaluate(AIRY) > width:
            found.append(("wider than when it is airy", width))
        page.emulate_media(color_scheme="light")
        found += faults(page)
        if night:
            page.emulate_media(color_scheme="dark")
            found += faults(page, "color-contrast")
    return found


def walk(browser: Browser, *people: Who, widths: tuple[int, ...] = (NARROW,), night: bool = False) -> int:
    """How much these people may look at; what is wrong with it is nothing."""
    there = furnished()
    with transaction() as s:
        every = looks(s, there)
    wrong: dict[str, object] = {}
    said: list[str] = []
    with served() as address:
        for who in people:
            context = browser.new_context(viewport={"width": NARROW, "height": 640}, locale="nb-NO")
            with transaction() as s:
                there.admit(s, context, address, who)
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            for look in every:
                if look.who is who:
                    status = go(page, address, look)
                    if found := [*trouble(page, *widths, night=night), *([status] if status != look.status else ())]:
                        wrong[look.name] = found
            context.close()
    assert wrong == {}
    assert [told for told in said if "Security Policy" in told] == []
    return len(every)


@pytest.mark.parametrize("people", [[Who.STRANGER], [Who.SUBSCRIBER, Who.NEWCOMER], [Who.ADMINISTRATOR]], ids=str)
def test_every_page_can_be_used_by_everybody(database: URL, browser: Browser, people: list[Who]) -> None:
    walk(browser, *people)


@pytest.mark.prove
def test_every_page_there_is_can_be_used_on_a_phone_and_on_a_desk(database: URL, browser: Browser) -> None:
    words = pages._environment()
    assert words.cache is not None
    words.cache.clear()
    print(
        f"{walk(browser, *Who, widths=(NARROW, WIDE), night=True)} pages and states, each at two widths, by day and by night"
    )
    assert {name for _, name in words.cache} == set(words.list_templates())


def test_every_door_is_looked_at_but_those_that_lead_to_no_page(database: URL) -> None:
    there = furnished()
    with transaction() as s:
        seen = {look.route for look in looks(s, there)}
    assert (
        seen
        == {route.path for table in TABLES.values() for route in table if "GET" in (route.methods or ())} - NO_PAGES
    )


def test_every_list_of_administrators_says_so_when_it_is_empty(database: URL) -> None:
    with visitor() as client:
        as_administrator(client, make_administrator())
        for path in [route.path for route in TABLES[Who.ADMINISTRATOR] if "GET" in (route.methods or ())]:
            if "{" not in path:
                assert client.get(path, follow_redirects=True).status_code == 200, path


def test_whoever_has_no_mouse_sees_where_they_are(database: URL, browser: Browser) -> None:
    there = furnished()
    with served() as address:
        for who, path in (
            (Who.STRANGER, "/signup"),
            (Who.SUBSCRIBER, "/me/settings"),
            (Who.ADMINISTRATOR, "/admin/lab/all"),
        ):
            context = browser.new_context(viewport={"width": NARROW, "height": 640})
            with transaction() as s:
                there.admit(s, context, address, who)
            page = context.new_page()
            page.goto(address + path)
            reached = dict[str, int]()
            for _ in range(30):
                page.keyboard.press("Tab")
                what, style, width = page.evaluate(FOCUSED)
                if what.startswith("<body"):
                    break
                reached[what] = page.evaluate("document.activeElement.getBoundingClientRect().left")
                assert (style, width) == ("solid", 3), what
            assert len(reached) > 8, path
            assert all(left >= 0 for left in reached.values()), reached
            context.close()


@pytest.mark.parametrize("view", [NORWEGIAN, SWEDISH_SEVERAL, REMINDED_SV, QUIET_NB], ids=["nb", "sv", "due", "quiet"])
def test_the_mail_can_be_read_by_everybody(browser: Browser, view: DigestView) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 640})
    page.set_content(html_of(render(view, NAMES, **MAIL)))
    assert trouble(page, NARROW) == []
    page.close()


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind is not LetterKind.WEEK_REPORT])
def test_a_letter_can_be_read_by_everybody(browser: Browser, kind: LetterKind) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 640})
    page.set_content(render_letter(kind, "nn", "https://anbudsvakt.example/confirm/1.abc").html)
    assert trouble(page, NARROW) == []
    page.close()


def test_a_fault_would_be_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 640})
    page.set_content(BROKEN)
    rules = {told[0] for told in trouble(page, NARROW) if isinstance(told, tuple)}
    assert {"wider than", "image-alt", "label", "target-size", "color-contrast", "region", "html-has-lang"} <= rules
    page.close()
