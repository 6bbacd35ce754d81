"""Indexes that hold what is asked of notices beside their key, so that looking at a window of them reads no row."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NEAR = "barred_by IS NULL AND score >= threshold_then - 0.15"


def upgrade() -> None:
    op.create_index(
        "ix_notice_version_came",
        "notice_version",
        ["created_at"],
        postgresql_include=["id", "stage", "deadline_at", "published_at", "cancelled", "matched_rev"],
    )
    op.create_index("ix_notice_current", "notice", ["current_version_id"], postgresql_include=["procurement_id"])
    # The new ones begin with the same columns.
    op.drop_index("ix_notice_version_created_at", "notice_version")
    op.drop_index("ix_notice_current_version_id", "notice")
    # The lists that it was made for are read by ix_match_speaks_of_profile, which holds all that they ask of a match.
    op.drop_index("ix_match_near", "match")


def downgrade() -> None:
    op.create_index("ix_match_near", "match", ["profile_id", "version_id"], postgresql_where=sa.text(NEAR))
    op.create_index("ix_notice_current_version_id", "notice", ["current_version_id"])
    op.create_index("ix_notice_version_created_at", "notice_version", ["created_at"])
    op.drop_index("ix_notice_current", "notice")
    op.drop_index("ix_notice_version_came", "notice_version")
