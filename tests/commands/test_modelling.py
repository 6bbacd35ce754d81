"""Do the commands move a whole installation over, and say what stands in the way?"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hub_server import COMMIT, hub
from other_model import save_other_model
from sqlalchemy import update
from sqlalchemy.engine import URL
from tiny_bert import save_tiny_bert
from typer.testing import CliRunner, Result

from classifier.revisions import ruling
from cli import app
from commands.doctor import findings
from db.models import NoticeVersion
from db.session import transaction, utcnow
from factories import make_notice, make_profile, make_subscriber
from settings import get_settings

ROOT = Path(__file__).parents[2]


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def one(result: Result) -> dict[str, object]:
    return json.loads(result.stdout.splitlines()[-1])  # type: ignore[no-any-return]  # our own JSON


def model() -> tuple[str, str]:
    return next((row.state, row.told) for row in findings() if row.what == "model")


@pytest.fixture
def other(environment: pytest.MonkeyPatch, database: URL, tmp_path: Path) -> str:
    """An installation that has matched with our own model; then its setting names another."""
    make_notice()
    make_profile(make_subscriber(), threshold=0.001)
    first = str(one(anbudsvakt("match", "--json"))["model"])
    assert model()[0] == "ok"
    environment.setenv("ANBUDSVAKT_MODEL", str(save_other_model(tmp_path / "other")))
    get_settings.cache_clear()
    return first


def test_a_changed_setting_matches_nothing_until_it_is_rescored(other: str) -> None:
    make_notice()
    refused = anbudsvakt("match")
    assert refused.exit_code == 1
    assert "anbudsvakt rescore" in " ".join(refused.stderr.split())
    state, told = model()
    assert state == "wrong"
    assert other in told

    done = one(anbudsvakt("rescore", "--json"))
    assert (done["before"], done["notices"], done["alerts"]) == (other, 1, 0)
    assert done["after"] == ruling() != other
    assert model()[0] == "ok"
    matched = one(anbudsvakt("match", "--json"))
    assert (matched["notices"], matched["alerts"], matched["model"]) == (1, 1, done["after"])
    assert "in force already" in anbudsvakt("rescore").stdout


def test_where_nobody_matches_any_more_a_person_is_called(other: str) -> None:
    make_notice()
    with transaction() as s:
        s.execute(update(NoticeVersion).values(created_at=utcnow() - timedelta(hours=2)))
    assert anbudsvakt("match").exit_code == 2  # which the worker turns into an alarm


def test_a_dry_run_tells_per_profile_and_writes_nothing(other: str, environment: pytest.MonkeyPatch) -> None:
    make_profile(make_subscriber(company="Ny AS"), threshold=0.001)
    listed = anbudsvakt("rescore", "--dry-run", "--json")
    (move,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (move["company"], move["change"], move["before"], move["told"]) == ("Ny AS", "added", None, False)
    assert ruling() == other
    assert "Ny AS" in anbudsvakt("rescore", "--dry-run").stdout


def test_a_model_that_is_refused_ends_with_its_reason(database: URL, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANBUDSVAKT_MODEL", "intfloat/multilingual-e5-small")
    get_settings.cache_clear()
    for command in ("match", "rescore"):
        ended = anbudsvakt(command)
        assert ended.exit_code == 2
        assert "model fetch intfloat/multilingual-e5-small" in " ".join(ended.stderr.split())
    assert model()[0] == "wrong"


def test_fetching_says_what_to_set(tmp_path: Path) -> None:
    models = tmp_path / "models"
    with hub("owner/tiny", save_tiny_bert(tmp_path / "tiny")) as server:
        told = {**os.environ, "ANBUDSVAKT_MODELS": str(models), "HF_ENDPOINT": server.url}
        fetch = [sys.executable, "-m", "cli", "model", "fetch"]
        fetched = subprocess.run([*fetch, "owner/tiny"], cwd=ROOT, env=told, capture_output=True, text=True, check=True)
        assert (
            subprocess.run([*fetch, "owner/none"], cwd=ROOT, env=told, capture_output=True, check=False).returncode == 1
        )
    assert f"ANBUDSVAKT_MODEL_REVISION={COMMIT}" in fetched.stdout
    assert (models / "owner" / "tiny" / "model.safetensors").is_file()
