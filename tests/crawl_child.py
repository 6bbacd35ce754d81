"""How does a test crawl? In a child process, as the worker does: a reactor starts once. A spec in, one JSON line out."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def crawl(key: str, *, limit_s: float = 60, env: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """Run :func:`crawlers.run.crawl` with books and a pipeline that keep everything in memory; what they held."""
    return _child({"do": "crawl", "key": key, **spec}, limit_s, env)


def fetch(
    *urls: str,
    answers: Mapping[str, str] | None = None,
    limit_s: float = 60,
    env: Mapping[str, str] | None = None,
    **ask: Any,
) -> dict[str, Any]:
    """Ask for these URLs all at once behind the gate: a status or the refusal for each, and the run's figures.

    ``doors``: origins on loopback that are open; ``ports``: more ports; ``answers``: what names lead to; ``delay_s`` and
    ``changes``: the run's pause and settings.
    """
    (told,), peak_kib = _fetch({"asks": [{"urls": urls, **ask}], "answers": answers or {}}, limit_s, env)
    return {**told, "peak_kib": peak_kib}


def fetch_each(*asks: Mapping[str, Any], limit_s: float = 60) -> list[dict[str, Any]]:
    """The same for many runs side by side in one process, each with its own gate."""
    return _fetch({"asks": asks}, limit_s, None)[0]


def _fetch(spec: Mapping[str, Any], limit_s: float, env: Mapping[str, str] | None) -> tuple[list[dict[str, Any]], int]:
    told = _child({"do": "fetch", **spec}, limit_s, env)
    return told["asks"], told["peak_kib"]


def spiders(*runs: Mapping[str, Any], limit_s: float = 60) -> list[dict[str, Any]]:
    """Let spiders of real sources read portals of the test's, side by side: outcome and notices of each."""
    told: list[dict[str, Any]] = _child({"do": "spiders", "runs": runs}, limit_s, None)["runs"]
    return told


def _child(spec: Mapping[str, Any], limit_s: float, env: Mapping[str, str] | None) -> dict[str, Any]:
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "crawl_in_memory", json.dumps(spec)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=limit_s,
            check=False,
        )
        errors.seek(0)
        told = errors.read().decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"the child ended with {done.returncode}:\n{told}")
    return {**json.loads(done.stdout.splitlines()[-1]), "log": told}
