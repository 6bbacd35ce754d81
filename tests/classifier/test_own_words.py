"""Does a wanted word lift what lies just under the line over it, say so, and leave every other score alone?"""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from alerts.compose import entry_of, reasons_of
from alerts.entry import tell_entry
from alerts.export import Form, export
from alerts.speak import speaker
from alerts.standing import standings
from classifier.bench import bench
from classifier.laboratory import look
from classifier.match import load_scorer, match_new
from classifier.own_words import lifted, unlifted, unwanted, wanted
from classifier.publishing import publish
from db import seed
from db.models import Alert, Lot, Match, NoticeVersion, Profile
from db.session import transaction, utcnow
from factories import make_notice, make_profile, make_subscriber

SOMEWHAT: dict[str, Any] = {
    "title": {"nb": "Drift og vedlikehold av kaianlegg"},
    "description": {"nb": "Utskifting av fendere, reparasjon av stål og noe sveising. Pumpehus skal males."},
    "cpv": ["45241000"],
}


@given(st.floats(0, 1))
def test_a_lift_keeps_the_order_and_ends_within_bounds(score: float) -> None:
    assert 0 <= score <= lifted(score) <= 1
    assert unlifted(lifted(score)) == pytest.approx(score)
    assert lifted(1 / 3) == pytest.approx(0.5)


def test_words_are_found_whole_wherever_a_notice_has_them() -> None:
    version = NoticeVersion(
        title={"nb": "Kai", "en": "Quay"},
        description={"nb": "Nye FENDERE, pumpehus."},
        lots=[Lot(identifier="1", title={"nb": "Maling"}, description={"nb": "Med sand-blåsing"})],
    )
    assert wanted(["quay", "fendere", "pumpe", "maling", "sand-blåsing", "a+b"], version) == (
        "quay", "fendere", "maling", "sand-blåsing",
    )  # fmt: skip
    assert wanted([], version) == ()
    assert unwanted(["fendere"], version)
    assert not unwanted(["maling"], version)  # a lot that is not theirs bars no other


def test_a_wanted_word_doubles_the_odds_of_what_has_it_and_changes_nothing_else(database: URL) -> None:
    scorer = load_scorer()
    version, other = make_notice(**SOMEWHAT), make_notice()
    plain, wants, lacks = (
        make_profile(make_subscriber(), threshold=None, words_in=words)
        for words in ([], ["Fendere", "kai"], ["svømmehall"])
    )
    match_new(scorer)
    with transaction() as s:
        found = {(row.profile_id, row.version_id): row for row in s.scalars(select(Match))}
    base = found[plain.id, version.id].score
    assert found[wants.id, version.id].score == pytest.approx(lifted(base))
    assert found[wants.id, version.id].evidence["words_in"] == ["Fendere"]
    assert found[lacks.id, version.id].score == base
    assert len({found[one.id, other.id].score for one in (plain, wants, lacks)}) == 1
    assert found[plain.id, version.id].evidence["words_in"] == []


def test_what_is_too_faint_to_keep_is_kept_where_a_word_lifts_it(database: URL) -> None:
    scorer = load_scorer()
    version = make_notice(**SOMEWHAT)
    match_new(scorer)
    plain = make_profile(make_subscriber(), threshold=None)
    match_new(scorer)
    with transaction() as s:
        base = s.scalars(select(Match.score)).one()
    scorer.keep_floor = (base + lifted(base)) / 2
    for words in ([], ["fendere"], ["svømmehall"]):
        make_profile(make_subscriber(), threshold=None, words_in=words)
    match_new(scorer)
    with transaction() as s:
        kept = s.execute(select(Profile.words_in, Match.version_id).join(Match).where(Profile.id != plain.id)).all()
    assert kept == [(["fendere"], version.id)]


def test_the_reason_names_the_word_and_a_move_of_the_line_does_what_was_shown(database: URL) -> None:
    scorer = load_scorer()
    subscriber = make_subscriber()
    make_notice(**SOMEWHAT)
    profile = make_profile(subscriber, threshold=1.0, words_in=["fendere"])
    match_new(scorer)
    with transaction() as s:
        match = s.scalars(select(Match)).one()
        assert s.scalar(select(func.count(Alert.id))) == 0
        on = bench(s, str(profile.id))
        between = Decimal(str(round((unlifted(match.score) + match.score) / 2, 3)))
        assert unlifted(match.score) < between < match.score
        shown = look(s, on, between, days=30)
        assert shown.gained.count == 1
        publish(s, on, shown.after, seen=shown.seen, foreseen=shown.foreseen, by="Ada", why="mer")
    with transaction() as s:
        alert = s.scalars(select(Alert)).one()
        [standing] = standings(s, [alert], [profile], language="nb")
    reasons = reasons_of(standing, {profile.id: profile})
    said = speaker(language="nb", country="NO", as_of=utcnow(), names=seed.load())
    [told] = tell_entry(entry_of(standing, subscriber, reasons, ()), said, number=1).reasons
    assert "har ord du ser etter: «fendere»" in told.details
    with transaction() as s:
        whole = json.loads(export(s, subscriber, seed.load(), Form.JSON).body)
    assert whole["matches"][0]["reasons"][0]["words_in"] == ["fendere"]
