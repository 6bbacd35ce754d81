"""What came back of our mails, and who is left alone for a while after it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "returned_mail",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"],
            name=op.f("fk_returned_mail_subscriber_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_returned_mail_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mail")),
        sa.UniqueConstraint("subscriber_id", "sha256", name="returned_once"),
    )  # fmt: skip
    op.create_index("ix_returned_mail_subscriber_id", "returned_mail", ["subscriber_id"])
    op.create_index("ix_returned_mail_delivery_id", "returned_mail", ["delivery_id"])
    op.create_index("ix_returned_mail_meaning", "returned_mail", ["meaning", "at"])
    # Both with a default that costs no rewrite of the table (O6).
    op.add_column("subscriber", sa.Column("soft_bounces", sa.Integer(), server_default="0", nullable=False))
    op.add_column("subscriber", sa.Column("back_off_until", sa.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("subscriber", "back_off_until")
    op.drop_column("subscriber", "soft_bounces")
    op.drop_table("returned_mail")
