"""Does an administrator see what a line would do, and does exactly that happen? (W7)"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from browsing import as_administrator, hidden, make_administrator, send, submit
from sqlalchemy import select
from sqlalchemy.engine import URL
from web_server import visitor

from classifier.revisions import put_in_force
from classifier.threshold import lines_in_force, set_threshold
from db.models import Act, Alert, Audit, Profile, Threshold
from db.session import transaction, utcnow
from factories import MODEL_REV, make_alert, make_match, make_notice, make_profile, make_subscriber, make_verdict

ADA = "ada@midsec.example"


@pytest.fixture
def welder(database: URL) -> Profile:
    """A firm with notices on both sides of its line, one of which is owed."""
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    subscriber = make_subscriber(company="Trøndersveis AS")
    profile = make_profile(subscriber, threshold=0.5, matched_rev=MODEL_REV)
    for title, score in (("Rekkverk i Åre", 0.47), ("Ståldører", 0.42), ("Møbler", 0.1), ("Stålbygg", 0.55)):
        at = utcnow() - timedelta(days=2)
        version = make_notice(title={"nb": title}, created_at=at, matched_rev=MODEL_REV)
        make_match(version, profile, score=score)
        if score >= 0.5:
            make_alert(subscriber, version)
    return profile


@pytest.fixture
def ada(welder: Profile) -> Iterator[httpx.Client]:
    with visitor() as client:
        as_administrator(client, make_administrator(ADA))
        yield client


def path(profile: Profile) -> str:
    return f"/admin/lab/{profile.id}"


def line(profile: Profile) -> float:
    with transaction() as s:
        return float(lines_in_force(s, [profile.id])[profile.id])


def test_a_look_names_what_comes_and_goes_and_writes_nothing(ada: httpx.Client, welder: Profile) -> None:
    with transaction() as s:
        before = [len(s.scalars(select(table.id)).all()) for table in (Threshold, Alert, Audit)]
    lower, higher = (ada.get(path(welder), params={"value": value}).text for value in ("0.4", "0,6"))
    assert "Rekkverk i Åre" in lower
    assert "Ståldører" in lower
    assert "Møbler" not in lower
    assert "+ 2 kommer til" in lower
    assert "− 0 faller bort" in lower
    assert "Stålbygg" in higher
    assert "− 1 faller bort" in higher
    with transaction() as s:
        assert [len(s.scalars(select(table.id)).all()) for table in (Threshold, Alert, Audit)] == before


def test_a_published_move_is_in_force_in_the_log_and_taken_back_by_one_press(
    ada: httpx.Client, welder: Profile
) -> None:
    seen_at = f"{path(welder)}?value=0.4&days=90"
    assert submit(ada, path(welder), seen_at=seen_at, why="for lite").status_code == 303
    assert line(welder) == 0.4
    shown = ada.get(path(welder)).text
    assert "for lite" in shown
    assert submit(ada, f"{path(welder)}/undo", seen_at=path(welder)).status_code == 303
    assert line(welder) == 0.5
    with transaction() as s:
        told = [(row.act, row.subject) for row in s.scalars(select(Audit).order_by(Audit.id))]
    assert told == [(Act.LINES_MOVED, "line_move"), (Act.LINES_TAKEN_BACK, "line_move")]


def test_whoever_was_slower_is_told_by_whom_and_why(ada: httpx.Client, welder: Profile) -> None:
    held = hidden(ada.get(path(welder), params={"value": "0.4"}).text)
    with transaction() as s:
        set_threshold(s, welder.id, 0.6, by="bjorn@iuc.example", why="de ville ha mindre")
    answer = send(ada, path(welder), held | {"why": "for lite"})
    assert answer.status_code == 409
    assert "de ville ha mindre" in answer.text
    assert line(welder) == 0.6


def test_whoever_saw_what_no_longer_holds_is_shown_what_does_and_publishes_that(
    ada: httpx.Client, welder: Profile
) -> None:
    held = hidden(ada.get(path(welder), params={"value": "0.4", "days": "90"}).text)
    make_match(make_notice(title={"nb": "Kom nettopp"}, matched_rev=MODEL_REV), welder, score=0.45)
    answer = send(ada, path(welder), held | {"why": "for lite"})
    assert answer.status_code == 409
    assert "Det du så, gjelder ikke lenger" in answer.text
    assert "Kom nettopp" in answer.text
    assert "+ 3 kommer til" in answer.text
    assert 'value="for lite"' in answer.text
    assert line(welder) == 0.5
    again = hidden(answer.text)
    assert (again["days"], again["value"]) == ("90", "0.4")
    assert send(ada, path(welder), again | {"why": "for lite"}).status_code == 303
    assert line(welder) == 0.4
    with transaction() as s:
        assert len(s.scalars(select(Alert)).all()) == 4


def test_a_move_without_a_reason_is_asked_for_one(ada: httpx.Client, welder: Profile) -> None:
    answer = submit(ada, path(welder), seen_at=f"{path(welder)}?value=0.4", why=" ")
    assert answer.status_code == 422
    assert 'id="why-problem"' in answer.text
    assert line(welder) == 0.5


def test_a_value_that_moves_nothing_can_not_be_published(ada: httpx.Client, welder: Profile) -> None:
    for value in ("", "0.5", "NaN", "1e9", "2", "x"):
        shown = ada.get(path(welder), params={"value": value, "days": "31"})
        assert shown.status_code == 200
        assert 'name="why"' not in shown.text


def test_an_unknown_bench_is_no_page(ada: httpx.Client, welder: Profile) -> None:
    assert [ada.get(f"/admin/lab/{key}").status_code for key in ("DK", "999999", "firm-0", "-1", "all", "NO")] == [
        404, 404, 404, 404, 200, 200,
    ]  # fmt: skip


def test_benches_are_found_by_firm_and_profile(ada: httpx.Client, welder: Profile) -> None:
    make_profile(make_subscriber(company="Jämtdrön AB"), name="Drönare")
    assert "Trøndersveis" in ada.get("/admin/lab").text
    found = ada.get("/admin/lab", params={"q": "jämtdrön"}).text
    assert "Drönare" in found
    assert "Trøndersveis" not in found
    assert (
        "<table" not in ada.get("/admin/lab", params={"q": "%"}).text
    )  # as it is written, not as the database reads it


@pytest.mark.parametrize("language", ["nn", "sv", "en"])
def test_every_language_says_every_page(welder: Profile, language: str) -> None:
    make_verdict(welder, "relevant", score=0.9)
    with visitor() as client:
        as_administrator(client, make_administrator(language=language))
        for key in (str(welder.id), "all", "NO"):
            value = "0.4" if key.isdigit() else "-0.1"
            assert client.get(f"/admin/lab/{key}", params={"value": value}).status_code == 200
        assert submit(client, path(welder), seen_at=f"{path(welder)}?value=0.4", why="x").status_code == 303
        assert send(client, path(welder), hidden(client.get(f"{path(welder)}?value=0.3").text) | {"why": "y", "seen": "0"}
                    ).status_code == 409  # fmt: skip
