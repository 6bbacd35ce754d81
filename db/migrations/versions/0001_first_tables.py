"""The tables of the data's route: from fetch to feedback."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index(
        "uq_alarm_open", "alarm", ["kind", "subject"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "buyer",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("digits", sa.String(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer")),
    )
    op.create_index(
        "uq_buyer_digits", "buyer", ["country", "digits"], unique=True, postgresql_where=sa.text("digits IS NOT NULL")
    )
    op.create_index(
        "uq_buyer_name", "buyer", ["country", "folded_name"], unique=True, postgresql_where=sa.text("digits IS NULL")
    )
    op.create_table(
        "buyer_name",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digits", sa.String(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_name")),
        sa.UniqueConstraint("name", name=op.f("uq_buyer_name_name")),
    )
    op.create_table(
        "cpv_name",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("nb", sa.Text(), nullable=False),
        sa.Column("sv", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_cpv_name")),
    )
    op.create_table(
        "digest_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("as_of", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_run")),
        sa.UniqueConstraint("day", "cadence", "slot", name="run_once"),
    )
    op.create_table(
        "fetch",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("requests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch")),
    )
    op.create_index("ix_fetch_source_started_at", "fetch", ["source", "started_at"], unique=False)
    op.create_index("uq_fetch_running", "fetch", ["source"], unique=True, postgresql_where=sa.text("state = 'running'"))
    op.create_table(
        "nuts_name",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("nb", sa.Text(), nullable=False),
        sa.Column("sv", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_nuts_name")),
    )
    op.create_table(
        "procurement",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement")),
    )
    op.create_table(
        "quarantined",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=True),
        sa.Column("payload_sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sa.UniqueConstraint("source", "payload_sha256", name=op.f("uq_quarantined_source_payload_sha256")),
    )
    op.create_table(
        "source",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("validators", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("next_check_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("read_through_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_source")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), server_default="7", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("cadence IN ('at_once', 'daily', 'weekly')", name=op.f("ck_subscriber_cadence_known")),
        sa.CheckConstraint("language IN ('nb', 'nn', 'sv', 'en')", name=op.f("ck_subscriber_language_known")),
        sa.CheckConstraint("hour BETWEEN 4 AND 23", name=op.f("ck_subscriber_hour_outside_the_clock_change")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("email", name="subscriber_once"),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("address", name="suppression_once"),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("built_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("view", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["digest_run.id"], name=op.f("fk_digest_run_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_digest_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("run_id", "subscriber_id", name="digest_once"),
    )
    op.create_index(op.f("ix_digest_run_id"), "digest", ["run_id"], unique=False)
    op.create_index(op.f("ix_digest_subscriber_id"), "digest", ["subscriber_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("procurement_id", sa.BigInteger(), nullable=False),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("listing_sha256", sa.String(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurement.id"], name=op.f("fk_notice_procurement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("source", "source_id", name="notice_once"),
    )
    op.create_index(op.f("ix_notice_procurement_id"), "notice", ["procurement_id"], unique=False)
    op.create_index(op.f("ix_notice_seen_at"), "notice", ["seen_at"], unique=False)
    op.create_table(
        "procurement_key",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("procurement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurement.id"], name=op.f("fk_procurement_key_procurement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procurement_key")),
        sa.UniqueConstraint("kind", "value", name="procurement_key_once"),
    )
    op.create_index(op.f("ix_procurement_key_procurement_id"), "procurement_key", ["procurement_id"], unique=False)
    op.create_table(
        "profile",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sentences", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("nuts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("words_out", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("value_min", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("value_max", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("value_currency", sa.String(), nullable=True),
        sa.Column("stages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("matched_rev", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_profile_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("subscriber_id", "key", name="profile_once"),
    )
    op.create_index(op.f("ix_profile_subscriber_id"), "profile", ["subscriber_id"], unique=False)
    op.create_index(
        "ix_profile_unmatched", "profile", ["id"], unique=False, postgresql_where=sa.text("matched_rev IS NULL")
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("smtp_reply", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued','deferred','sent','failed','suppressed','held','bounced','complained','broken')",
            name=op.f("ck_delivery_state_known"),
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_delivery_digest_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("digest_id", name="delivery_once"),
    )
    op.create_index(op.f("ix_delivery_digest_id"), "delivery", ["digest_id"], unique=False)
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["not_before", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'deferred')"),
    )
    op.create_table(
        "notice_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.Text(), nullable=False),
        sa.Column("wire_format", sa.Text(), nullable=False),
        sa.Column("fetch_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("nuts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("nationwide", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deadline_kind", sa.String(), nullable=True),
        sa.Column("deadline_date_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("value_amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("value_currency", sa.String(), nullable=True),
        sa.Column("notice_type", sa.String(), nullable=True),
        sa.Column("notice_subtype", sa.String(), nullable=True),
        sa.Column("legal_basis", sa.String(), nullable=True),
        sa.Column("procedure_type", sa.String(), nullable=True),
        sa.Column("contract_nature", sa.String(), nullable=True),
        sa.Column("framework", sa.Boolean(), nullable=True),
        sa.Column("sme_suitable", sa.Boolean(), nullable=True),
        sa.Column("security_clearance", sa.Boolean(), nullable=True),
        sa.Column("activity", sa.String(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("notice_uuid", sa.String(), nullable=True),
        sa.Column("notice_version", sa.String(), nullable=True),
        sa.Column("procedure_uuid", sa.String(), nullable=True),
        sa.Column("ojs_number", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("changes_notice", sa.String(), nullable=True),
        sa.Column("previous_notices", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("oddities", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("scope_evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("matched_rev", sa.String(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_notice_version_number_from_one")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetch.id"], name=op.f("fk_notice_version_fetch_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_version_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_version")),
        sa.UniqueConstraint("notice_id", "content_hash", name="version_once"),
    )
    op.create_index(op.f("ix_notice_version_deadline_at"), "notice_version", ["deadline_at"], unique=False)
    op.create_index(op.f("ix_notice_version_fetch_id"), "notice_version", ["fetch_id"], unique=False)
    op.create_index(op.f("ix_notice_version_notice_id"), "notice_version", ["notice_id"], unique=False)
    op.create_index(op.f("ix_notice_version_scope"), "notice_version", ["scope"], unique=False)
    op.create_index(
        "ix_notice_version_unmatched",
        "notice_version",
        ["id"],
        unique=False,
        postgresql_where=sa.text("matched_rev IS NULL"),
    )
    op.create_table(
        "threshold",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_threshold_profile_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold")),
    )
    op.create_index(op.f("ix_threshold_profile_id"), "threshold", ["profile_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("procurement_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_alert_digest_id")),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurement.id"], name=op.f("fk_alert_procurement_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_alert_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_alert_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("subscriber_id", "procurement_id", "kind", "version", name="alert_once"),
    )
    op.create_index(op.f("ix_alert_digest_id"), "alert", ["digest_id"], unique=False)
    op.create_index(
        "ix_alert_owed", "alert", ["subscriber_id"], unique=False, postgresql_where=sa.text("digest_id IS NULL")
    )
    op.create_index(op.f("ix_alert_procurement_id"), "alert", ["procurement_id"], unique=False)
    op.create_index(op.f("ix_alert_subscriber_id"), "alert", ["subscriber_id"], unique=False)
    op.create_index(op.f("ix_alert_version_id"), "alert", ["version_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("nuts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("deadline_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deadline_kind", sa.String(), nullable=True),
        sa.Column("deadline_date_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("value_amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("value_currency", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_lot_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("version_id", "identifier", name="lot_once"),
    )
    op.create_index(op.f("ix_lot_version_id"), "lot", ["version_id"], unique=False)
    op.create_table(
        "match",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("model_rev", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold_then", sa.Double(), nullable=False),
        sa.Column("barred_by", sa.String(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_match_score_is_a_probability")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_match_profile_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_match_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
        sa.UniqueConstraint("version_id", "profile_id", "model_rev", name="match_once"),
    )
    op.create_index(op.f("ix_match_profile_id"), "match", ["profile_id"], unique=False)
    op.create_index("ix_match_profile_score", "match", ["profile_id", "model_rev", "score"], unique=False)
    op.create_index(op.f("ix_match_version_id"), "match", ["version_id"], unique=False)
    op.create_table(
        "version_buyer",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_id"], ["buyer.id"], name=op.f("fk_version_buyer_buyer_id")),
        sa.ForeignKeyConstraint(["version_id"], ["notice_version.id"], name=op.f("fk_version_buyer_version_id")),
        sa.PrimaryKeyConstraint("version_id", "buyer_id", name=op.f("pk_version_buyer")),
    )
    op.create_index(op.f("ix_version_buyer_buyer_id"), "version_buyer", ["buyer_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verdict IN ('relevant', 'not_relevant')", name=op.f("ck_feedback_verdict_known")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_feedback_alert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("alert_id", name="feedback_once"),
    )
    op.create_index(op.f("ix_feedback_alert_id"), "feedback", ["alert_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_feedback_alert_id"), table_name="feedback")
    op.drop_table("feedback")
    op.drop_index(op.f("ix_version_buyer_buyer_id"), table_name="version_buyer")
    op.drop_table("version_buyer")
    op.drop_index(op.f("ix_match_version_id"), table_name="match")
    op.drop_index("ix_match_profile_score", table_name="match")
    op.drop_index(op.f("ix_match_profile_id"), table_name="match")
    op.drop_table("match")
    op.drop_index(op.f("ix_lot_version_id"), table_name="lot")
    op.drop_table("lot")
    op.drop_index(op.f("ix_alert_version_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_subscriber_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_procurement_id"), table_name="alert")
    op.drop_index("ix_alert_owed", table_name="alert", postgresql_where=sa.text("digest_id IS NULL"))
    op.drop_index(op.f("ix_alert_digest_id"), table_name="alert")
    op.drop_table("alert")
    op.drop_index(op.f("ix_threshold_profile_id"), table_name="threshold")
    op.drop_table("threshold")
    op.drop_index(
        "ix_notice_version_unmatched", table_name="notice_version", postgresql_where=sa.text("matched_rev IS NULL")
    )
    op.drop_index(op.f("ix_notice_version_scope"), table_name="notice_version")
    op.drop_index(op.f("ix_notice_version_notice_id"), table_name="notice_version")
    op.drop_index(op.f("ix_notice_version_fetch_id"), table_name="notice_version")
    op.drop_index(op.f("ix_notice_version_deadline_at"), table_name="notice_version")
    op.drop_table("notice_version")
    op.drop_index("ix_delivery_due", table_name="delivery", postgresql_where=sa.text("state IN ('queued', 'deferred')"))
    op.drop_index(op.f("ix_delivery_digest_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index("ix_profile_unmatched", table_name="profile", postgresql_where=sa.text("matched_rev IS NULL"))
    op.drop_index(op.f("ix_profile_subscriber_id"), table_name="profile")
    op.drop_table("profile")
    op.drop_index(op.f("ix_procurement_key_procurement_id"), table_name="procurement_key")
    op.drop_table("procurement_key")
    op.drop_index(op.f("ix_notice_seen_at"), table_name="notice")
    op.drop_index(op.f("ix_notice_procurement_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_digest_subscriber_id"), table_name="digest")
    op.drop_index(op.f("ix_digest_run_id"), table_name="digest")
    op.drop_table("digest")
    op.drop_table("suppression")
    op.drop_table("subscriber")
    op.drop_table("source")
    op.drop_table("quarantined")
    op.drop_table("procurement")
    op.drop_table("nuts_name")
    op.drop_index("uq_fetch_running", table_name="fetch", postgresql_where=sa.text("state = 'running'"))
    op.drop_index("ix_fetch_source_started_at", table_name="fetch")
    op.drop_table("fetch")
    op.drop_table("digest_run")
    op.drop_table("cpv_name")
    op.drop_table("buyer_name")
    op.drop_index("uq_buyer_name", table_name="buyer", postgresql_where=sa.text("digits IS NULL"))
    op.drop_index("uq_buyer_digits", table_name="buyer", postgresql_where=sa.text("digits IS NOT NULL"))
    op.drop_table("buyer")
    op.drop_index("uq_alarm_open", table_name="alarm", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("alarm")
