"""The facts that speak for or against a notice's kinship in its own row, and its keys without a look-up for each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# What the code of before reads: facts as keys.
_AS_KEYS = """
INSERT INTO notice_key (notice_id, role, kind, value)
SELECT id, 'fact', split_part(fact, '=', 1), substr(fact, strpos(fact, '=') + 1) FROM notice, unnest(facts) AS fact
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    # A constant default is written nowhere: no row is rewritten. Facts that lie among the keys are read from there.
    op.add_column("notice", sa.Column("facts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.drop_constraint(op.f("fk_notice_key_notice_id"), "notice_key")


def downgrade() -> None:
    op.create_foreign_key(op.f("fk_notice_key_notice_id"), "notice_key", "notice", ["notice_id"], ["id"])
    op.execute(_AS_KEYS)
    op.drop_column("notice", "facts")
