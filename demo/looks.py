"""How is a page opened to be looked at? By whom, where, and what they do there first."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from playwright.sync_api import BrowserContext, Page
from sqlalchemy.orm import Session
from starlette.requests import Request

from db.models import Administrator, Subscriber
from web.session import log_in


class Who(StrEnum):
    """Who looks. A newcomer is a subscriber for whom there is nothing yet."""

    STRANGER = "stranger"
    SUBSCRIBER = "subscriber"
    NEWCOMER = "newcomer"
    ADMINISTRATOR = "administrator"


Step = Callable[[Page], int | None]  # gives the status of the page that it leads to, if it leads to one


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One page in one state. ``route``: as its table writes it; ``steps``: what a reader does there before we look.

    Without a path a look goes on where the one before it has left the browser.
    """

    name: str
    route: str
    path: str | None = None
    who: Who = Who.STRANGER
    status: int = 200
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose pages are looked at: a subscriber with much on every page, one with nothing yet, one who leaves."""

    subscriber: Subscriber
    newcomer: Subscriber
    leaver: Subscriber
    administrator: Administrator

    def admit(self, s: Session, context: BrowserContext, address: str, who: Who) -> None:
        """Let a browser be logged in, as after a link; a stranger's stays as it is."""
        nobody = Request({"type": "http", "headers": []})
        if who is Who.STRANGER:
            return
        if who is Who.ADMINISTRATOR:
            token = log_in(s, nobody, administrator_id=self.administrator.id)
        else:
            one = self.subscriber if who is Who.SUBSCRIBER else self.newcomer
            token = log_in(s, nobody, subscriber_id=one.id)
        context.add_cookies([{"name": "anbudsvakt", "value": token, "url": address}])


def go(page: Page, address: str, look: Look) -> int:
    """Open the page and do what the look asks; gives the status of the last answer."""
    status = 200
    if look.path is not None:
        reply = page.goto(address + look.path)
        assert reply is not None
        status = reply.status
    for step in look.steps:
        status = step(page) or status
    return status


def press(selector: str) -> Step:
    """Press the first of these, and wait for the page that it leads to."""

    def step(page: Page) -> int:
        with page.expect_navigation() as led:
            page.locator(selector).first.click()
        return led.value.status

    return step


def see(selector: str) -> Step:
    """Be sure that there is such a thing, where only it makes the page the one that is meant."""
    return lambda page: page.locator(selector).first.wait_for(timeout=5_000)


def fill(selector: str, value: str) -> Step:
    """Write into a field."""
    return lambda page: page.locator(selector).first.fill(value)


def tick(name: str, *, on: bool = True) -> Step:
    """Tick every box of this name, or none."""
    told = "true" if on else "false"
    every = f"document.querySelectorAll('input[name={name}]').forEach((one) => {{ one.checked = {told}; }})"
    return lambda page: page.evaluate(every)
