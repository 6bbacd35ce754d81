"""Does a deadline keep its UID and raise its SEQUENCE when it moves, and only then?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from owing import owed, rows
from sqlalchemy.engine import URL

from alerts import events
from db.models import DeadlineEvent, Notice, NoticeVersion
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_version

DUE = datetime(2027, 1, 14, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def told(**values: Any) -> NoticeVersion:
    """A notice that somebody was alerted of."""
    subscriber = make_subscriber()
    version = make_notice(**{"deadline_at": DUE} | values)
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    return version


def corrected(version: NoticeVersion, **values: Any) -> NoticeVersion:
    """The same notice as a corrigendum has it."""
    with transaction() as s:
        notice = s.get_one(Notice, version.notice_id)
    kept = {"deadline_at": version.deadline_at}
    return make_version(notice, number=version.number + 1, published_at=version.published_at, **kept | values)


def event() -> DeadlineEvent:
    assert events.keep() in {0, 1}
    (found,) = rows(DeadlineEvent)
    assert isinstance(found, DeadlineEvent)
    return found


def test_a_move_raises_the_sequence_under_the_same_uid() -> None:
    version = told()
    first = event()
    assert (first.sequence, first.deadline_at, first.state) == (0, DUE, "standing")
    version = corrected(version, deadline_at=DUE + timedelta(days=7))
    second = event()
    assert (second.uid, second.sequence, second.deadline_at) == (first.uid, 1, DUE + timedelta(days=7))
    corrected(version, cancelled=True)
    third = event()
    assert (third.uid, third.sequence, third.state) == (first.uid, 2, "cancelled")


def test_looking_again_changes_nothing() -> None:
    told()
    first = event()
    assert events.keep() == 0
    again = event()
    assert (again.sequence, again.changed_at, again.uid) == (0, first.changed_at, first.uid)


def test_other_words_for_the_same_deadline_are_no_move() -> None:
    version = told()
    first = event()
    corrected(version, title={"nb": "Annet ord for det samme"}, value_amount=1)
    second = event()
    assert (second.sequence, second.changed_at) == (0, first.changed_at)
    assert second.versions != first.versions


def test_a_deadline_that_is_taken_away_or_comes_back() -> None:
    version = told()
    event()
    version = corrected(version, deadline_at=None)
    gone = event()
    assert (gone.state, gone.sequence, gone.deadline_at) == ("gone", 1, DUE)
    corrected(version, deadline_at=DUE)
    back = event()
    assert (back.state, back.sequence) == ("standing", 2)


def test_a_notice_without_a_deadline_has_none_until_it_names_one() -> None:
    version = told(deadline_at=None)
    assert (event().deadline_at, event().sequence) == (None, 0)
    corrected(version, deadline_at=DUE)
    assert (event().deadline_at, event().sequence) == (DUE, 0)


def test_the_competition_takes_over_the_planning_notices_date() -> None:
    planned = told(stage="planning", deadline_at=DUE - timedelta(days=90), deadline_kind="interest")
    first = event()
    assert first.deadline_kind == "interest"
    with transaction() as s:
        procurement = s.get_one(Notice, planned.notice_id).procurement
    make_notice(procurement=procurement, deadline_at=DUE)
    second = event()
    assert (second.uid, second.deadline_at, second.deadline_kind) == (first.uid, DUE, "tender")


def test_a_day_without_a_time_is_the_buyers_day() -> None:
    # The end of the day in Helsinki is still 23:59 there, an hour earlier in Oslo, and the same day.
    midnight = datetime(2027, 1, 14, 22, 0, tzinfo=UTC)
    told(deadline_at=midnight, deadline_date_only=True, country="FI")
    assert event().deadline_day == datetime(2027, 1, 15, tzinfo=UTC).date()


def test_nobody_is_told_of_what_nobody_was_alerted_of() -> None:
    make_notice(deadline_at=DUE)
    assert events.keep() == 0
    owed()
    assert events.keep() == 1


def test_many_are_brought_up_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "AT_ONCE", 3)
    owed(alerts=7)
    assert events.keep() == 7
    assert len({one.uid for one in rows(DeadlineEvent)}) == 7


def test_an_absurd_date_is_no_deadline() -> None:
    told(deadline_at=datetime(9500, 1, 1, tzinfo=UTC))
    assert event().deadline_at is None
