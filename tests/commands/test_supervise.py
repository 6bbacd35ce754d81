"""Does `anbudsvakt run` bring everything up on one machine, and down again in good order?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from sqlalchemy.engine import URL

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def health(port: int, *, within_s: float) -> dict[str, object]:
    """What /healthz says, once it answers."""
    until = time.monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                told: dict[str, object] = json.loads(answer.read())
                return told
        except urllib.error.HTTPError as unwell:
            raise AssertionError(unwell.read().decode()) from None
        except OSError:
            assert time.monotonic() < until, "the pages do not answer"
            time.sleep(0.1)


@pytest.mark.parametrize("ended_by", ["a person", "a process that dies"])
def test_all_processes_start_and_stop_together(database: URL, environment: pytest.MonkeyPatch, ended_by: str) -> None:
    port = free_port()
    settings = {"PORT": str(port), "ANBUDSVAKT_SMTP_HOST": "127.0.0.1", "ANBUDSVAKT_SMTP_SECURITY": "none"}
    running = subprocess.Popen([sys.executable, "-m", "cli", "run"], cwd=ROOT, env={**os.environ, **settings})
    try:
        assert health(port, within_s=30)
        children = {child.cmdline()[-1]: child for child in psutil.Process(running.pid).children()}
        assert {"web", "clock", "worker"} <= set(children)
        if ended_by == "a person":
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        else:
            children["clock"].kill()
            assert running.wait(20) != 0
        _, alive = psutil.wait_procs(list(children.values()), timeout=5)
        assert alive == []
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
