"""Is the last word kept, does it speak of what the reader was told, and does nobody else write verdicts? (P3)"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.engine import URL

from classifier.feedback import judgements, record
from classifier.owed import last_word
from classifier.revisions import put_in_force
from db.models import (
    Feedback,
    JudgedMatch,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    SentenceWeight,
    Subscriber,
    Unfit,
    Verdict,
)
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict, make_version

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)


def say(alert_id: int, verdict: Verdict, at: datetime = MONDAY) -> None:
    with transaction() as s:
        record(s, alert_id, verdict, at=at)


def feedback() -> Feedback:
    with transaction() as s:
        return s.scalars(select(Feedback)).one()


def judged() -> list[tuple[int, float, str]]:
    with transaction() as s:
        rows = s.scalars(select(JudgedMatch).order_by(JudgedMatch.profile_id)).all()
        return [(row.profile_id, row.score, row.sentence) for row in rows]


def test_the_last_word_wins_and_the_same_word_again_changes_nothing(database: URL) -> None:
    alert = make_verdict(make_profile(make_subscriber()), "relevant", at=MONDAY)
    say(alert.id, Verdict.RELEVANT, MONDAY + timedelta(hours=1))
    assert (feedback().verdict, feedback().at) == ("relevant", MONDAY)
    say(alert.id, Verdict.NOT_RELEVANT, MONDAY + timedelta(hours=2))
    assert (feedback().verdict, feedback().at) == ("not_relevant", MONDAY + timedelta(hours=2))


def test_why_it_is_not_for_them_may_follow_and_goes_with_the_verdict(database: URL) -> None:
    alert = make_verdict(make_profile(make_subscriber()), "not_relevant", at=MONDAY)
    with transaction() as s:
        record(s, alert.id, Verdict.NOT_RELEVANT, reason=Unfit.TOO_FAR, at=MONDAY + timedelta(hours=1))
    assert (feedback().reason, feedback().at) == ("too_far", MONDAY)
    say(alert.id, Verdict.NOT_RELEVANT, MONDAY + timedelta(hours=2))
    assert (feedback().reason, feedback().at) == ("too_far", MONDAY)
    say(alert.id, Verdict.ON_IT, MONDAY + timedelta(hours=3))
    assert (feedback().verdict, feedback().reason) == ("on_it", None)


def test_the_last_word_is_of_the_procurement_whichever_of_its_alerts_it_was_given(database: URL) -> None:
    subscriber = make_subscriber()
    first = make_verdict(make_profile(subscriber), "relevant", at=MONDAY)
    with transaction() as s:
        version = s.get_one(NoticeVersion, first.version_id)
    change = make_alert(subscriber, version, kind="change")
    for hours, (alert, verdict) in enumerate(
        [(change, Verdict.NOT_RELEVANT), (first, Verdict.RELEVANT), (first, Verdict.RELEVANT)], start=1
    ):
        say(alert.id, verdict, MONDAY + timedelta(hours=hours))
        with transaction() as s:
            assert s.scalar(select(last_word(subscriber.id, first.procurement_id))) == verdict
    with transaction() as s:
        assert s.scalars(select(Feedback.at).where(Feedback.alert_id == first.id)).one() == MONDAY + timedelta(hours=2)


def test_who_goes_for_it_finds_it_relevant(database: URL) -> None:
    profile = make_profile(make_subscriber())
    make_verdict(profile, "on_it", at=MONDAY)
    with transaction() as s:
        assert [one.relevant for one in judgements(s, profile)] == [True]


def test_no_alert_no_verdict(database: URL) -> None:
    with pytest.raises(LookupError, match="77"):
        say(77, Verdict.RELEVANT)


def test_it_speaks_of_every_profile_whose_match_carried_the_alert(database: URL) -> None:
    subscriber, version = make_subscriber(), make_notice()
    carried, carried_too, below, barred = (make_profile(subscriber) for _ in range(4))
    make_match(version, carried, score=0.8)
    make_match(version, carried_too, score=0.5)
    make_match(version, below, score=0.4)
    make_match(version, barred, score=0.9, barred_by="value")
    make_match(version, make_profile(make_subscriber()), score=0.9)
    say(make_alert(subscriber, version).id, Verdict.RELEVANT)
    assert [(profile_id, score) for profile_id, score, _ in judged()] == [(carried.id, 0.8), (carried_too.id, 0.5)]


def test_where_nothing_is_above_its_line_any_more_the_best_match_carried_it(database: URL) -> None:
    subscriber, version = make_subscriber(), make_notice()
    worse, better = make_profile(subscriber), make_profile(subscriber)
    make_match(version, worse, score=0.3)
    make_match(version, better, score=0.4)
    say(make_alert(subscriber, version).id, Verdict.NOT_RELEVANT)
    assert [profile_id for profile_id, *_ in judged()] == [better.id]


def test_a_corrigendum_speaks_of_the_match_by_which_it_was_told(database: URL) -> None:
    subscriber = make_subscriber()
    profile, first = make_profile(subscriber), make_notice()
    make_match(first, profile, score=0.8)
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    change = make_version(notice, number=2)
    make_match(change, profile, score=0.2)
    say(make_alert(subscriber, change, kind="change").id, Verdict.RELEVANT)
    assert [score for _, score, _ in judged()] == [0.8]


def test_what_was_judged_stays_as_it_was_told(database: URL) -> None:
    profile = make_profile(make_subscriber())
    alert = make_verdict(profile, "relevant", score=0.7)
    before = judged()
    with transaction() as s:
        s.execute(update(Match).values(score=0.1, evidence={"profile_sentence": "Noe annet."}))
    say(alert.id, Verdict.NOT_RELEVANT)
    assert judged() == before == [(profile.id, 0.7, profile.sentences[0])]


def test_scores_of_two_models_are_not_compared(database: URL) -> None:
    profile = make_profile(make_subscriber())
    version = make_notice()
    make_verdict(profile, "relevant", score=0.7, model_rev="old", version=version)
    make_verdict(profile, "relevant", score=0.6, model_rev="new")
    with transaction() as s:
        put_in_force(s, "new", by="test")
    with transaction() as s:
        assert [one.score for one in judgements(s, s.get_one(Profile, profile.id))] == [0.6]
    make_match(version, profile, score=0.9, model_rev="new")
    with transaction() as s:
        assert sorted(one.score for one in judgements(s, s.get_one(Profile, profile.id))) == [0.6, 0.9]


def test_nothing_but_record_writes_verdicts() -> None:
    writes = re.compile(r"(?:insert|update|delete)\(Feedback\)|\bFeedback\(\w+=|(?:INTO|UPDATE|FROM) feedback\b")
    sources = [path for package in ("alerts", "classifier", "commands", "db", "web", "demo", "crawlers")
               for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]  # fmt: skip
    found = {path.relative_to(ROOT).as_posix(): writes.findall(path.read_text()) for path in sources}
    assert {name: hits for name, hits in found.items() if hits} == {"classifier/feedback.py": ["insert(Feedback)"]}
    callers = {path.relative_to(ROOT).as_posix() for path in sources if "feedback import" in path.read_text()
               and re.search(r"import .*\brecord\b", path.read_text())}  # fmt: skip
    # Routes that are POSTs, and the pictures of a demonstration that somebody has used.
    assert callers <= {"web/feedback.py", "web/notices.py", "web/api/feedback.py", "demo/gallery.py"}


def test_erasing_a_subscriber_leaves_nothing_said_or_learned(database: URL) -> None:
    profile = make_profile(make_subscriber())
    make_verdict(profile, "relevant")
    with transaction() as s:
        s.add(SentenceWeight(profile_id=profile.id, sentence=profile.sentences[0], value=1, moved_from=1,
                             drawn="learned", by="learning", why="test"))  # fmt: skip
    with transaction() as s:
        s.execute(delete(Subscriber))
    with transaction() as s:
        for table in (Profile, Feedback, JudgedMatch, SentenceWeight):
            assert s.scalars(select(table)).all() == []
