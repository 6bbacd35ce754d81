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
# A statement that changed no row is no change.
NOTE = """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('anbudsvakt.noted', true) IS NOT DISTINCT FROM pg_current_xact_id_if_assigned()::text THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'TRUNCATE' THEN
            IF NOT EXISTS (SELECT FROM changed) THEN
                RETURN NULL;
            END IF;
        END IF;
        INSERT INTO change_seen DEFAULT VALUES;
        PERFORM set_config('anbudsvakt.noted', pg_current_xact_id()::text, true);
        RETURN NULL;
    END $$
"""
# One trigger for each, since one of several kinds cannot be asked what it changed.
SHOWS = {
    "insert": "REFERENCING NEW TABLE AS changed",
    "update": "REFERENCING NEW TABLE AS changed",
    "delete": "REFERENCING OLD TABLE AS changed",
    "truncate": "",
}


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
        for kind, shows in SHOWS.items():
            op.execute(
                f"CREATE TRIGGER note_change_by_{kind} AFTER {kind} ON {table} {shows}"
                " FOR EACH STATEMENT EXECUTE FUNCTION note_change()"
            )


def downgrade() -> None:
    op.execute("DROP FUNCTION note_change CASCADE")  # and the triggers that call it
    op.drop_table("change_seen")
