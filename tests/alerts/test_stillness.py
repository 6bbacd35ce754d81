"""Is a source that stands still noticed as soon as its own history allows, and a lively one never taken for dead? (C8)"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from alerts.clock import local_day
from alerts.rhythm import next_due
from alerts.stillness import patience, working_time

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
START = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
Brings = Callable[[datetime, datetime], bool]  # whether anything came between two runs


def runs(cadence: timedelta, days: int) -> list[datetime]:
    """When a source is read, some minutes late each time, as it stands in a row with others."""
    by_chance, at, found = Random(7), START, []
    while at < START + days * DAY:
        at = next_due(at, cadence)
        found.append(at + timedelta(seconds=by_chance.uniform(20, 1500)))
    return found


def noticed(times: Sequence[datetime], cadence: timedelta, brings: Brings) -> tuple[list[datetime], datetime | None]:
    """At which runs this source was taken for frozen, and when it last brought anything."""
    news, false, last = [], [], times[0]
    for run in times:
        if brings(last, run):
            news.append(run)
        last = run
        lately = [at for at in news if at >= run - 90 * DAY]
        borne = patience(lately, cadence)
        if borne is not None and working_time(news[-1], run) >= borne:
            false.append(run)
    return false, news[-1] if news else None


def is_open(day: date) -> bool:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return working_time(noon, noon + HOUR) == HOUR


def at_nine(since: datetime, until: datetime) -> bool:
    """A portal that publishes at nine in the morning of each working day."""
    day = local_day(until)
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return is_open(day) and since < nine <= until


def always(since: datetime, until: datetime) -> bool:
    return is_open(local_day(until))


def by_chance(each: timedelta, seed: int) -> Brings:
    """A portal whose news end silences at random, in working hours."""
    chance = Random(seed)
    due = [chance.expovariate(1) * each]

    def brings(since: datetime, until: datetime) -> bool:
        due[0] -= working_time(since, until)
        came = due[0] <= timedelta(0)
        while due[0] <= timedelta(0):
            due[0] += chance.expovariate(1) * each
        return came

    return brings


def stopping(brings: Brings, at: datetime) -> Brings:
    return lambda since, until: until < at and brings(since, until)


def test_a_weekend_and_a_holiday_are_no_working_time() -> None:
    friday, monday = datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 23, 12, tzinfo=UTC)
    assert working_time(friday, monday) == DAY
    easter = datetime(2026, 4, 7, 12, tzinfo=UTC)  # Tuesday; closed from Maundy Thursday to Easter Monday
    assert working_time(datetime(2026, 4, 1, 12, tzinfo=UTC), easter) == DAY
    assert working_time(friday, friday + 2 * HOUR) == 2 * HOUR


@pytest.mark.parametrize(("hours", "brings"), [(6, at_nine), (24, at_nine), (6, always)])
def test_what_comes_by_a_rhythm_is_never_taken_for_frozen_in_a_year(hours: int, brings: Brings) -> None:
    assert noticed(runs(hours * HOUR, 365), hours * HOUR, brings)[0] == []


def test_a_source_that_brings_something_at_each_run_is_noticed_within_two_cadences() -> None:
    cadence = 6 * HOUR
    times = runs(cadence, 70)
    stop = datetime(2026, 3, 4, 12, tzinfo=UTC)  # Wednesday noon
    found, last = noticed(times, cadence, stopping(always, stop))
    assert last is not None
    assert found[0] - last <= 2 * cadence + HOUR / 2  # the runs' own lateness


def test_one_that_publishes_once_a_day_is_noticed_at_the_second_run_that_ought_to_have_had_news() -> None:
    cadence = 6 * HOUR
    times = runs(cadence, 70)
    stop = datetime(2026, 3, 4, 12, tzinfo=UTC)
    found, last = noticed(times, cadence, stopping(at_nine, stop))
    assert last is not None
    after = [run for run in times if at_nine(last, run) or run > last + DAY]
    assert found[0] == after[1]


def test_silences_that_end_at_random_seldom_pass_for_trouble_and_trouble_is_told_in_time() -> None:
    cadence = 6 * HOUR
    times = runs(cadence, 365)
    years, false, late = 6, 0, []
    for seed in range(years):
        alarmed, _ = noticed(times, cadence, by_chance(2 * DAY, seed))
        false += len({local_day(at).isocalendar()[1] for at in alarmed})
        stop = times[-1] - 60 * DAY
        found, last = noticed(times, cadence, stopping(by_chance(2 * DAY, seed), stop))
        assert last is not None
        told = [at for at in found if at > stop]
        late.append(working_time(last, told[0]))
    assert false <= years  # once a year for such a source, and not once a quarter
    assert max(late) <= 20 * 2 * DAY


def test_a_short_history_tells_nothing() -> None:
    times = [START + number * DAY for number in range(29)]
    assert patience(times, 6 * HOUR) is None
    assert patience(times[::4], 6 * HOUR) is None
    assert patience([], 6 * HOUR) is None
