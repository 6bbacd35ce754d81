"""Does the API tell matches with their reasons and lines, and keep the last word on what was told?"""

from datetime import timedelta

from api_asking import Program
from fingerprint import everything

from classifier.threshold import set_threshold
from db.models import Drawn, Subscriber
from db.session import transaction, utcnow
from factories import MODEL_REV, make_alert, make_match, make_notice, make_profile, make_version


def test_a_match_is_told_with_its_notice_its_line_and_two_sentences(program: Program, alma: Subscriber) -> None:
    profile, version = make_profile(alma, threshold=0.6), make_notice()
    match, alert = make_match(version, profile, score=0.8, threshold_then=0.6), make_alert(alma, version)
    (told,) = program.get("/matches")["matches"]
    assert (told["id"], told["profile_id"], told["profile_key"]) == (match.id, profile.id, profile.key)
    assert (told["score"], told["line"], told["standing"], told["model_rev"]) == (0.8, 0.6, "above", MODEL_REV)
    assert (told["notice"]["id"], told["alert_id"], told["verdict"]) == (version.notice_id, alert.id, None)
    assert told["evidence"]["notice_sentence"].startswith("Leverandøren skal utføre sveising")
    assert told["evidence"]["profile_sentence"] == profile.sentences[0]
    assert told["evidence"]["words"] == [["sveising", "sveiser"]]
    program.ask("POST", "/feedback", json={"match_id": match.id, "verdict": "on_it"})
    assert program.get("/matches")["matches"] == [told | {"verdict": "on_it"}]


def test_matches_are_chosen_by_the_line_as_it_is_now(program: Program, alma: Subscriber) -> None:
    profile, other = make_profile(alma, matched_rev=MODEL_REV), make_profile(alma, threshold=None)
    on, under = (make_match(make_notice(), profile, score=score).id for score in (0.7, 0.69))
    barred = make_match(make_notice(), profile, score=0.9, barred_by="country").id
    default = make_match(make_notice(), other, score=0.45, threshold_then=0.4).id
    with transaction() as s:
        set_threshold(s, profile.id, 0.7, by="Ada", why="too many")

    def found(**asked: object) -> list[int]:
        return [one["id"] for one in program.get("/matches", **asked)["matches"]]

    assert found(standing="above") == [on, default]
    assert found(standing="below") == [under]
    assert found(standing="barred") == [barred]
    assert found(profile=other.id) == [default]
    assert found(since=(utcnow() - timedelta(hours=1)).isoformat()) == [on, under, barred, default]
    assert found(since=(utcnow() + timedelta(hours=1)).isoformat()) == []
    first = program.get("/matches", limit=3, standing="above", profile=profile.id)
    assert first["next"] is None
    page = program.get("/matches", limit=1, standing="above")
    assert page["next"].endswith(f"/api/v1/matches?limit=1&standing=above&after={on}")


def test_a_notice_that_was_corrected_matches_as_it_now_reads(program: Program, alma: Subscriber) -> None:
    profile, old = make_profile(alma), make_notice()
    make_match(old, profile)
    with transaction() as s:
        now = make_version(s.merge(old).notice, number=2)
    match = make_match(now, profile, score=0.6)
    assert [(one["id"], one["notice"]["version"]) for one in program.get("/matches")["matches"]] == [(match.id, 2)]


def test_the_last_word_stands_and_the_same_again_changes_nothing(program: Program, alma: Subscriber) -> None:
    version = make_notice()
    make_match(version, make_profile(alma))
    alert = make_alert(alma, version)
    said = [
        program.ask("POST", "/feedback", json={"alert_id": alert.id, "verdict": verdict})
        for verdict in ("relevant", "not_relevant", "not_relevant")
    ]
    assert [one.status_code for one in said] == [200] * 3
    assert [one.json()["verdict"] for one in said] == ["relevant", "not_relevant", "not_relevant"]
    assert said[1].json() == said[2].json()
    before = everything()
    program.ask("POST", "/feedback", json={"alert_id": alert.id, "verdict": "not_relevant"})
    assert everything() == before


def test_only_what_was_told_can_be_judged(program: Program, alma: Subscriber) -> None:
    untold = make_match(make_notice(), make_profile(alma), score=0.2)
    for body, status in (
        ({"match_id": untold.id, "verdict": "relevant"}, 409),
        ({"match_id": untold.id + 1, "verdict": "relevant"}, 404),
        ({"alert_id": 1, "verdict": "relevant"}, 404),
        ({"verdict": "relevant"}, 422),
        ({"alert_id": 1, "match_id": untold.id, "verdict": "relevant"}, 422),
        ({"alert_id": 1, "verdict": "great"}, 422),
    ):
        assert program.ask("POST", "/feedback", json=body).status_code == status, body


def test_lines_are_told_with_their_history_and_not_by_whom(program: Program, alma: Subscriber) -> None:
    profile, other = make_profile(alma, threshold=0.5), make_profile(alma, threshold=None)
    with transaction() as s:
        set_threshold(s, profile.id, 0.52, by="Ada Administrator", why="5 of 6 were not", drawn=Drawn.LEARNED)
    reply = program.ask("GET", "/thresholds")
    own, default = reply.json()["thresholds"]
    assert (own["profile_id"], own["line"], own["own"]) == (profile.id, "0.520", True)
    assert [(one["value"], one["moved_from"], one["drawn"], one["why"]) for one in own["history"]] == [
        ("0.500", None, "start", "start"),
        ("0.520", "0.500", "learned", "5 of 6 were not"),
    ]
    assert (default["profile_id"], default["line"], default["own"], default["history"]) == (other.id, None, False, [])
    assert "Ada" not in reply.text
    assert program.ask("POST", "/thresholds", json={}).status_code == 405
