"""Does a source that breaks leave the last good notices alone, and is somebody told after one run? (promises.md C7)

The whole way: the sandbox's portals over HTTP, a crawl as the worker runs it, PostgreSQL, the watch.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest
import tampering
from loopback import Portal
from nursery import child
from sqlalchemy import text
from sqlalchemy.engine import URL

from alerts.alarms import AlarmKind, open_alarms
from alerts.source_health import judge_sources
from commands.collecting import declare_sources
from crawlers.sources import SOURCES, SourceState, source_of
from db.session import transaction
from demo.portals import SandboxPortals
from demo.witness import Faults
from net.addresses import Allowance
from settings import get_settings

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
    with child(_crawl_here, key, url + PATHS.get(key, ""), floor) as process:
        process.wait()
        assert process.told(), process.errors()
        told: dict[str, Any] = json.loads(process.told().splitlines()[-1])
        return told


def _crawl_here(key: str, url: str, floor: int) -> None:
    """The crawl of every day, floor and all; only the portal's address is turned to loopback, as a clock is turned."""
    from crawlers import run

    door = Allowance.of(url)

    class Here(Allowance):
        of = staticmethod(lambda base_url: door)

    declared = replace(source_of(key), url=url, floor=floor, state=SourceState.ON)
    vars(run).update(source_of=lambda key, *_: declared, Allowance=Here)
    print(json.dumps(asdict(run.crawl(key, delay_s=0.0)), default=str))


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
