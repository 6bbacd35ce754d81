"""What does an answer mean for one message and for its door? Each means one thing."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.post import Answered, Unreached
from alerts.pusher import retry_after, verdict

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "failures", "failing", "owed", "state", "wait", "off"),
    [
        (Answered(status=200), 0, None, 0, "sent", 0, False),
        (Answered(status=204), 9, 9, 9, "sent", 0, False),
        (Answered(status=302), 0, None, 0, "deferred", 60, False),
        (Answered(status=400), 2, 1, 1, "deferred", 1800, False),
        (Answered(status=429, retry_after="900"), 0, None, 0, "deferred", 900, False),
        (Answered(status=503, retry_after="9999999"), 0, None, 0, "deferred", 86400, False),
        (Answered(status=410), 0, None, 0, "deferred", 60, True),
        (Unreached(why="no answer in time"), 99, 4.9, 4.9, "deferred", 21600, False),
        (Unreached(why="no answer in time"), 99, 5, 6, "deferred", 21600, True),
        (Answered(status=422), 0, 0, 5, "failed", 60, False),
    ],
)
def test_an_outcome_means_one_thing(
    outcome: Answered | Unreached, failures: int, failing: float | None, owed: float, state: str, wait: int, off: bool
) -> None:
    found = verdict(
        outcome,
        failures=failures,
        failing_since=None if failing is None else NOW - timedelta(days=failing),
        owed_since=NOW - timedelta(days=owed),
        now=NOW,
    )
    assert (found.state, found.wait.total_seconds(), found.off is not None) == (state, wait, off)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("Mon, 23 Nov 2026 12:10:00 GMT", 600),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("soon", 0),
        (None, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(told: str | None, seconds: int) -> None:
    assert retry_after(told, NOW) == timedelta(seconds=seconds)
