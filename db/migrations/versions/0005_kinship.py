"""Keys by notice in place of keys by procurement, rulings on what is one, what was told before, and what changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What every stored reading says exactly; a guess is taken over as it stood, and others come as notices are met anew.
_FILL = """
INSERT INTO notice_key (notice_id, role, kind, value)
SELECT id, 'own', source, source_id FROM notice
UNION SELECT notice_id, 'own', 'notice', notice_uuid FROM notice_version WHERE notice_uuid IS NOT NULL
UNION SELECT notice_id, 'own', 'procedure', procedure_uuid FROM notice_version WHERE procedure_uuid IS NOT NULL
UNION SELECT notice_id, 'own', 'ojs', ojs_number FROM notice_version WHERE ojs_number IS NOT NULL
UNION SELECT notice_id, 'fact', 'stage', stage FROM notice_version
UNION SELECT notice_id, 'fact', 'published', to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
        FROM notice_version WHERE published_at IS NOT NULL
UNION SELECT notice_id, 'fact', 'cpv', left(code, 2) FROM notice_version, unnest(cpv) AS code
UNION SELECT notice_id, 'fact', 'due', to_char(deadline_at AT TIME ZONE 'Europe/Oslo', 'YYYY-MM-DD')
        FROM notice_version WHERE deadline_at IS NOT NULL AND stage = 'competition'
UNION SELECT notice.id, 'guess', 'title', procurement_key.value
        FROM procurement_key JOIN notice USING (procurement_id) WHERE procurement_key.kind = 'guess'
UNION SELECT pointing.notice_id, pointing.role, form.kind, substring(pointing.told FROM form.pattern)
        FROM (SELECT notice_id, 'changes' AS role, changes_notice AS told
                FROM notice_version WHERE changes_notice IS NOT NULL
               UNION SELECT notice_id, 'previous', previous FROM notice_version, unnest(previous_notices) AS previous
             ) AS pointing
        JOIN (VALUES ('notice', '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'), ('notice', '^20[0-9]{2}-[0-9]{5,7}$'),
                     ('doffin', '^20[0-9]{2}-[0-9]{5,7}$'), ('ojs', '^[1-9][0-9]{0,7}-[12][0-9]{3}$')
             ) AS form (kind, pattern) ON pointing.told ~ form.pattern
"""

# What an administrator ruled stands in the history for ever; another ruling takes it back.
_NEVER_CHANGED = """
CREATE FUNCTION ruling_never_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a ruling is never changed; make another'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "notice_key",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("role", "kind", "value")),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_key_notice_id")),
        sa.PrimaryKeyConstraint("notice_id", "role", "kind", "value", "words", name=op.f("pk_notice_key")),
    )
    op.create_index("ix_notice_key_kind_value", "notice_key", ["kind", "value"])
    op.create_table(
        "ruling",
        sa.Column("id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("verb", "by", "why")),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verb IN ('split', 'join')", name=op.f("ck_ruling_verb_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
    )
    op.create_table(
        "ruled_pair",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("ruling_id", "notice_id", "other_id")),
        sa.CheckConstraint("notice_id < other_id", name=op.f("ck_ruled_pair_in_order")),
        sa.ForeignKeyConstraint(["ruling_id"], ["ruling.id"], name=op.f("fk_ruled_pair_ruling_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_ruled_pair_notice_id")),
        sa.ForeignKeyConstraint(["other_id"], ["notice.id"], name=op.f("fk_ruled_pair_other_id")),
        sa.PrimaryKeyConstraint("ruling_id", "notice_id", "other_id", name=op.f("pk_ruled_pair")),
    )
    op.create_table(
        "told_before",
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("procurement_id", "alert_id")),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurement.id"], name=op.f("fk_told_before_procurement_id")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_told_before_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("procurement_id", "alert_id", name=op.f("pk_told_before")),
    )  # fmt: skip
    for table, column in (("ruled_pair", "notice_id"), ("ruled_pair", "other_id"), ("told_before", "alert_id")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.execute(_NEVER_CHANGED)
    for table in ("ruling", "ruled_pair"):
        op.execute(
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ruling_never_changed()"
        )
    op.add_column("notice", sa.Column("tie", JSONB(), nullable=True))
    op.add_column("notice_version", sa.Column("changes", JSONB(), nullable=True))
    op.execute(_FILL)
    op.drop_table("procurement_key")


def downgrade() -> None:
    op.create_table(
        "procurement_key",
        sa.Column("id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "value")),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("procurement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurement.id"], name=op.f("fk_procurement_key_procurement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_key")),
        sa.UniqueConstraint("kind", "value", name="procurement_key_once"),
    )
    op.create_index(op.f("ix_procurement_key_procurement_id"), "procurement_key", ["procurement_id"], unique=False)
    op.execute(
        "INSERT INTO procurement_key (kind, value, exact, procurement_id) "
        "SELECT DISTINCT ON (kind, value) kind, value, true, procurement_id "
        "  FROM notice_key JOIN notice ON notice.id = notice_id WHERE role IN ('own', 'changes')"
    )
    op.drop_column("notice_version", "changes")
    op.drop_column("notice", "tie")
    for table in ("told_before", "ruled_pair", "ruling", "notice_key"):
        op.drop_table(table)
    op.execute("DROP FUNCTION ruling_never_changed()")
