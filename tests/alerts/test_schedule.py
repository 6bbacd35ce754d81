"""Does mail come on the days and at the hour that a subscriber chose, and on holidays only to those who want it?"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from alerts.clock import moment_of
from alerts.days_off import is_day_off
from alerts.schedule import Member, Schedule, Slot, slots_due
from db.models import Cadence

DAY = timedelta(days=1)
WORKDAYS = (1, 2, 3, 4, 5)
FIVE_YEARS = [date(2026, 1, 1) + n * DAY for n in range(1826)]


@pytest.mark.parametrize(
    ("country", "day", "off"),
    [
        ("NO", date(2026, 5, 17), True),
        ("SE", date(2026, 5, 17), False),  # a Sunday, and no holiday in Sweden
        ("SE", date(2026, 6, 6), True),
        ("NO", date(2026, 6, 6), False),
        ("NO", date(2027, 3, 25), True),  # Maundy Thursday is red in Norway alone
        ("SE", date(2027, 3, 25), False),
        ("SE", date(2027, 3, 26), True),
        ("SE", date(2026, 6, 19), True),  # Midsummer Eve
        ("NO", date(2026, 12, 24), False),
        ("SE", date(2026, 12, 24), True),
        ("SE", date(2026, 11, 22), False),  # a Sunday like any other
        ("NO", date(2026, 11, 22), False),
        ("SE", date(2026, 4, 2), False),  # half a day off for some is none
        ("FI", date(2026, 12, 6), False),  # Finland's holidays are not kept
    ],
)
def test_public_holidays_are_each_countrys_own(country: str, day: date, off: bool) -> None:
    assert is_day_off(country, day) is off


@pytest.mark.parametrize("country", ["NO", "SE"])
def test_easter_and_ascension_day_are_off_in_every_year(country: str) -> None:
    for easter in (date(2026, 4, 5), date(2027, 3, 28), date(2028, 4, 16), date(2029, 4, 1), date(2030, 4, 21)):
        assert [is_day_off(country, easter + n * DAY) for n in (-2, 0, 1, 2, 39)] == [True, True, True, False, True]


def test_who_wants_mail_on_workdays_has_none_at_the_weekend_nor_on_a_holiday_if_spared() -> None:
    always, spared = Schedule(hour=7, weekdays=WORKDAYS), Schedule(hour=7, weekdays=WORKDAYS, country="NO")
    days = [date(2026, 12, 21) + n * DAY for n in range(14)]
    assert [day.day for day in days if always.writes_on(day)] == [21, 22, 23, 24, 25, 28, 29, 30, 31, 1]
    assert [day.day for day in days if spared.writes_on(day)] == [21, 22, 23, 24, 28, 29, 30, 31]


def test_a_weekly_mail_that_falls_on_a_holiday_comes_on_their_next_day() -> None:
    schedule = Schedule(hour=7, weekdays=WORKDAYS, weekly_day=1, country="NO")
    spring = [date(2026, 3, 23) + n * DAY for n in range(21)]
    # Easter Monday 2026 is 6 April.
    assert [day for day in spring if schedule.is_weekly(day)] == [
        date(2026, 3, 23), date(2026, 3, 30), date(2026, 4, 7),
    ]  # fmt: skip
    fridays = Schedule(hour=7, weekdays=(5,), weekly_day=5, country="SE")
    turn = [date(2026, 12, 18) + n * DAY for n in range(22)]  # Christmas Day and New Year's Day are Fridays
    assert [day for day in turn if fridays.is_weekly(day)] == [date(2026, 12, 18), date(2027, 1, 8)]


@pytest.mark.parametrize("country", ["NO", "SE", None])
@pytest.mark.parametrize("weekly_day", WORKDAYS)
def test_every_week_of_five_years_has_one_weekly_mail(weekly_day: int, country: str | None) -> None:
    schedule = Schedule(hour=6, weekdays=WORKDAYS, weekly_day=weekly_day, country=country)
    mails = [day for day in FIVE_YEARS if schedule.is_weekly(day)]
    assert all(1 <= (b - a).days <= 13 for a, b in pairwise(mails))
    # As many as there are weeks, but that a holiday moves one over either end.
    weeks = sum(day.isoweekday() == weekly_day for day in FIVE_YEARS)
    assert abs(len(mails) - weeks) <= 1
    assert all(schedule.previous_weekly(b).day == a for a, b in pairwise(mails))


def test_every_day_of_theirs_has_its_slot_and_no_other_day_has() -> None:
    schedule = Schedule(hour=18, weekdays=(2, 4), weekly_day=4, country="SE")
    for day in FIVE_YEARS[30:400]:
        at = moment_of(day, 18)
        last, week = schedule.latest(at), schedule.latest_weekly(at)
        assert last is not None
        assert (last.day == day) is schedule.writes_on(day)
        assert week is not None
        assert (week.day == day) is schedule.is_weekly(day)
        early = schedule.latest(at - timedelta(seconds=1))
        assert early is not None
        assert early.day < day
        assert schedule.next_day(early.day) == (last.day if last.day == day else schedule.next_day(last.day))


def due(now: datetime, *schedules: Schedule, opened: tuple[date, ...] = ()) -> list[tuple[date, list[Cadence]]]:
    found = slots_due(now, schedules, is_open=lambda slot: slot.day in opened)
    return [(slot.day, [member.cadence for member in members]) for slot, members in found]


def test_a_missed_week_is_told_with_the_last_day_and_stands_as_done() -> None:
    thursday = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    assert due(thursday, Schedule(hour=7)) == [
        (date(2026, 11, 26), [Cadence.WEEKLY, Cadence.DAILY]),
        (date(2026, 11, 23), []),
    ]
    assert due(thursday, Schedule(hour=7), opened=(date(2026, 11, 23),)) == [(date(2026, 11, 26), [Cadence.DAILY])]
    # The day's own run was opened, and the week's was lost.
    assert due(thursday, Schedule(hour=7), opened=(date(2026, 11, 26),)) == [
        (date(2026, 11, 26), [Cadence.DAILY]),
        (date(2026, 11, 23), [Cadence.WEEKLY]),
    ]
    assert due(thursday, Schedule(hour=7, weekly=False)) == [(date(2026, 11, 26), [Cadence.DAILY])]


def test_schedules_of_one_moment_share_its_run() -> None:
    monday = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    workdays, all_days = Schedule(hour=7, weekdays=WORKDAYS), Schedule(hour=7, weekly_day=5)
    ((slot, members),) = slots_due(monday, [workdays, all_days], is_open=lambda _: True)
    assert slot == Slot(day=date(2026, 11, 23), hour=7, due_at=monday)
    assert members == [
        Member(schedule=workdays, cadence=Cadence.WEEKLY, since=monday),
        Member(schedule=all_days, cadence=Cadence.DAILY, since=monday),
    ]
