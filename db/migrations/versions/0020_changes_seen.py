"""A row for each transaction that wrote what the laboratory reads, so that what it keeps is let go then and only then."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WATCHED = (
    "alert", "buyer", "feedback", "first_verdict", "judged_match", "match", "notice", "notice_version", "profile",
    "recall_question", "recall_sample", "score_revision", "subscriber", "threshold", "told_before", "version_buyer",
)  # fmt: skip
# Once a transaction, which it remembers by a setting of its own; what is rolled back to a savepoint takes both along.
NOTE = """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('anbudsvakt.noted', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
            INSERT INTO change_seen DEFAULT VALUES;
            PERFORM set_config('anbudsvakt.noted', pg_current_xact_id()::text, true);
        END IF;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    # After a crash it is empty: then the server has started anew, which whoever keeps anything asks as well.
    op.create_table(
        "change_seen",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_seen")),
        prefixes=["UNLOGGED"],
    )
    op.execute(NOTE)
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION note_change()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER note_change ON {table}")
    op.execute("DROP FUNCTION note_change")
    op.drop_table("change_seen")
