"""The week's report as a letter to administrators, once each, and whoever does not want it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = "ck_letter_kind_known"


def upgrade() -> None:
    op.add_column("administrator", sa.Column("reports_off_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("letter", sa.Column("week", sa.Date(), nullable=True))
    op.drop_constraint(op.f(KINDS), "letter", type_="check")
    op.create_check_constraint(op.f(KINDS), "letter", "kind IN ('confirm', 'here_already', 'log_in', 'week_report')")
    op.create_check_constraint(op.f("ck_letter_of_a_week"), "letter", "(kind = 'week_report') = (week IS NOT NULL)")
    op.create_unique_constraint("letter_of_week_once", "letter", ["administrator_id", "week"])


def downgrade() -> None:
    op.execute("DELETE FROM letter WHERE kind = 'week_report'")
    op.drop_constraint("letter_of_week_once", "letter")
    op.drop_constraint(op.f("ck_letter_of_a_week"), "letter", type_="check")
    op.drop_constraint(op.f(KINDS), "letter", type_="check")
    op.create_check_constraint(op.f(KINDS), "letter", "kind IN ('confirm', 'here_already', 'log_in')")
    op.drop_column("letter", "week")
    op.drop_column("administrator", "reports_off_at")
