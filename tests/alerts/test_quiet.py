"""Does whoever wants it hear once a week that it is quiet, and only then? Nothing comes when there is nothing."""

from datetime import timedelta
from typing import Any

import pytest
from digest_views import MAIL, NAMES
from known_views import QUIET_NB, QUIET_SV
from mail_reading import text_of
from owing import LONG_AGO, MONDAY, SEVEN, owe, rows, views
from sqlalchemy import update
from sqlalchemy.engine import URL

from alerts.digest import run, run_due
from alerts.message import render
from alerts.told import tell
from alerts.view import DigestView
from db.models import Cadence, Delivery, Profile, Subscriber
from db.session import transaction
from factories import make_notice, make_profile, make_subscriber

DAY = timedelta(days=1)


def reader(**values: Any) -> tuple[Subscriber, Profile]:
    subscriber = make_subscriber(**{"confirmed_at": LONG_AGO, "all_quiet": True} | values)
    return subscriber, make_profile(subscriber)


def told(first: int, last: int) -> list[tuple[int, int]]:
    """What these days' mails hold: on which day, how many entries."""
    before = len(views())
    for n in range(first, last + 1):
        run_due(SEVEN + n * DAY)
    return [((view.day - MONDAY).days, len(view.entries)) for view in views()[before:]]


def test_nothing_comes_when_there_is_nothing(database: URL) -> None:
    reader(all_quiet=False, cadence="weekly")
    reader(all_quiet=False)
    assert told(-1, 21) == []
    assert rows(Delivery) == []


@pytest.mark.parametrize("cadence", list(Cadence))
def test_a_quiet_week_is_told_on_the_weekly_day_and_says_how_many_notices_were_read(
    database: URL, cadence: Cadence
) -> None:
    subscriber, _ = reader(cadence=cadence, weekly_day=3)
    for _ in range(3):
        make_notice()
    assert told(0, 16) == [(0, 0), (9, 0), (16, 0)]  # the first is last Wednesday's, and close enough to the next
    assert {(view.cadence, view.notices_read) for view in views()[:1]} == {("weekly", 3)}
    assert {mail.recipient for mail in rows(Delivery)} == {subscriber.email}


def test_a_week_in_which_something_was_told_is_not_quiet(database: URL) -> None:
    subscriber, profile = reader()
    assert told(0, 0) == [(0, 0)]
    owe(subscriber, profile)
    assert told(1, 7) == [(1, 1)]
    assert told(8, 14) == [(14, 0)]


def test_the_weekly_digest_itself_makes_no_later_week_loud(database: URL) -> None:
    subscriber, profile = reader(cadence="weekly")
    owe(subscriber, profile)
    assert told(0, 7) == [(0, 1), (7, 0)]


def test_a_week_of_nothing_worth_telling_is_quiet_too(database: URL) -> None:
    subscriber, profile = reader(cadence="weekly")
    told(0, 0)
    owe(subscriber, profile, deadline_at=SEVEN + 3 * DAY)
    assert told(1, 7) == [(7, 0)]


def test_who_left_hears_no_more_and_a_run_by_hand_says_nothing_of_quiet(database: URL) -> None:
    reader()
    assert run(Cadence.WEEKLY, SEVEN).run_id is None
    with transaction() as s:
        s.execute(update(Subscriber).values(unsubscribed_at=SEVEN))
    assert told(0, 7) == []


def test_running_again_tells_no_second_time(database: URL) -> None:
    reader()
    assert told(0, 0) == [(0, 0)]
    assert told(0, 0) == []


@pytest.mark.parametrize(
    ("view", "subject", "headline"),
    [
        (
            QUIET_NB,
            "Alt rolig for Trøndersveis: 214 kunngjøringer lest",
            "Ingenting nytt over grensen din denne gangen.",
        ),
        (
            QUIET_SV,
            "Allt lugnt för Jämtplåt: 1\N{NO-BREAK SPACE}214 annonser lästa",
            "Inget nytt över er gräns den här gången.",
        ),
    ],
    ids=["nb", "sv"],
)
def test_all_quiet_is_said_in_a_line(view: DigestView, subject: str, headline: str) -> None:
    in_words = tell(view, NAMES)
    assert (in_words.subject, in_words.headline, in_words.sections) == (subject, headline, ())
    assert len(text_of(render(view, NAMES, **MAIL))) < 1500
