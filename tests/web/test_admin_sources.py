"""Does an administrator see how each source stands, what its runs brought, and no more of a stranger's words than words?"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from browsing import as_administrator, make_administrator, submit
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import visitor

from alerts.source_health import SourceHealth, judged
from alerts.watch import need_not_read
from commands.collecting import declare_sources
from db.models import Audit, DeclaredSource, Errand, Fetch, Quarantined
from db.session import transaction, utcnow

HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    with visitor() as one:
        as_administrator(one, make_administrator(language="en"))
        yield one


def runs(source: str, many: int, **values: object) -> None:
    now = utcnow()
    with transaction() as s:
        s.add_all(
            Fetch(source=source, state="done", since_day=now.date(), process="here:1", seen=12,
                  started_at=now - timedelta(hours=1, minutes=back), ended_at=now - timedelta(minutes=50 + back))
            for back in range(many)
        )  # fmt: skip
        if values:
            s.add(Fetch(source=source, since_day=now.date(), process="here:1", started_at=now, ended_at=now, **values))


def test_every_source_is_there_with_its_verdict_and_its_quarantine(client: httpx.Client) -> None:
    declare_sources()
    runs("ted", 1)
    with transaction() as s:
        s.add(Quarantined(source="doffin", payload_sha256="a", content_type="text/html", body=b"x", reason="no title"))
    page = client.get("/admin/sources").text
    assert 'href="/admin/sources/doffin"' in page
    assert 'href="/admin/quarantine?source=doffin"' in page
    assert {"Well", "Waits to be read first", "Turned off"} <= {
        told.strip() for told in page.replace("<", ">").split(">")
    }


def test_a_source_rests_until_it_is_told_otherwise_and_is_read_when_asked_for(client: httpx.Client) -> None:
    declare_sources()
    path, now = "/admin/sources/ted", utcnow()

    def press(go: str, where: str = path) -> int:
        return submit(client, where, seen_at=path, go=go).status_code

    assert press("rest") == press("rest") == 303
    declare_sources()  # as every crawl and release does
    assert "Turned off" in client.get(path).text
    assert need_not_read("ted", now)
    assert not need_not_read("nspa", now)
    with transaction() as s:
        assert {one.health for one in judged(s) if one.record.declared.key == "ted"} == {SourceHealth.OFF}
    coverage = client.get("/coverage").text
    assert "Is turned off here." in coverage[coverage.index("Tenders Electronic Daily") :][:300]
    assert press("read") == press("read") == 303
    assert "It is queued" in client.get(path).text
    assert press("resume") == 303
    assert not need_not_read("ted", now)
    assert "Waits to be read first" in client.get(path).text
    assert press("x") == 400
    forbidden = next(key for key, state in states().items() if state == "forbidden")
    assert press("resume", f"/admin/sources/{forbidden}") == press("rest", "/admin/sources/nowhere") == 404
    with transaction() as s:
        asked = [(one.kind, one.subjects) for one in s.scalars(select(Errand))]
        done = [(one.act, one.told["key"]) for one in s.scalars(select(Audit).order_by(Audit.id))]
    assert asked == [("crawl", ["ted"])]
    assert done == [("source_paused", "ted"), ("crawl_asked", "ted"), ("source_resumed", "ted")]


def states() -> dict[str, str]:
    with transaction() as s:
        return {one.key: one.state for one in s.scalars(select(DeclaredSource))}


def test_a_source_shows_all_its_runs_page_by_page_and_its_error_as_words(client: httpx.Client) -> None:
    declare_sources()
    runs("doffin", 60, state="failed", error=HOSTILE)
    first = client.get("/admin/sources/doffin").text
    assert "Showing 1–50 of 61." in first
    assert HOSTILE not in first
    assert "&lt;script&gt;" in first
    second = client.get("/admin/sources/doffin?page=2").text
    assert "Showing 51–61 of 61." in second
    assert client.get("/admin/sources/doffin?page=9999").text == second
    assert client.get("/admin/sources/nowhere").status_code == 404
