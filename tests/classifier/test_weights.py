"""Does a sentence that misleads come to count for less, within its bounds, openly, and without alerting anybody twice?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from classifier.history import NotLast, last_change
from classifier.learn import learn, undo_weight
from classifier.weights import in_order, weight_history, weights_of
from db.models import Alert, Match, Profile, SentenceWeight
from db.session import transaction
from factories import make_notice, make_profile, make_subscriber, make_verdict

MONDAY = datetime(2026, 11, 23, 4, 5, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
WELD, PAINT = "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3.", "Vi maler stål."
REAL = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def painter() -> Profile:
    return make_profile(make_subscriber(), sentences=[WELD, PAINT], matched_rev="test-rev")


def judge(profile: Profile, sentence: str, *verdicts: bool, score: float = 0.6, at: datetime = MONDAY - DAY) -> None:
    for relevant in verdicts:
        said = "relevant" if relevant else "not_relevant"
        make_verdict(profile, said, sentence=sentence, score=score, at=at)


def weights(profile: Profile) -> dict[str, float]:
    with transaction() as s:
        return weights_of(s, [profile.id]).get(profile.id, {})


def rows(profile: Profile) -> list[SentenceWeight]:
    with transaction() as s:
        return list(weight_history(s, profile.id))


def again(profile: Profile) -> Profile:
    with transaction() as s:
        return s.get_one(Profile, profile.id)


def test_a_misleading_sentence_falls_by_one_step_with_a_reason(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, False, False, False)
    judge(profile, WELD, True, False)
    learn(now=MONDAY)
    assert weights(profile) == {PAINT: 0.95}
    (row,) = rows(profile)
    assert (row.moved_from, row.by, row.drawn, row.at) == (Decimal(1), "learning", "learned", MONDAY)
    assert "0 of 3 judged alerts were relevant, 1.8 by their scores" in row.why


def test_fewer_than_three_verdicts_on_a_sentence_teach_nothing_of_it(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, False, False)
    judge(profile, WELD, True, True)
    learn(now=MONDAY)
    assert weights(profile) == {}
    assert again(profile).matched_rev == "test-rev"


def test_a_verdict_speaks_of_the_one_sentence_that_was_quoted_whole_or_in_part(database: URL) -> None:
    longer = f"{PAINT} {WELD}"
    profile = make_profile(make_subscriber(), sentences=[longer, PAINT])
    judge(profile, PAINT, False, False, False)
    judge(profile, WELD, True, True, True)
    learn(now=MONDAY)
    assert weights(profile) == {longer: 1.05, PAINT: 0.95}


def test_the_only_sentence_of_a_firm_is_not_weighed(database: URL) -> None:
    profile = make_profile(make_subscriber(), sentences=[WELD])
    judge(profile, WELD, False, False, False, False)
    assert learn(now=MONDAY) == []


def test_a_changed_weight_owes_the_profile_to_the_scorer(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, False, False, False)
    learn(now=MONDAY, dry_run=True)
    assert again(profile).matched_rev == "test-rev"
    learn(now=MONDAY)
    assert again(profile).matched_rev is None


def test_a_sentence_never_falls_silent_nor_drowns_the_others(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, *[False] * 12)
    judge(profile, WELD, *[True] * 12)
    for week in range(12):
        learn(now=MONDAY + week * (WEEK + DAY))
    assert weights(profile) == {PAINT: 0.7, WELD: 1.1}


EVENT = st.tuples(st.floats(0, 4), st.booleans(), st.booleans(), st.floats(0.05, 1))


@REAL
@given(events=st.lists(EVENT, max_size=20))
def test_whatever_is_said_a_weight_moves_one_step_a_week(
    database: URL, events: list[tuple[float, bool, bool, float]]
) -> None:
    profile, now = painter(), MONDAY
    for days, relevant, welding, score in events:
        now += timedelta(days=days)
        judge(profile, WELD if welding else PAINT, relevant, score=score, at=now)
        learn(now=now + timedelta(minutes=1))
        assert [step for step in learn(now=now + timedelta(minutes=2)) if step.profile_id == profile.id] == []
    for sentence in (WELD, PAINT):
        moves = [row for row in rows(profile) if row.sentence == sentence]
        for first in moves:
            week = [row for row in moves if first.at <= row.at <= first.at + WEEK]
            assert sum(abs(row.value - row.moved_from) for row in week) <= Decimal("0.05")


@REAL
@given(scores=st.lists(st.floats(0.05, 1), min_size=3, max_size=5), relevant=st.booleans())
def test_one_kind_of_verdict_never_moves_a_weight_the_other_way(
    database: URL, scores: list[float], relevant: bool
) -> None:
    profile = painter()
    for score in scores:
        judge(profile, PAINT, relevant, score=score)
        judge(profile, WELD, not relevant, score=score)
    for week in range(3):
        learn(now=MONDAY + week * (WEEK + DAY))
    values = [row.value for row in rows(profile) if row.sentence == PAINT]
    assert values == sorted(values, reverse=not relevant)
    assert all((value >= 1) if relevant else (value <= 1) for value in values)


def test_undo_restores_exactly_and_the_same_verdicts_teach_it_no_more(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, False, False, False)
    learn(now=MONDAY)
    with transaction() as s:
        s.execute(update(Profile).values(matched_rev="test-rev"))
    with transaction() as s:
        change = last_change(weight_history(s, profile.id))
        assert change is not None
        undo_weight(s, change, by="Ada", at=MONDAY + DAY)
    assert weights(profile) == {PAINT: 1.0}
    assert again(profile).matched_rev is None
    for week in range(1, 9):
        learn(now=MONDAY + week * (WEEK + DAY))
    assert weights(profile) == {PAINT: 1.0}
    with pytest.raises(NotLast), transaction() as s:
        undo_weight(s, change, by="Bjørn")
    judge(profile, PAINT, False, False, False, at=MONDAY + 70 * DAY)
    learn(now=MONDAY + 80 * DAY)
    assert weights(profile) == {PAINT: 0.95}


def test_an_edited_sentence_starts_anew_and_the_others_keep_theirs(database: URL) -> None:
    profile = painter()
    judge(profile, PAINT, False, False, False)
    judge(profile, WELD, True, True, True)
    learn(now=MONDAY)
    edited = [WELD, "Vi maler stål og tre."]
    assert in_order(edited, weights(profile)) == (1.05, 1.0)
    with transaction() as s:
        s.execute(update(Profile).values(sentences=edited))
    learn(now=MONDAY + WEEK + DAY)
    assert [row.value for row in rows(profile) if row.sentence == PAINT] == [Decimal("0.95")]


def test_a_profile_that_nobody_judged_reads_as_ever(database: URL) -> None:
    assert in_order([WELD, PAINT], weights(painter())) == ()


def test_the_scorer_is_given_the_weights_and_alerts_nobody_twice(database: URL) -> None:
    from classifier.candidates import profile_text
    from classifier.match import load_scorer, match_new

    scorer, profile = load_scorer(), make_profile(make_subscriber(), sentences=[WELD, PAINT], threshold=0.05)
    make_notice()
    match_new(scorer)
    with transaction() as s:
        s.add(SentenceWeight(profile_id=profile.id, sentence=WELD, value=Decimal("0.7"), moved_from=Decimal("0.7"),
                             drawn="undo", by="test", why="test"))  # fmt: skip
        s.execute(update(Profile).values(matched_rev=None))
    assert profile_text(profile, weights(profile)).weights == (0.7, 1.0)
    assert match_new(scorer).profiles == 1
    with transaction() as s:
        assert s.scalar(select(func.count()).select_from(Alert)) == 1
        assert len(s.scalars(select(Match.id)).all()) == 1
