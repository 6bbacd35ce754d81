"""Does the week's question change nothing until it is answered, and tell of nobody? (P2, P3, P5)"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from typer.testing import CliRunner
from web_server import visitor

import cli
from alerts import tokens
from alerts.tokens import Purpose
from classifier.revisions import put_in_force
from db.models import RecallQuestion, RecallSample, Subscriber, Threshold
from db.session import transaction, utcnow
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber


@pytest.fixture
def subscriber(database: URL) -> Subscriber:
    """Somebody who takes part, with two notices of last week under their line."""
    with transaction() as s:
        put_in_force(s, MODEL_REV, by="test")
    one = make_subscriber(company="Hemmelig Sveis AS", language="nn")
    profile = make_profile(one, name="Løynd profil", matched_rev=MODEL_REV)
    for title, score in (("Rekkverk", 0.45), ("Møblar", 0.05)):
        at = utcnow() - timedelta(days=utcnow().weekday() + 3)
        make_match(make_notice(title={"nb": title}, created_at=at, matched_rev=MODEL_REV), profile, score=score)
    assert CliRunner().invoke(cli.app, ["recall", "join", one.email]).exit_code == 0
    assert "1" in CliRunner().invoke(cli.app, ["recall", "draw", "--json"]).stdout
    return one


@pytest.fixture
def client(subscriber: Subscriber) -> Iterator[httpx.Client]:
    with visitor() as one:
        yield one


def samples() -> dict[float | None, RecallSample]:
    with transaction() as s:
        return {one.score: one for one in s.scalars(select(RecallSample))}


def door() -> str:
    with transaction() as s:
        return "/q/" + tokens.sign(Purpose.RECALL, s.scalars(select(RecallQuestion.id)).one())


def test_a_look_answers_nothing_and_names_neither_firm_nor_profile(client: httpx.Client) -> None:
    shown = client.get(door())
    assert shown.status_code == 200
    assert "Rekkverk" in shown.text
    assert "Hemmelig" not in shown.text
    assert "Løynd" not in shown.text
    assert 'lang="nn"' in shown.text
    assert {one.relevant for one in samples().values()} == {None}


def test_ticks_are_kept_the_last_word_wins_and_no_line_moves(client: httpx.Client) -> None:
    near = samples()[0.45]
    answered = client.post(door(), data={"for_us": [str(near.id), "999", "x"]})
    assert answered.status_code == 200
    assert "Rekkverk" in answered.text
    assert {score: one.relevant for score, one in samples().items()} == {0.45: True, 0.05: False}
    client.post(door(), data={})
    assert {one.relevant for one in samples().values()} == {False}
    with transaction() as s:
        assert len(s.scalars(select(Threshold)).all()) == 1


def test_no_token_but_its_own_opens_the_question(client: httpx.Client) -> None:
    for strange in ("/q/x", "/q/" + tokens.sign(Purpose.VERDICT, 1), "/q/" + tokens.sign(Purpose.RECALL, 999)):
        assert client.get(strange).status_code == 404
        assert client.post(strange).status_code == 404


def test_open_questions_are_listed_with_their_address_and_who_leaves_is_asked_no_more(subscriber: Subscriber) -> None:
    assert "/q/" in CliRunner().invoke(cli.app, ["recall", "list", "--json"]).stdout
    assert CliRunner().invoke(cli.app, ["recall", "leave", subscriber.email]).exit_code == 0
    with transaction() as s:
        assert not s.get_one(Subscriber, subscriber.id).asked_below
