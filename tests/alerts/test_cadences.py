"""Does each profile speak at its own pace, and does one moment stay one mail? (D12)"""

from datetime import date, datetime, timedelta

import pytest
from digest_views import NAMES
from owing import LONG_AGO, MONDAY, SEVEN, owe, owed_count, rows, views
from sqlalchemy import delete, select, update
from sqlalchemy.engine import URL

from alerts.digest import run_due
from alerts.told import tell
from db.models import Cadence, Delivery, Digest, DigestRun, Profile, Subscriber
from db.session import transaction
from factories import make_profile, make_subscriber

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def reader(**values: object) -> tuple[Subscriber, Profile, Profile, Profile]:
    """A subscriber of the daily digest whose three profiles want to hear at once, daily and weekly."""
    subscriber = make_subscriber(**{"confirmed_at": LONG_AGO} | values)
    of = [make_profile(subscriber, name=str(one), cadence=one) for one in (Cadence.AT_ONCE, None, Cadence.WEEKLY)]
    return subscriber, *of  # type: ignore[return-value]


def hear(*moments: datetime) -> list[int]:
    """How many entries each new mail has, with the clock at these moments in turn."""
    before = len(views())
    for now in moments:
        run_due(now)
    return [len(view.entries) for view in views()[before:]]


def week(first: datetime = SEVEN + DAY) -> list[datetime]:
    return [first + n * DAY for n in range(7)]


def test_each_profile_is_told_at_its_own_pace() -> None:
    subscriber, at_once, daily, weekly = reader()
    assert hear(SEVEN) == []
    noon = SEVEN + 5 * HOUR
    for profile in (at_once, daily, weekly):
        owe(subscriber, profile, at=noon)
    assert hear(noon + timedelta(minutes=4)) == [1]
    assert hear(*week()) == [1, 1]
    assert [(view.day, view.cadence, view.entries[0].reasons[0].profile) for view in views()] == [
        (MONDAY, "at_once", "at_once"),
        (MONDAY + DAY, "daily", "None"),
        (MONDAY + 7 * DAY, "weekly", "weekly"),
    ]
    assert owed_count() == 0


def test_one_moment_is_one_mail_whatever_the_cadences() -> None:
    subscriber, at_once, daily, weekly = reader()
    for profile in (at_once, daily, weekly):
        owe(subscriber, profile)
    assert hear(SEVEN, SEVEN + timedelta(minutes=6)) == [3]


def test_what_two_profiles_match_is_told_once_with_the_quicker_of_them() -> None:
    subscriber, _, daily, weekly = reader()
    hear(SEVEN)
    owe(subscriber, weekly, daily)
    assert hear(*week()) == [1]
    (view,) = views()
    assert view.day == MONDAY + DAY
    assert sorted(reason.profile for reason in view.entries[0].reasons) == ["None", "weekly"]


def test_days_without_mail_are_made_up_for_on_the_next_day_of_theirs() -> None:
    subscriber = make_subscriber(confirmed_at=LONG_AGO, weekdays=[1, 2, 3, 4, 5], country="NO", spare_holidays=True)
    profile = make_profile(subscriber)
    thursday = datetime(2027, 3, 25, 6, 0, tzinfo=SEVEN.tzinfo)  # Maundy Thursday
    hear(thursday - DAY)
    for n in range(5):
        owe(subscriber, profile, at=thursday + n * DAY)
    assert hear(*(thursday + n * DAY for n in range(5))) == []
    tuesday = thursday + 5 * DAY - HOUR  # the clocks went forward on Easter Sunday
    assert hear(tuesday - timedelta(seconds=1)) == []
    assert hear(tuesday) == [5]
    assert views()[0].day == date(2027, 3, 30)


def test_at_once_keeps_the_days_without_mail_too() -> None:
    subscriber = make_subscriber(confirmed_at=LONG_AGO, cadence="at_once", weekdays=[1, 2, 3, 4, 5])
    profile = make_profile(subscriber)
    saturday = SEVEN + 5 * DAY
    hear(saturday - DAY)
    owe(subscriber, profile, at=saturday)
    assert hear(saturday + HOUR, saturday + DAY) == []
    assert hear(saturday + 2 * DAY) == [1]


def test_d12_runs_of_three_days_deleted_come_back_as_one_mail_and_none_early() -> None:
    subscriber, _, daily, _ = reader()
    hear(SEVEN)
    owe(subscriber, daily)
    hear(*week()[:3])
    owe(subscriber, daily)
    with transaction() as s:
        kept = select(Digest.run_id).where(Digest.view.is_not(None))
        s.execute(delete(Digest).where(Digest.run_id.not_in(kept)))
        s.execute(delete(DigestRun).where(DigestRun.id.not_in(kept)))
    assert hear(SEVEN + 4 * DAY - timedelta(minutes=1)) == [1]  # yesterday's, made up for
    owe(subscriber, daily)
    assert hear(SEVEN + 4 * DAY - timedelta(seconds=1)) == []
    assert hear(SEVEN + 4 * DAY, SEVEN + 4 * DAY + HOUR) == [1]
    assert len(rows(Delivery)) == 3


@pytest.mark.parametrize("jump", [-2 * HOUR, 2 * HOUR, -26 * HOUR])
def test_t4_a_clock_that_jumps_doubles_and_skips_nothing(jump: timedelta) -> None:
    subscriber, at_once, daily, weekly = reader()
    hear(SEVEN - DAY)
    for profile in (at_once, daily, weekly):
        owe(subscriber, profile, at=SEVEN - HOUR)
    # The clock is wrong from one minute before their moment until an hour after it, ten minutes at a time.
    ticks = [SEVEN + n * timedelta(minutes=10) for n in range(-1, 7)]
    wrong = [now + jump for now in ticks]
    assert sum(hear(*wrong, *ticks, *week())) == 3
    assert owed_count() == 0
    assert len(rows(Delivery)) <= 3


def test_a_profile_switched_off_holds_up_nobody() -> None:
    subscriber, at_once, daily, weekly = reader()
    hear(SEVEN)
    owe(subscriber, weekly, daily)
    owe(subscriber, at_once)
    with transaction() as s:
        s.execute(update(Profile).where(Profile.id.in_([daily.id, at_once.id])).values(active=False))
    assert hear(*week()) == [1]
    assert views()[0].day == MONDAY + 7 * DAY
    assert owed_count() == 0


def test_what_passed_while_it_waited_for_the_week_is_counted() -> None:
    subscriber = make_subscriber(confirmed_at=LONG_AGO, cadence="weekly")
    profile = make_profile(subscriber)
    hear(SEVEN)
    owe(subscriber, profile, deadline_at=SEVEN + 3 * DAY)
    owe(subscriber, profile, deadline_at=SEVEN - DAY, at=SEVEN + DAY)  # it had passed when we found it
    assert hear(*week()) == []
    owe(subscriber, profile, deadline_at=SEVEN + 10 * DAY, at=SEVEN + 8 * DAY)
    owe(subscriber, profile, at=SEVEN + 8 * DAY)
    assert hear(*week(SEVEN + 8 * DAY)) == [1]
    assert views()[0].passed == 1
    assert tell(views()[0], NAMES).foot[0] == "1 til over grensen din hadde frist før denne e-posten kom."
