"""When each subscriber wants mail: days, holidays, a cadence for each profile; and what one digest may tell."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

VERDICTS = "ck_feedback_verdict_known"


def upgrade() -> None:
    days = postgresql.ARRAY(sa.SmallInteger())
    no = sa.text("false")
    op.add_column("subscriber", sa.Column("weekdays", days, server_default="{1,2,3,4,5,6,7}", nullable=False))
    op.add_column("subscriber", sa.Column("weekly_day", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("subscriber", sa.Column("spare_holidays", sa.Boolean(), server_default=no, nullable=False))
    op.add_column("subscriber", sa.Column("all_quiet", sa.Boolean(), server_default=no, nullable=False))
    op.add_column("subscriber", sa.Column("schedule_since", sa.TIMESTAMP(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_subscriber_weekdays_known"), "subscriber", "weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]"
    )
    op.create_check_constraint(
        op.f("ck_subscriber_weekly_day_is_among_their_days"), "subscriber", "weekly_day = ANY (weekdays)"
    )
    op.add_column("profile", sa.Column("cadence", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_profile_cadence_known"), "profile", "cadence IN ('at_once', 'daily', 'weekly')")
    # A digest that a dead process left unbuilt was meant to tell all that is owed: hence the default.
    op.add_column("digest", sa.Column("cadence", sa.Text(), server_default="weekly", nullable=False))
    op.add_column("digest", sa.Column("quiet", sa.Boolean(), server_default=no, nullable=False))
    # Runs of one moment are one run from now on. Those that were done stay the fence against doing them again.
    op.execute("UPDATE digest_run SET cadence = 'at_hour' WHERE cadence = 'daily' AND slot NOT LIKE 'by hand%'")
    op.execute(
        "UPDATE digest_run r SET cadence = 'at_hour' WHERE cadence = 'weekly' AND slot NOT LIKE 'by hand%' AND NOT EXISTS"
        " (SELECT FROM digest_run t WHERE t.day = r.day AND t.slot = r.slot AND t.cadence = 'at_hour')"
    )
    op.drop_constraint(op.f(VERDICTS), "feedback", type_="check")
    op.create_check_constraint(op.f(VERDICTS), "feedback", "verdict IN ('relevant', 'not_relevant', 'on_it')")


def downgrade() -> None:
    op.execute("UPDATE feedback SET verdict = 'relevant' WHERE verdict = 'on_it'")
    op.drop_constraint(op.f(VERDICTS), "feedback", type_="check")
    op.create_check_constraint(op.f(VERDICTS), "feedback", "verdict IN ('relevant', 'not_relevant')")
    op.execute("UPDATE digest_run SET cadence = 'daily' WHERE cadence = 'at_hour'")
    for column in ("quiet", "cadence"):
        op.drop_column("digest", column)
    op.drop_column("profile", "cadence")
    for column in ("schedule_since", "all_quiet", "spare_holidays", "weekly_day", "weekdays"):
        op.drop_column("subscriber", column)
