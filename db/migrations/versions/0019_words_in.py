"""Words that a profile wants, beside those that it does not."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is written nowhere: no row is rewritten.
    op.add_column("profile", sa.Column("words_in", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("profile", "words_in")
