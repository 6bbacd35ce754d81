"""Does the embedded server come with the first process that needs it and go with the last, killed ones included?"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
ASK = "from db.session import engine; print(engine().connect().exec_driver_sql('SELECT 1').scalar(), flush=True)"
STAY = "; import time; time.sleep(60)"


def process(var: Path, code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "ANBUDSVAKT_VAR": str(var), "DATABASE_URL": ""}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def answer(asked: subprocess.Popen[str]) -> str:
    assert asked.stdout is not None
    return asked.stdout.readline().strip()


def servers(var: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if str(var / "postgres") in (p.info["cmdline"] or [])]


@pytest.mark.usefixtures("environment")
def test_it_stops_with_the_last_process_though_another_was_killed(tmp_path: Path) -> None:
    var = tmp_path / "var"
    try:
        with process(var, ASK + STAY) as killed:
            assert answer(killed) == "1"
            killed.send_signal(signal.SIGKILL)
        assert len(servers(var)) == 1, "a killed process leaves the server to the next one"
        with process(var, ASK) as last:
            assert answer(last) == "1"
        assert last.returncode == 0
        assert servers(var) == []
    finally:
        for one in servers(var):
            one.kill()
