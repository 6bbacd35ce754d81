"""Does a source that breaks leave the last good notices alone, and is somebody told after one run? (promises.md C7)

The whole way: the sandbox's portals over HTTP, a crawl as the worker runs it, PostgreSQL, the watch.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tampering
from loopback import Portal
from sqlalchemy import text
from sqlalchemy.engine import URL

from alerts.alarms import AlarmKind, open_alarms
from alerts.source_health import judge_sources
from commands.collecting import declare_sources
from crawlers.sources import SOURCES, SourceState
from db.session import transaction
from demo.portals import SandboxPortals
from demo.witness import Faults
from settings import get_settings

ROOT = Path(__file__).parents[2]
# The crawl of every day, floor and all; only the portal's address is turned to loopback, as a test's clock is turned.
CHILD = """
import json, sys
from dataclasses import asdict, replace
from crawlers import run
from net.addresses import Allowance
from crawlers.sources import SourceState
key, url, floor = json.loads(sys.argv[1])
known, door = run.source_of, Allowance.of(url)
run.source_of = lambda key: replace(known(key), url=url, floor=floor, state=SourceState.ON)
class Here(Allowance):
    of = staticmethod(lambda base_url: door)
run.Allowance = Here
print(json.dumps(asdict(run.crawl(key, delay_s=0.0)), default=str))
"""
PATHS = {"regjeringen": "/no/rss/Rss/2581966/"}
KEYS = tuple(
    {
        source.spider: source.key for source in reversed(SOURCES) if source.spider and source.state is SourceState.ON
    }.values()
)
FAULTS = {
    "log-in": (tampering.log_in, "a page"),
    "nothing": (tampering.nothing, "0 notices"),
    "renamed": (tampering.renamed, "could not be read"),
    "half of it odd": (tampering.half_odd, "could not be read"),
}


def _crawl(key: str, url: str, floor: int) -> dict[str, Any]:
    words = json.dumps([key, url + PATHS.get(key, ""), floor])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _standing() -> Sequence[Any]:
    """What readers have: each notice with the content of its current version; when it was last met does not count."""
    with transaction() as s:
        return s.execute(
            text(
                "SELECT n.source, n.source_id, n.procurement_id, v.id, v.content_hash, v.number"
                " FROM notice n JOIN notice_version v ON v.id = n.current_version_id ORDER BY n.id"
            )
        ).all()


def _alarms() -> dict[str, str]:
    judge_sources()
    with transaction() as s:
        # The sources that this test does not read are silent, and rightly said to be.
        return {one.subject: one.told for one in open_alarms(s) if one.kind == AlarmKind.SOURCE_FAILED}


@pytest.mark.parametrize("faults", [["log-in"], pytest.param([*FAULTS], marks=pytest.mark.prove)], ids=["one", "all"])
@pytest.mark.parametrize("key", KEYS)
def test_a_broken_source_does_not_poison(
    database: URL, environment: pytest.MonkeyPatch, key: str, faults: list[str]
) -> None:
    """C7: the run is failed, what was good stands as it stood, one alarm is open, and the next good run closes it."""
    environment.setenv("ANBUDSVAKT_DOFFIN_KEY", "so-that-it-is-on")
    get_settings.cache_clear()
    declare_sources()
    with SandboxPortals(faults=Faults(doffin_burst=None)) as sandbox:
        with Portal(tampering.door(sandbox.base_url, tampering.untouched)) as portal:
            good = _crawl(key, portal.url, 1)
        assert good["error"] is None
        assert good["new"] >= 3
        before = _standing()
        for name in faults:
            tamper, words = FAULTS[name]
            with Portal(tampering.door(sandbox.base_url, tamper)) as portal:
                told = _crawl(key, portal.url, 1)
            assert words in str(told["error"]), name
            assert _standing() == before, name
            assert [*_alarms()] == [key], name
        with Portal(tampering.door(sandbox.base_url, tampering.untouched)) as portal:
            assert _crawl(key, portal.url, 1)["error"] is None
        assert _alarms() == {}
        assert _standing() == before
