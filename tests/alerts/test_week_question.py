"""Does a reader who takes part meet one question a week, in one mail, until it is answered?"""

from datetime import timedelta

import pytest
from owing import LONG_AGO, MONDAY, SEVEN, owe, rows, views
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts.digest import run_due
from alerts.tokens import Purpose, read
from classifier import recall
from classifier.recall import answer
from classifier.revisions import put_in_force
from db.models import Delivery, Profile, RecallQuestion, Subscriber
from db.session import transaction
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber

DAY = timedelta(days=1)


@pytest.fixture
def reader(database: URL) -> tuple[Subscriber, list[Profile]]:
    """Somebody who takes part, with two profiles that each left something under their line in each of three weeks."""
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    subscriber = make_subscriber(confirmed_at=LONG_AGO, asked_below=True)
    profiles = [make_profile(subscriber, matched_rev=MODEL_REV) for _ in range(2)]
    for weeks in range(3):
        for profile in profiles:
            at = SEVEN + timedelta(weeks=weeks) - 3 * DAY
            version = make_notice(created_at=at, matched_rev=MODEL_REV, deadline_at=SEVEN + 700 * DAY)
            make_match(version, profile, score=0.45, created_at=LONG_AGO)
    return subscriber, profiles


def asked() -> list[int | None]:
    """The question of each mail, in order."""
    return [
        read(Purpose.RECALL, view.recall_url.rpartition("/")[2]) if view.recall_url else None for view in views()
    ]  # fmt: skip


def test_one_question_a_week_in_one_mail_and_of_each_profile_in_turn(reader: tuple[Subscriber, list[Profile]]) -> None:
    subscriber, profiles = reader
    for number in (0, 1, 7, 8, 14):
        now = SEVEN + number * DAY
        recall.draw(now)
        owe(subscriber, profiles[0])
        run_due(now)
    told = asked()
    assert [one is not None for one in told] == [True, False, True, False, True]
    with transaction() as s:
        questions = {one.id: (one.profile_id, one.week) for one in s.scalars(select(RecallQuestion))}
    asked_of = [questions[one] for one in told if one is not None]
    assert [week for _, week in asked_of] == [MONDAY + timedelta(weeks=weeks) for weeks in range(3)]
    assert asked_of[0][0] != asked_of[1][0] == asked_of[2][0] or asked_of[0][0] == asked_of[2][0] != asked_of[1][0]
    (first, *_) = rows(Delivery)
    assert b"/q/" in first.message


def test_what_is_answered_or_not_wanted_is_not_asked(reader: tuple[Subscriber, list[Profile]]) -> None:
    subscriber, profiles = reader
    recall.draw(SEVEN)
    with transaction() as s:
        for question in s.scalars(select(RecallQuestion)).all():
            answer(s, question.id, [])
    owe(subscriber, profiles[0])
    run_due(SEVEN)
    with transaction() as s:
        recall.take_part(s, subscriber.id, asked=False)
    recall.draw(SEVEN + 7 * DAY)
    owe(subscriber, profiles[0])
    run_due(SEVEN + 7 * DAY)
    assert asked() == [None, None]
