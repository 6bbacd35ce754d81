"""Does the laboratory tell of a move what happened in the last weeks: how much, in how many mails, how right?"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.engine import URL

from classifier import recall
from classifier.bench import bench
from classifier.interval import Share, share, votes_to_settle
from classifier.laboratory import Look, look
from classifier.measures import calibration
from classifier.revisions import put_in_force
from db.models import (
    JudgedMatch,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    RecallQuestion,
    RecallSample,
    Subscriber,
    Threshold,
)
from db.session import transaction, utcnow
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber, make_verdict


@pytest.fixture
def welder(database: URL) -> Profile:
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    return make_profile(make_subscriber(), threshold=0.5, matched_rev=MODEL_REV)


def came(profile: Profile, score: float, *, days_ago: float = 1.0, **values: Any) -> NoticeVersion:
    at = utcnow() - timedelta(days=days_ago)
    version = make_notice(created_at=at, matched_rev=MODEL_REV)
    with transaction() as s:
        s.get_one(Notice, version.notice_id).created_at = at
    make_match(version, profile, score=score, **values)
    return version


def looked(profile: Profile, value: float | None, *, key: str = "", days: int = 30) -> Look:
    with transaction() as s:
        on = bench(s, key or str(profile.id))
        return look(s, on, None if value is None else Decimal(str(value)), days=days)


def test_bars_count_what_came_in_the_window_and_nothing_bars(welder: Profile) -> None:
    came(welder, 0.999)
    came(welder, 1.0)
    came(welder, 0.45)
    came(welder, 0.45, barred_by="country")
    came(welder, 0.45, days_ago=40)
    told = looked(welder, None).replay
    assert (told.notices, told.bars[49], told.bars[22], sum(told.bars)) == (4, 2, 1, 3)
    assert looked(welder, None, days=90).replay.bars[22] == 2


def test_a_week_s_alerts_and_mails_are_told_before_and_after(welder: Profile) -> None:
    for days_ago in (1.0, 1.001, 8.0):
        came(welder, 0.45, days_ago=days_ago)
    came(welder, 0.8, days_ago=15)
    told = looked(welder, 0.4).replay
    weeks = 30 / 7
    assert told.alerts() == pytest.approx((1 / weeks, 4 / weeks))
    assert told.mails()[0] == pytest.approx(1 / weeks)
    assert told.mails()[1] in (pytest.approx(3 / weeks), pytest.approx(4 / weeks))  # two of one minute, but at midnight


def test_a_weekly_reader_gets_fewer_mails_and_all_profiles_of_a_firm_count(welder: Profile) -> None:
    with transaction() as s:
        subscriber = s.get_one(Subscriber, welder.subscriber_id)
    other = make_profile(subscriber, cadence="weekly", matched_rev=MODEL_REV)
    for days_ago in range(1, 29):
        came(other, 0.9, days_ago=days_ago)
    told = looked(welder, None).replay
    assert told.alerts()[1] == pytest.approx(28 / 30 * 7)
    assert told.mails()[1] <= 5 / 30 * 7 + 0.001
    assert not sum(told.bars)  # which are of the profile that is looked at


def test_a_flood_is_warned_of(welder: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.replay.TOO_MANY_A_DAY", 0.05)  # rather than three hundred notices
    for days_ago in (1, 2, 3):
        came(welder, 0.45, days_ago=days_ago)
    assert not looked(welder, 0.5).flooded
    told = looked(welder, 0.4)
    assert told.gained.count == 3
    assert [one.subscriber_id for one in told.flooded] == [welder.subscriber_id]


def test_precision_is_of_what_was_judged_above_the_moved_line(welder: Profile) -> None:
    for score, verdict in ((0.9, "relevant"), (0.8, "on_it"), (0.55, "not_relevant"), (0.6, "not_relevant")):
        make_verdict(welder, verdict, score=score)
    was, will = looked(welder, 0.7).measured
    assert was.precision is not None
    assert will.precision is not None
    assert (was.precision.hits, was.precision.of) == (2, 4)
    assert (will.precision.hits, will.precision.of, will.precision.high) == (2, 2, 1.0)
    assert looked(welder, None).measured[0].recall is None  # nobody was asked


def test_an_interval_narrows_with_votes_and_says_how_many_more_settle_it() -> None:
    assert share(0, 0) is None
    few, many = share(7, 10), share(91, 130)
    assert few is not None
    assert many is not None
    assert few.low < 0.7 < few.high
    more = votes_to_settle(few)
    settled = share(round(0.7 * (10 + more)), 10 + more)
    assert settled is not None
    assert settled.high - settled.low == pytest.approx(0.16, abs=0.004)
    assert votes_to_settle(many) == 0
    assert votes_to_settle(Share(hits=1, of=1, value=1.0, low=0.2, high=1.0)) > 0


def test_calibration_is_told_for_each_revision(welder: Profile) -> None:
    make_verdict(welder, "relevant", score=0.95)
    make_verdict(welder, "not_relevant", score=0.93)
    make_verdict(welder, "relevant", score=0.61)
    with transaction() as s:
        s.execute(update(JudgedMatch).where(JudgedMatch.score == 0.61).values(model_rev="older"))
        told = calibration(s, [welder.id])
    assert {revision: [(one.low, one.was.hits, one.was.of) for one in bins] for revision, bins in told.items()} == {
        MODEL_REV: [(0.9, 1, 2)],
        "older": [(0.6, 1, 1)],
    }


@pytest.fixture
def asked(welder: Profile) -> Profile:
    """A profile that takes part, with three notices in each stratum of last week, and three that were not kept."""
    with transaction() as s:
        recall.take_part(s, welder.subscriber_id, asked=True)
    days_ago = utcnow().weekday() + 3.0
    for score in (0.05, 0.05, 0.05, 0.2, 0.2, 0.2, 0.45, 0.45, 0.45, 0.9):
        came(welder, score, days_ago=days_ago)
    for _ in range(3):
        make_notice(created_at=utcnow() - timedelta(days=days_ago), matched_rev=MODEL_REV)
    make_notice(created_at=utcnow() - timedelta(days=days_ago), matched_rev=MODEL_REV, scope="none")  # barred
    return welder


def samples() -> list[RecallSample]:
    with transaction() as s:
        return list(s.scalars(select(RecallSample).order_by(RecallSample.id)))


def test_a_week_s_question_draws_one_of_each_stratum_under_the_line_once(asked: Profile) -> None:
    now = utcnow()
    assert recall.draw(now) == 1
    assert recall.draw(now) == 0
    told = {one.stratum: (one.score, one.stands_for) for one in samples()}
    assert told == {"0.0": (0.05, 3), "0.1": (0.2, 3), "0.25": (0.45, 3), "unkept": (None, 3)}


def test_the_same_week_draws_the_same(asked: Profile) -> None:
    now = utcnow()
    recall.draw(now)
    first = [one.version_id for one in samples()]
    with transaction() as s:
        s.execute(delete(RecallQuestion))
    recall.draw(now)
    assert [one.version_id for one in samples()] == first


def test_who_does_not_take_part_is_not_asked(asked: Profile) -> None:
    with transaction() as s:
        recall.take_part(s, asked.subscriber_id, asked=False)
    assert recall.draw(utcnow()) == 0


def test_answers_measure_recall_and_move_no_line(asked: Profile) -> None:
    recall.draw(utcnow())
    make_verdict(asked, "relevant", score=0.9)
    near = next(one for one in samples() if one.stratum == "0.25")
    before = looked(asked, None)
    assert before.measured[0].recall is None
    with transaction() as s:
        recall.answer(s, near.question_id, [near.id])
    was, will = looked(asked, 0.4).measured
    assert was.recall is not None
    assert will.recall is not None
    assert was.recall.answers == 4
    assert was.recall.low < was.recall.value < was.recall.high
    assert will.recall.value > was.recall.value  # the lower line tells what the answer said was missed
    assert was.recall.missed_a_week > will.recall.missed_a_week
    with transaction() as s:
        assert len(s.scalars(select(Threshold)).all()) == 1
        recall.answer(s, near.question_id, [])
    again = looked(asked, None).measured[0].recall
    assert again is not None
    assert again.value > was.recall.value  # the last word wins


def test_a_look_writes_nothing_and_names_what_comes(welder: Profile) -> None:
    came(welder, 0.45)
    told = looked(welder, 0.4)
    assert [(one.title, one.score) for one in told.gained.named] == [
        ("Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes", 0.45)
    ]
    assert told.after == {welder.id: Decimal("0.400")}
    group = looked(welder, -0.1, key="NO")
    assert (group.after, group.gained.count, group.line) == (told.after, 1, Decimal("0.500"))
    with transaction() as s:
        assert s.scalars(select(Match.threshold_then)).all() == [0.5]
