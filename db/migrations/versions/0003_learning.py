"""How each line came to be, weights of sentences, and which matches a verdict speaks of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Before this, a line came with the import of its profile and in no other way: hence the default.
    op.add_column("threshold", sa.Column("drawn", sa.Text(), server_default="start", nullable=False))
    op.add_column("threshold", sa.Column("moved_from", sa.Numeric(precision=4, scale=3), nullable=True))
    op.add_column("threshold", sa.Column("undoes", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_threshold_undoes"), "threshold", "threshold", ["undoes"], ["id"], ondelete="CASCADE")
    op.create_unique_constraint("threshold_undone_once", "threshold", ["undoes"])
    op.create_check_constraint(
        op.f("ck_threshold_drawn_known"), "threshold", "drawn IN ('start', 'hand', 'learned', 'undo')"
    )
    op.create_check_constraint(
        op.f("ck_threshold_learned_in_small_steps"),
        "threshold",
        "drawn <> 'learned' OR moved_from IS NOT NULL AND abs(value - moved_from) <= 0.02",
    )
    op.create_table(
        "sentence_weight",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("moved_from", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("drawn IN ('learned', 'undo')", name=op.f("ck_sentence_weight_drawn_known")),
        sa.CheckConstraint("value BETWEEN 0.7 AND 1.1", name=op.f("ck_sentence_weight_never_silent")),
        sa.CheckConstraint(
            "drawn <> 'learned' OR abs(value - moved_from) <= 0.05",
            name=op.f("ck_sentence_weight_learned_in_small_steps"),
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_sentence_weight_profile_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["sentence_weight.id"], name=op.f("fk_sentence_weight_undoes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentence_weight")),
        sa.UniqueConstraint("undoes", name="sentence_weight_undone_once"),
    )
    op.create_index(op.f("ix_sentence_weight_profile_id"), "sentence_weight", ["profile_id"], unique=False)
    op.create_table(
        "judged_match",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feedback_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("model_rev", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("line", sa.Double(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_judged_match_feedback_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_judged_match_profile_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_judged_match_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judged_match")),
        sa.UniqueConstraint("feedback_id", "profile_id", name="judged_match_once"),
    )
    for column in ("feedback_id", "profile_id", "version_id"):
        op.create_index(op.f(f"ix_judged_match_{column}"), "judged_match", [column], unique=False)


def downgrade() -> None:
    op.drop_table("judged_match")
    op.drop_table("sentence_weight")
    for name, kind in (
        ("ck_threshold_learned_in_small_steps", "check"),
        ("ck_threshold_drawn_known", "check"),
        ("threshold_undone_once", "unique"),
        ("fk_threshold_undoes", "foreignkey"),
    ):
        op.drop_constraint(op.f(name), "threshold", type_=kind)
    for column in ("undoes", "moved_from", "drawn"):
        op.drop_column("threshold", column)
