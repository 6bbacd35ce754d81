"""Can a person see why notices are one purchase, and set it right, at the command line?"""

import json
from typing import Any

import pytest
from kinfolk import groups, notice, stored_groups
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from cli import app
from crawlers.store import store_all

WHY = ("--why", "to kjøp", "--by", "kari")


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, ["procurement", *words], catch_exceptions=False)


def rows(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in anbudsvakt(*words, "--json").stdout.splitlines()]


@pytest.fixture
def guessed(database: URL) -> None:
    """Two notices that share a buyer's reference alone."""
    store_all([notice("doffin", "1", reference="2026/14"), notice("ted", "2-2026", reference="2026/14")])


def test_show_tells_a_guess_from_what_is_certain_with_its_evidence(guessed: None) -> None:
    first, second = rows("show", "ted:2-2026")
    assert (first["notice"], first["tie"]) == ("doffin:1", None)
    tie = {"by": "reference", "exact": False, "value": "975950662|2026 14", "with": "doffin:1"}
    assert (second["notice"], second["tie"]) == ("ted:2-2026", tie)
    assert rows("show", str(first["procurement_id"])) == [first, second]
    assert {"guess,", "reference"} <= set(anbudsvakt("show", "doffin:1").stdout.split())


def test_split_and_join_are_done_and_written_down(guessed: None) -> None:
    assert len(rows("split", "ted:2-2026", *WHY)[0]["procurement_ids"]) == 2
    assert stored_groups() == groups("doffin:1", "ted:2-2026")
    assert "now procurement" in anbudsvakt("join", "ted:2-2026", "doffin:1", "--why", "ett likevel").stdout
    assert stored_groups() == groups("doffin:1 ted:2-2026")
    told = [(row["verb"], row["by"], row["why"]) for row in rows("show", "doffin:1") if "verb" in row]
    assert told == [("split", "kari", "to kjøp"), ("join", "command line", "ett likevel")]
    assert "Rulings" in anbudsvakt("show", "doffin:1").stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("split", "ted:9-2026", *WHY), 1, "not stored: ted:9-2026"),
        (("split", "doffin:1", "ted:2-2026", *WHY), 1, "no notice of the procurement would be left"),
        (("join", "doffin:1", "ted:2-2026", *WHY), 1, "of one procurement already"),
        (("split", "ted:2-2026", "--why", " "), 1, "a ruling needs its reason"),
        (("show", "999"), 1, "there is no procurement 999"),
        (("show", "doffin"), 2, "not a notice: 'doffin'"),
    ],
)
def test_what_cannot_be_done_is_said(guessed: None, words: tuple[str, ...], code: int, told: str) -> None:
    result = anbudsvakt(*words)
    assert (result.exit_code, told in " ".join(result.stderr.split())) == (code, True)
    assert stored_groups() == groups("doffin:1 ted:2-2026")


def test_what_was_guessed_is_confirmed_and_then_certain(guessed: None) -> None:
    assert len(rows("confirm", "ted:2-2026", "doffin:1", *WHY)[0]["procurement_ids"]) == 1
    first, second, ruling = rows("show", "doffin:1")
    assert (first["tie"], second["tie"]["exact"], second["tie"]["by"]) == (None, True, "ruling")
    assert (ruling["verb"], ruling["by"]) == ("join", "kari")
    assert anbudsvakt("confirm", "doffin:1", *WHY).exit_code == 1
