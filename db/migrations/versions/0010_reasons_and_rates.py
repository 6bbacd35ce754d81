"""Why something was not for a subscriber, in a few words of their choice; and what currencies are worth."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing binds it to the verdict beside it: code that is still running changes the verdict alone.
    op.add_column("feedback", sa.Column("reason", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_feedback_reason_known"),
        "feedback",
        "reason IN ('wrong_trade', 'too_large', 'too_far', 'clearance', 'other')",
    )
    op.create_table(
        "exchange_rate",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("per_euro", sa.Numeric(18, 6), nullable=False),
        sa.PrimaryKeyConstraint("day", "currency", name=op.f("pk_exchange_rate")),
    )


def downgrade() -> None:
    op.drop_table("exchange_rate")
    op.drop_column("feedback", "reason")
