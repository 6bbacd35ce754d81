"""Does what a firm answers at sign-up teach as its later verdicts do, once, and can the line it began with be taken back? (P3)"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.engine import URL

from classifier import estimate
from classifier.bench import bench
from classifier.feedback import judgements, record
from classifier.history import SIGN_UP, last_change
from classifier.learn import learn
from classifier.publishing import last_step
from classifier.revisions import put_in_force
from classifier.threshold import history, own_lines, set_threshold, undo
from db.models import Drawn, FirstVerdict, NoticeVersion, Profile, Subscriber, Verdict
from db.session import transaction
from factories import MODEL_REV, make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict

JOINED = datetime(2026, 11, 20, 9, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 4, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
DEFAULT = Decimal("0.368")
ANSWERS = ((0.9, True), (0.5, False), (0.4, False), (0.35, False), (0.3, False))


def sign_up(*answers: tuple[float, bool], model_rev: str = MODEL_REV) -> tuple[Profile, list[NoticeVersion]]:
    """A profile whose line began with these answers, as ``web.joining`` writes it, and the notices that they are of."""
    profile, versions = make_profile(make_subscriber(), threshold=None), [make_notice() for _ in answers]
    by = estimate.offset([score for score, _ in answers], [relevant for _, relevant in answers])
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
        line = estimate.line_for(DEFAULT, by)
        set_threshold(
            s, profile.id, line, by=SIGN_UP, why="answers", drawn=Drawn.START, before=DEFAULT, at=JOINED
        )  # fmt: skip
        s.add_all(
            FirstVerdict(profile_id=profile.id, version_id=version.id, score=score, model_rev=model_rev, at=JOINED,
                         verdict=Verdict.RELEVANT if relevant else Verdict.NOT_RELEVANT)
            for version, (score, relevant) in zip(versions, answers, strict=True)
        )  # fmt: skip
    return profile, versions


def line(profile: Profile) -> Decimal:
    with transaction() as s:
        return Decimal(str(own_lines(s, [profile.id])[profile.id])).quantize(estimate.GRAIN)


def said(profile: Profile) -> list[bool]:
    with transaction() as s:
        return [one.relevant for one in judgements(s, profile)]


def test_answers_that_the_line_began_with_move_it_no_further(database: URL) -> None:
    profile, _ = sign_up(*ANSWERS)
    assert line(profile) > DEFAULT + Decimal("0.02")
    for week in range(4):
        assert learn(now=MONDAY + week * WEEK) == []


def test_they_count_with_what_is_said_since_by_steps_of_a_week(database: URL) -> None:
    profile, _ = sign_up(*ANSWERS)
    began = line(profile)
    for _ in range(3):  # by themselves too few
        make_verdict(profile, "not_relevant", score=0.6, at=MONDAY)
    (step,) = learn(now=MONDAY + timedelta(hours=1))
    assert (step.old, step.new) == (began, began + Decimal("0.02"))
    assert "1 of 8 judged alerts were relevant" in step.why
    assert "; 5 answered at sign-up)" in step.why
    every = [*ANSWERS, *[(0.6, False)] * 3]
    aim = estimate.line_for(DEFAULT, estimate.offset([score for score, _ in every], [wanted for _, wanted in every]))
    assert f"on the way to {aim}" in step.why
    assert learn(now=MONDAY + timedelta(days=1)) == []


def test_the_beginning_is_taken_back_to_the_model_s_own_and_teaches_no_more(database: URL) -> None:
    profile, _ = sign_up(*ANSWERS)
    with transaction() as s:
        step = last_step(s, bench(s, str(profile.id)))
        assert step is not None
        assert step.by == SIGN_UP
        change = last_change(history(s, profile.id))
        assert change is not None
        undo(s, change, by="Ada", at=MONDAY)
    assert line(profile) == DEFAULT
    make_verdict(profile, "not_relevant", score=0.6, at=MONDAY + timedelta(hours=1))
    assert learn(now=MONDAY + WEEK) == []


@pytest.mark.parametrize("same_version", [True, False])
def test_a_later_verdict_on_the_same_notice_is_the_last_word(database: URL, same_version: bool) -> None:
    profile, versions = sign_up(*ANSWERS)
    assert said(profile) == [True, False, False, False, False]
    version = versions[1] if same_version else make_notice()
    make_match(version, profile, score=0.5)
    with transaction() as s:
        alert = make_alert(s.get_one(Subscriber, profile.subscriber_id), version)
    with transaction() as s:
        record(s, alert.id, Verdict.RELEVANT, at=MONDAY)
    assert said(profile) == ([True, False, False, False, True] if same_version else [True, *[False] * 4, True])


def test_answers_by_another_model_s_scores_wait_for_this_one_s(database: URL) -> None:
    profile, versions = sign_up(*ANSWERS, model_rev="older")
    assert said(profile) == []
    make_match(versions[0], profile, score=0.7)
    with transaction() as s:
        [one] = judgements(s, profile)
    assert (one.score, one.sentence, one.alert_id) == (0.7, profile.sentences[0], None)


def test_they_weigh_sentences_too(database: URL) -> None:
    answers = [(0.8, False)] * 3
    profile, versions = sign_up(*answers)
    with transaction() as s:
        s.get_one(Profile, profile.id).sentences = [*profile.sentences, "Vi maler."]
    for version in versions:
        make_match(version, profile, score=0.8)
    steps = [step for step in learn(now=MONDAY) if step.sentence]
    assert [(step.sentence, step.old - step.new) for step in steps] == [(profile.sentences[0], Decimal("0.05"))]
