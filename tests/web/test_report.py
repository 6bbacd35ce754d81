"""Does an administrator read what came in a week, in words, tables and charts, and does nobody else?"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from browsing import as_administrator, as_subscriber, make_administrator
from sqlalchemy import update
from sqlalchemy.engine import URL
from web_server import visitor

from alerts.week_report import Week
from db.models import Notice
from db.session import transaction, utcnow
from factories import make_match, make_notice, make_profile, make_subscriber

LAST = Week.before(utcnow())


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    del database
    with visitor() as one:
        yield one


def _came(**values: object) -> None:
    start, _ = LAST.bounds
    version = make_notice(**values)  # type: ignore[arg-type]
    with transaction() as s:
        s.execute(update(Notice).where(Notice.id == version.notice_id).values(created_at=start + timedelta(days=2)))
    for profile in [make_profile(make_subscriber()) for _ in range(5)]:
        make_match(version, profile)


@pytest.mark.parametrize(("language", "said"), [("nb", "1 anskaffelse innen"), ("sv", "1 upphandling inom"),
                                                ("nn", "1 innkjøp innan"), ("en", "1 procurement of")])  # fmt: skip
def test_a_week_is_told_in_the_administrators_language(client: httpx.Client, language: str, said: str) -> None:
    _came()
    as_administrator(client, make_administrator(language=language))
    reply = client.get("/admin/report")
    assert reply.headers["location"] == f"/admin/report/{LAST.year}/{LAST.number}"
    page = client.get(reply.headers["location"])
    assert page.status_code == 200
    assert said in page.text
    assert page.text.count("<svg") == page.text.count('<details class="figures"') >= 3
    assert "style=" not in page.text  # the policy of our pages forbids it


def test_only_weeks_that_are_over_are_told(client: httpx.Client) -> None:
    as_administrator(client, make_administrator())
    following = LAST.shifted(1)
    for address in (f"{following.year}/{following.number}", "2026/54", "2026/0", "0/1", "99999/1"):
        assert client.get(f"/admin/report/{address}").status_code == 404, address
    assert client.get("/admin/report/2020/53").status_code == 200


def test_a_subscriber_does_not_read_it(client: httpx.Client) -> None:
    as_subscriber(client, make_subscriber())
    assert client.get("/admin/report").headers["location"].startswith("/admin/login")
