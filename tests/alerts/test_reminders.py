"""Is whoever is going for a procurement reminded of its deadline in time, once, and nobody else? (D13, T5)"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from digest_views import MAIL, NAMES, make_view
from known_views import ALL_KINDS_NB, REMINDED_NB, REMINDED_SV, WELDING
from mail_reading import text_of
from owing import LONG_AGO, MONDAY, SEVEN, owe, owed_count, rows, views
from sqlalchemy.engine import URL

from alerts.digest import run_due
from alerts.message import render
from alerts.reminders import due_lead
from alerts.told import tell
from alerts.view import DigestView
from classifier.feedback import record
from classifier.owed import alert_told, facts
from db.models import Alert, Notice, NoticeVersion, Profile, Subscriber, Verdict
from db.session import transaction
from factories import make_profile, make_subscriber, make_version

DAY = timedelta(days=1)
NOON = timedelta(hours=5)  # after seven


def going_for(
    days: int, *, verdict: Verdict = Verdict.ON_IT, said: datetime = SEVEN + NOON, **values: object
) -> tuple[Subscriber, Alert]:
    """A reader who was told on Monday at seven, and said by noon that they go for it; it is due so many days later."""
    subscriber = make_subscriber(**{"confirmed_at": LONG_AGO} | values)
    profile = make_profile(subscriber)
    alert = owe(subscriber, profile, deadline_at=SEVEN + NOON + days * DAY)
    run_due(SEVEN)
    with transaction() as s:
        record(s, alert.id, verdict, at=said)
    return subscriber, alert


def days_reminded(days: int = 30) -> list[date]:
    """On which of the coming days there was a mail with a reminder."""
    for n in range(1, days):
        run_due(SEVEN + n * DAY)
    return [view.day for view in views() if view.reminders]


def test_a_reminder_comes_a_week_and_three_days_before_whatever_the_cadence(database: URL) -> None:
    for cadence in ("at_once", "daily", "weekly"):
        going_for(12, cadence=cadence)
    # Due on Saturday 5 December.
    assert sorted(days_reminded()) == [MONDAY + 5 * DAY] * 3 + [MONDAY + 9 * DAY] * 3
    assert all(view.entries == () and len(view.reminders) == 1 for view in views() if view.reminders)
    assert owed_count() == 0


def test_only_who_goes_for_it_is_reminded_and_as_long_as_they_do(database: URL) -> None:
    going_for(12, verdict=Verdict.RELEVANT)
    _, alert = going_for(12)
    for n in range(1, 7):
        run_due(SEVEN + n * DAY)
    assert [view.day for view in views() if view.reminders] == [MONDAY + 5 * DAY]
    with transaction() as s:
        record(s, alert.id, Verdict.NOT_RELEVANT, at=SEVEN + 6 * DAY + NOON)
    assert days_reminded() == [MONDAY + 5 * DAY]


def test_who_said_it_in_the_last_days_knows_how_near_it_is(database: URL) -> None:
    going_for(6)
    assert days_reminded() == [MONDAY + 3 * DAY]


def test_a_reminder_that_would_fall_on_a_day_without_mail_comes_before_it(database: URL) -> None:
    going_for(15, weekdays=[1, 2, 3, 4, 5])  # due on Tuesday 8 December; seven and three days before: Tuesday, Saturday
    assert days_reminded() == [date(2026, 12, 1), date(2026, 12, 4)]


def test_a_deadline_that_moves_is_reminded_of_anew_and_the_change_still_compares_with_what_was_told(
    database: URL,
) -> None:
    _, alert = going_for(8)
    with transaction() as s:
        s.get_one(Alert, alert.id).facts = facts(s.get_one(NoticeVersion, alert.version_id))
    for n in range(1, 3):
        run_due(SEVEN + n * DAY)
    assert [view.day for view in views() if view.reminders] == [MONDAY + DAY]
    with transaction() as s:
        told = s.get_one(NoticeVersion, alert.version_id)
        notice = s.get_one(Notice, told.notice_id)
    moved = make_version(notice, number=2, deadline_at=SEVEN + NOON + 20 * DAY)
    with transaction() as s:
        assert alert_told(s, [s.get_one(NoticeVersion, moved.id)]) == 1
    assert days_reminded() == [MONDAY + DAY, MONDAY + 13 * DAY, MONDAY + 17 * DAY]
    (changed,) = [view for view in views() if view.changed]
    assert [change.field for change in changed.changed[0].changes] == ["deadline"]


def test_a_passed_or_cancelled_procurement_is_reminded_of_no_more(database: URL) -> None:
    _, alert = going_for(12)
    with transaction() as s:
        notice = s.get_one(Notice, s.get_one(NoticeVersion, alert.version_id).notice_id)
    make_version(notice, number=2, cancelled=True, deadline_at=SEVEN + NOON + 12 * DAY)
    assert days_reminded() == []


def test_a_reminder_needs_no_profile_that_still_matches(database: URL) -> None:
    going_for(12)
    with transaction() as s:
        s.get_one(Profile, rows(Profile)[0].id).active = False
    assert days_reminded() == [MONDAY + 5 * DAY, MONDAY + 9 * DAY]
    assert [view.reminders[0].reasons for view in views()[1:]] == [(), ()]


@pytest.mark.parametrize(
    ("left_at_next", "said_before", "lead"),
    [(7, 30, None), (6, 30, 7), (3, 30, 7), (2, 30, 3), (2, 4, 3), (2, 3, None), (6, 7, None), (6, 8, 7)],
)
def test_a_lead_is_due_when_the_next_day_would_be_too_late(left_at_next: int, said_before: int, lead: int) -> None:
    due = date(2026, 12, 8)
    assert due_lead(due, due - left_at_next * DAY, due - said_before * DAY) == lead


# In words


@pytest.mark.parametrize(
    ("view", "subject", "headline", "heading"),
    [
        (
            REMINDED_NB,
            "Frist om 3 dager: Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes",
            "Én du går for, har snart frist.",
            "Dette går du for – fristen nærmer seg",
        ),
        (
            REMINDED_SV,
            "Snart sista dag för 2 upphandlingar – Jämtplåt",
            "Två som ni satsar på har snart sista dag.",
            "Det här satsar ni på – sista dagen närmar sig",
        ),
        (
            replace(REMINDED_NB, language="en"),
            "Deadline in 3 days: Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes",
            "One that you are going for is due soon.",
            "You are going for this – the deadline is near",
        ),
        (
            replace(REMINDED_NB, language="nn"),
            "Frist om 3 dagar: Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes",
            "Éi du går for, har snart frist.",
            "Dette går du for – fristen nærmar seg",
        ),
    ],
    ids=["nb", "sv", "en", "nn"],
)
def test_a_reminder_says_how_much_time_is_left(view: DigestView, subject: str, headline: str, heading: str) -> None:
    told = tell(view, NAMES)
    assert (told.subject, told.headline, told.sections[0].heading) == (subject, headline, heading)


def test_reminders_stand_first_and_short() -> None:
    text = text_of(render(ALL_KINDS_NB, NAMES, **MAIL))
    assert text.index("DETTE GÅR DU FOR") < text.index("NORGE") < text.index("ENDRET SIDEN SIST")
    assert "Tre ligger over grensen din." in text
    assert "Én du går for, har snart frist." in text
    assert "Hvorfor" not in text[: text.index("NORGE")]


def test_of_a_mail_that_is_too_long_no_reminder_is_left_out() -> None:
    many = tuple(replace(REMINDED_NB.reminders[0], alert_id=n, kind="competition") for n in range(100, 500))
    text = text_of(render(make_view(entries=many, reminders=(WELDING,)), NAMES, **MAIL))
    assert "DETTE GÅR DU FOR" in text
