"""Doors beside the mail, what goes through them, and deadlines as calendars keep them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "door",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("secrets", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("secret_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("off_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('calendar', 'feed', 'export', 'webhook', 'chat')", name=op.f("ck_door_kind_known")
        ),
        sa.CheckConstraint("(kind = 'feed') = (profile_id IS NOT NULL)", name=op.f("ck_door_a_feed_has_a_profile")),
        sa.CheckConstraint(
            "(kind IN ('webhook', 'chat')) = (target IS NOT NULL)", name=op.f("ck_door_where_we_go_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_door_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_door_profile_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door")),
    )
    op.create_index(op.f("ix_door_subscriber_id"), "door", ["subscriber_id"])
    op.create_index(op.f("ix_door_profile_id"), "door", ["profile_id"])
    op.create_index(
        "uq_door_open",
        "door",
        ["subscriber_id", "kind"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND profile_id IS NULL"),
    )
    op.create_index(
        "uq_door_open_feed", "door", ["profile_id"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "door_delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("door_id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("push_id", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reply", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('before','void','queued','deferred','sent','failed')", name=op.f("ck_door_delivery_state_known")
        ),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_door_delivery_door_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_door_delivery_alert_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_delivery")),
        sa.UniqueConstraint("door_id", "alert_id", name="door_told_once"),
        sa.UniqueConstraint("push_id", name="push_id_once"),
    )
    op.create_index(op.f("ix_door_delivery_alert_id"), "door_delivery", ["alert_id"])
    op.create_index(
        "ix_door_delivery_due",
        "door_delivery",
        ["not_before", "id"],
        postgresql_where=sa.text("state IN ('queued', 'deferred')"),
    )
    op.create_table(
        "deadline_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("procurement_id", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deadline_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deadline_day", sa.Date(), nullable=True),
        sa.Column("deadline_kind", sa.String(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("versions", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('standing', 'cancelled', 'gone')", name=op.f("ck_deadline_event_state_known")),
        sa.ForeignKeyConstraint(
            ["procurement_id"],
            ["procurement.id"],
            name=op.f("fk_deadline_event_procurement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_event")),
        sa.UniqueConstraint("procurement_id", name="event_once"),
        sa.UniqueConstraint("uid", name="uid_once"),
    )


def downgrade() -> None:
    op.drop_table("deadline_event")
    op.drop_table("door_delivery")
    op.drop_table("door")
