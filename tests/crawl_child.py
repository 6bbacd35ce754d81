"""How does a test crawl? In a child process, as the worker does: a reactor starts once. A spec in, one JSON line out."""

import json
from collections.abc import Mapping
from typing import Any

from nursery import child


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
    with child(_do, spec, env=env) as process:
        code, log = process.wait(limit_s), process.errors()
        if code != 0:
            raise AssertionError(f"the child ended with {code}:\n{log}")
        return {**json.loads(process.told().splitlines()[-1]), "log": log}


def _do(spec: dict[str, Any]) -> None:
    import crawl_in_memory  # by the name by which Scrapy loads it, so that there is one COLLECTED

    print(json.dumps(crawl_in_memory.main(spec), default=str))
