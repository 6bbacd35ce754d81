"""Can a subscriber on a phone log in, correct their profile, find a match and say that it is not for them?"""

import pytest
from browsing import letters, link_in
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import served

from db.models import Feedback, Profile
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

pytestmark = pytest.mark.browser
NARROW = 320


def fits(page: Page) -> bool:
    return bool(page.locator("html").evaluate("(all) => all.scrollWidth") <= NARROW)


def test_from_the_link_to_not_for_us(browser: Browser, database: URL) -> None:
    alma = make_subscriber(company="Älvsvets AB", country="SE", language="sv")
    profile, version = make_profile(alma, name="Svetsning"), make_notice()
    make_match(version, profile)
    make_alert(alma, version)
    with served() as address:
        page = browser.new_page(viewport={"width": NARROW, "height": 640}, locale="sv-SE")
        page.goto(f"{address}/login")
        page.get_by_label("E-postadress").fill(alma.email)
        page.get_by_role("button").last.click()
        [(_, delivery)] = letters(1)
        page.goto(address + link_in(delivery))
        page.get_by_role("button", name="Logga in").click()

        page.get_by_role("link", name="Profiler").click()
        page.get_by_role("link", name="Svetsning").click()
        assert fits(page)
        page.get_by_label("Det här kan ni").fill("Vi svetsar bärande konstruktioner.")
        page.get_by_role("button", name="Spara").click()
        page.get_by_role("status").wait_for()
        with transaction() as s:
            changed = s.get_one(Profile, profile.id)
        assert (changed.sentences, changed.matched_rev) == (["Vi svetsar bärande konstruktioner."], None)

        page.get_by_role("link", name="Träffar", exact=True).click()
        assert fits(page)
        page.get_by_role("link", name="Rammeavtale sveisearbeid").click()
        assert fits(page)
        page.get_by_role("button", name="Inte för oss").click()
        page.get_by_role("button", name="för långt bort").click()
        page.get_by_text("för långt bort.").wait_for()
        page.get_by_role("link", name="Träffar", exact=True).first.click()
        assert page.get_by_role("link", name="Rammeavtale").count() == 0
        page.close()
    with transaction() as s:
        kept = s.scalars(select(Feedback)).one()
    assert (kept.verdict, kept.reason) == ("not_relevant", "too_far")
