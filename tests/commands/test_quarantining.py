"""Can a person see at the command line what could not be read, and bring it back after a fix?"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from cli import app
from crawlers.notice import Broken
from crawlers.store import store_all
from demo.catalogue import catalogue
from demo.eforms_wire import eforms_xml

ROOT = Path(__file__).parents[2]
NOTICE = next(n for n in catalogue(date(2026, 11, 23), 1) if n.on_portal("doffin"))
WHOLE = eforms_xml(NOTICE, "doffin")


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def rows(*words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in anbudsvakt(*words, "--json").stdout.splitlines()]


@pytest.fixture(autouse=True)
def _kept(database: URL) -> None:
    """One body that can be read by now, and two that cannot."""
    store_all(
        [
            Broken(source="doffin", source_id=NOTICE.doffin_id, reason="no title", body=WHOLE),
            Broken(source="ted", source_id=None, reason="no title", body=b"<a"),
            Broken(source="ted", source_id="7-2026", reason="no title", body=b"<b"),
        ]
    )


def test_the_list_says_what_and_why() -> None:
    listed = rows("quarantine", "list")
    assert [(row["source"], row["source_id"], row["reason"], row["bytes"]) for row in listed] == [
        ("doffin", NOTICE.doffin_id, "no title", len(WHOLE)), ("ted", None, "no title", 2), ("ted", "7-2026", "no title", 2)
    ]  # fmt: skip
    assert [row["source_id"] for row in rows("quarantine", "list", "--source", "ted")] == [None, "7-2026"]
    assert [(row["source"], row["notices"]) for row in rows("quarantine", "list", "--by-reason")] == [
        ("ted", 2), ("doffin", 1)
    ]  # fmt: skip
    assert "no title" in anbudsvakt("quarantine", "list").stdout


def test_a_body_comes_out_byte_for_byte() -> None:
    first = str(rows("quarantine", "list")[0]["id"])
    command = [sys.executable, str(ROOT / "cli.py"), "quarantine", "show", first]
    assert subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout == WHOLE
    assert anbudsvakt("quarantine", "show", "4711").exit_code == 2


def test_one_command_after_a_fix_and_nothing_the_second_time() -> None:
    (told,) = rows("quarantine", "retry")
    assert (told["tried"], told["cleared"], told["new"], told["kept"]) == (3, 1, 1, 2)
    (stored,) = rows("notices")
    assert (stored["source_id"], stored["scope"] is not None) == (NOTICE.doffin_id, True)
    reasons = {str(row["reason"]) for row in rows("quarantine", "list")}
    assert len(reasons) >= 1
    assert all("well-formed" in reason or "no parser" in reason for reason in reasons)
    (again,) = rows("quarantine", "retry")
    assert (again["tried"], again["cleared"], again["new"], again["kept"]) == (2, 0, 0, 2)


def test_one_row_or_one_source_alone() -> None:
    first, second, _ = (str(row["id"]) for row in rows("quarantine", "list"))
    assert rows("quarantine", "retry", "--source", "ted")[0]["tried"] == 2
    assert rows("quarantine", "retry", second)[0]["kept"] == 1
    assert rows("quarantine", "retry", first)[0]["cleared"] == 1
    gone = anbudsvakt("quarantine", "retry", first)
    assert (gone.exit_code, f"not in quarantine: {first}" in gone.stderr) == (2, True)


def test_a_table_names_what_stays() -> None:
    told = anbudsvakt("quarantine", "retry").stdout
    assert "ted 7-2026: " in told
