"""Is every version met by every profile once, whichever of them came first?"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from classifier.candidates import profile_text
from classifier.match import load_scorer, match_new
from classifier.score import Scorer
from classifier.threshold import set_threshold
from db.models import Alert, Lot, Match, NoticeVersion, Profile, Subscriber
from db.session import transaction, utcnow
from factories import make_notice, make_profile, make_subscriber

CATERING: dict[str, Any] = {
    "title": {"sv": "Fältkök och måltidstjänster till övning"},
    "description": {"sv": "Leverantören ska laga och servera 400 portioner varm mat om dagen i fält."},
    "language": "sv",
    "country": "SE",
    "cpv": ["55523000"],
    "nuts": ["SE322"],
}


@pytest.fixture
def scorer(database: URL) -> Scorer:
    return load_scorer()


def scores() -> dict[int, float]:
    with transaction() as s:
        return {row.version_id: row.score for row in s.execute(select(Match.version_id, Match.score))}


def test_the_welder_gets_the_welding_and_not_the_catering(scorer: Scorer) -> None:
    welding, catering = make_notice(), make_notice(**CATERING)
    profile = make_profile(make_subscriber(), threshold=scorer.default_threshold)
    counts = match_new(scorer)
    assert counts.notices >= 2
    found = scores()
    assert found[welding.id] >= scorer.default_threshold
    assert found.get(catering.id, 0.0) < scorer.default_threshold
    with transaction() as s:
        match = s.scalars(select(Match).where(Match.version_id == welding.id)).one()
        assert s.scalars(select(Alert.version_id)).all() == [welding.id]
    assert match.evidence["notice_sentence"] in (*welding.title.values(), *welding.description.values())
    assert match.evidence["profile_sentence"] in profile.sentences


def test_matching_again_changes_nothing(scorer: Scorer) -> None:
    make_notice()
    make_profile(make_subscriber())
    match_new(scorer)
    again = match_new(scorer)
    assert (again.notices, again.matches, again.alerts) == (0, 0, 0)


def test_a_new_profile_meets_what_is_open_already(scorer: Scorer) -> None:
    make_notice()
    passed = make_notice(deadline_at=utcnow())
    match_new(scorer)
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        assert s.scalar(select(func.count()).select_from(Alert)) == 1
        assert s.scalar(select(func.count()).where(Match.version_id == passed.id)) == 0


def test_an_edited_profile_is_scored_anew_only_for_what_it_lacks(scorer: Scorer) -> None:
    make_notice()
    profile = make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        s.execute(
            update(Profile).where(Profile.id == profile.id).values(sentences=["Vi lager mat i felt."], matched_rev=None)
        )
    match_new(scorer)
    with transaction() as s:
        match = s.scalars(select(Match)).one()
    assert match.evidence["profile_sentence"] == "Vi lager mat i felt."


def test_the_threshold_of_the_profile_decides(scorer: Scorer) -> None:
    make_notice()
    profile = make_profile(make_subscriber())
    with transaction() as s:
        set_threshold(s, profile.id, 1.0, by="Ada", why="too much mail")
    match_new(scorer)
    with transaction() as s:
        assert s.scalars(select(Match.threshold_then)).one() == 1.0
        assert s.scalars(select(Alert)).all() == []


def test_who_has_left_is_not_matched(scorer: Scorer) -> None:
    make_notice()
    subscriber = make_subscriber()
    make_profile(subscriber)
    with transaction() as s:
        s.execute(update(Subscriber).values(unsubscribed_at=utcnow()))
    match_new(scorer)
    assert scores() == {}


def test_a_match_outside_the_scope_is_kept_and_barred(scorer: Scorer) -> None:
    make_notice(scope="none")
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        assert s.scalars(select(Match.barred_by)).one() == "scope"
        assert s.scalars(select(Alert)).all() == []


def test_a_version_read_anew_is_matched_anew(scorer: Scorer) -> None:
    version = make_notice()
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        s.execute(update(NoticeVersion).values(matched_rev=None))
    match_new(scorer)
    assert list(scores()) == [version.id]


def test_the_model_is_named_with_every_score(scorer: Scorer) -> None:
    make_notice()
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        assert s.scalars(select(Match.model_rev)).one() == scorer.revision


def test_the_lot_that_carried_the_score_is_named_as_the_documents_name_it(scorer: Scorer) -> None:
    version = make_notice(title={"nb": "Diverse arbeider"}, description={}, cpv=["45000000"])
    with transaction() as s:
        s.add(Lot(version_id=version.id, identifier="LOT-0001", title={"nb": "Maling"}, description={}))
        s.add(
            Lot(version_id=version.id, identifier="LOT-0002", title={"nb": "Sveising av bærende stål"}, description={})
        )
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        assert s.scalars(select(Match)).one().evidence["lot_name"] == "2 Sveising av bærende stål"


def test_an_archive_alerts_nobody(scorer: Scorer) -> None:
    make_profile(make_subscriber())
    make_notice(published_at=utcnow() - timedelta(days=900), deadline_at=None)
    match_new(scorer)
    make_profile(make_subscriber())
    match_new(scorer)
    with transaction() as s:
        assert s.scalars(select(Alert)).all() == []
        assert s.scalars(select(Match.barred_by)).all() == ["age"]


def test_a_profile_is_read_once_however_many_batches_meet_it(scorer: Scorer) -> None:
    text = profile_text(make_profile(make_subscriber()))
    assert scorer.roster([text]).profiles[0] is scorer.roster([text]).profiles[0]
