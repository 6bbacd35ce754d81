"""Which model revision's scores are told, so that no two workers of different revisions undo each other's work."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_revision",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("model_rev", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_revision")),
    )
    # What was told until now was told by whatever scored last.
    op.execute(
        "INSERT INTO score_revision (model_rev, by) "
        "SELECT model_rev, 'upgrade to 0004' FROM match ORDER BY id DESC LIMIT 1"
    )


def downgrade() -> None:
    op.drop_table("score_revision")
