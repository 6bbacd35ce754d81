"""Do the commands do what they say, with the right exit codes, and without loading what they do not need?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import Always, Portal, Reply
from sqlalchemy import select
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from cli import GROUPS, app
from db.models import DeclaredSource
from db.session import plain_url, transaction
from factories import make_match, make_notice, make_profile, make_subscriber

HEAVY = ("torch", "transformers", "sentence_transformers", "scrapy", "twisted", "sqlalchemy", "lingua")
ROOT = Path(__file__).parents[2]
COMPANIES = ROOT / "demo" / "companies.toml"


def anbudsvakt(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def json_lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv=['anbudsvakt','--help']\n"
        "import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize(
    "command",
    [
        "crawl",
        "import",
        "match",
        "learn",
        "rescore",
        "digest",
        "report",
        "send",
        "preview",
        "doctor",
        "run",
        "demo",
        "sandbox",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    result = anbudsvakt(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 100


def test_the_groups_are_there() -> None:
    assert {name: sorted(verbs) for name, (_, verbs) in GROUPS.items()} == {
        "db": ["clean", "upgrade"], "outbox": ["held", "hold", "mark-sent", "release"], "profiles": ["import", "list", "show"], "reference": ["import"],
        "threshold": ["set", "show", "undo"], "model": ["fetch"],
        "doors": ["change", "close", "list", "open", "push", "resume", "secret"],
        "admin": ["add", "list", "password", "remove"], "api token": ["add", "list", "revoke"], "quarantine": ["list", "retry", "show"], "procurement": ["confirm", "join", "show", "split"],
        "recall": ["draw", "join", "leave", "list"],
    }  # fmt: skip


def test_notices_as_json_lines(database: URL) -> None:
    make_notice(source_id="2024-101190")
    make_notice(source="ted", source_id="701354-2023", country="SE")
    first, second = json_lines(anbudsvakt("notices", "--json"))
    wanted = {"source", "source_id", "procurement_id", "version", "title", "language", "buyer", "buyer_id", "country", "cpv",
              "nuts", "published_at", "deadline_at", "notice_type", "legal_basis", "scope", "url"}  # fmt: skip
    assert wanted <= set(first)
    assert (first["source_id"], second["source_id"]) == ("2024-101190", "701354-2023")
    assert [n["source"] for n in json_lines(anbudsvakt("notices", "--json", "--country", "SE"))] == ["ted"]
    assert len(json_lines(anbudsvakt("notices", "--json", "--limit", "1"))) == 1


def test_profiles_in_and_out(database: URL) -> None:
    assert anbudsvakt("profiles", "import", str(COMPANIES)).exit_code == 0
    listed = json_lines(anbudsvakt("profiles", "list", "--json"))
    assert len(listed) >= 8
    key = str(listed[0]["key"])
    assert json.loads(anbudsvakt("profiles", "show", key).stdout)["key"] == key
    assert anbudsvakt("profiles", "show", "no-such").exit_code == 2


def test_a_wrong_profiles_file_ends_with_2(database: URL, tmp_path: Path) -> None:
    wrong = tmp_path / "firms.toml"
    wrong.write_text("[[subscriber]]\ncompany = 'X'\n")
    assert anbudsvakt("profiles", "import", str(wrong)).exit_code == 2


def test_a_path_that_is_not_there_ends_with_2(database: URL) -> None:
    assert anbudsvakt("import", "no/such/path").exit_code == 2


def test_an_unknown_source_ends_with_1(database: URL) -> None:
    assert anbudsvakt("crawl", "atlantis").exit_code == 1


def test_a_portal_that_fails_is_told_in_one_line(database: URL) -> None:
    with Portal(Always(Reply(status=410))) as portal:
        command = [sys.executable, "-m", "cli", "crawl", "ted", "--base-url", portal.url, "--delay", "0", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.split() == f"ted: {portal.url}/v3/notices/search answered 410".split()


def test_sources_name_what_is_forbidden_and_why(database: URL) -> None:
    rows = {str(row["key"]): row for row in json_lines(anbudsvakt("sources", "--json"))}
    assert {"ted", "doffin", "regjeringen"} <= set(rows)
    forbidden = [row for row in rows.values() if row["state"] == "forbidden"]
    assert len(forbidden) >= 4
    assert all(row["reason"] for row in forbidden)


def test_the_sources_can_be_read_in_eighty_columns(database: URL) -> None:
    told = anbudsvakt("sources").stdout
    assert max(map(len, told.splitlines())) <= 80
    for word in ("forbidden", "Commission", "subscription", "download"):  # none of them broken over two lines
        assert re.search(rf"(?<!\w){word}(?!\w)", told), word


def test_a_preview_writes_nothing_and_tells_why(database: URL) -> None:
    profile = make_profile(make_subscriber())
    make_match(make_notice(), profile, score=0.8)
    make_match(make_notice(), profile, score=0.4)
    make_match(make_notice(), profile, score=0.1)
    rows = json_lines(anbudsvakt("preview", profile.key, "--json"))
    assert [row["verdict"] for row in rows] == ["above", "just under"]
    assert rows[0]["profile_sentence"] == profile.sentences[0]


def test_a_missing_setting_ends_with_2_and_its_name(database: URL) -> None:
    environment = {**os.environ, "DATABASE_URL": plain_url(database), "ANBUDSVAKT_SECRET_KEY": ""}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "digest"], capture_output=True, text=True, env=environment, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "ANBUDSVAKT_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_listing_the_sources_declares_them(database: URL) -> None:
    listed = json_lines(anbudsvakt("sources", "--json"))
    with transaction() as s:
        declared = s.execute(select(DeclaredSource.key, DeclaredSource.state).order_by(DeclaredSource.place)).all()
    assert [(row["key"], row["state"]) for row in listed] == [tuple(row) for row in declared]
    assert ("ted", "on") in [tuple(row) for row in declared]
