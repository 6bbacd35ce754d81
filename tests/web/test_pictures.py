"""Can a person on a phone leave us by day and by night, and does a browser that runs script change nothing? (P2)"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import served

from alerts import tokens
from alerts.digest import run
from alerts.tokens import Purpose
from db.models import Cadence, Digest, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

pytestmark = pytest.mark.browser


@pytest.fixture
def address(database: URL) -> Iterator[str]:
    with served() as one:
        yield one


def opened(browser: Browser, url: str, *, width: int = 320, dark: bool = False) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme="dark" if dark else "light")
    page.goto(url)
    return page


def has_left(subscriber: Subscriber) -> bool:
    with transaction() as s:
        return s.get_one(Subscriber, subscriber.id).unsubscribed_at is not None


@pytest.mark.parametrize("dark", [False, True])
def test_one_press_of_the_button_leaves(browser: Browser, address: str, *, dark: bool) -> None:
    subscriber = make_subscriber(company="Tilstandskontrollingeniørfirmarammeavtaledokumentasjon AS")
    page = opened(browser, f"{address}/u/{tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id)}", dark=dark)
    page.wait_for_timeout(1_500)
    assert not has_left(subscriber)  # whatever a scanner's browser runs and waits for
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    button = page.get_by_role("button", name="Meld av")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert button.evaluate("(e) => getComputedStyle(e).backgroundColor") == (
        "rgb(124, 196, 228)" if dark else "rgb(11, 92, 125)"
    )
    button.press("Enter")
    page.get_by_role("heading", name="Du er meldt av").wait_for()
    assert has_left(subscriber)
    page.close()


def test_no_page_breaks_its_own_policy(browser: Browser, address: str) -> None:
    subscriber = make_subscriber()
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    with transaction() as s:
        digest = s.scalars(select(Digest)).one()
    said: list[str] = []
    asked: list[str] = []
    for url in (
        f"{address}/d/{tokens.sign(Purpose.DIGEST, digest.id)}",
        f"{address}/u/{tokens.sign(Purpose.UNSUBSCRIBE, subscriber.id)}",
        f"{address}/u/nothing",
    ):
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(243, 244, 242)"
        page.close()
    assert [line for line in said if "404" not in line] == []
    assert [url for url in asked if not url.startswith(address)] == []
    assert not has_left(subscriber)
