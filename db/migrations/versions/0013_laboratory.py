"""Lines that are moved together, and what readers say of notices under theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "line_move",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("bench", sa.Text(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["undoes"], ["line_move.id"], name=op.f("fk_line_move_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_move")),
        sa.UniqueConstraint("undoes", name="line_move_undone_once"),
    )
    op.add_column("threshold", sa.Column("move_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_threshold_move_id"), "threshold", "line_move", ["move_id"], ["id"])
    op.create_index("ix_threshold_move_id", "threshold", ["move_id"])
    op.create_table(
        "recall_question",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.TIMESTAMP(timezone=True), server_default=NOW, nullable=False),
        sa.Column("answered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_recall_question_profile_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_question")),
        sa.UniqueConstraint("profile_id", "week", name="recall_asked_once"),
    )
    op.create_index("ix_recall_question_profile_id", "recall_question", ["profile_id"])
    op.create_table(
        "recall_sample",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("model_rev", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("stands_for", sa.Float(), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=True),
        sa.CheckConstraint("stands_for >= 1", name=op.f("ck_recall_sample_stands_for_itself")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["recall_question.id"], name=op.f("fk_recall_sample_question_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_recall_sample_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_sample")),
        sa.UniqueConstraint("question_id", "version_id", name="recall_drawn_once"),
    )
    op.create_index("ix_recall_sample_question_id", "recall_sample", ["question_id"])
    op.create_index("ix_recall_sample_version_id", "recall_sample", ["version_id"])
    op.create_index(
        "ix_match_speaks",
        "match",
        ["version_id"],
        postgresql_include=["profile_id", "model_rev", "score", "threshold_then"],
        postgresql_where=sa.text("barred_by IS NULL"),
    )
    op.create_index(
        "ix_match_speaks_of_profile",
        "match",
        ["profile_id", "score"],
        postgresql_include=["version_id", "model_rev", "threshold_then"],
        postgresql_where=sa.text("barred_by IS NULL"),
    )
    # Other indexes of the table begin with the same columns.
    op.drop_index("ix_match_version_id", "match")
    op.drop_index("ix_match_profile_id", "match")
    op.create_index("ix_notice_created_at", "notice", ["created_at"])
    op.create_index("ix_notice_current_version_id", "notice", ["current_version_id"])
    op.create_index("ix_notice_version_created_at", "notice_version", ["created_at"])
    # With a default that costs no rewrite of the table (O6).
    op.add_column("subscriber", sa.Column("asked_below", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("subscriber", "asked_below")
    op.drop_index("ix_notice_version_created_at", "notice_version")
    op.drop_index("ix_notice_current_version_id", "notice")
    op.drop_index("ix_notice_created_at", "notice")
    op.create_index("ix_match_profile_id", "match", ["profile_id"])
    op.create_index("ix_match_version_id", "match", ["version_id"])
    op.drop_index("ix_match_speaks_of_profile", "match")
    op.drop_index("ix_match_speaks", "match")
    op.drop_table("recall_sample")
    op.drop_table("recall_question")
    op.drop_column("threshold", "move_id")
    op.drop_table("line_move")
