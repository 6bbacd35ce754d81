"""Alembic's way in: our metadata, one lock time-out, and procrastinate's tables left alone."""

from alembic import context
from sqlalchemy import text

from db.models import Base
from db.session import engine

# A migration that would wait longer than this for a lock gives up instead of stopping the service (O6).
LOCK_TIMEOUT = "4s"


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tables of the queue belong to procrastinate, whose schema one migration lays down whole."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def run() -> None:
    """Migrate on the engine that the caller handed over, or on the process's own."""
    bind = context.config.attributes.get("engine") or engine()
    with bind.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=ours,
            compare_server_default=False,
            # No migration keeps the locks of the one before it; what is interrupted goes on from where it stopped.
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
