"""Of each transaction also which tables it wrote, and of matches and notices which versions: only that is read anew."""

import sqlalchemy as sa
from alembic import context, op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# By which of their columns they say of which version they are; of the others it is known only that they were written.
WATCHED = {
    "feedback": None,
    "first_verdict": None,
    "judged_match": None,
    "match": "version_id",
    "notice": "current_version_id",
    "notice_version": "id",
    "profile": None,
    "recall_question": None,
    "recall_sample": None,
    "score_revision": None,
    "subscriber": None,
    "threshold": None,
}
MOST = 1000  # versions that one statement names; of more, everything is sooner read than they are looked up
SHOWS = {
    "insert": "REFERENCING NEW TABLE AS changed",
    "update": "REFERENCING OLD TABLE AS former NEW TABLE AS changed",
    "delete": "REFERENCING OLD TABLE AS changed",
    "truncate": "",
}
# A statement that changed no row is no change.
NOTE_TABLE = """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'TRUNCATE' THEN
            IF NOT EXISTS (SELECT FROM changed) THEN
                RETURN NULL;
            END IF;
        END IF;
        INSERT INTO change_seen (relation) VALUES (TG_TABLE_NAME) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
"""
# One function for each, since a column's name in a variable would have each statement planned anew. A notice without a
# current version is read by nobody.
NOTE_VERSIONS = """
    CREATE FUNCTION {note}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        touched bigint[];
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            touched := '{{0}}';
        ELSIF TG_OP = 'UPDATE' THEN
            SELECT array_agg(DISTINCT {column}) INTO touched
            FROM (SELECT {column} FROM former UNION ALL SELECT {column} FROM changed) AS either
            WHERE {column} IS NOT NULL;
        ELSE
            SELECT array_agg(DISTINCT {column}) INTO touched FROM changed WHERE {column} IS NOT NULL;
        END IF;
        IF cardinality(touched) > {most} THEN
            touched := '{{0}}';
        END IF;
        INSERT INTO change_seen (relation, version_id) SELECT TG_TABLE_NAME, unnest(touched) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    # And the triggers that call it, some of tables that nothing is kept of.
    op.execute("DROP FUNCTION note_change CASCADE")
    # Those who still run as before see that there is another row.
    op.execute("DELETE FROM change_seen")
    by = sa.text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
    op.add_column("change_seen", sa.Column("by", sa.BigInteger(), server_default=by, nullable=False))
    op.add_column("change_seen", sa.Column("relation", sa.Text(), server_default="", nullable=False))
    op.add_column("change_seen", sa.Column("version_id", sa.BigInteger(), server_default="0", nullable=False))
    op.create_unique_constraint("noted_once", "change_seen", ["by", "relation", "version_id"])
    op.execute("INSERT INTO change_seen DEFAULT VALUES")
    # Beside it, what of a line is asked again then: by which a profile without one of its own was last matched.
    op.create_index("ix_match_profile_id_id", "match", ["profile_id", "id"])
    op.execute(NOTE_TABLE)
    for table, column in WATCHED.items():
        note = "note_change"
        if column is not None:
            note = f"note_change_of_{table}"
            op.execute(NOTE_VERSIONS.format(note=note, column=column, most=MOST))
        for kind, shows in SHOWS.items():
            op.execute(
                f"CREATE TRIGGER note_change_by_{kind} AFTER {kind} ON {table} {shows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {note}()"
            )


def downgrade() -> None:
    op.drop_index("ix_match_profile_id_id", "match")
    for table in [table for table, column in WATCHED.items() if column is not None]:
        op.execute(f"DROP FUNCTION note_change_of_{table} CASCADE")
    before = context.script.get_revision(down_revision).module
    before.downgrade()
    before.upgrade()
