"""Do the portals start, keep their log, obey the admin route and stop, in a thread and as a process?"""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from asking import TODAY, Ask

from crawlers.sources import SOURCES
from demo.portals import SandboxPortals
from demo.witness import Faults


def test_every_request_is_witnessed_without_its_key(portals: SandboxPortals, ask: Ask) -> None:
    ask("/robots.txt", User_Agent="Mozilla/5.0 (compatible; one; +https://x.example)")
    ask("/public/v2/search?subscription-key=secret&page=1")
    ask("/nowhere")
    seen = portals.requests
    assert [(request.method, request.path, request.status) for request in seen] == [
        ("GET", "/robots.txt", 200),
        ("GET", "/public/v2/search", 200),
        ("GET", "/nowhere", 404),
    ]
    assert seen[0].user_agent.startswith("Mozilla/5.0 (compatible; one")
    assert seen[1].had_key
    assert "secret" not in repr(seen)
    assert seen[0].at <= seen[1].at <= seen[2].at


def test_the_log_is_written_as_json_lines_too(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "requests.jsonl"
    with (
        SandboxPortals(today=TODAY, log_path=path) as portals,
        urllib.request.urlopen(f"{portals.base_url}/robots.txt") as reply,
    ):
        assert reply.read().startswith(b"User-agent")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["path"], line["status"]) for line in lines] == [("/robots.txt", 200)]


def test_robots_can_forbid_or_be_out_of_order(portals: SandboxPortals, ask: Ask) -> None:
    portals.set_faults(Faults(robots_text="User-agent: *\nDisallow: /\n"))
    assert b"Disallow: /" in ask("/robots.txt").body
    portals.set_faults(Faults(robots_status=503))
    assert ask("/robots.txt").status == 503


def test_the_admin_route_turns_the_day_and_sets_faults(portals: SandboxPortals, ask: Ask) -> None:
    before = len(portals.notices)
    body = json.dumps({"day": 2, "faults": {"ted_429_first": 1, "broken_xml": ["no-fma-telt"]}}).encode()
    assert ask("/_sandbox", method="POST", body=body, Content_Type="application/json").status == 204
    assert len(portals.notices) == before + 4
    search = json.dumps({"query": "PD >= today(-1)", "fields": ["ND"]}).encode()
    statuses = [
        ask("/v3/notices/search", method="POST", body=search, Content_Type="application/json").status for _ in range(2)
    ]
    assert statuses == [429, 200]
    wrong = ask("/_sandbox", method="POST", body=b'{"faults": {"ted_429_frist": 1}}', Content_Type="application/json")
    assert wrong.status == 400
    assert len(ask("/_sandbox/log").body.splitlines()) == 2


WITH_A_PORTAL = {source.key for source in SOURCES if source.spider} - {"forsvarsmakten", "mcf"}


def test_two_sandboxes_live_side_by_side_and_free_their_ports() -> None:
    with SandboxPortals(today=TODAY) as one, SandboxPortals(today=TODAY, day=2) as two:
        assert one.base_url != two.base_url
        assert len(two.notices) == len(one.notices) + 4
        address = one.base_url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/robots.txt", timeout=2)


def test_the_same_day_publishes_the_same_notices_again() -> None:
    with SandboxPortals(today=TODAY) as one:
        first = one.notices
    with SandboxPortals(today=TODAY) as two:
        assert two.notices == first


def test_it_runs_as_a_process_of_its_own() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "cli", "sandbox", "--port", "0", "--day", "2", "--json"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            rows = [json.loads(process.stdout.readline()) for _ in WITH_A_PORTAL]
            addresses = {row["key"]: row["base_url"] for row in rows}
            assert set(addresses) == WITH_A_PORTAL
            with urllib.request.urlopen(addresses["fmv"], timeout=10) as reply:
                assert b"<rss" in reply.read()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=15) == 0
