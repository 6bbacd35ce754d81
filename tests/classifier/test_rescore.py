"""Does an installation move to another model revision without a gap, with nobody told twice and nobody forgotten?"""

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from other_model import save_other_model
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from classifier import matches
from classifier.encoder import load_encoder
from classifier.match import load_scorer, match_new
from classifier.moves import Change, foretell
from classifier.rescore import Rescored, rescore
from classifier.revisions import OtherRevision, ruling
from classifier.score import Scorer
from classifier.threshold import set_threshold
from db import seed
from db.models import Alert, Match, NoticeVersion, Profile, ScoreRevision, Subscriber
from db.session import transaction, utcnow
from factories import make_notice, make_profile, make_subscriber

WORKS = (
    ("Rammeavtale sveisearbeid og stålkonstruksjoner", "Sveising av bærende stålkonstruksjoner i EXC3."),
    ("Vedlikehold av kaianlegg", "Arbeidet omfatter reparasjon av stål, noe sveising og maling."),
    ("Levering av rekkverk", "Rekkverk i galvanisert stål skal produseres og monteres."),
    ("Catering til øvelse", "Varm mat til fire hundre soldater i felt."),
    ("Renhold av kontorbygg", "Daglig renhold av kontorer og garderober."),
)


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_other_model(tmp_path_factory.mktemp("models") / "other")


@pytest.fixture
def old(database: URL) -> Scorer:
    return load_scorer()


@pytest.fixture
def new(database: URL, other_folder: Path) -> Scorer:
    return Scorer(load_encoder(str(other_folder)), seed.load())


def publish() -> list[NoticeVersion]:
    return [make_notice(title={"nb": title}, description={"nb": said}) for title, said in WORKS]


def alerts() -> list[tuple[int, int]]:
    with transaction() as s:
        return sorted((row.subscriber_id, row.version_id) for row in s.scalars(select(Alert)))


def scores(revision: str) -> dict[tuple[int, int], float]:
    with transaction() as s:
        rows = s.scalars(select(Match).where(Match.model_rev == revision))
        return {(row.version_id, row.profile_id): row.score for row in rows}


def told_by(records: Sequence[dict[str, Any]]) -> dict[str, float]:
    return {row["title"]: row["score"] for row in records}


def test_the_revisions_differ_and_so_do_their_scores(old: Scorer, new: Scorer) -> None:
    assert old.revision != new.revision
    publish()
    make_profile(make_subscriber(), threshold=0.0)
    match_new(old)
    rescore(new, by="test")
    before, after = scores(old.revision), scores(new.revision)
    assert before.keys() == after.keys()
    assert max(abs(before[pair] - after[pair]) for pair in before) > 0.01


def test_the_first_to_match_is_in_force_and_no_other_matches_until_a_rescore(old: Scorer, new: Scorer) -> None:
    publish()
    make_profile(make_subscriber())
    assert ruling() is None
    match_new(old)
    assert ruling() == old.revision
    late = make_notice()
    for _ in range(3):  # a rolling release: old and new workers in turns
        with pytest.raises(OtherRevision, match="anbudsvakt rescore"):
            match_new(new)
        assert scores(new.revision) == {}
    match_new(old)
    assert late.id in {version for version, _ in scores(old.revision)}
    rescore(new, by="test")
    counted = len(scores(new.revision))
    for _ in range(3):
        with pytest.raises(OtherRevision):
            match_new(old)
        assert match_new(new).matches == 0
    assert len(scores(new.revision)) == counted
    with transaction() as s:
        rows = s.execute(select(ScoreRevision.model_rev, ScoreRevision.by).order_by(ScoreRevision.id)).all()
    assert [tuple(row) for row in rows] == [(old.revision, "first start"), (new.revision, "test")]


def test_what_is_owed_when_the_revision_changes_is_matched_by_the_new_one(old: Scorer, new: Scorer) -> None:
    make_profile(make_subscriber())
    match_new(old)
    waiting = make_notice()
    rescore(new, by="test")
    assert scores(new.revision) == {}
    match_new(new)
    assert [version for version, _ in scores(new.revision)] == [waiting.id]
    assert len(alerts()) == 1


def test_nobody_is_told_twice_and_what_is_new_is_told_once(old: Scorer, new: Scorer) -> None:
    """A line between the two scores of a pair: by one revision the notice is above it, by the other it is not."""
    publish()
    profile = make_profile(make_subscriber(), threshold=0.0)
    match_new(old)
    rescore(new, by="test")
    by_old, by_new = scores(old.revision), scores(new.revision)
    rising = {pair for pair in by_old if by_new[pair] > by_old[pair]}
    pair = max(rising, key=lambda pair: by_new[pair] - by_old[pair])
    line = round((by_old[pair] + by_new[pair]) / 2, 3)
    assert by_old[pair] < line <= by_new[pair]

    second = make_profile(make_subscriber(), threshold=line)  # the same words, a line of its own
    rescore(old, by="test")  # back, so that the second profile is told by the old one first
    match_new(old)
    before = alerts()
    mine = {version for subscriber, version in before if subscriber == second.subscriber_id}
    assert mine == {version for (version, who), score in by_old.items() if who == profile.id and score >= line}

    done = rescore(new, by="test")
    expected = {version for (version, who), score in by_new.items() if who == profile.id and score >= line} - mine
    assert pair[0] in expected
    assert done.alerts == len(expected)
    assert set(alerts()) - set(before) == {(second.subscriber_id, version) for version in expected}
    assert rescore(new, by="test") == Rescored(before=new.revision, after=new.revision)
    match_new(new)
    assert len(alerts()) == len(before) + len(expected)


def test_all_reads_the_old_revision_until_the_switch_and_the_new_one_after_it(old: Scorer, new: Scorer) -> None:
    publish()
    profile = make_profile(make_subscriber(), threshold=0.001)
    match_new(old)
    before, seen = told_by(matches.of_profile(profile.id)), []

    def look(_done: int) -> None:
        assert len(scores(new.revision)) > 0, "the new revision's matches are written by now"
        assert ruling() == old.revision
        seen.append(told_by(matches.of_profile(profile.id)))

    rescore(new, by="test", progress=look)
    assert seen
    assert all(one == before for one in seen)
    after = told_by(matches.of_profile(profile.id))
    assert after.keys() == before.keys()
    assert after != before
    assert told_by(matches.above(model_rev=new.revision)) == after


def test_killed_half_way_it_has_changed_nothing_and_can_begin_anew(old: Scorer, new: Scorer) -> None:
    publish()
    profile = make_profile(make_subscriber(), threshold=0.001)
    match_new(old)
    before = (told_by(matches.of_profile(profile.id)), alerts())

    def killed(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rescore(new, by="test", progress=killed)
    assert scores(new.revision)
    assert (told_by(matches.of_profile(profile.id)), alerts()) == before
    assert ruling() == old.revision
    assert make_notice().id  # and the old revision goes on
    assert match_new(old).notices == 1
    rescore(new, by="test")
    assert scores(new.revision).keys() == scores(old.revision).keys()


def test_what_comes_while_it_runs_is_not_left_behind(old: Scorer, new: Scorer) -> None:
    publish()
    edited, redrawn = make_profile(make_subscriber(), threshold=0.001), make_profile(make_subscriber())
    left = make_profile(make_subscriber(), threshold=0.001)
    match_new(old)
    came: list[int] = []

    def meanwhile(_done: int) -> None:
        if came:
            return
        came.append(make_notice().id)
        fresh = make_profile(make_subscriber(), threshold=0.001)
        came.append(fresh.id)
        with transaction() as s:
            s.execute(update(Profile).where(Profile.id == edited.id).values(sentences=["Vi lager mat i felt."], cpv=[]))
            s.execute(update(Profile).where(Profile.id == edited.id).values(matched_rev=None))
            s.execute(update(Subscriber).where(Subscriber.id == left.subscriber_id).values(unsubscribed_at=utcnow()))
            set_threshold(s, redrawn.id, 0.123, by="Ada", why="less mail")
        match_new(old)

    rescore(new, by="test", progress=meanwhile)
    version_id, profile_id = came
    found = scores(new.revision)
    assert {who for version, who in found if version == version_id} >= {redrawn.id, profile_id}
    assert len([who for _, who in found if who == profile_id]) == len(WORKS) + 1
    with transaction() as s:
        mine = s.scalars(select(Match).where(Match.profile_id == edited.id, Match.model_rev == new.revision)).all()
        lines = s.scalars(
            select(Match.threshold_then).where(Match.profile_id == redrawn.id, Match.model_rev == new.revision)
        ).all()
        owed = s.scalars(select(Profile.id).where(Profile.matched_rev != new.revision)).all()
    assert mine, "the catering is for it now"
    assert {match.evidence["profile_sentence"] for match in mine} == {"Vi lager mat i felt."}
    assert set(lines) == {0.123}
    assert owed == [left.id]
    assert match_new(new).profiles == 0


def test_a_closed_notice_keeps_the_score_by_which_it_was_told(old: Scorer, new: Scorer) -> None:
    make_profile(make_subscriber(), threshold=0.001)
    closed, still = make_notice(), make_notice(title={"nb": "Sveising av bru"})
    match_new(old)
    with transaction() as s:
        s.execute(
            update(NoticeVersion).where(NoticeVersion.id == closed.id).values(deadline_at=utcnow() - timedelta(hours=1))
        )
    rescore(new, by="test")
    assert {version for version, _ in scores(new.revision)} == {still.id}
    assert len(matches.above(model_rev=old.revision)) == 1
    assert len(matches.above(model_rev=new.revision)) == 1


def test_a_pair_that_was_matched_before_is_no_news(old: Scorer, new: Scorer) -> None:
    make_profile(make_subscriber(), threshold=0.001)
    publish()
    match_new(old)
    long_ago = utcnow() - timedelta(days=40)
    with transaction() as s:
        s.execute(update(Match).values(created_at=long_ago))
    rescore(new, by="test")
    with transaction() as s:
        at = s.scalars(select(Match.created_at).where(Match.model_rev == new.revision)).all()
    assert set(at) == {long_ago}


def test_of_two_at_once_one_does_the_work(old: Scorer, new: Scorer) -> None:
    publish()
    make_profile(make_subscriber(), threshold=0.001)
    match_new(old)
    done: list[Rescored] = []
    both = [threading.Thread(target=lambda: done.append(rescore(new, by="test"))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(one.notices for one in done) == [0, len(WORKS)]
    with transaction() as s:
        assert s.scalar(select(func.count()).select_from(ScoreRevision)) == 2


def test_what_is_foretold_is_what_happens(old: Scorer, new: Scorer) -> None:
    publish()
    profiles = [make_profile(make_subscriber(), threshold=0.001) for _ in range(2)]
    match_new(old)
    rescore(new, by="test")
    middling = sorted(scores(new.revision).values())[len(WORKS)]
    rescore(old, by="test")
    with transaction() as s:
        for profile in profiles:
            set_threshold(s, profile.id, round(middling, 3), by="Ada", why="in the middle")
        s.execute(update(Profile).values(matched_rev=None))
    match_new(old)
    before = {(row["profile"], row["title"]) for row in matches.above(model_rev=old.revision)}
    with transaction() as s:
        rows = s.scalar(select(func.count()).select_from(Match))
    foretold = foretell(new)
    with transaction() as s:
        assert s.scalar(select(func.count()).select_from(Match)) == rows
    assert ruling() == old.revision

    rescore(new, by="test")
    after = {(row["profile"], row["title"]) for row in matches.above(model_rev=new.revision)}
    added = {(move.profile, move.title) for move in foretold if move.change is Change.ADDED}
    removed = {(move.profile, move.title) for move in foretold if move.change is Change.REMOVED}
    assert (added, removed) == (after - before, before - after)
    assert all(move.told for move in foretold), "all of them were told while the lines were low"
    assert foretell(new) == []
