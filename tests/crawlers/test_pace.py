"""Do we leave a portal in peace? One request at a time, a pause between, Retry-After kept (promises.md C2, C3)."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest
from crawl_child import fetch, fetch_each
from loopback import Always, Portal, Reply, Seen

from crawlers.pace import LONGEST_S, Pace, retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HELLO = Reply(body=b"hei")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 53 ", 53),
        ("1.2", 2),
        ("86400", LONGEST_S),
        ("86401", LONGEST_S),
        ("9" * 5000, LONGEST_S),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 13:00:30 +0100", 30),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30),
        ("Sunday, 22-Nov-26 12:00:30 GMT", 30),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_S),
        # What says nothing is as if it were not there.
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("١٢", None),
        ("Sat, 21 Nov 2026 12:00:00 GMT", None),
        ("Sun, 99 Nov 2026 12:00:00 GMT", None),
        ("Sun, 22 Nov 99999999 12:00:00 GMT", None),
        ("1e9", None),
        ("inf", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


async def test_a_stop_wakes_who_waits_for_hours() -> None:
    pace, stopping = Pace(0.0), asyncio.Event()
    pace.hold(3600)
    began = monotonic()
    asyncio.get_running_loop().call_later(0.05, stopping.set)
    await pace.enter(stopping)
    assert monotonic() - began < 5


async def test_turns_are_given_one_by_one() -> None:
    pace, stopping, inside = Pace(0.01), asyncio.Event(), 0

    async def one() -> None:
        nonlocal inside
        await pace.enter(stopping)
        inside += 1
        assert inside == 1
        await asyncio.sleep(0.002)
        inside -= 1
        pace.leave()

    began = monotonic()
    await asyncio.gather(*(one() for _ in range(20)))
    assert monotonic() - began >= 19 * 0.012


def test_sixty_pages_come_one_at_a_time_with_a_pause_between() -> None:
    with Portal(lambda _: Reply(body=b"hei", wait_s=0.01)) as portal:
        urls = [f"{portal.url}/{number}" for number in range(60)]
        told = fetch(*urls, doors=[portal.url], delay_s=0.05, changes={"CONCURRENT_REQUESTS": 16})
    assert told["heard"] == [200] * 60
    assert portal.most_at_once == 1
    assert len(portal.gaps()) == 60  # robots.txt takes its turn like any other
    assert min(portal.gaps()) >= 0.05
    assert min(portal.gaps()[1:]) >= 0.05 + 0.01  # the pause begins when the answer is there


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_two_hundred_pages_with_the_pause_of_real_runs() -> None:
    with Portal(lambda _: HELLO) as portal:
        urls = [f"{portal.url}/{number}" for number in range(200)]
        told = fetch(*urls, doors=[portal.url], delay_s=1.0, limit_s=390, changes={"CONCURRENT_REQUESTS": 16})
    assert told["heard"] == [200] * 200
    assert portal.most_at_once == 1
    assert min(portal.gaps()) >= 1.0


def test_a_portal_may_ask_for_a_longer_pause() -> None:
    with Portal(lambda _: HELLO, robots=Reply(body=b"User-agent: *\nCrawl-delay: 0.4\n")) as portal:
        fetch(*[f"{portal.url}/{number}" for number in range(3)], doors=[portal.url], delay_s=0.05)
    assert min(portal.gaps()[1:]) >= 0.4
    assert portal.gaps()[0] >= 0.4  # from the moment the rule was known, the first page included


class Busy:
    """Answers "too many" a few times, then lets in; notes the wall clock of each request."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = list(answers)
        self.at: list[datetime] = []

    def __call__(self, _: Seen) -> Reply:
        self.at.append(datetime.now(UTC))
        return self.answers.pop(0) if self.answers else HELLO


def test_a_short_wait_is_waited_and_the_page_comes() -> None:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    seconds = Busy(Reply(status=429, headers={"Retry-After": "1"}), Reply(status=503, headers={"Retry-After": "2"}))
    date = Busy(Reply(status=503, headers={"Retry-After": format_datetime(moment, usegmt=True)}))
    unsaid = Busy(Reply(status=429, body=b"<html>nginx</html>"), Reply(status=503))
    with Portal(seconds) as first, Portal(date) as second, Portal(unsaid) as third:
        doors = [first.url, second.url, third.url]
        told = fetch(
            *doors,
            doors=doors,
            delay_s=0.05,
            changes={"ANBUDSVAKT_BACKOFF_S": (0.5, 1.5, 60), "CONCURRENT_REQUESTS": 8},
        )
    assert told["heard"] == [200, 200, 200]
    assert first.gaps()[1] >= 1
    assert first.gaps()[2] >= 2
    assert len(date.at) == 2
    assert date.at[1] >= moment
    assert third.gaps()[1] >= 0.5
    assert third.gaps()[2] >= 1.5


BUSY = {
    "absurd": Reply(status=429, headers={"Retry-After": "999999999999999"}),
    "far-off date": Reply(status=503, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "two hours": Reply(status=429, headers={"Retry-After": "7200"}),
    "untold": Reply(status=429, body=b"<html>nginx</html>"),
    "words": Reply(status=503, headers={"Retry-After": "soon"}),
    "past": Reply(status=429, headers={"Retry-After": "Sat, 21 Nov 2020 12:00:00 GMT"}),
    "at once": Reply(status=503, headers={"Retry-After": "0"}),
}


@pytest.fixture(scope="module")
def busy() -> Any:
    """Portals that are always too busy, each asked for five pages by a run of its own: portal and figures."""
    with ExitStack() as opened:
        portals = {name: opened.enter_context(Portal(Always(reply))) for name, reply in BUSY.items()}
        changes = {"ANBUDSVAKT_BACKOFF_S": (0.2, 0.6, 1800.0), "CONCURRENT_REQUESTS": 8}
        told = fetch_each(
            *(
                {
                    "urls": [f"{portal.url}/{number}" for number in range(5)],
                    "doors": [portal.url],
                    "delay_s": 0.05,
                    "changes": changes,
                }
                for portal in portals.values()
            )
        )
    return {name: (portals[name], each["stats"]) for name, each in zip(portals, told, strict=True)}


def _hours(stats: dict[str, Any]) -> float:
    until = datetime.fromisoformat(stats["anbudsvakt/next_check_at"])
    return round((until - datetime.now(UTC)) / timedelta(hours=1), 1)


@pytest.mark.parametrize(("name", "hours"), [("absurd", 24), ("far-off date", 24), ("two hours", 2)])
def test_a_long_wait_ends_the_run_and_is_written_down(busy: Any, name: str, hours: float) -> None:
    portal, stats = busy[name]
    assert len(portal.asked()) == 1
    assert _hours(stats) == hours
    assert f"answered {BUSY[name].status} and is left alone" in stats["anbudsvakt/error"]


@pytest.mark.parametrize("name", ["untold", "words", "past"])
def test_a_wait_that_is_not_told_grows_until_the_run_ends(busy: Any, name: str) -> None:
    portal, stats = busy[name]
    assert len(portal.asked()) == 3
    assert portal.gaps()[1] >= 0.2
    assert portal.gaps()[2] >= 0.6
    assert _hours(stats) == 0.5
    assert "left alone for 1800 seconds" in stats["anbudsvakt/error"]


def test_a_portal_that_always_says_in_a_moment_is_not_asked_for_ever(busy: Any) -> None:
    portal, stats = busy["at once"]
    assert 2 <= len(portal.asked()) <= 6
    assert "left alone" in stats["anbudsvakt/error"]
