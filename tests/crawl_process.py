"""How does a test crawl into its database, and stop or kill the crawl on its way? A process as the worker starts it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CHILD = """
import json, sys
from dataclasses import asdict
from datetime import date
from crawlers import run
from crawlers.store import AlreadyRunning, NotYet
said = json.loads(sys.argv[1])
since = date.fromisoformat(said.pop("since")) if "since" in said else None
try:
    print(json.dumps(asdict(run.crawl(said.pop("key"), since=since, **said)), default=str))
except (AlreadyRunning, NotYet, LookupError) as raised:
    print(json.dumps({"raised": type(raised).__name__}))
"""


@contextmanager
def crawling(key: str, base_url: str, **said: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A crawl on its way; killed where the test leaves it, if it still runs."""
    said = {"key": key, "base_url": base_url, "delay_s": 0.0, **said}
    command = [sys.executable, "-W", "error", "-c", CHILD, json.dumps(said)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def crawl(key: str, base_url: str, **said: Any) -> dict[str, Any]:
    """A crawl to its end: its outcome, the name of what it raised, or how it died."""
    with crawling(key, base_url, **said) as process:
        told, _ = process.communicate(timeout=60)
    return json.loads(told) if told else {"died": process.returncode}
