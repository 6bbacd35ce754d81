"""Does a run leave the right books behind, however it ends? Real PostgreSQL, the sandbox's portals, child processes."""

import json
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from crawl_child import crawl as crawl_on_paper
from crawl_process import crawl, crawling
from loopback import Portal, Reply
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from crawlers import run, tally
from crawlers.sources import SourceClosed, SourceState, UnknownSource, sources
from crawlers.store import FetchOutcome, OpenFetch
from db.models import Fetch, FetchState, Notice, NoticeVersion
from db.models import SourceState as Remembered
from db.session import transaction
from demo.portals import SandboxPortals
from demo.witness import Faults
from net.addresses import PUBLIC_ONLY

ROOT = Path(__file__).parents[2]


def _books() -> list[Fetch]:
    with transaction() as s:
        found = list(s.scalars(select(Fetch).order_by(Fetch.id)))
        s.expunge_all()
    return found


def _stored(source: str) -> dict[str, int]:
    with transaction() as s:
        pairs = select(Notice.source_id, func.count(NoticeVersion.id).label("versions")).join(NoticeVersion)
        rows = s.execute(pairs.where(Notice.source == source).group_by(Notice.source_id))
        return {row.source_id: row.versions for row in rows}


def _wait_for(what: Any, *, within_s: float = 30) -> None:
    deadline = monotonic() + within_s
    while not what():
        assert monotonic() < deadline, "it did not come about"
        sleep(0.01)


def test_two_portals_are_read_stored_and_read_again_for_nothing(database: URL) -> None:
    del database
    with SandboxPortals(faults=Faults(doffin_burst=None)) as portals:
        for key in ("ted", "doffin"):
            first = crawl(key, portals.base_url, since="2026-01-01")
            assert first["error"] is None
            assert first["new"] == first["seen"] == len(_stored(key)) > 40
            seen = len(portals.requests)
            second = crawl(key, portals.base_url, since="2026-01-01")
            assert second["error"] is None
            assert (second["seen"], second["unchanged"], second["new"]) == (first["seen"], first["seen"], 0)
            if key == "doffin":
                assert not any("download" in request.path for request in portals.requests[seen:])
        assert {request.user_agent.split("/")[1].split("; ")[1] for request in portals.requests} == {"Anbudsvakt"}
    for fetch in _books():
        assert fetch.state == FetchState.DONE
        assert fetch.requests >= 2
        assert fetch.bytes_read > 1000
    assert set(_stored("ted").values()) | set(_stored("doffin").values()) == {1}


def test_an_unchanged_feed_is_not_even_parsed_the_second_time(database: URL) -> None:
    del database
    with SandboxPortals() as portals:
        feed = f"{portals.base_url}/no/rss/Rss/2581966/"
        first, second = crawl("regjeringen", feed), crawl("regjeringen", feed)
        assert [request.status for request in portals.requests if "rss" in request.path] == [200, 304]
    assert first["new"] > 0
    assert (second["seen"], second["new"], second["changed"], second["error"]) == (0, 0, 0, None)
    assert second["bytes_read"] < 100  # robots.txt, and nothing else
    with transaction() as s:
        kept = s.scalars(select(Remembered)).one().validators
    assert kept[feed]["etag"]


def test_a_portal_that_asks_for_hours_gets_them(database: URL) -> None:
    del database
    with Portal(lambda _: Reply(status=429, headers={"Retry-After": "7200"})) as portal:
        told = crawl("ted", portal.url)
        asked = len(portal.log)
        again = crawl("ted", portal.url)
        assert len(portal.log) == asked == 2  # robots.txt and the one search
    assert "left alone for 7200 seconds" in told["error"]
    assert again == {"raised": "NotYet"}
    (fetch,) = _books()
    assert (fetch.state, fetch.error) == (FetchState.FAILED, told["error"])
    with transaction() as s:
        until = s.scalars(select(Remembered)).one().next_check_at
    assert until is not None
    assert timedelta(minutes=118) < until - datetime.now(UTC) <= timedelta(hours=2)


def test_a_failed_run_leaves_what_was_good(database: URL) -> None:
    del database
    with SandboxPortals() as portals:
        assert crawl("ted", portals.base_url)["error"] is None
        before = _stored("ted")
        portals.set_faults(Faults(ted_timed_out_first=9))
        told = crawl("ted", portals.base_url)
    assert "timed out" in told["error"]
    assert _stored("ted") == before
    assert [fetch.state for fetch in _books()] == [FetchState.DONE, FetchState.FAILED]


def test_a_stopped_run_says_so(database: URL) -> None:
    del database
    with (
        SandboxPortals(faults=Faults(doffin_burst=None)) as portals,
        crawling("doffin", portals.base_url, delay_s=0.1) as process,
    ):
        _wait_for(lambda: sum("download" in request.path for request in portals.requests) >= 3)
        assert crawl("doffin", portals.base_url) == {"raised": "AlreadyRunning"}
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert json.loads(process.told())["error"] == "ended before its time: shutdown"
    (fetch,) = _books()
    assert fetch.state == FetchState.FAILED
    assert 3 <= fetch.new == len(_stored("doffin"))


def test_a_notice_that_cannot_be_stored_ends_the_run(database: URL) -> None:
    with SandboxPortals() as portals:
        told = crawl("ted", portals.base_url, changes={"ITEM_PIPELINES": {"crawlers.run.no_such": 300}})
        assert told == {"died": 1}
        with transaction() as s:
            s.connection().exec_driver_sql("DROP TABLE version_buyer CASCADE")
        told = crawl("ted", portals.base_url)
    assert told["error"] == "not stored: ProgrammingError"
    assert [fetch.state for fetch in _books()] == [FetchState.FAILED] * 2
    assert "NameError" in str(_books()[0].error)
    assert "://" not in str(_books()[1].error), database  # nothing of the database's address in the books


def test_the_run_says_what_nobody_else_did() -> None:
    good = {"finish_reason": "finished", tally.SEEN: 40, tally.NEW: 30, tally.UNCHANGED: 10}
    assert run._outcome(good, floor=20).error is None
    assert run._outcome(good, floor=41).error == "40 notices where 41 or more were due"
    assert run._outcome({"finish_reason": "finished", run.NOT_MODIFIED: 1}, floor=1).error is None
    assert run._outcome({**good, tally.QUARANTINED: 5}, floor=20).error is None
    assert run._outcome({**good, tally.QUARANTINED: 6}, floor=20).error == "6 of 40 notices could not be read"
    few = {"finish_reason": "finished", tally.SEEN: 4}
    assert run._outcome({**few, tally.QUARANTINED: 2}, floor=1).error is None
    assert run._outcome({**few, tally.QUARANTINED: 2}, floor=3).error == "2 notices where 3 or more were due"
    assert run._outcome({**few, tally.QUARANTINED: 3}, floor=1).error == "3 of 4 notices could not be read"
    only_odd = {"finish_reason": "finished", tally.SEEN: 1, tally.QUARANTINED: 1}
    assert run._outcome(only_odd, floor=1).error == "0 notices where 1 or more were due"
    assert run._outcome(only_odd, floor=0).error is None  # a day that somebody chose may hold one notice, an odd one
    assert run._outcome({**good, "finish_reason": "shutdown"}, floor=0).error == "ended before its time: shutdown"
    assert run._outcome({**good, tally.ERROR: "first"}, floor=99).error == "first"


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("usual", "due"), [(0, 20), (150, 20), (1500, 150)])
def test_a_run_owes_its_floor_or_a_tenth_of_what_is_usual(usual: int, due: int) -> None:
    fetch = OpenFetch(id=1, source="ted", since=date(2026, 11, 1), usual=usual)
    assert run._due(sources()["ted"], fetch) == due


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("key", "base_url", "reason"),
    [
        ("mercell", None, "terms"),
        ("mercell", "http://127.0.0.1:8000", "terms"),
        ("fmv", None, "unverified"),
        ("doffin", None, "ANBUDSVAKT_DOFFIN_KEY"),
        ("ted", "http://10.0.0.1", "not a public address"),
        ("ted", "file:///etc", "scheme file"),
        ("ted", "http://ted.example:8080", "port 8080"),
    ],
)
def test_what_may_not_be_read_is_not_even_begun(key: str, base_url: str | None, reason: str) -> None:
    class NoBooks:
        def open_fetch(self, source: str, since: date | None = None, *, overlap_days: int = 3) -> OpenFetch:
            raise AssertionError(source)

        def close_fetch(self, fetch_id: int, outcome: FetchOutcome) -> None:
            raise AssertionError(fetch_id)

    with pytest.raises(SourceClosed, match=reason):
        run.crawl(key, base_url=base_url, books=NoBooks())
    with pytest.raises(UnknownSource):
        run.crawl("no-such", books=NoBooks())


def test_our_key_goes_to_doffin_alone_and_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    from settings import get_settings

    environment.setenv("ANBUDSVAKT_DOFFIN_KEY", "7f3a-our-own-key")
    get_settings.cache_clear()
    source = sources()["doffin"]
    assert source.state is SourceState.ON
    fetch = OpenFetch(id=1, source="doffin", since=date(2026, 11, 1))
    real = run._plan(source, fetch, base_url=None, paging=None, sandbox=False)
    on_loopback = run._plan(source, fetch, base_url="http://127.0.0.1:8000", paging=None, sandbox=True)
    assert real.subscription_key == "7f3a-our-own-key"
    assert on_loopback.subscription_key == "sandbox"
    assert "7f3a" not in repr(real)
    ted = run._plan(sources()["ted"], fetch, base_url=None, paging=None, sandbox=False)
    assert ted.subscription_key is None


def test_the_pause_of_real_runs_cannot_be_talked_down() -> None:
    assert PUBLIC_ONLY.origins == frozenset()
    with Portal(lambda _: Reply.of({"notices": [], "totalNoticeCount": 0})) as portal:
        told = crawl_on_paper("ted", base_url=portal.url, delay_s=0.3, since="2026-11-20")
    assert told["outcome"]["error"] is None
    assert min(portal.gaps()) >= 0.3
