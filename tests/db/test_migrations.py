"""Do the migrations lay down exactly the tables that the models describe?"""

import ast
import re
from pathlib import Path
from time import monotonic

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from classifier.revisions import ruling
from db import migrate
from db.migrate import alembic_config, upgrade
from db.models import Base
from db.session import engine, transaction
from factories import MODEL_REV, make_match, make_notice, make_profile, make_subscriber


def test_tables_are_what_the_models_say(database: URL) -> None:
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": Base.metadata})
        differences = [d for d in compare_metadata(context, Base.metadata) if "procrastinate" not in str(d)]
    assert differences == []


def test_an_upgrade_of_today_changes_nothing(database: URL) -> None:
    with transaction() as s:
        before = s.execute(text("SELECT count(*), max(code) FROM cpv_name")).one()
    upgrade()
    with transaction() as s:
        assert s.execute(text("SELECT count(*), max(code) FROM cpv_name")).one() == before
    assert before[0] > 300


def test_what_was_told_before_revisions_were_kept_stays_in_force(database: URL) -> None:
    make_match(make_notice(), make_profile(make_subscriber()))
    config = alembic_config()
    config.attributes["engine"] = engine()
    command.downgrade(config, "0003")
    upgrade()
    assert ruling() == MODEL_REV


def test_a_moment_that_was_told_by_cadence_is_not_told_again(database: URL) -> None:
    config = alembic_config()
    config.attributes["engine"] = engine()
    command.downgrade(config, "0006")
    runs = [("daily", "07:00"), ("weekly", "07:00"), ("weekly", "09:00"), ("daily", "by hand 1"), ("at_once", "06:05Z")]
    with transaction() as s:
        for cadence, slot in runs:
            new = "INSERT INTO digest_run (day, cadence, slot, as_of) VALUES ('2026-11-23', :cadence, :slot, now())"
            s.execute(text(new), {"cadence": cadence, "slot": slot})
    upgrade()
    with transaction() as s:
        assert [tuple(row) for row in s.execute(text("SELECT cadence, slot FROM digest_run ORDER BY id"))] == [
            ("at_hour", "07:00"),
            ("weekly", "07:00"),
            ("at_hour", "09:00"),
            ("daily", "by hand 1"),
            ("at_once", "06:05Z"),
        ]


def test_there_is_one_head_and_names_are_numbered() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        assert revision.path.rsplit("/", 1)[-1].startswith(f"{revision.revision}_")
        assert revision.doc, "a migration says what it does"


def test_a_migration_that_must_wait_gives_up_instead_of_stopping_the_service(database: URL) -> None:
    config = alembic_config()
    config.attributes["engine"] = engine()
    command.downgrade(config, "0009")
    with engine().connect() as reading:
        reading.execute(text("SELECT count(*) FROM subscriber"))  # and stays in its transaction
        began = monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            upgrade()
        assert 3.5 < monotonic() - began < 8
        with engine().connect() as other:  # nobody queues behind it any more
            other.execute(text("SET statement_timeout = '1s'"))
            assert other.scalar(text("SELECT count(*) FROM subscriber")) == 0
    upgrade()


@pytest.mark.parametrize(
    "path",
    sorted((Path(migrate.__file__).parent / "migrations" / "versions").glob("00[1-9][0-9]_*.py")),
    ids=lambda p: p.stem,
)
def test_a_migration_takes_nothing_from_the_code_that_still_runs(path: Path) -> None:
    (up,) = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    called = {
        node.func.attr
        for node in ast.walk(up)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not _only_loosens(node)
    }
    assert called.isdisjoint({"drop_column", "drop_table", "alter_column", "rename_table"})
    written = " ".join(
        node.value for node in ast.walk(up) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert not re.search(r"DROP (COLUMN|TABLE)|RENAME|ALTER COLUMN", written)


def test_the_queue_is_laid_down_too(database: URL) -> None:
    assert "procrastinate_jobs" in inspect(engine()).get_table_names()


def _only_loosens(call: ast.Call) -> bool:
    """A column that may be empty from now on takes all that the code of before writes."""
    return [(one.arg, ast.unparse(one.value)) for one in call.keywords] == [("nullable", "True")]
