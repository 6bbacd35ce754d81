"""Does every source behave, whatever its portal does? One run of each spider against each fault (C1, C3, C5, C7, H3-H7).

A source that is declared tomorrow is met by the same portals without a line here.
"""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crawl_child import spiders
from hostile_xml import LAUGHS
from loopback import Always, Canary, Portal, Reply

from crawlers import robots
from crawlers.settings import MEBIBYTE, user_agent
from crawlers.sources import SOURCES

# One source of each spider: what is tested is the code.
KEYS = tuple({source.spider: source.key for source in reversed(SOURCES) if source.spider}.values())
LOG_IN = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form><input name='user'></form></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a portal answers each request but that for robots.txt, and what the run must say of it."""

    reply: Reply
    told: str = ""  # part of the run's error
    rules: Reply = field(default_factory=lambda: Reply(status=404))
    most: int = 1  # requests beside robots.txt


FAULTS = {
    # C1: robots.txt forbids, is out of reach, or is a challenge
    "forbidden": Fault(
        reply=Reply(), rules=Reply(body=b"User-agent: *\nDisallow: /\n"), told="robots.txt forbids it", most=0
    ),
    "rules out of order": Fault(reply=Reply(), rules=Reply(status=503), told="robots.txt answered 503", most=0),
    "rules dropped": Fault(reply=Reply(), rules=Reply(silent=True), told="robots.txt is out of reach", most=0),
    "rules behind a challenge": Fault(
        reply=Reply(), rules=Reply(status=202, headers={"x-amzn-waf-action": "challenge"}), told="challenge", most=0
    ),
    # C3: too busy
    "busy": Fault(reply=Reply(status=429, headers={"Retry-After": "7200"}), told="left alone for 7200 seconds"),
    "busy for ever": Fault(reply=Reply(status=503, headers={"Retry-After": "9" * 20}), told="left alone for 86400"),
    # C7: something else with status 200
    "log-in": Fault(reply=Reply(body=LOG_IN, headers={"Content-Type": "text/html"}), told="page"),
    "empty": Fault(reply=Reply(), told="an empty body"),
    "blank": Fault(reply=Reply(body=b"\xef\xbb\xbf \r\n\x00"), told=""),
    "words": Fault(reply=Reply(body=b"Service temporarily unavailable"), told=""),
    "other JSON": Fault(reply=Reply.of({"status": "ok"}), told=""),
    "null": Fault(reply=Reply.of(None), told=""),
    "challenge": Fault(reply=Reply(status=202, headers={"x-amzn-waf-action": "challenge"}), told="bot challenge"),
    "gone": Fault(reply=Reply(status=410, body=b"Gone"), told="answered 410"),
    "deep JSON": Fault(reply=Reply(body=b"[" * 200_000), told=""),
    # H3, H4, H6: bombs, and ways out
    "laughs": Fault(
        reply=Reply(body=LAUGHS + b"<a>&j;</a>", headers={"Content-Type": "application/xml"}), told="", most=1
    ),
    "bomb": Fault(
        reply=Reply(body=gzip.compress(bytes(64 * MEBIBYTE)), headers={"Content-Encoding": "gzip"}),
        told="exceeded DOWNLOAD_MAXSIZE",
    ),
    "too large": Fault(reply=Reply(body=b" " * (33 * MEBIBYTE)), told="DownloadCancelledError"),
    "way into our network": Fault(reply=Reply(status=302, headers={"Location": "http://127.0.0.1:{canary}/"})),
    "way to a file": Fault(reply=Reply(status=301, headers={"Location": "file:///etc/hostname"})),
    "way to a forbidden portal": Fault(reply=Reply(status=307, headers={"Location": "https://app.mercell.com/"})),
    "in a circle": Fault(reply=Reply(status=302, headers={"Location": "/round"}), most=6),
}


@pytest.fixture(scope="module")
def told() -> Iterator[dict[tuple[str, str], tuple[Portal, dict[str, Any]]]]:
    """Every spider against every fault, all in one process: portal and outcome of each; nobody reached the canary."""
    pairs = [(key, name) for key in KEYS for name in FAULTS]
    with ExitStack() as opened, Canary() as canary:
        portals = []
        for _, name in pairs:
            fault = FAULTS[name]
            headers = {each: value.format(canary=canary.port) for each, value in fault.reply.headers.items()}
            reply = Reply(status=fault.reply.status, body=fault.reply.body, headers=headers)
            portals.append(opened.enter_context(Portal(Always(reply), robots=fault.rules)))
        runs = spiders(
            *(
                {"key": key, "base_url": portal.url, "since": "2026-11-20", "until": "2026-11-22"}
                for (key, _), portal in zip(pairs, portals, strict=True)
            ),
            limit_s=100,
        )
        assert canary.connections == 0
        yield {pair: (portal, run) for pair, portal, run in zip(pairs, portals, runs, strict=True)}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("key", KEYS)
def test_a_portal_that_is_not_itself_is_a_failed_run_that_stores_nothing(told: Any, key: str, name: str) -> None:
    """C1, C3, C6, C7, H3, H4, H6, H7: as the fault's own group says."""
    portal, run = told[key, name]
    assert run["outcome"]["error"] is not None
    assert FAULTS[name].told in run["outcome"]["error"]
    assert run["notices"] == []
    assert len(portal.asked()) <= FAULTS[name].most
    assert 1 <= len(portal.log) - len(portal.asked()) <= robots.MOST_REDIRECTS + 3


@pytest.mark.parametrize("key", KEYS)
def test_robots_txt_comes_first_and_every_request_says_who_we_are(told: Any, key: str) -> None:
    """C1, C5."""
    for name in FAULTS:
        portal, _ = told[key, name]
        assert portal.log[0].path == "/robots.txt"
        assert {seen.headers["user-agent"] for seen in portal.log} == {user_agent()}


@pytest.mark.parametrize(("name", "hours"), [("busy", 2), ("busy for ever", 24)])
@pytest.mark.parametrize("key", KEYS)
def test_a_portal_that_asks_for_time_gets_it_from_every_source(told: Any, key: str, name: str, hours: int) -> None:
    """C3: one request, and the moment before which none follows is written down; never more than a day."""
    portal, run = told[key, name]
    until = datetime.fromisoformat(run["outcome"]["next_check_at"])
    assert abs(until - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=3)
    assert len(portal.asked()) == 1
