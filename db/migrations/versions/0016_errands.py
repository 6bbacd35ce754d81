"""What administrators ask a worker to do, and which notices were put together by a guess."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('retry', 'split', 'join', 'confirm')", name=op.f("ck_errand_kind_known")),
        sa.ForeignKeyConstraint(
            ["administrator_id"], ["administrator.id"], name=op.f("fk_errand_administrator_id_administrator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    op.create_index("ix_errand_administrator_id", "errand", ["administrator_id"])
    op.create_index("ix_notice_guessed", "notice", ["id"], postgresql_where=sa.text("tie ->> 'exact' = 'false'"))
    op.create_index("ix_errand_waiting", "errand", ["id"], postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_notice_guessed", "notice")
    op.drop_table("errand")
