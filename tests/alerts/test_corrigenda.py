"""Do corrigenda go to exactly those who were told, under every cadence, with old and new? (D13)"""

from datetime import datetime, timedelta

import pytest
from owing import LONG_AGO, SEVEN, owe, owed_count, rows, views
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from alerts.digest import run_due
from alerts.outbox import mend
from alerts.view import DigestView
from classifier.owed import alert_told, facts
from db.models import Alert, Cadence, Delivery, Match, Notice, NoticeVersion, Profile, Subscriber
from db.session import transaction
from factories import make_match, make_notice, make_profile, make_subscriber, make_version

DAY = timedelta(days=1)
FRIDAY_NOON = SEVEN + 4 * DAY + timedelta(hours=5)
LATER = FRIDAY_NOON + 30 * DAY


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def reader(cadence: str) -> tuple[Subscriber, Profile]:
    subscriber = make_subscriber(confirmed_at=LONG_AGO, cadence=cadence)
    return subscriber, make_profile(subscriber)


def told_of(subscriber: Subscriber, profile: Profile, *, deadline_at: datetime = FRIDAY_NOON) -> NoticeVersion:
    """A notice that they are owed, with its facts as the matcher keeps them."""
    alert = owe(subscriber, profile, deadline_at=deadline_at)
    with transaction() as s:
        version = s.get_one(NoticeVersion, alert.version_id)
        s.get_one(Alert, alert.id).facts = facts(version)
    return version


def corrected(version: NoticeVersion, *profiles: Profile, portals: int = 1) -> None:
    """Its deadline moves to LATER, on as many portals, each read ten times."""
    with transaction() as s:
        notice = s.get_one(Notice, version.notice_id)
    new = [make_version(notice, number=2, deadline_at=LATER)]
    for _ in range(portals - 1):
        twin = make_notice(source="ted", deadline_at=FRIDAY_NOON)
        with transaction() as s:
            other = s.get_one(Notice, twin.notice_id)
            other.procurement_id = notice.procurement_id
        new.append(make_version(other, number=2, deadline_at=LATER))
    for one in new:
        for profile in profiles:
            make_match(one, profile)
    for _ in range(10):
        with transaction() as s:
            alert_told(s, [s.get_one(NoticeVersion, one.id) for one in new])


def week(first: int = 0) -> list[DigestView]:
    """What is told from this day on, for eight days."""
    before = len(views())
    for n in range(first, first + 8):
        run_due(SEVEN + n * DAY)
    return views()[before:]


@pytest.mark.parametrize("cadence", list(Cadence))
def test_d13_a_corrigendum_from_two_portals_is_told_once_with_old_and_new(cadence: Cadence) -> None:
    subscriber, profile = reader(cadence)
    stranger, other = reader(cadence)
    version = told_of(subscriber, profile)
    run_due(SEVEN)
    corrected(version, profile, portals=2)
    owe(stranger, other)  # who was told of something else
    told = [view for view in week(1) if view.company == subscriber.company]
    assert [(len(view.entries), len(view.changed)) for view in told] == [(0, 1)]
    (change,) = told[0].changed[0].changes
    assert (change.field, change.old, change.new) == ("deadline", FRIDAY_NOON.isoformat(), LATER.isoformat())
    assert not [view for view in views() if view.company == stranger.company and view.changed]


@pytest.mark.parametrize("cadence", list(Cadence))
def test_what_passed_before_it_was_told_and_is_opened_anew_is_new_to_the_reader(cadence: Cadence) -> None:
    subscriber, profile = reader(cadence)
    version = told_of(subscriber, profile)
    saturday, next_monday = SEVEN + 5 * DAY, SEVEN + 7 * DAY
    run_due(saturday if cadence is not Cadence.WEEKLY else next_monday)  # nobody was there until it had passed
    assert (views(), owed_count()) == ([], 0)
    corrected(version, profile)
    (view,) = week(8)
    assert view.changed == ()
    (entry,) = view.entries
    assert (entry.kind, entry.deadline_at, entry.changes) == ("competition", LATER, ())
    # And from now on they have been told.
    with transaction() as s:
        notice = s.get_one(Notice, version.notice_id)
    third = make_version(notice, number=3, deadline_at=LATER + DAY)
    with transaction() as s:
        assert alert_told(s, [s.get_one(NoticeVersion, third.id)]) == 1
    (after,) = week(16)
    assert (after.entries, len(after.changed)) == ((), 1)


def test_who_was_told_is_told_of_the_change_whatever_became_of_the_profile() -> None:
    subscriber, profile = reader("daily")
    kept = make_profile(subscriber, name="Haller")
    version = told_of(subscriber, profile)
    run_due(SEVEN)
    with transaction() as s:
        s.get_one(Profile, profile.id).active = False
    corrected(version)
    (view,) = week(1)
    assert [(entry.reasons, len(entry.changes)) for entry in view.changed] == [((), 1)]
    assert [one.name for one in rows(Profile, Profile.active)] == [kept.name]


def test_new_and_changed_in_one_week_is_told_once_as_new() -> None:
    subscriber, profile = reader("weekly")
    run_due(SEVEN)
    version = told_of(subscriber, profile, deadline_at=FRIDAY_NOON + 10 * DAY)
    corrected(version, profile)
    (view,) = week(1)
    assert ([entry.deadline_at for entry in view.entries], view.changed) == ([LATER], ())


def test_what_a_broken_digest_holds_is_not_told_as_new_by_another() -> None:
    subscriber, profile = reader("daily")
    version = told_of(subscriber, profile, deadline_at=FRIDAY_NOON + 10 * DAY)
    with transaction() as s:
        evidence = s.scalars(select(Match.evidence)).one()
        s.execute(update(Match).values(evidence={}))
    run_due(SEVEN)
    (broken,) = rows(Delivery)
    with transaction() as s:
        s.execute(update(Match).values(evidence=evidence))
    corrected(version, profile)
    (changed,) = week(1)
    assert (changed.entries, len(changed.changed)) == ((), 1)
    assert mend(broken.digest_id)
    assert [len(view.entries) for view in views()] == [1, 0]
