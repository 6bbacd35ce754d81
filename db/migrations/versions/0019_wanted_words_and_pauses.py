"""Words that a profile wants, sources that an administrator pauses, and crawls and a rescore among errands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = "kind IN ('retry', 'split', 'join', 'confirm', 'crawl', 'rescore')"
FORMER = "kind IN ('retry', 'split', 'join', 'confirm')"


def upgrade() -> None:
    # A constant default is written nowhere: no row is rewritten.
    op.add_column("profile", sa.Column("words_in", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("declared_source", sa.Column("paused_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_errand_kind_known"), "errand")
    op.create_check_constraint(op.f("ck_errand_kind_known"), "errand", KINDS)


def downgrade() -> None:
    op.execute(f"DELETE FROM errand WHERE NOT ({FORMER})")  # noqa: S608 - our own words
    op.drop_constraint(op.f("ck_errand_kind_known"), "errand")
    op.create_check_constraint(op.f("ck_errand_kind_known"), "errand", FORMER)
    op.drop_column("declared_source", "paused_at")
    op.drop_column("profile", "words_in")
