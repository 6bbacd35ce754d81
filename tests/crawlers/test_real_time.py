"""Are pauses, waits and ceilings kept at their true lengths, by the clock on the wall? (promises.md C2, C3, C6)

Nothing is lowered here but the portals' addresses. The runs go side by side in one process, which mostly sleeps: all of
it takes as long as the longest run may, 18 minutes.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from crawl_child import fetch_each
from loopback import Always, Portal, Reply

from crawlers.settings import MEBIBYTE

pytestmark = [pytest.mark.prove, pytest.mark.timeout(1500)]
HELLO = Reply(body=b"hei")

PORTALS: dict[str, tuple[Reply, Reply, int, float]] = {
    # what it answers, its robots.txt, how many pages are asked for, the pause that the source declares
    "200 pages": (HELLO, Reply(status=404), 200, 1.0),
    "crawl-delay": (HELLO, Reply(body=b"User-agent: *\nCrawl-delay: 30\n"), 6, 1.0),
    "crawl-delay of an hour": (HELLO, Reply(body=b"User-agent: *\nCrawl-delay: 3600\n"), 4, 1.0),
    "five seconds": (HELLO, Reply(status=404), 20, 5.0),
    "untold": (Reply(status=429), Reply(status=404), 3, 1.0),
    "endless": (Reply(body=b"x", wait_s=0.2), Reply(status=404), 1900, 1.0),
    "200 MiB": (Reply(body=b"x" * 8 * MEBIBYTE), Reply(status=404), 60, 1.0),
}


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, tuple[Portal, dict[str, Any]]]]:
    with ExitStack() as opened:
        portals = {
            name: opened.enter_context(Portal(Always(reply), robots=rules))
            for name, (reply, rules, _, _) in PORTALS.items()
        }
        runs = fetch_each(
            *(
                {
                    "urls": [f"{portals[name].url}/{number}" for number in range(pages)],
                    "doors": [portals[name].url],
                    "delay_s": pause,
                    "changes": {"CONCURRENT_REQUESTS": 16},
                }
                for name, (_, _, pages, pause) in PORTALS.items()
            ),
            limit_s=1400,
        )
        yield {name: (portal, run) for (name, portal), run in zip(portals.items(), runs, strict=True)}


@pytest.mark.parametrize(
    ("name", "pages", "gap"),
    [
        ("200 pages", 200, 1.0),
        ("crawl-delay", 6, 30.0),
        ("crawl-delay of an hour", 4, 30.0),  # the most that is kept; more and the run would outlast its ceiling
        ("five seconds", 20, 5.0),
    ],
)
def test_pages_come_one_at_a_time_with_the_whole_pause_between(told: Any, name: str, pages: int, gap: float) -> None:
    """C2: none under the gap, where 2 % were allowed."""
    portal, run = told[name]
    assert run["heard"] == [200] * pages
    assert portal.most_at_once == 1
    print(f"{name}: least gap {min(portal.gaps()):.3f} s")
    assert min(portal.gaps()) >= gap


def test_without_a_word_how_long_the_waits_are_one_five_and_thirty_minutes(told: Any) -> None:
    """C3: asked at once, after 60 s and after 300 s; then left alone for 1,800 s."""
    portal, run = told["untold"]
    print("untold: gaps", [round(gap, 1) for gap in portal.gaps()])
    assert len(portal.asked()) == 3
    assert portal.gaps()[1] >= 60
    assert portal.gaps()[2] >= 300
    assert "left alone for 1800 seconds" in run["stats"]["anbudsvakt/error"]


def test_a_list_without_an_end_is_read_for_eighteen_minutes_at_most(told: Any) -> None:
    """C6: within the 20 minutes at which the worker would kill it."""
    portal, run = told["endless"]
    took = portal.log[-1].at - portal.log[0].at
    print(f"endless: {len(portal.log)} requests in {took:.0f} s")
    assert run["stats"]["anbudsvakt/error"] == "ceiling: 1080 seconds"
    assert took <= 1080 + 2


def test_two_hundred_mebibytes_and_no_more(told: Any) -> None:
    """C6."""
    portal, run = told["200 MiB"]
    assert run["stats"]["anbudsvakt/error"] == f"ceiling: {200 * MEBIBYTE} bytes"
    print(f"200 MiB: {run['stats']['anbudsvakt/bytes'] / MEBIBYTE:.1f} MiB in {len(portal.asked())} requests")
    assert run["stats"]["anbudsvakt/bytes"] <= 201 * MEBIBYTE
    assert len(portal.asked()) <= 26
