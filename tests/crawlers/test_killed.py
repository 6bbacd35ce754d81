"""Does a crawl that is killed at any moment cost nothing, and does reading again what is unchanged? (promises.md C4, C9)"""

from datetime import datetime
from random import Random
from time import monotonic, sleep

import pytest
from crawl_process import crawl, crawling
from sqlalchemy import func, select, text, update
from sqlalchemy.engine import URL

from crawlers.sources import SOURCES, SourceState, source_of
from crawlers.store import FetchOutcome, close_fetch
from db.models import Fetch, FetchState, Notice, NoticeVersion
from db.models import SourceState as State
from db.session import transaction, utcnow
from demo.addresses import address_of
from demo.portals import SandboxPortals
from demo.witness import Faults

KEYS = tuple(
    {
        source.spider: source.key for source in reversed(SOURCES) if source.spider and source.state is SourceState.ON
    }.values()
)
# How many requests and notices a whole run of the sandbox has, about: a kill comes at one of them.
RUNS = {"ted": (3, 70), "doffin": (40, 60), "nspa": (5, 20), "eu-funding": (3, 10)}


def _asked(portals: SandboxPortals, key: str) -> str:
    return address_of(source_of(key), portals.base_url) or ""


def _stored(source: str) -> dict[str, int]:
    """Each notice with its number of versions."""
    with transaction() as s:
        pairs = select(Notice.source_id, func.count(NoticeVersion.id).label("versions")).join(NoticeVersion)
        rows = s.execute(pairs.where(Notice.source == source).group_by(Notice.source_id))
        return {row.source_id: row.versions for row in rows}


def _met_since(moment: datetime) -> int:
    with transaction() as s:
        return s.scalar(select(func.count()).where(Notice.seen_at >= moment)) or 0


def _killed(portals: SandboxPortals, key: str, random: Random, *, early: bool) -> int:
    """A crawl that is killed after some requests or some notices; its fetch is closed as watch does it.

    ``early``: before it is well under way, for one that knows all notices already is short.
    """
    begun, moment = len(portals.requests), utcnow()
    requests, notices = (2, 1) if early else RUNS.get(key, (2, 3))
    asked, met = random.choice([(random.randint(1, requests), 10_000), (10_000, random.randint(1, notices))])
    with crawling(key, _asked(portals, key), since="2026-01-01") as process:
        deadline = monotonic() + 90  # a busy machine is slow to start a process
        while len(portals.requests) - begun < asked and _met_since(moment) < met and process.poll() is None:
            assert monotonic() < deadline
            sleep(0.005)
        process.kill()
        code = process.wait()
    with transaction() as s:
        running = list(s.scalars(select(Fetch).where(Fetch.state == FetchState.RUNNING)))
        s.expunge_all()
    for fetch in running:
        assert fetch.process.endswith(f":{process.pid}")
        close_fetch(fetch.id, FetchOutcome(error="its process died"))
    return code


@pytest.mark.parametrize(
    "kills", [2, pytest.param(50, marks=[pytest.mark.prove, pytest.mark.timeout(900)])], ids=["some", "many"]
)
@pytest.mark.parametrize("key", KEYS)
def test_killed_crawls_cost_nothing(database: URL, key: str, kills: int) -> None:
    """C9: nothing twice, and after the next run all that a portal has is there."""
    del database
    random = Random(kills)
    with SandboxPortals(faults=Faults(doffin_burst=None)) as portals:
        codes = [_killed(portals, key, random, early=number > 9) for number in range(kills)]
        with transaction() as s:  # a run that ended before its kill may have been given what says "nothing new" by
            s.execute(update(State).values(validators={}))
        last = crawl(key, _asked(portals, key), since="2026-01-01")
        after = _stored(key)
    assert last["error"] is None
    assert set(after.values()) == {1}
    assert len(after) == last["seen"] - last["quarantined"] > 3
    print(f"{key}: {codes.count(-9)} of {kills} killed on their way, {len(after)} notices, each once")
    assert codes.count(-9) >= kills // 3


TABLES = ("notice", "notice_version", "lot", "buyer", "version_buyer", "notice_key", "procurement", "quarantined")


ROWS = "SELECT xmin::text, t::text FROM {} t"


def _rows() -> dict[str, list[str]]:
    """Every row of what crawls write, with the transaction that wrote it: a row written anew differs."""
    with transaction() as s:
        return {table: sorted(f"{xmin} {row}" for xmin, row in s.execute(text(ROWS.format(table)))) for table in TABLES}


def test_an_unchanged_feed_writes_no_row(database: URL) -> None:
    """C4: 304, no parsing, no writing."""
    del database
    with SandboxPortals() as portals:
        address = _asked(portals, "regjeringen")
        assert crawl("regjeringen", address)["new"] > 0
        before = _rows()
        second = crawl("regjeringen", address)
        assert [request.status for request in portals.requests if "rss" in request.path] == [200, 304]
    assert (second["error"], second["seen"]) == (None, 0)
    assert before["notice_version"]
    assert _rows() == before


@pytest.mark.parametrize("key", [key for key in KEYS if key != "regjeringen"])
def test_a_list_without_validators_that_has_not_changed_makes_no_version(database: URL, key: str) -> None:
    """C4, where a portal answers searches only and knows no 304: what is the same is told from its hash."""
    del database
    with SandboxPortals(faults=Faults(doffin_burst=None)) as portals:
        first = crawl(key, _asked(portals, key))
        before = {table: rows for table, rows in _rows().items() if table not in {"notice", "quarantined"}}
        second = crawl(key, _asked(portals, key))
    assert (first["error"], second["error"]) == (None, None)
    assert first["new"] > 3
    assert (second["new"], second["changed"]) == (0, 0)
    assert {table: rows for table, rows in _rows().items() if table in before} == before
