"""Can a firm on a phone sign up, confirm, and log in again, with real mails and in a real browser, by night as well?"""

from collections.abc import Iterator

import pytest
from browsing import letters, link_in
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import served

from db.models import Consent, Profile, Subscriber
from db.session import transaction
from factories import make_notice

pytestmark = pytest.mark.browser
WIDTH = 320
TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
    .map(e => [e.outerHTML.slice(0, 80), (e.closest('label') || e).getBoundingClientRect(), getComputedStyle(e).display,
               e.className])
    .filter(([_, box, display, kind]) => kind !== 'skip' && box.height < 24 && display !== 'inline')
    .map(([told]) => told)"""


@pytest.fixture
def address(database: URL) -> Iterator[str]:
    with served() as one:
        yield one


def fits(page: Page) -> None:
    """No page is wider than the phone, and nothing to press is too small for a thumb (WCAG 2.2, 2.5.8)."""
    assert page.locator("html").evaluate("(all) => all.scrollWidth") <= WIDTH, page.url
    assert page.evaluate(TARGETS) == [], page.url
    unnamed = "[...document.querySelectorAll('.field input, .field select, .field textarea')].filter(e => !e.labels.length).length"
    assert page.evaluate(unnamed) == 0, page.url


@pytest.mark.parametrize(("tongue", "dark"), [("Norsk", False), ("Svenska", True)])
def test_a_firm_signs_up_confirms_and_logs_in_again(browser: Browser, address: str, tongue: str, *, dark: bool) -> None:
    for n in range(3):
        make_notice()
        make_notice(title={"nb": f"Renhold {n}"}, description={"nb": "Renhold av kontorer."}, cpv=["90910000"])
    said: list[str] = []
    context = browser.new_context(viewport={"width": WIDTH, "height": 640}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith(address) else None)
    page.goto(address)
    fits(page)
    page.get_by_role("link", name=tongue, exact=True).first.click()
    fits(page)
    page.fill("#text", "Vi sveiser bærende konstruksjoner etter EN 1090. Vi bygger trapper og rekkverk i stål.")
    page.fill("#company", "Trøndersveis AS")
    page.fill("#email", "post@trondersveis.example")
    page.locator("button[value=words]").click()
    expect(page.locator("#sentences")).to_have_value(
        "Vi sveiser bærende konstruksjoner etter EN 1090.\nVi bygger trapper og rekkverk i stål."
    )
    fits(page)
    page.locator("button[value=notices]").click()
    cards = page.locator("section.card")
    expect(cards).to_have_count(5)
    fits(page)
    for place in range(5):
        wanted = "Rammeavtale" in cards.nth(place).inner_text()
        cards.nth(place).locator(f"input[value={'relevant' if wanted else 'not_relevant'}]").check()
    page.locator("button[value=summary]").click()
    fits(page)
    page.locator("button[value=send]").click()
    fits(page)
    [(_, delivery)] = letters()
    page.goto(address + link_in(delivery))
    fits(page)
    page.wait_for_timeout(300)  # whatever a scanner's browser waits for: nothing is confirmed without a press
    with transaction() as s:
        assert s.scalars(select(Subscriber)).all() == []
    page.locator("main button").press("Enter")
    page.get_by_role("heading", name="Trøndersveis AS").wait_for()
    fits(page)
    with transaction() as s:
        profile, proof = s.scalars(select(Profile)).one(), s.scalars(select(Consent)).one()
    assert (len(profile.sentences), proof.language) == (2, "sv" if tongue == "Svenska" else "nb")
    logs_in_again(page, address)
    assert said == []
    context.close()


def logs_in_again(page: Page, address: str) -> None:
    page.locator("header button").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/me")
    assert page.url.startswith(f"{address}/login")
    page.fill("#email", "post@trondersveis.example")
    page.locator("main button").click()
    page.get_by_role("heading", level=1).wait_for()
    page.goto(address + link_in(letters(2)[1][1]))
    page.locator("main button").click()
    page.get_by_role("heading", name="Trøndersveis AS").wait_for()
