"""Can a person draw, watch and take back what is learned, at the command line?"""

import json
from datetime import timedelta

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from cli import app
from db.models import Profile
from db.session import utcnow
from factories import make_profile, make_subscriber, make_verdict

WELD, PAINT = "Vi sveiser.", "Vi maler."


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def rows(*words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in anbudsvakt(*words, "--json").stdout.splitlines()]


@pytest.fixture
def profile(database: URL) -> Profile:
    """A profile whose painting and whose line five verdicts speak against."""
    profile = make_profile(make_subscriber(), sentences=[WELD, PAINT])
    for _ in range(5):
        make_verdict(profile, "not_relevant", sentence=PAINT, at=utcnow() - timedelta(days=1))
    return profile


def test_learning_tells_what_it_would_do_then_does_it_once(profile: Profile) -> None:
    told = rows("learn", "--dry-run")
    assert [(row["what"], row["moved_from"], row["value"]) for row in told] == [
        ("line", 0.5, 0.52), (PAINT, 1.0, 0.95)
    ]  # fmt: skip
    assert str(told[0]["profile"]).endswith(f"/{profile.key}")
    assert len(rows("threshold", "show", profile.key)) == 1
    assert rows("learn") == told
    assert rows("learn") == []
    assert "no step" in anbudsvakt("learn").stdout


def test_the_history_names_every_change_and_each_can_be_taken_back(profile: Profile) -> None:
    anbudsvakt("learn")
    assert rows("threshold", "undo", profile.key)[0]["value"] == 0.5
    assert rows("threshold", "undo", profile.key, "--sentence", "2")[0]["value"] == 1.0
    history = rows("threshold", "show", profile.key)
    assert [(row["what"], row["value"], row["drawn"], row["by"]) for row in history] == [
        ("line", 0.5, "start", "test"),
        ("line", 0.52, "learned", "learning"),
        (PAINT, 0.95, "learned", "learning"),
        ("line", 0.5, "undo", "command line"),
        (PAINT, 1.0, "undo", "command line"),
    ]
    assert all(row["why"] for row in history)
    assert rows("learn") == []


def test_a_line_is_drawn_by_hand_with_a_reason(profile: Profile) -> None:
    (row,) = rows("threshold", "set", profile.key, "0.7", "--why", "too much mail")
    assert (row["moved_from"], row["value"], row["drawn"], row["why"]) == (0.5, 0.7, "hand", "too much mail")
    assert [step["what"] for step in rows("learn")] == [PAINT]  # the line drawn by hand is left alone


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "no-such"), 2),
        (("set", "{key}", "1.5", "--why", "x"), 2),
        (("set", "{key}", "0.5"), 2),
        (("undo", "{key}"), 1),
        (("undo", "{key}", "--sentence", "1"), 1),
        (("undo", "{key}", "--sentence", "3"), 2),
    ],
)
def test_what_cannot_be_done_is_told_by_the_exit_code(profile: Profile, words: tuple[str, ...], code: int) -> None:
    assert anbudsvakt("threshold", *(word.format(key=profile.key) for word in words)).exit_code == code
    assert len(rows("threshold", "show", profile.key)) == 1


def test_a_profile_without_a_history_says_so(database: URL) -> None:
    profile = make_profile(make_subscriber(), threshold=None)
    assert "the model's own line holds" in anbudsvakt("threshold", "show", profile.key).stdout
    assert rows("threshold", "show", profile.key) == []
