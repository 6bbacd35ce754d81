"""Does the coverage page tell what the runs say, in four languages, and can it be read on a phone by day and by night?"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import served

from alerts.source_health import SourceHealth, judge
from alerts.texts import texts
from commands.collecting import declare_sources
from db.declared import Declaration, SourceRecord, declare
from db.models import DeclaredSource, Fetch, FetchState
from db.session import transaction, utcnow
from factories import make_notice
from web.coverage import tell
from web.pages import COVERAGE, TEXTS

LANGUAGES = tuple(COVERAGE)
FEED = Declaration(
    key="kommunen",
    name="kommunen",
    country="NO",
    licence="not stated",
    terms="https://kommunen.example/rss?key=hemmelig",
    url="https://kommunen.example/rss?key=hemmelig",
    cadence_s=6 * 3600,
    quiet_s=60 * 86400,
    signals=True,
    state="on",
)
NOW = datetime.fromisoformat("2026-11-24T12:00+01:00")


def ran(source: str, *, hours_ago: float, error: str | None = None, brought: int = 0) -> None:
    at = utcnow() - timedelta(hours=hours_ago)
    fetch = Fetch(
        source=source, state=FetchState.FAILED if error else FetchState.DONE, since_day=at.date(), process="here:1",
        started_at=at, ended_at=at + timedelta(minutes=1), seen=30, new=brought, error=error,
    )  # fmt: skip
    with transaction() as s:
        s.add(fetch)
    for _ in range(brought):
        make_notice(source=source, fetch_id=fetch.id)


def installation() -> None:
    """This project's own sources, as a worker declares them, and a few runs of two of them."""
    declare_sources()
    with transaction() as s:
        for row in s.scalars(select(DeclaredSource)):
            row.changed_at = utcnow() - timedelta(days=40)
    ran("ted", hours_ago=24 * 31, brought=4)
    ran("ted", hours_ago=26, brought=7)
    ran("ted", hours_ago=0.05, brought=5)
    ran("regjeringen", hours_ago=30, brought=1)
    ran("regjeringen", hours_ago=0.1, error="https://www.regjeringen.no/ answered 503")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def address(language: str) -> str:
    return quote(COVERAGE[language])


# What it tells


def test_every_source_is_told_by_its_runs(client: httpx.Client) -> None:
    installation()
    told = words(client.get("/dekning").text)
    ted = told[told.index(" TED, Tenders") : told.index("Regjeringen.no Nyheter")]
    assert "Kunngjøringer fra flere land" in ted
    assert re.search(r"Sist lest (i dag|\d+\. \w+\.?) kl\. \d\d\.\d\d\.", ted)
    assert "12 nye eller endrede kunngjøringer siste 30 dager." in ted  # not the four of a month ago
    assert "Leses hver 6. time om dagen." in ted
    assert "Commission Decision 2011/833/EU" in ted
    assert "Svarte ikke som ventet" in told
    assert "503" not in told  # what a portal answered is for the log
    assert "1 ny sak siste 30 dager." in told
    assert "Vi leser 4 kilder nå. Sist lest: TED" in told
    assert "Noe er i veien med 3 av dem." in told
    assert "Doffin Krever en nøkkel som ikke er satt inn her." in told
    assert (
        "e-Avrop Nettstedet ber maskiner holde seg unna (robots.txt). Vilkårene forbyr å ta vare på innholdet." in told
    )
    for portal in ("TendSign", "Clira", "Mercell"):
        assert portal in told
    assert "gjennom TED" in told
    for unseen in ("Små kjøp", "innlogging", "rammeavtaler", "Graderte"):
        assert unseen in told


def test_before_anything_is_set_up_it_says_what_will_come(client: httpx.Client) -> None:
    told = words(client.get("/dekning").text)
    assert "Ingen kilder er satt opp ennå. Siden fylles når den første er lest." in told
    assert "Graderte" in told
    declare_sources()
    told = words(client.get("/dekning").text)
    assert "Vi leser 4 kilder nå." in told
    assert told.count("Ikke lest ennå. Leses første gang") == 4
    assert "0 nye eller endrede kunngjøringer" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_address(client: httpx.Client, language: str) -> None:
    installation()
    reply = client.get(address(language))
    assert (reply.status_code, reply.headers["content-language"]) == (200, language)
    assert f'<html lang="{language}">' in reply.text
    assert texts(language, TEXTS).say("coverage.headline") in reply.text
    others = set(re.findall(r'<a href="([^"]+)" hreflang="(\w+)"', reply.text))
    assert {(path, tongue) for tongue, path in COVERAGE.items() if tongue != language} == others
    assert client.head(address(language)).status_code == 200
    assert client.post(address(language)).status_code == 405
    assert reply.headers["cache-control"] == "public, max-age=60"


def test_other_pages_lead_to_it_in_their_own_language(client: httpx.Client) -> None:
    reply = client.get("/u/nothing", headers={"accept-language": "sv"})
    assert 'href="/täckning">Vad vi läser</a>' in reply.text


def test_a_feed_of_the_administrators_own_gives_no_key_of_his_away(client: httpx.Client) -> None:
    declare([FEED, replace(FEED, key="x", name="<b>x</b>\u202e", terms="javascript:alert(1)")])
    reply = client.get("/dekning")
    assert "hemmelig" not in reply.text
    assert 'href="https://kommunen.example/"' in reply.text
    assert "javascript" not in reply.text
    assert "<b>x" not in reply.text
    assert "\u202e" not in reply.text


# Every state in every language


def on(**values: object) -> DeclaredSource:
    row: dict[str, object] = {
        "key": "ted", "name": "TED", "country": None, "licence": "CC", "terms": "https://a.example/t", "signals": False,
        "url": "https://a.example", "cadence_s": 6 * 3600, "quiet_s": 6 * 86400, "state": "on", "grounds": [],
        "changed_at": NOW - timedelta(days=40),
    }  # fmt: skip
    return DeclaredSource(**row | values)


def record(hours: float, **values: object) -> SourceRecord:
    at = NOW - timedelta(hours=hours)
    read: dict[str, object] = {"good_at": at, "good_from_at": at, "new_at": at, "ended_at": at}
    return SourceRecord(declared=on(), **read | values)  # type: ignore[arg-type]


EVERY = {
    SourceHealth.WELL: record(2),
    SourceHealth.FAILED: record(2, error="x"),
    SourceHealth.SILENT: record(20),
    SourceHealth.FROZEN: record(2, new_at=NOW - timedelta(days=9)),
    SourceHealth.WAITING: SourceRecord(declared=on(changed_at=NOW)),
    SourceHealth.OFF: SourceRecord(declared=on(state="off", grounds=["of a later release"])),
    SourceHealth.FORBIDDEN: SourceRecord(declared=on(state="forbidden")),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_sentence(language: str) -> None:
    judged = {health: judge(one, NOW) for health, one in EVERY.items()}
    assert {health: one.health for health, one in judged.items()} == {health: health for health in SourceHealth}
    told = tell(judged.values(), language, NOW)
    assert [card.trouble is not None for card in told.read] == [False, True, True, True, False]
    assert len({(card.trouble, card.told) for card in told.read}) == 5
    assert len(told.off) == len(told.forbidden) == 1
    assert all(unread.why for unread in (*told.off, *told.forbidden))
    never = tell([judge(replace(EVERY[SourceHealth.FAILED], good_at=None), NOW)], language, NOW).read[0]
    assert texts(language, TEXTS).say("coverage.never") in never.told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ground_that_a_source_may_name_has_a_sentence(language: str) -> None:
    from crawlers.sources import Ground

    assert [ground for ground in Ground if not texts(language, TEXTS).has(f"coverage.ground.{ground}")] == []


# How it looks


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("width", [320, 1200])
def test_it_fits_and_can_be_read(browser: Browser, database: URL, width: int, *, dark: bool) -> None:
    installation()
    with served() as base:
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        for language in LANGUAGES:
            page.goto(base + address(language))
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert min(page.evaluate(_CONTRASTS)) >= 4.5
        page.get_by_role("link", name="Svenska").click()
        page.get_by_role("heading", name="Vad vi läser, och vad vi inte ser").wait_for()
        assert [line for line in said if "404" not in line] == []  # Chromium asks for an icon of its own accord
        assert [url for url in asked if not url.startswith(base)] == []
        page.close()


# The contrast of every text with the colour behind it (WCAG 2.2, 1.4.3).
_CONTRASTS = """
() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = channels(colour).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('h1, h2, h3, p, li, a, strong, span')].map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  });
}
"""
