"""Does a crawl store by the answer, lose nothing when it is killed, and keep apart what cannot be stored?"""

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import pytest
from sandbox_crawl import crawl
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL

from benchmarks.crawling import by_turns
from benchmarks.crawling_child import OURS, crawled
from benchmarks.crawling_portal import portal, write
from crawlers.retry import retry
from db.models import Notice, Quarantined
from db.session import transaction, utcnow
from demo.portals import SandboxPortals

TODAY = date(2026, 11, 23)
ROOT = Path(__file__).parents[2]
CRAWL = "import sys; from benchmarks.crawling_child import main; main(*sys.argv[1:])"


def stored() -> int:
    with transaction() as s:
        return s.scalar(select(func.count()).select_from(Notice)) or 0


def test_a_page_is_stored_together(database: URL, tmp_path: Path) -> None:
    today = utcnow().date()
    write(tmp_path, 500, today)
    with portal(tmp_path) as url:
        run = crawled(OURS, url, today, 500)
    assert run.notices == stored() == 500
    with transaction() as s:
        writers = s.scalar(text("SELECT count(DISTINCT xmin::text) FROM notice_version"))
    assert writers is not None
    assert writers <= 20  # two pages, and what may come between; by the notice it would be 500


@pytest.mark.parametrize(
    ("count", "share"),
    # Of a few pages the beginning is most; it shows no more than that nothing is stored one by one.
    [(500, 0.25), pytest.param(20_000, 0.5, marks=[pytest.mark.prove, pytest.mark.timeout(1800)])],
)
def test_storing_costs_at_most_as_much_as_reading_and_memory_stays_flat(
    database: URL, count: int, share: float
) -> None:
    (ours,), (bare,) = by_turns(count, 1)
    ratio = bare.seconds / ours.seconds
    print(f"{count} notices at {count / ours.seconds:.0f}/s, {ratio:.2f} of a bare spider's; +{ours.grown_mib:.0f} MiB")
    assert (ours.notices, bare.notices, stored()) == (count, count, count)
    assert ratio >= share
    assert ours.grown_mib <= 50


@pytest.mark.parametrize("share", [0.4, pytest.param(0.7, marks=pytest.mark.prove)])
def test_a_killed_crawl_loses_nothing_that_the_next_one_does_not_bring(
    database: URL, tmp_path: Path, share: float
) -> None:
    today, count = utcnow().date(), 500
    write(tmp_path, count, today)
    with portal(tmp_path) as url:
        command = [sys.executable, "-c", CRAWL, OURS, url, today.isoformat(), str(count)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = monotonic() + 60
        while stored() < count * share:
            assert monotonic() < deadline
            assert child.poll() is None
            sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        left = stored()
        assert count * share <= left < count
        with transaction() as s:  # as watch does, when it finds that the process is gone
            s.execute(text("UPDATE \"fetch\" SET state = 'failed', ended_at = now()"))
            assert s.scalar(text("SELECT count(*) FROM notice WHERE current_version_id NOT IN (SELECT id FROM notice_version)")) == 0  # fmt: skip
        subprocess.run([*command[:-1], str(count), str(count - left)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert stored() == count


def test_what_cannot_be_stored_is_quarantined_with_its_answer_and_the_rest_goes_on(database: URL) -> None:
    with SandboxPortals(today=TODAY) as portals:
        chosen = next(n for n in portals.notices if n.on_portal("ted"))
        with transaction() as s:
            refusal = f"ALTER TABLE notice ADD CONSTRAINT refused CHECK (source_id <> '{chosen.ted_number}')"
            s.execute(text(refusal))
        outcome = crawl("ted", portals.base_url, TODAY)
    assert outcome["error"] is None
    assert outcome["quarantined"] >= 1
    assert outcome["new"] == stored() == outcome["seen"] - outcome["quarantined"]
    with transaction() as s:
        kept = s.scalars(select(Quarantined).where(Quarantined.source_id == chosen.ted_number)).all()
        assert kept
        assert {one.reason for one in kept} == {"it could not be stored: IntegrityError"}
        assert all(len(one.body) > 1000 for one in kept)
        s.execute(text("ALTER TABLE notice DROP CONSTRAINT refused"))
    report = retry(source="ted")
    assert report.cleared == len(kept)
    with transaction() as s:
        assert s.scalar(select(func.count()).where(Notice.source_id == chosen.ted_number)) == 1
