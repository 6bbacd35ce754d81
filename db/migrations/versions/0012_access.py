"""Sessions, administrators and what they did, sign-ups and their proof, and letters in the same outbox as digests."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "administrator",
        _id(),
        _words("email"),
        _words("language"),
        _words("password_hash"),
        _born("created_at"),
        _moment("removed_at", nullable=True),
        sa.CheckConstraint("language IN ('nb', 'nn', 'sv', 'en')", name=op.f("ck_administrator_language_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrator")),
        sa.UniqueConstraint("email", name="administrator_once"),
    )
    op.create_table(
        "web_session",
        _id(),
        _words("token_hash"),
        _words("kind"),
        *_refers("web_session", "subscriber", "administrator"),
        _born("created_at"),
        _born("seen_at"),
        _moment("expires_at"),
        sa.CheckConstraint("kind IN ('subscriber', 'administrator')", name=op.f("ck_web_session_kind_known")),
        sa.CheckConstraint(
            "(kind = 'subscriber') = (subscriber_id IS NOT NULL)"
            " AND (kind = 'administrator') = (administrator_id IS NOT NULL)",
            name=op.f("ck_web_session_is_somebodys"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name="web_session_once"),
    )
    op.create_index("ix_web_session_subscriber_id", "web_session", ["subscriber_id"])
    op.create_index("ix_web_session_administrator_id", "web_session", ["administrator_id"])
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"])
    op.create_table(
        "signup",
        _id(),
        _words("email"),
        _words("language"),
        _words("wording"),
        _words("cut_address"),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        _born("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup")),
    )
    op.create_table(
        "letter",
        _id(),
        _words("kind"),
        *_refers("letter", "subscriber", "administrator", "signup"),
        _born("created_at"),
        _moment("used_at", nullable=True),
        sa.CheckConstraint("kind IN ('confirm', 'here_already', 'log_in')", name=op.f("ck_letter_kind_known")),
        sa.CheckConstraint(
            "num_nonnulls(subscriber_id, administrator_id, signup_id) = 1", name=op.f("ck_letter_is_somebodys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    for one in ("subscriber_id", "administrator_id", "signup_id"):
        op.create_index(f"ix_letter_{one}", "letter", [one])
    op.create_table(
        "consent",
        _id(),
        *_refers("consent", "subscriber", nullable=False),
        _words("wording"),
        _words("language"),
        _moment("asked_at"),
        _words("asked_from"),
        _moment("confirmed_at"),
        _words("confirmed_from"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_subscriber_id", "consent", ["subscriber_id"])
    op.create_table(
        "first_verdict",
        _id(),
        *_refers("first_verdict", "profile", nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        _words("verdict"),
        sa.Column("score", sa.Float(), nullable=False),
        _words("model_rev"),
        _born("at"),
        sa.CheckConstraint("verdict IN ('relevant', 'not_relevant')", name=op.f("ck_first_verdict_verdict_known")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["notice_version.id"], name=op.f("fk_first_verdict_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_verdict")),
        sa.UniqueConstraint("profile_id", "version_id", name="first_verdict_once"),
    )
    op.create_index("ix_first_verdict_profile_id", "first_verdict", ["profile_id"])
    op.create_index("ix_first_verdict_version_id", "first_verdict", ["version_id"])
    op.create_table(
        "audit",
        _id(),
        sa.Column("administrator_id", sa.BigInteger(), nullable=True),
        _words("act"),
        _words("subject"),
        sa.Column("subject_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("told", postgresql.JSONB(), server_default="{}", nullable=False),
        _born("at"),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrator.id"], name=op.f("fk_audit_administrator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_administrator_id", "audit", ["administrator_id"])
    op.create_index("ix_audit_at", "audit", ["at"])
    op.execute("""
        CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """)
    op.execute("""
        CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """)
    op.create_table(
        "limited_act",
        _id(),
        _words("what"),
        _words("who_hash"),
        _born("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limited_act")),
    )
    op.create_index("ix_limited_act_counted", "limited_act", ["what", "who_hash", "at"])
    # A mail is a digest's or a letter's. Neither change rewrites the table, and code of before still fits it (O6).
    op.alter_column("delivery", "digest_id", nullable=True)
    op.add_column("delivery", sa.Column("letter_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_delivery_letter_id"), "delivery", "letter", ["letter_id"], ["id"], ondelete="CASCADE"
    )
    op.create_unique_constraint("delivery_of_letter_once", "delivery", ["letter_id"])
    op.create_check_constraint(
        op.f("ck_delivery_of_a_digest_or_a_letter"), "delivery", "num_nonnulls(digest_id, letter_id) = 1"
    )


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE digest_id IS NULL")
    op.drop_constraint(op.f("ck_delivery_of_a_digest_or_a_letter"), "delivery")
    op.drop_column("delivery", "letter_id")
    op.alter_column("delivery", "digest_id", nullable=False)
    for table in (
        "limited_act", "audit", "first_verdict", "consent", "letter", "signup", "web_session", "administrator",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_is_append_only")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), nullable=False)


def _words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _born(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=nullable)


def _refers(table: str, *others: str, nullable: bool = True) -> list[Any]:
    """Columns that go with the row they refer to."""
    return [
        part
        for other in others
        for part in (
            sa.Column(f"{other}_id", sa.BigInteger(), nullable=nullable),
            sa.ForeignKeyConstraint(
                [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_{table}_{other}_id"), ondelete="CASCADE"
            ),
        )
    ]
