"""Does a feed that has not changed cost nothing, and is a page in its place noticed? (promises.md C4)"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from crawl_child import spiders
from loopback import Portal, Reply, Seen

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Nyheter</title><link>https://portal.example/</link><language>sv</language>
<item><title>Ny försvarsbeslutsproposition</title><guid>1</guid><link>https://portal.example/1</link>
<pubDate>Thu, 19 Nov 2026 11:00:00 +0100</pubDate></item>
<item><title>Övning i Jämtland</title><guid>2</guid><link>https://portal.example/2</link></item>
</channel></rss>""".encode()
ETAG, DAY = '"v1"', "Thu, 19 Nov 2026 10:00:00 GMT"
FRESH = Reply(body=FEED, headers={"ETag": ETAG, "Last-Modified": DAY, "Content-Type": "application/rss+xml"})
RUN = {"key": "regjeringen", "since": "2026-11-10", "until": "2026-11-20"}


def _conditional(seen: Seen) -> Reply:
    unchanged = seen.headers.get("if-none-match") == ETAG or seen.headers.get("if-modified-since") == DAY
    return Reply(status=304, headers={"ETag": ETAG}) if unchanged else FRESH


def _moved(seen: Seen) -> Reply:
    return FRESH if seen.path == "/new.xml" else Reply(status=301, headers={"Location": "/new.xml"})


FEEDS: dict[str, Callable[[Seen], Reply]] = {
    "first": _conditional,
    "same tag": _conditional,
    "same day": _conditional,
    "changed": _conditional,
    "moved": _moved,
    "without": lambda _: Reply(body=FEED),
    "page": lambda _: Reply(body=b"<!DOCTYPE html><html><body>Vi er snart tilbake</body></html>"),
    "forbidden": lambda _: Reply(status=403, body=b"no"),
    "challenge": lambda _: Reply(status=202, headers={"x-amzn-waf-action": "challenge"}),
    "empty": lambda _: Reply(),
    "no feed": lambda _: Reply(body=b"hello"),
    "cut": lambda _: Reply(body=FEED[: FEED.rindex(b"<item>")], headers={"ETag": ETAG}),
}


@pytest.fixture(scope="module")
def told() -> Any:
    """One process reads all the feeds at once: portal and outcome of each."""
    kept = {
        "same tag": {"etag": ETAG, "last_modified": DAY},
        "same day": {"etag": None, "last_modified": DAY},
        "changed": {"etag": '"v0"', "last_modified": None},
        "page": {"etag": ETAG, "last_modified": DAY},
    }
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(feed)) for name, feed in FEEDS.items()}
        runs = spiders(
            *(
                {
                    **RUN,
                    "base_url": f"{portal.url}/rss.xml",
                    "validators": {f"{portal.url}/rss.xml": kept[name]} if name in kept else {},
                }
                for name, portal in portals.items()
            )
        )
    return {name: (portals[name], run) for name, run in zip(portals, runs, strict=True)}


def test_the_first_reading_takes_all_and_remembers_its_validators(told: Any) -> None:
    portal, run = told["first"]
    assert run["outcome"]["error"] is None
    assert [(notice["source"], notice["source_id"]) for notice in run["notices"]] == [
        ("regjeringen", "1"),
        ("regjeringen", "2"),
    ]
    assert run["outcome"]["validators"] == {f"{portal.url}/rss.xml": {"etag": ETAG, "last_modified": DAY}}
    assert not {"if-none-match", "if-modified-since"} & set(portal.asked()[0].headers)


@pytest.mark.parametrize("name", ["same tag", "same day"])
def test_an_unchanged_feed_costs_nothing(told: Any, name: str) -> None:
    portal, run = told[name]
    assert run["outcome"]["error"] is None
    assert run["notices"] == []
    assert run["outcome"]["seen"] == 0
    assert run["outcome"]["validators"] == {}  # the ones we have stay
    assert run["outcome"]["bytes_read"] == 0
    assert len(portal.asked()) == 1


def test_a_changed_feed_is_read(told: Any) -> None:
    portal, run = told["changed"]
    assert portal.asked()[0].headers["if-none-match"] == '"v0"'
    assert run["outcome"]["seen"] == 2
    assert run["outcome"]["validators"][f"{portal.url}/rss.xml"]["etag"] == ETAG


def test_a_feed_that_moved_is_read_and_remembered_by_the_address_we_know(told: Any) -> None:
    portal, run = told["moved"]
    assert run["outcome"]["seen"] == 2
    assert [seen.path for seen in portal.asked()] == ["/rss.xml", "/new.xml"]
    assert list(run["outcome"]["validators"]) == [f"{portal.url}/rss.xml"]


def test_a_feed_without_validators_is_read_every_time(told: Any) -> None:
    portal, run = told["without"]
    assert run["outcome"]["seen"] == 2
    assert run["outcome"]["validators"] == {f"{portal.url}/rss.xml": {"etag": None, "last_modified": None}}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("page", "a page instead of XML"),
        ("forbidden", "answered 403"),
        ("challenge", "a bot challenge"),
        ("empty", "an empty body"),
        ("no feed", "no feed"),
    ],
)
def test_what_is_no_feed_is_a_failed_run_and_not_an_empty_one(told: Any, name: str, error: str) -> None:
    _, run = told[name]
    assert error in run["outcome"]["error"]
    assert run["outcome"]["validators"] == {}


def test_a_cut_feed_gives_what_is_there(told: Any) -> None:
    _, run = told["cut"]
    assert [notice["source_id"] for notice in run["notices"]] == ["1"]
