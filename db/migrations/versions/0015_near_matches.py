"""An index of the matches above or just under their line, by profile: a subscriber's own list reads nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NEAR = "barred_by IS NULL AND score >= threshold_then - 0.15"


def upgrade() -> None:
    op.create_index("ix_match_near", "match", ["profile_id", "version_id"], postgresql_where=sa.text(NEAR))


def downgrade() -> None:
    op.drop_index("ix_match_near", table_name="match")
