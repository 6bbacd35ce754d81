"""Does the week's report count what came, and tell nothing of a firm alone?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.engine import URL

from alerts.week_report import Met, Week, week_report
from db.models import Alert, Notice, NoticeVersion, Profile
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

WEEK = Week(year=2026, number=47)
INSIDE = datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (datetime(2026, 11, 23, 6, tzinfo=UTC), WEEK),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), WEEK),  # Monday already, for our readers
        (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), Week(year=2026, number=46)),
        (datetime(2027, 1, 4, 6, tzinfo=UTC), Week(year=2026, number=53)),
    ],
)
def test_the_last_whole_week_is_that_of_our_readers(at: datetime, week: Week) -> None:
    assert Week.before(at) == week


def test_a_week_begins_on_monday_and_ends_before_the_next_even_when_the_clocks_change() -> None:
    assert WEEK.first == date(2026, 11, 16)
    start, end = Week(year=2026, number=43).bounds
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(days=7, hours=1)


def firms(count: int, country: str = "NO") -> list[Profile]:
    return [make_profile(make_subscriber(country=country)) for _ in range(count)]


def came(*, at: datetime = INSIDE, **values: object) -> NoticeVersion:
    version = make_notice(**values)  # type: ignore[arg-type]
    with transaction() as s:
        s.execute(update(Notice).where(Notice.id == version.notice_id).values(created_at=at))
    return version


def told(version: NoticeVersion, profile: Profile, *, at: datetime = INSIDE) -> None:
    with transaction() as s:
        subscriber = s.get_one(Profile, profile.id).subscriber
    alert = make_alert(subscriber, version)
    with transaction() as s:
        s.execute(update(Alert).where(Alert.id == alert.id).values(created_at=at))


def test_what_came_is_counted_once_a_purchase_and_only_of_the_week(database: URL) -> None:
    del database
    first = came(nuts=["NO060"], cpv=["45262670"])
    with transaction() as s:
        procurement = s.get_one(Notice, first.notice_id).procurement
    came(procurement=procurement, source="ted", nuts=["NO060", "SE332"])
    came(scope="preparedness", country="SE", nuts=["SE332"], cpv=["35110000"], stage="planning")
    came(scope="none")
    came(stage="result")
    came(at=INSIDE - timedelta(days=7))
    came(at=INSIDE + timedelta(days=7))
    with transaction() as s:
        report = week_report(s, WEEK)
    assert report.all == Met(came=2, served=0)
    assert report.scopes == {"defence": Met(came=1, served=0), "preparedness": Met(came=1, served=0)}
    assert report.stages == {"competition": Met(came=1, served=0), "planning": Met(came=1, served=0)}
    assert report.countries == {"NO": Met(came=1, served=0), "SE": Met(came=1, served=0)}
    assert report.regions == {"SE33": Met(came=2, served=0), "NO06": Met(came=1, served=0)}
    assert set(report.branches) == {"45000000", "35000000"}
    assert report.firms is None


def test_what_fits_is_told_from_five_firms_on_and_what_fits_nobody_always(database: URL) -> None:
    del database
    five = firms(5)
    fitting, lonely = came(), came(scope="preparedness", country="SE")
    for profile in five[:4]:
        make_match(fitting, profile)
    with transaction() as s:
        report = week_report(s, WEEK)
    assert (report.firms, report.all.served) == (5, None)  # four firms stand behind it
    make_match(fitting, five[4])
    make_match(lonely, five[0], score=0.4)
    make_match(lonely, five[1], score=0.9, barred_by="country")
    with transaction() as s:
        report = week_report(s, WEEK)
    assert report.all == Met(came=2, served=1)
    assert report.countries["SE"].unserved == 1


def test_the_departments_of_one_firm_are_one(database: URL) -> None:
    del database
    fitting = came()
    for number in range(6):
        make_match(fitting, make_profile(make_subscriber(company=("Fiborgstål", "FIBORGSTÅL")[number % 2])))
    with transaction() as s:
        report = week_report(s, WEEK)
    assert (report.firms, report.all.served) == (None, None)


def test_no_hidden_figure_follows_from_the_sum(database: URL) -> None:
    del database
    six = firms(6)
    wide, other, narrow = came(), came(country="SE"), came(country="DK")
    for profile in six:
        make_match(wide, profile)
        make_match(other, profile)
    make_match(narrow, six[0])
    with transaction() as s:
        report = week_report(s, WEEK)
    assert report.all.served == 3
    hidden = [country for country, met in report.countries.items() if met.served is None]
    assert len(hidden) == 2
    assert "DK" in hidden


def test_what_crossed_the_border_is_told_from_five_firms_on(database: URL) -> None:
    del database
    norwegian, swedish = firms(5), firms(4, "SE")
    version = came(country="SE")
    for profile in [*norwegian, *swedish]:
        told(version, profile)
    told(came(country="NO"), swedish[0], at=INSIDE - timedelta(days=7))
    with transaction() as s:
        crossings = {(one.buyers, one.firms): one.alerts for one in week_report(s, WEEK).crossings}
    assert crossings == {("SE", "NO"): 5, ("SE", "SE"): None}
