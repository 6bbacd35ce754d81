"""Does each page for administrators fit a small screen, and keep to our own policy, with something on it and with nothing?"""

import re

import pytest
from browsing import as_administrator, make_administrator
from outbox import fill
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import visitor

from alerts import restored
from alerts.alarms import AlarmKind, raise_alarm
from alerts.suppress import suppress
from alerts.week_report import Week
from classifier.bench import ALL
from commands.collecting import declare_sources
from db.models import Delivery, Fetch, Notice, Quarantined, Suppression
from db.session import transaction, utcnow
from demo import pictures
from factories import make_match, make_notice, make_profile, make_subscriber
from web import app

PARAMETER = re.compile(r"\{(\w+)(?::int)?\}")
LONG = "uten-et-eneste-mellomrom-" * 20
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(pictures.chromium() is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


def something() -> dict[str, str]:
    """A row for every list, with words that are too long; what stands in place of each path's parameter."""
    declare_sources()
    now = utcnow()
    week = Week.before(now)
    subscriber = make_subscriber(company=LONG)
    version = make_notice(source_id=LONG)
    make_match(version, make_profile(subscriber, sentences=[LONG]))
    fill(1)
    with transaction() as s:
        s.add(Fetch(source="ted", state="failed", since_day=now.date(), process="here:1", error=LONG))
        row = Quarantined(source="ted", payload_sha256="a", content_type=LONG, body=LONG.encode(), reason=LONG)
        s.add(row)
        restored.hold(s)
        suppress(s, f"{'a' * 60}@{'b' * 60}.example", LONG)
        raise_alarm(s, AlarmKind.BOOKS, LONG, LONG)
        s.flush()
        return {
            "sources": "ted",
            "quarantine": str(row.id),
            "procurements": str(s.get_one(Notice, version.notice_id).procurement_id),
            "subscribers": str(subscriber.id),
            "deliveries": str(s.scalars(select(Delivery.id)).first()),
            "suppressions": str(s.scalars(select(Suppression.id)).one()),
            "lab": ALL,
            "year": str(week.year),
            "number": str(week.number),
        }


def paths(rows: dict[str, str]) -> list[str]:
    """Every page of administrators' that is looked at."""
    pages = [route.path for route in app.ADMIN if "GET" in (route.methods or ())]
    return [_filled(path, rows) for path in pages]


def _filled(path: str, rows: dict[str, str]) -> str:
    """A row in place of each parameter: of its own name, or of the list that it stands under."""
    return PARAMETER.sub(lambda found: rows.get(found[1]) or rows[path.split("/")[2]], path)


def test_every_page_fits_and_keeps_to_the_policy(database: URL) -> None:
    ada = make_administrator(language="sv")
    with visitor() as client, pictures.browser() as browser:
        as_administrator(client, ada)
        empty = [route.path for route in app.ADMIN if "GET" in (route.methods or ()) and "{" not in route.path]
        for path in empty:
            assert client.get(path, follow_redirects=True).status_code == 200, path
        rows = something()
        context = browser.new_context(viewport={"width": 320, "height": 640})
        token, address = client.cookies["anbudsvakt"], str(client.base_url)
        context.add_cookies([{"name": "anbudsvakt", "value": token, "url": address}])
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        for path in paths(rows):
            reply = page.goto(f"{address}{path}")
            assert reply is not None
            assert reply.status == 200, path
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            page.set_viewport_size({"width": 1000, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= 1000, path
            page.set_viewport_size({"width": 320, "height": 640})
        assert [told for told in said if "Security Policy" in told] == []  # a browser also asks for an icon
