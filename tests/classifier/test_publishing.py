"""Is a move of lines published whole, refused to whoever looked too early, and taken back at one stroke?"""

import threading
from decimal import Decimal

import pytest
from mailroom import wait_until
from sqlalchemy import select, text
from sqlalchemy.engine import URL

from classifier.bench import Bench, Kind, bench, moved_by, moved_to
from classifier.history import NotLast
from classifier.publishing import Changed, Conflict, last_step, mark_of, publish, take_back
from classifier.revisions import put_in_force
from classifier.shift import Lines, Shift, foresee
from classifier.threshold import history, lines_in_force, newest_line, set_threshold
from db.models import Alert, LineMove, Match, Profile, Subscriber
from db.session import transaction
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber


@pytest.fixture
def everybody(database: URL) -> Bench:
    """Two firms of Norway with two profiles and one, and one of Sweden."""
    first, second = make_subscriber(), make_subscriber()
    make_profile(first, threshold=0.4)
    make_profile(first, threshold=0.5)
    make_profile(second, threshold=0.02)
    make_profile(make_subscriber(country="SE"), threshold=0.6)
    with transaction() as s:
        return bench(s, "all")


def look(on: Bench, step: str) -> tuple[Lines, int]:
    """What an administrator sees and would publish."""
    with transaction() as s:
        return moved_by(lines_in_force(s, on.profiles), Decimal(step)), newest_line(s, on.profiles)


def put(on: Bench, step: str, *, by: str = "Ada") -> None:
    lines, seen = look(on, step)
    with transaction() as s:
        publish(s, on, lines, seen=seen, foreseen=mark_of(lines, Shift()), by=by, why="too much mail")


def back(on: Bench) -> None:
    with transaction() as s:
        step = last_step(s, on)
        assert step is not None
        take_back(s, on, move_id=step.move_id, threshold_id=step.threshold_id, by="Ada")


def lines(on: Bench) -> list[float]:
    with transaction() as s:
        found = lines_in_force(s, on.profiles)
    return [float(found[profile_id]) for profile_id in on.profiles]


def test_a_bench_is_a_profile_a_firm_a_country_or_all(everybody: Bench) -> None:
    with transaction() as s:
        firm = s.scalars(select(Subscriber.id).order_by(Subscriber.id)).first()
        assert len(bench(s, "NO").profiles) == 3
        assert bench(s, "SE").kind is Kind.COUNTRY
        assert bench(s, f"firm-{firm}").profiles == everybody.profiles[:2]
        assert bench(s, str(everybody.profiles[2])).profiles == everybody.profiles[2:3]
        for strange in ("", "DK", "firm-", "-1", "0", "9" * 30, "١"):
            with pytest.raises(LookupError):
                bench(s, strange)


def test_a_step_moves_each_line_as_far_and_none_beyond_its_bounds(everybody: Bench) -> None:
    put(everybody, "-0.05")
    assert lines(everybody) == [0.35, 0.45, 0.0, 0.55]
    assert moved_to({1: Decimal("0.5"), 2: Decimal("0.4")}, Decimal("0.4")) == {1: Decimal("0.4")}


def test_a_move_is_taken_back_at_one_stroke_and_the_history_keeps_both(everybody: Bench) -> None:
    put(everybody, "-0.05")
    back(everybody)
    assert lines(everybody) == [0.4, 0.5, 0.02, 0.6]
    with transaction() as s:
        assert [(move.bench, move.undoes is None) for move in s.scalars(select(LineMove).order_by(LineMove.id))] == [
            ("all", True),
            ("all", False),
        ]
        assert [float(row.value) for row in history(s, everybody.profiles[0])] == [0.4, 0.35, 0.4]
        assert last_step(s, everybody) is None


def test_whoever_looked_before_another_published_is_told_and_moves_nothing(everybody: Bench) -> None:
    wanted, seen = look(everybody, "0.1")
    with transaction() as s:
        set_threshold(s, everybody.profiles[3], 0.7, by="Bjørn", why="he asked for less")
    with pytest.raises(Conflict) as conflict, transaction() as s:
        publish(s, everybody, wanted, seen=seen, foreseen=mark_of(wanted, Shift()), by="Ada", why="too much mail")
    assert [row.by for row in conflict.value.since] == ["Bjørn"]
    assert lines(everybody) == [0.4, 0.5, 0.02, 0.7]


def test_whoever_looked_before_another_notice_came_over_the_line_is_told_and_moves_nothing(everybody: Bench) -> None:
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
        profile = s.get_one(Profile, everybody.profiles[0])
        profile.matched_rev = MODEL_REV
    make_match(make_notice(), profile, score=0.38, threshold_then=0.4)
    wanted, seen = look(everybody, "-0.05")
    with transaction() as s:
        foreseen = mark_of(wanted, foresee(s, wanted))
        assert foreseen != mark_of(wanted, Shift())
        assert foreseen != mark_of(look(everybody, "-0.06")[0], foresee(s, wanted))
    late = make_match(make_notice(), profile, score=0.37, threshold_then=0.4)
    with pytest.raises(Changed), transaction() as s:
        publish(s, everybody, wanted, seen=seen, foreseen=foreseen, by="Ada", why="too little mail")
    assert lines(everybody) == [0.4, 0.5, 0.02, 0.6]
    with transaction() as s:
        assert s.scalars(select(LineMove)).all() == []
        assert s.scalars(select(Alert)).all() == []
        s.delete(s.get_one(Match, late.id))
    with transaction() as s:
        publish(s, everybody, wanted, seen=seen, foreseen=foreseen, by="Ada", why="too little mail")
        assert len(s.scalars(select(Alert)).all()) == 1


def test_of_two_who_publish_at_once_the_second_gets_the_conflict(everybody: Bench) -> None:
    wanted, seen = look(everybody, "0.1")
    outcomes: list[str] = []

    def publish_too() -> None:
        with pytest.raises(Conflict), transaction() as s:
            publish(s, everybody, wanted, seen=seen, foreseen=mark_of(wanted, Shift()), by="Bjørn", why="so did I")
        outcomes.append("conflict")

    second = threading.Thread(target=publish_too)
    with transaction() as s:
        publish(s, everybody, wanted, seen=seen, foreseen=mark_of(wanted, Shift()), by="Ada", why="too much mail")
        second.start()
        wait_until(_somebody_waits, within_s=10)
    second.join(timeout=30)
    assert outcomes == ["conflict"]
    with transaction() as s:
        assert len(s.scalars(select(LineMove)).all()) == 1


def _somebody_waits() -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with transaction() as s:
        return bool(s.scalar(text(waiting)))


def test_a_move_over_which_one_line_was_drawn_since_is_not_taken_back_in_part(everybody: Bench) -> None:
    put(everybody, "0.1")
    with transaction() as s:
        set_threshold(s, everybody.profiles[0], 0.9, by="Bjørn", why="no")
    with pytest.raises(NotLast):
        back(everybody)
    assert lines(everybody) == [0.9, 0.6, 0.12, 0.7]


def test_undo_of_what_was_looked_at_before_another_published_is_refused(everybody: Bench) -> None:
    put(everybody, "0.1")
    with transaction() as s:
        step = last_step(s, everybody)
    put(everybody, "0.1", by="Bjørn")
    assert step is not None
    with pytest.raises(NotLast), transaction() as s:
        take_back(s, everybody, move_id=step.move_id, threshold_id=step.threshold_id, by="Ada")


def test_one_profile_s_last_change_is_taken_back_whoever_drew_it_and_a_move_with_all_its_lines(
    everybody: Bench,
) -> None:
    with transaction() as s:
        one = bench(s, str(everybody.profiles[0]))
    put(everybody, "0.1")
    with transaction() as s:
        set_threshold(s, one.profiles[0], 0.9, by="Bjørn", why="no")
    back(one)
    assert lines(everybody) == [0.5, 0.6, 0.12, 0.7]
    back(one)
    assert lines(everybody) == [0.4, 0.5, 0.02, 0.6]


@pytest.mark.parametrize(("step", "why"), [("0.1", "  "), ("0", "nothing moves")])
def test_a_move_wants_a_reason_and_something_to_move(everybody: Bench, step: str, why: str) -> None:
    wanted, seen = look(everybody, step)
    with pytest.raises(ValueError), transaction() as s:
        publish(s, everybody, wanted, seen=seen, foreseen=mark_of(wanted, Shift()), by="Ada", why=why)
