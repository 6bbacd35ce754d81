"""Why something was not for a subscriber, in their own choice of a few words."""

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


def downgrade() -> None:
    op.drop_column("feedback", "reason")
