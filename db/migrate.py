"""How does a database get today's tables? Alembic under an advisory lock, then the reference tables are filled."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from db.session import engine

# Two releases that upgrade at once wait for each other here (any fixed number would do).
UPGRADE_LOCK = 7_311_902


def alembic_config() -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(on: Engine | None = None) -> None:
    """Bring the database to the newest migration and its reference tables to what this release ships.

    Calling it again changes nothing; two calls at once wait for each other.
    """
    from db.seed import seed

    bind = on or engine()
    with bind.connect() as waiting:
        waiting.execute(text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
        waiting.commit()
        try:
            config = alembic_config()
            config.attributes["engine"] = bind
            command.upgrade(config, "head")
            seed(bind)
        finally:
            waiting.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
            waiting.commit()
