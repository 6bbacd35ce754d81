"""Doors beside the mail: private addresses, and deadlines as calendars keep them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0006"
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
        sa.CheckConstraint("kind IN ('calendar', 'feed', 'export')", name=op.f("ck_door_kind_known")),
        sa.CheckConstraint("(kind = 'feed') = (profile_id IS NOT NULL)", name=op.f("ck_door_a_feed_has_a_profile")),
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
    op.drop_table("door")
