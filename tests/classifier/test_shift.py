"""Does a move of a line do what was foreseen of it, no more and no less, and is it taken back whole?"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.engine import URL

from classifier.history import last_change
from classifier.shift import Crossing, Shift, foresee
from classifier.threshold import draw, history, set_threshold, undo
from db.models import (
    Alert,
    Digest,
    DigestRun,
    Match,
    Notice,
    NoticeVersion,
    Procurement,
    Profile,
    Subscriber,
    Threshold,
    Verdict,
)
from db.session import transaction, utcnow
from factories import MODEL_REV, make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict


@pytest.fixture
def welder(database: URL) -> Profile:
    return make_profile(make_subscriber(), threshold=0.5, matched_rev=MODEL_REV)


def found(
    profile: Profile, score: float, *, line: float = 0.5, owed: bool | None = None, **notice: Any
) -> NoticeVersion:
    """An open notice that matches so, and is owed as matching owes it."""
    version = make_notice(**notice)
    make_match(version, profile, score=score, threshold_then=line)
    if score >= line if owed is None else owed:
        with transaction() as s:
            make_alert(s.get_one(Subscriber, profile.subscriber_id), version, kind=version.stage)
    return version


def foreseen(profile: Profile, value: float) -> Shift:
    with transaction() as s:
        return foresee(s, {profile.id: Decimal(str(value))})


def move(profile: Profile, value: float) -> None:
    with transaction() as s:
        set_threshold(s, profile.id, value, by="Ada", why="too much mail")


def owed() -> set[tuple[int, int, str]]:
    with transaction() as s:
        rows = s.scalars(select(Alert).where(Alert.digest_id.is_(None)))
        return {(row.subscriber_id, row.procurement_id, row.kind) for row in rows}


def keys(crossings: object) -> set[tuple[int, int, str]]:
    assert isinstance(crossings, list | tuple)
    return {(one.subscriber_id, one.procurement_id, one.kind) for one in crossings if isinstance(one, Crossing)}


def tell(alert: Alert) -> None:
    with transaction() as s:
        run = DigestRun(day=utcnow().date(), cadence="daily", slot=f"07:00 {alert.id}", as_of=utcnow())
        s.add(run)
        s.flush()
        digest = Digest(run_id=run.id, subscriber_id=alert.subscriber_id)
        s.add(digest)
        s.flush()
        s.get_one(Alert, alert.id).digest_id = digest.id


def test_a_lower_line_owes_what_lies_above_it_now(welder: Profile) -> None:
    near, _ = found(welder, 0.45), found(welder, 0.3)
    assert [one.version_id for one in foreseen(welder, 0.4).gained] == [near.id]
    move(welder, 0.4)
    with transaction() as s:
        assert [alert.version_id for alert in s.scalars(select(Alert))] == [near.id]


def test_a_higher_line_takes_back_what_is_owed_still_and_undo_owes_it_again(welder: Profile) -> None:
    found(welder, 0.55)
    kept = found(welder, 0.8)
    before = owed()
    assert len(foreseen(welder, 0.6).lost) == 1
    move(welder, 0.6)
    with transaction() as s:
        assert [alert.version_id for alert in s.scalars(select(Alert))] == [kept.id]
        change = last_change(history(s, welder.id))
        assert change is not None
        undo(s, change, by="Ada")
    assert owed() == before


def test_what_was_told_is_neither_told_again_nor_taken_back(welder: Profile) -> None:
    found(welder, 0.55)
    with transaction() as s:
        alert = s.scalars(select(Alert)).one()
    tell(alert)
    for value in (0.7, 0.3):
        assert foreseen(welder, value) == Shift(gained=[], lost=[])
        move(welder, value)
    with transaction() as s:
        # The line it was told by stands, so that what was said of it is said of that.
        assert s.scalars(select(Match.threshold_then)).all() == [0.5]


def test_what_a_verdict_spoke_of_stays_told(welder: Profile) -> None:
    make_verdict(welder, Verdict.RELEVANT, score=0.55)
    assert not foreseen(welder, 0.7).lost


def test_only_open_notices_as_they_now_read_move(welder: Profile) -> None:
    found(welder, 0.45, deadline_at=utcnow() - timedelta(days=1))
    found(welder, 0.45, cancelled=True)
    make_match(make_notice(), welder, score=0.45, barred_by="country")
    stale = found(welder, 0.45)
    with transaction() as s:
        s.get_one(Notice, stale.notice_id).current_version_id = None
    assert not foreseen(welder, 0.3).gained


def test_a_purchase_stays_owed_for_another_profile_s_sake(welder: Profile) -> None:
    version = found(welder, 0.55)
    with transaction() as s:
        subscriber = s.get_one(Subscriber, welder.subscriber_id)
    other = make_profile(subscriber, matched_rev=MODEL_REV)
    make_match(version, other, score=0.9)
    assert not foreseen(welder, 0.7).lost
    with transaction() as s:
        both = foresee(s, {welder.id: Decimal("0.7"), other.id: Decimal("0.95")})
    assert [one.profile_id for one in both.lost] == [other.id]  # told once, by the better match


def test_a_change_goes_with_the_notice_that_nobody_was_told_of(welder: Profile) -> None:
    version = found(welder, 0.55)
    with transaction() as s:
        subscriber = s.get_one(Subscriber, welder.subscriber_id)
    make_alert(subscriber, version, kind="change", changes=[["lots", "1", "2"]])
    move(welder, 0.7)
    assert not owed()


def test_a_profile_that_waits_to_be_met_anew_is_left_to_that(database: URL) -> None:
    waiting = make_profile(make_subscriber(), matched_rev=None)
    found(waiting, 0.45)
    assert foreseen(waiting, 0.3) == Shift(gained=[], lost=[])


def test_two_notices_of_a_purchase_are_owed_once(welder: Profile) -> None:
    with transaction() as s:
        procurement = Procurement()
        s.add(procurement)
    found(welder, 0.45, procurement=procurement)
    found(welder, 0.42, procurement=procurement)
    assert [one.score for one in foreseen(welder, 0.4).gained] == [0.45]
    move(welder, 0.4)
    assert len(owed()) == 1


def test_lines_of_several_profiles_are_drawn_whole_or_not_at_all(welder: Profile) -> None:
    with pytest.raises(LookupError), transaction() as s:
        draw(s, {welder.id: Decimal("0.6"), welder.id + 1: Decimal("0.6")}, by="Ada", why="both")
    with transaction() as s:
        assert len(history(s, welder.id)) == 1


MOVES = st.lists(st.integers(1, 99).map(lambda hundredths: hundredths / 100), min_size=1, max_size=4)
SCORES = st.lists(st.integers(0, 100).map(lambda hundredths: hundredths / 100), min_size=1, max_size=5)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=SCORES, other=SCORES, moves=MOVES)
def test_w7_whatever_is_moved_where_the_effect_is_what_was_foreseen(
    welder: Profile, mine: list[float], other: list[float], moves: list[float]
) -> None:
    with transaction() as s:
        for table in (Alert, Match, Threshold):
            s.execute(delete(table))
        s.execute(delete(Profile).where(Profile.id != welder.id))
        subscriber = s.get_one(Subscriber, welder.subscriber_id)
    second = make_profile(subscriber, threshold=None, matched_rev=MODEL_REV)
    for score, its in zip(mine, [*other, 0.0, 0.0, 0.0, 0.0], strict=False):
        version = found(welder, score, owed=max(score, its) >= 0.5)
        make_match(version, second, score=its)
    start = owed()
    for place, value in enumerate(moves):
        moved = (welder, second)[place % 2]
        shift, before = foreseen(moved, value), owed()
        move(moved, value)
        assert owed() == (before | keys(shift.gained)) - keys(shift.lost)
        assert foreseen(moved, value) == Shift(gained=[], lost=[])
    for profile in (welder, second):
        with transaction() as s:
            while (change := last_change(history(s, profile.id))) is not None:
                undo(s, change, by="Ada")
    assert owed() == start
