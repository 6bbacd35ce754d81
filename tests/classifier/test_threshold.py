"""Is every line kept, with who and why, and is each change taken back exactly and once?"""

import threading
from decimal import Decimal

import pytest
from mailroom import wait_until
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from classifier.history import NotLast, last_change
from classifier.revisions import put_in_force
from classifier.threshold import history, line_in_force, lines_in_force, own_lines, set_threshold, undo
from db.models import NoticeVersion, Profile, Threshold
from db.session import transaction
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber


@pytest.fixture
def profile(database: URL) -> Profile:
    return make_profile(make_subscriber(), threshold=0.5)


def draw(profile: Profile, value: float) -> Threshold:
    with transaction() as s:
        return set_threshold(s, profile.id, value, by="Ada", why="too much mail")


def undo_last(profile: Profile) -> Threshold:
    with transaction() as s:
        change = last_change(history(s, profile.id))
        assert change is not None
        return undo(s, change, by="Ada")


def line(profile: Profile) -> float:
    with transaction() as s:
        return own_lines(s, [profile.id])[profile.id]


def values(profile: Profile) -> list[Decimal]:
    with transaction() as s:
        return [row.value for row in history(s, profile.id)]


def test_undo_draws_the_former_line_and_keeps_the_history(profile: Profile) -> None:
    drawn = draw(profile, 0.733)
    back = undo_last(profile)
    assert line(profile) == 0.5
    assert values(profile) == [Decimal("0.500"), Decimal("0.733"), Decimal("0.500")]
    assert (back.undoes, back.by, back.why) == (drawn.id, "Ada", "takes back: too much mail")


def test_undo_goes_back_change_by_change_to_the_first(profile: Profile) -> None:
    for value in (0.6, 0.7, 0.8):
        draw(profile, value)
    assert [float(undo_last(profile).value) for _ in range(3)] == [0.7, 0.6, 0.5]
    with pytest.raises(NotLast, match="nothing before"):
        undo_last(profile)


def test_undo_of_a_line_over_the_model_s_own_goes_back_to_that(database: URL) -> None:
    profile = make_profile(make_subscriber(), threshold=None)
    make_match(make_notice(), profile, threshold_then=0.301)
    draw(profile, 0.6)
    assert float(undo_last(profile).value) == 0.301


def test_only_the_last_change_can_be_taken_back(profile: Profile) -> None:
    first = draw(profile, 0.6)
    draw(profile, 0.7)
    with pytest.raises(NotLast), transaction() as s:
        undo(s, first, by="Ada")
    assert line(profile) == 0.7


def test_of_two_who_undo_at_once_the_second_is_told(profile: Profile) -> None:
    change, outcomes = draw(profile, 0.7), []

    def take_back_too() -> None:
        with pytest.raises(NotLast), transaction() as s:
            undo(s, change, by="Bjørn")
        outcomes.append("told")

    second = threading.Thread(target=take_back_too)
    with transaction() as s:
        undo(s, change, by="Ada")
        second.start()
        wait_until(_somebody_waits, within_s=10)
    second.join(timeout=30)
    assert outcomes == ["told"]
    assert values(profile) == [Decimal("0.500"), Decimal("0.700"), Decimal("0.500")]


def _somebody_waits() -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with transaction() as s:
        return bool(s.scalar(text(waiting)))


def test_a_line_lies_between_0_and_1_and_belongs_to_somebody(profile: Profile) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw(profile, 1.1)
    with pytest.raises(LookupError), transaction() as s:
        set_threshold(s, profile.id + 1, 0.5, by="Ada", why="nobody")


def test_the_database_refuses_a_learned_leap(profile: Profile) -> None:
    leap = {"profile_id": profile.id, "value": Decimal("0.521"), "drawn": "learned", "by": "learning", "why": "leap"}
    for moved_from in (Decimal("0.5"), None):
        with pytest.raises(IntegrityError, match="learned_in_small_steps"), transaction() as s:
            s.add(Threshold(**leap, moved_from=moved_from))


def test_a_profile_without_a_line_follows_what_it_was_matched_by(database: URL) -> None:
    profile = make_profile(make_subscriber(), threshold=None)
    with transaction() as s:
        assert line_in_force(s, profile.id) is None
    make_match(make_notice(), profile, threshold_then=0.301)
    with transaction() as s:
        assert line_in_force(s, profile.id) == Decimal("0.301")


def test_while_notices_are_scored_anew_it_follows_the_revision_that_speaks(database: URL) -> None:
    first, second = (make_profile(make_subscriber(), threshold=None) for _ in range(2))
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    version = make_notice(matched_rev=MODEL_REV)
    make_match(version, first, threshold_then=0.301)
    make_match(version, first, threshold_then=0.402, model_rev="newer")
    make_match(version, second, threshold_then=0.203)
    with transaction() as s:
        assert lines_in_force(s, [first.id, second.id]) == {first.id: Decimal("0.301"), second.id: Decimal("0.203")}
        put_in_force(s, "newer", by="test")
        s.get_one(NoticeVersion, version.id).matched_rev = "newer"
    with transaction() as s:
        assert lines_in_force(s, [first.id, second.id]) == {first.id: Decimal("0.402")}
