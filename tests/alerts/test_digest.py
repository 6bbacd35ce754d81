"""Is every owed alert told once, in one digest, whatever breaks? (D9, D12, D13)"""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from owing import LONG_AGO, MONDAY, SEVEN, owe, owed, owed_count, rows
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from alerts.alarms import AlarmKind, open_alarms
from alerts.digest import build_run, run, run_due
from alerts.opening import open_run
from alerts.outbox import mend
from alerts.suppress import suppress
from alerts.view import DigestView
from db.models import Alert, Cadence, Delivery, DeliveryState, Digest, DigestRun, Match, Notice, Profile, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_version


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def test_a_run_tells_everyone_who_is_due_and_owed() -> None:
    told = owed(2)
    others: tuple[dict[str, Any], ...] = (
        {"confirmed_at": None},
        {"unsubscribed_at": SEVEN},
        {"hour": 8, "confirmed_at": SEVEN - timedelta(hours=1)},
        {"confirmed_at": SEVEN + timedelta(minutes=1)},
    )
    for left_out in others:
        owed(**left_out)
    make_subscriber(confirmed_at=LONG_AGO)  # owed nothing
    spoken_for = owed()
    with transaction() as s:
        suppress(s, spoken_for.email, "complained")

    report, *rest = [one for one in run_due(SEVEN) if one.digests]
    assert (report.digests, report.queued, report.slot, rest) == (1, 1, "07:00", [])
    (mail,) = rows(Delivery)
    assert (mail.recipient, mail.state) == (told.email, DeliveryState.QUEUED)
    (built,) = rows(Digest)
    view = DigestView.from_json(built.view)
    assert (view.company, len(view.entries), view.day) == (told.company, 2, MONDAY)
    assert message_from_bytes(mail.message, policy=policy.SMTP)["Message-ID"] == mail.message_id


def test_running_again_changes_nothing() -> None:
    owed()
    run_due(SEVEN)
    before = [(mail.id, mail.message) for mail in rows(Delivery)]
    run_due(SEVEN + timedelta(minutes=10))
    assert [(mail.id, mail.message) for mail in rows(Delivery)] == before
    assert len(rows(DigestRun)) == 1


def test_what_comes_after_the_run_waits_for_the_next() -> None:
    subscriber = owed()
    run_due(SEVEN)
    make_alert(subscriber, make_notice(deadline_at=SEVEN + timedelta(days=700)))
    run_due(SEVEN + timedelta(hours=3))
    assert owed_count() == 1
    run_due(SEVEN + timedelta(days=1))
    assert owed_count() == 0


def test_nothing_is_told_before_its_hour() -> None:
    owed(confirmed_at=SEVEN - timedelta(hours=12))
    run_due(SEVEN - timedelta(minutes=1))
    assert (rows(Delivery), owed_count()) == ([], 1)


def test_several_missed_days_are_one_digest() -> None:
    owed(5)
    reports = run_due(SEVEN + timedelta(days=3, hours=2))
    assert [(report.day, report.queued) for report in reports] == [(MONDAY + timedelta(days=3), 1)]
    (built,) = rows(Digest)
    assert len(DigestView.from_json(built.view).entries) == 5


def test_runs_lost_from_the_calendar_come_back_as_one_mail() -> None:
    subscriber = owed(3)
    # Away for three days and back one minute before today's hour: yesterday's run is made up for, today's is not early.
    run_due(SEVEN - timedelta(minutes=1))
    run_due(SEVEN)
    assert [(one.day, one.slot) for one in rows(DigestRun)] == [
        (MONDAY - timedelta(days=1), "07:00"),
        (MONDAY, "07:00"),
    ]
    assert [mail.recipient for mail in rows(Delivery)] == [subscriber.email]


def test_the_weekly_digest_is_mondays_and_a_missed_one_comes_on_the_next_day_of_theirs() -> None:
    late = owed(cadence="weekly")
    run_due(SEVEN - timedelta(hours=1))  # nobody was there for a week
    assert [(one.day, one.closed_at is None) for one in rows(DigestRun)] == [
        (MONDAY - timedelta(days=1), False),
        (MONDAY - timedelta(days=7), False),
    ]
    in_time = owed(cadence="weekly")
    run_due(SEVEN)
    owed(cadence="weekly", confirmed_at=SEVEN + timedelta(hours=1))
    owed(cadence="weekly", schedule_since=SEVEN + timedelta(hours=1))
    for day in range(1, 7):
        run_due(SEVEN + timedelta(days=day))
    assert [mail.recipient for mail in rows(Delivery)] == [late.email, in_time.email]
    run_due(SEVEN + timedelta(days=7))
    assert len(rows(Delivery)) == 4


def test_at_once_does_not_wait_for_an_hour() -> None:
    subscriber = owed(cadence="at_once")
    run_due(SEVEN)
    owe(subscriber, *rows(Profile))
    report, *rest = run_due(SEVEN + timedelta(hours=4, minutes=33, seconds=9))
    assert (report.cadence, report.slot, report.queued, rest) == ("at_once", "10:32Z", 1, [])
    assert run_due(SEVEN + timedelta(hours=4, minutes=40)) == []


def test_by_hand_tells_everyone_of_a_cadence_whatever_the_hour_and_only_once() -> None:
    owed(hour=7)
    owed(hour=18)
    owed(cadence="weekly")
    report = run(Cadence.DAILY, SEVEN - timedelta(hours=2))
    assert (report.day, report.digests, report.queued) == (MONDAY, 2, 2)
    assert run(Cadence.DAILY, SEVEN).digests == 0
    assert run(Cadence.WEEKLY, SEVEN + timedelta(days=1)).run_id is None  # a Tuesday
    assert run(Cadence.WEEKLY, SEVEN).queued == 1


def test_who_left_between_opening_and_building_gets_nothing_and_stays_owed() -> None:
    subscriber = owed()
    run_id = open_run(cadence=Cadence.DAILY, day=MONDAY, slot="07:00", as_of=SEVEN)
    with transaction() as s:
        s.execute(update(Subscriber).where(Subscriber.id == subscriber.id).values(unsubscribed_at=utcnow()))
    report = build_run(run_id)
    assert (report.digests, report.empty, owed_count()) == (1, 1, 1)


def test_an_address_that_takes_no_mail_fails_visibly() -> None:
    owed(email="ikke en adresse")
    report = run(Cadence.DAILY, SEVEN)
    (mail,) = rows(Delivery)
    assert (report.queued, mail.state, mail.message) == (1, DeliveryState.FAILED, None)


def test_all_that_was_owed_has_passed_and_no_mail_is_written() -> None:
    subscriber = owed(0)
    make_alert(subscriber, make_notice(deadline_at=SEVEN - timedelta(days=1)))
    report = run(Cadence.DAILY, SEVEN)
    assert (report.digests, report.empty, rows(Delivery), owed_count()) == (1, 1, [], 0)


# One bad digest


@pytest.mark.parametrize("readers", [20, pytest.param(10_000, marks=[pytest.mark.prove, pytest.mark.timeout(1800)])])
def test_d9_one_digest_that_cannot_be_written_stops_no_other(readers: int) -> None:
    for _ in range(readers):
        owed()
    bad = rows(Subscriber)[7]
    with transaction() as s:
        # A match without the sentence that the mail quotes: no mail can be written of it.
        mine = select(Alert.version_id).where(Alert.subscriber_id == bad.id)
        s.execute(update(Match).where(Match.version_id.in_(mine)).values(evidence={}))
    report = run(Cadence.DAILY, SEVEN)
    assert (report.queued, report.broken) == (readers - 1, 1)
    (broken,) = rows(Delivery, Delivery.state == DeliveryState.BROKEN)
    with transaction() as s:
        assert [(alarm.kind, alarm.subject) for alarm in open_alarms(s)] == [
            (AlarmKind.DIGEST_BROKEN, str(broken.digest_id))
        ]
    assert owed_count() == 0
    assert mend(broken.digest_id) is False

    with transaction() as s:
        good = s.scalars(select(Match.evidence).where(Match.evidence != {})).first()
        s.execute(update(Match).values(evidence=good))
    assert mend(broken.digest_id) is True
    assert Counter(mail.state for mail in rows(Delivery)) == {DeliveryState.QUEUED: readers}
    with transaction() as s:
        assert open_alarms(s) == []


# Told once, and corrected


def test_a_corrigendum_is_told_once_with_old_and_new_deadline() -> None:
    subscriber = make_subscriber(confirmed_at=LONG_AGO)
    profile = make_profile(subscriber)
    first = make_notice()
    make_match(first, profile)
    make_alert(subscriber, first)
    assert run(Cadence.DAILY, utcnow()).queued == 1
    assert run(Cadence.DAILY, utcnow()).queued == 0

    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    moved = utcnow() + timedelta(days=30)
    second = make_version(notice, number=2, deadline_at=moved)
    make_match(second, profile)
    old = first.deadline_at
    assert old is not None
    make_alert(subscriber, second, kind="change", changes=[["deadline", old.isoformat(), moved.isoformat()]])
    assert run(Cadence.DAILY, utcnow()).queued == 1
    assert run(Cadence.DAILY, utcnow()).queued == 0

    new, changed = (DigestView.from_json(built.view) for built in rows(Digest))
    assert (len(new.entries), len(new.changed)) == (1, 0)
    assert (len(changed.entries), len(changed.changed)) == (0, 1)
    (change,) = changed.changed[0].changes
    assert (change.field, change.old, change.new) == ("deadline", old.isoformat(), moved.isoformat())
