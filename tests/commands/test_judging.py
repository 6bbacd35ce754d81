"""Do `evaluate` and `score` say what they promise, with neither database nor network?"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from judged_set import FIRMS, NOTICES, json_lines, write_set
from typer.testing import CliRunner, Result

from classifier.encoder import OURS, load_encoder
from classifier.evaluate import groups
from classifier.figures import Scores
from classifier.judged import read_judged
from classifier.peers import Peer
from classifier.text import NoticeText, ProfileText
from cli import app
from commands import judging
from settings import get_settings

MEASURES = {"nDCG@10", "AP", "R@50", "P@10", "precision", "recall", "F1", "ECE"}


def anbudsvakt(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(autouse=True)
def _no_database(environment: pytest.MonkeyPatch) -> None:
    """No address of a server; an embedded one would leave its folder."""


@pytest.mark.timeout(400)  # every peer is loaded, on a machine that others may share
def test_evaluate_prints_one_object_with_every_system_and_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ir_measures")
    folder = write_set(tmp_path / "set")
    result = anbudsvakt("evaluate", folder, "--cross-validate", "--model", OURS, "--json")
    assert result.exit_code == 0, result.stderr
    (line,) = result.stdout.splitlines()
    told = json.loads(line)
    assert {"anbudsvakt", "cpv-prefix", "model"} <= set(told["systems"])
    for name, found in told["systems"].items():
        assert {"overall", "mirror", "sv-nb", "nb-sv"} <= set(found)
        assert set(found["overall"]) >= MEASURES
        assert (found["overall"]["F1"] is None) == (name != "anbudsvakt")
        assert 0 <= found["overall"]["nDCG@10"] <= 1
    assert "F1 own line" in told["systems"]["anbudsvakt"]["overall"]
    assert told["scope"]["defence"]["F1"] == 1
    assert "the gain of a notice is its grade" in result.stderr
    assert not get_settings().var.exists()

    judging._tables(told["systems"], told["scope"])  # the same figures for the eye
    tables = capsys.readouterr().out
    ours = told["systems"]["anbudsvakt"]
    for part in ("Ranking", "At the shipped line", "languages", "Scope", "macro", "cpv-prefix", "sv-nb",
                 *(f"{ours['overall'][name]:.3f}" for name in MEASURES)):  # fmt: skip
        assert part in tables


def test_evaluate_takes_a_set_without_mirrors_and_scopes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = read_judged(write_set(tmp_path / "set", mirrors=False, scopes=False))
    runs = judging._runs(judged, load_encoder(), [], cross_validate=False)
    judging._tables({name: groups(judged, run) for name, run in runs}, {})
    tables = capsys.readouterr().out
    assert "anbudsvakt, profiles" in tables
    assert "mirrors" not in tables
    assert "Scope" not in tables


def test_a_peer_that_is_not_installed_is_told_and_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def never(notices: Sequence[NoticeText], profiles: Sequence[ProfileText]) -> Scores:
        raise AssertionError

    judged = read_judged(write_set(tmp_path / "set"))
    absent = Peer(name="oracle", rank=never, needs=("no_such_package",))
    found = dict(judging._runs(judged, load_encoder(), [absent], cross_validate=False))
    assert list(found) == ["anbudsvakt"]
    told = capsys.readouterr().err
    assert "oracle is skipped" in told
    assert "no_such_package" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate", "no/such/folder"), "there is no notices.jsonl"),
        (("evaluate", "{set}", "--model", "no/such/model"), "no/such/model"),
        (("score", "--profiles", "{set}/profiles.jsonl", "--notices", "{set}/qrels.tsv"), "qrels.tsv:1: not JSON"),
        (("score", "--profiles", "{set}/none.jsonl", "--notices", "{set}/qrels.tsv"), "none.jsonl:1: cannot be read"),
        (("score", "--profiles", "{set}/profiles.jsonl"), "--notices"),
        (("score", "--profiles", "x", "--notices", "y", "--floor", "7"), "floor"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_a_reason(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    pytest.importorskip("ir_measures")
    folder = write_set(tmp_path / "set")
    result = anbudsvakt(*(word.replace("{set}", str(folder)) for word in words))
    assert result.exit_code == 2
    assert "".join(told.split()) in "".join(result.stderr.split())  # the terminal's width breaks lines anywhere
    assert result.stdout == ""


def _scored(*words: str | Path) -> list[dict[str, Any]]:
    result = anbudsvakt("score", *words)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_score_tells_each_pair_with_its_evidence(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    files = ("--profiles", folder / "profiles.jsonl", "--notices", folder / "notices.jsonl.gz")
    rows = _scored(*files)
    assert [(row["notice"], row["profile"]) for row in rows] == [(n["id"], p["id"]) for n in NOTICES for p in FIRMS]
    best = {
        firm["id"]: max((r for r in rows if r["profile"] == firm["id"]), key=lambda r: r["score"]) for firm in FIRMS
    }
    assert best["P3"]["notice"] == "N06"
    assert best["P3"]["notice_sentence"] in ("Snøbrøyting", "Brøyting og strøing av kommunale veier.")
    assert best["P3"]["profile_sentence"] == "Vi brøyter snø og strør veier om vinteren."
    assert best["P3"]["shared_cpv"] == ["90620000"]
    assert {row["model"] for row in rows} == {rows[0]["model"]}
    above = _scored(*files, "--floor", "0.2")
    assert above == [row for row in rows if row["score"] >= 0.2]
    assert 0 < len(above) < len(rows)
    assert not get_settings().var.exists()


def test_score_takes_files_that_hold_little(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(
        json_lines([{"id": 1, "sentences": ["Vi brøyter snø."], "lang": "no"}, {"id": 2}])
    )
    (tmp_path / "n.jsonl").write_text(json_lines([{"id": "a", "title": "Snøbrøyting"}, {"id": "b"}]))
    (tmp_path / "empty.jsonl").write_text("")
    rows = _scored("--profiles", tmp_path / "p.jsonl", "--notices", tmp_path / "n.jsonl")
    assert [(row["notice"], row["profile"]) for row in rows] == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    assert rows[0]["score"] == max(row["score"] for row in rows)
    assert _scored("--profiles", tmp_path / "empty.jsonl", "--notices", tmp_path / "n.jsonl") == []
    assert _scored("--profiles", tmp_path / "p.jsonl", "--notices", tmp_path / "empty.jsonl") == []
