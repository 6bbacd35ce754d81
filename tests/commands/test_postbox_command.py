"""Does the postbox start only where it has something to read, and does `run` bring it up too?"""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from mailroom import wait_until
from outbox import sent, states
from postbox import Postbox, answers, use_port
from returned_samples import samples
from sqlalchemy.engine import URL

import settings as settings_module

ROOT = Path(__file__).parents[2]
UNKNOWN = next(sample for sample in samples() if sample.name == "postfix-unknown-user")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "ANBUDSVAKT_BOUNCE_DOMAIN"),
        ({"ANBUDSVAKT_BOUNCE_DOMAIN": "retur.firma.example"}, "ANBUDSVAKT_LMTP_PORT"),
        ({"ANBUDSVAKT_BOUNCE_DOMAIN": "retur firma"}, "ANBUDSVAKT_BOUNCE_DOMAIN"),
    ],
)
def test_without_its_settings_it_says_what_is_missing(database: URL, variables: dict[str, str], told: str) -> None:
    words = [sys.executable, "-m", "cli", "postbox"]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, told in done.stderr) == (2, True)


def test_run_brings_the_postbox_up_where_it_is_wanted(database: URL, environment: pytest.MonkeyPatch) -> None:
    port = use_port(environment, smtp_host="127.0.0.1", smtp_security="none", smtp_port="1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        environment.setenv("PORT", str(free.getsockname()[1]))
    settings_module.get_settings.cache_clear()
    [verp] = sent()
    running = subprocess.Popen([sys.executable, "-m", "cli", "run"], cwd=ROOT, env=dict(os.environ))
    try:
        wait_until(lambda: answers(port), within_s=30)
        assert Postbox(port).hand_in(UNKNOWN.mail(verp=verp), verp) == {}
        assert states() == {"bounced": 1}
        children = psutil.Process(running.pid).children()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert psutil.wait_procs(children, timeout=5)[1] == []
    finally:
        if running.poll() is None:
            running.kill()
