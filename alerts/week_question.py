"""Which question of what stayed under their line does a reader meet in this mail? One a week at most, of one profile."""

from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alerts.tokens import recall_url
from db.models import Digest, DigestRun, Profile, RecallQuestion


def week_question(s: Session, digest: Digest, day: date) -> str | None:
    """Where the week's question waits for its answer; None where a mail of this week has had one, or none is open.

    Who has several profiles is asked of another each week.
    """
    week = day - timedelta(days=day.weekday())
    asked = (
        exists()
        .where(Digest.subscriber_id == digest.subscriber_id, Digest.id != digest.id, Digest.run_id == DigestRun.id)
        .where(DigestRun.day >= week, Digest.view["recall_url"].as_string().is_not(None))
    )
    waiting = s.scalars(
        select(RecallQuestion.id)
        .join(Profile, Profile.id == RecallQuestion.profile_id)
        .where(Profile.subscriber_id == digest.subscriber_id, Profile.active.is_(True))
        .where(RecallQuestion.week == week, RecallQuestion.answered_at.is_(None), ~asked)
        .order_by(RecallQuestion.profile_id)
    ).all()
    return recall_url(waiting[week.isocalendar().week % len(waiting)]) if waiting else None
