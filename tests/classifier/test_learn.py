"""Does learning move a line by no more than it may, only where verdicts ask for it, and back when told? (P3)"""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from classifier.history import last_change
from classifier.learn import Step, learn
from classifier.revisions import put_in_force
from classifier.threshold import history, own_lines, set_threshold, undo
from db.models import JudgedMatch, NoticeVersion, Profile, Subscriber, Threshold
from db.session import transaction
from factories import make_match, make_notice, make_profile, make_subscriber, make_verdict

MONDAY = datetime(2026, 11, 23, 4, 5, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = Decimal("0.02")
REAL = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def profile_at(threshold: float | None = 0.5) -> Profile:
    return make_profile(make_subscriber(), threshold=threshold)


def judge(profile: Profile, *verdicts: bool, score: float = 0.6, at: datetime = MONDAY - DAY) -> None:
    for relevant in verdicts:
        make_verdict(profile, "relevant" if relevant else "not_relevant", score=score, at=at)


def line_steps(now: datetime = MONDAY, *, dry_run: bool = False) -> list[Step]:
    return [step for step in learn(now=now, dry_run=dry_run) if step.sentence is None]


def line(profile: Profile) -> float:
    with transaction() as s:
        return own_lines(s, [profile.id])[profile.id]


def lines(profile: Profile) -> list[Threshold]:
    with transaction() as s:
        return list(history(s, profile.id))


def undo_last(profile: Profile, at: datetime) -> None:
    with transaction() as s:
        change = last_change(history(s, profile.id))
        assert change is not None
        undo(s, change, by="Ada", at=at)


@pytest.mark.parametrize("verdicts", range(5))
def test_fewer_than_five_verdicts_teach_nothing(database: URL, verdicts: int) -> None:
    profile = profile_at()
    judge(profile, *[False] * verdicts)
    assert line_steps() == []
    assert len(lines(profile)) == 1


def test_five_verdicts_move_the_line_by_one_step_with_a_reason(database: URL) -> None:
    profile = profile_at()
    judge(profile, False, False, False, False, True)
    (step,) = line_steps()
    assert (step.old, step.new) == (Decimal("0.500"), Decimal("0.520"))
    row = lines(profile)[-1]
    assert (row.value, row.moved_from, row.by, row.drawn, row.at) == (step.new, step.old, "learning", "learned", MONDAY)
    assert "1 of 5 judged alerts were relevant, 3.0 by their scores (alerts " in row.why
    assert "line 0.500 → 0.520, on the way to 0.7" in row.why


def test_again_changes_nothing_and_the_next_week_goes_on(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[False] * 6)
    line_steps()
    for later in (timedelta(0), DAY, WEEK):
        assert line_steps(MONDAY + later) == []
    assert line(profile) == 0.52
    line_steps(MONDAY + WEEK + timedelta(seconds=1))
    assert line(profile) == 0.54


def test_it_stops_where_the_verdicts_say(database: URL) -> None:
    profile = profile_at()
    judge(profile, False, False, False, True, True)
    for week in range(30):
        line_steps(MONDAY + week * (WEEK + DAY))
    assert lines(profile)[-1].why.endswith(f"on the way to {lines(profile)[-1].value}")
    assert 0.55 < line(profile) < 0.62


EVENT = st.tuples(st.floats(0, 4), st.booleans(), st.floats(0.05, 1), st.integers(0, 2))


@REAL
@given(start=st.floats(0.05, 0.95), events=st.lists(EVENT, max_size=25))
def test_whatever_is_said_and_however_often_it_runs_a_week_has_one_step(
    database: URL, start: float, events: list[tuple[float, bool, float, int]]
) -> None:
    profile, now = profile_at(round(start, 3)), MONDAY
    shown = [make_notice() for _ in range(3)]
    for days, relevant, score, runs in events:
        now += timedelta(days=days)
        said = "relevant" if relevant else "not_relevant"
        make_verdict(profile, said, score=score, version=shown[-1] if len(shown) > 1 else None, at=now)
        shown = shown[:-1]
        for _ in range(runs):
            learn(now=now + timedelta(minutes=1))
    rows = lines(profile)
    moves = [(row.at, abs(row.value - before.value)) for before, row in pairwise(rows)]
    for at, _ in moves:
        assert sum(size for when, size in moves if at <= when <= at + WEEK) <= MOST
    assert all(Decimal("0.05") <= row.value <= Decimal("0.95") for row in rows)


@REAL
@given(start=st.floats(0.05, 0.95), scores=st.lists(st.floats(0.05, 1), min_size=5, max_size=8), relevant=st.booleans())
def test_one_kind_of_verdict_never_moves_the_line_the_other_way(
    database: URL, start: float, scores: list[float], relevant: bool
) -> None:
    profile = profile_at(round(start, 3))
    for score in scores:
        judge(profile, relevant, score=score)
    for week in range(4):
        learn(now=MONDAY + week * (WEEK + DAY))
    values = [row.value for row in lines(profile)]
    assert values == sorted(values, reverse=relevant)


def test_undo_restores_exactly_and_the_same_verdicts_teach_it_no_more(database: URL) -> None:
    profile = profile_at(0.487)
    judge(profile, *[False] * 9)
    line_steps()
    assert line(profile) == 0.507
    undo_last(profile, MONDAY + DAY)
    assert line(profile) == 0.487
    for week in range(1, 60):
        assert line_steps(MONDAY + week * (WEEK + DAY)) == []
    assert line(profile) == 0.487
    judge(profile, *[False] * 5, at=MONDAY + 60 * (WEEK + DAY))
    assert len(line_steps(MONDAY + 61 * (WEEK + DAY))) == 1


def test_taking_a_step_back_leaves_no_room_for_another_in_the_same_week(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[False] * 5)
    line_steps()
    undo_last(profile, MONDAY + DAY)
    judge(profile, *[False] * 5, at=MONDAY + 2 * DAY)
    assert line_steps(MONDAY + 3 * DAY) == []
    assert len(line_steps(MONDAY + WEEK + DAY)) == 1


def test_two_learners_at_once_take_one_step(database: URL) -> None:
    profiles = [profile_at() for _ in range(3)]
    for profile in profiles:
        judge(profile, *[False] * 5)
    at_once, taken = threading.Barrier(4), []

    def take() -> None:
        at_once.wait(timeout=10)
        taken.extend(line_steps())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(step.profile_id for step in taken) == [profile.id for profile in profiles]
    assert [line(profile) for profile in profiles] == [0.52] * 3


def test_a_line_drawn_by_hand_holds_for_thirty_days_and_is_where_learning_begins_then(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[True] * 9)
    with transaction() as s:
        set_threshold(s, profile.id, 0.7, by="Ada", why="too much mail", at=MONDAY)
    judge(profile, *[False] * 4, at=MONDAY + DAY)
    assert line_steps(MONDAY + 31 * DAY) == []  # what was said before it was known to whoever drew it
    judge(profile, False, at=MONDAY + 2 * DAY)
    assert line_steps(MONDAY + 30 * DAY - timedelta(seconds=1)) == []
    assert [(step.old, step.new) for step in line_steps(MONDAY + 30 * DAY)] == [(Decimal("0.700"), Decimal("0.720"))]


@pytest.mark.parametrize("value", [0.0, 0.049, 0.951, 1.0])
def test_a_line_beyond_the_bounds_was_meant(database: URL, value: float) -> None:
    profile = profile_at(value)
    judge(profile, *[True] * 6, *[False] * 6)
    assert line_steps() == []
    assert line(profile) == value


def test_a_profile_without_a_line_learns_from_the_model_s_own_and_goes_back_to_it(database: URL) -> None:
    profile = profile_at(None)
    for _ in range(5):
        make_verdict(profile, "not_relevant", threshold_then=0.301, at=MONDAY - DAY)
    assert [(step.old, step.new) for step in line_steps()] == [(Decimal("0.301"), Decimal("0.321"))]
    assert line_steps(MONDAY + 8 * DAY)[0].new == Decimal("0.341")
    undo_last(profile, MONDAY + 9 * DAY)
    undo_last(profile, MONDAY + 9 * DAY)
    assert line(profile) == 0.301


def test_a_dry_run_tells_the_same_and_writes_nothing(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[False] * 5)
    told = learn(now=MONDAY, dry_run=True)
    assert len(lines(profile)) == 1
    assert learn(now=MONDAY) == told != []


def test_a_verdict_that_came_with_nothing_else_is_given_its_match(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[False] * 5)
    with transaction() as s:
        s.execute(JudgedMatch.__table__.delete())  # type: ignore[attr-defined]  # a Table, which mypy knows as FromClause
    assert len(line_steps()) == 1


def test_who_has_left_or_rests_teaches_nothing(database: URL) -> None:
    left, resting = profile_at(), profile_at()
    for profile in (left, resting):
        judge(profile, *[False] * 5)
    with transaction() as s:
        s.execute(update(Profile).where(Profile.id == resting.id).values(active=False))
        s.execute(update(Subscriber).where(Subscriber.id == left.subscriber_id).values(unsubscribed_at=MONDAY))
    assert learn(now=MONDAY) == []


def test_verdicts_by_another_model_s_scores_do_not_count(database: URL) -> None:
    profile = profile_at()
    judge(profile, *[False] * 5)
    with transaction() as s:
        put_in_force(s, "newer", by="test")
    assert learn(now=MONDAY) == []
    with transaction() as s:
        versions = s.scalars(select(NoticeVersion)).all()
    for version in versions:
        make_match(version, profile, score=0.6, model_rev="newer")
    assert len(line_steps()) == 1


def test_in_the_end_the_line_lies_where_the_firm_s_own_odds_are_what_the_line_promised(database: URL) -> None:
    chance, profile, now = np.random.default_rng(11), profile_at(0.5), MONDAY
    for _ in range(20):
        for score in chance.uniform(0.5, 0.95, 4):
            own = 1 / (1 + np.exp(-(np.log(score / (1 - score)) - 1.0)))
            judge(profile, bool(chance.uniform() < own), score=float(score), at=now)
        now += WEEK + DAY
        line_steps(now)
    # Its odds lie by one logit below the scores: one half is reached at 0.73.
    assert line(profile) == pytest.approx(0.73, abs=0.06)
