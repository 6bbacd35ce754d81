"""Whose deadline draws near? Subscribers are reminded, at their hour, of what they said that they are going for.

A reminder is an alert like any other: owed in the transaction that opens a run, told once. It comes early rather than
late: on the last day of theirs that leaves them so many days.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from alerts.clock import local_day
from alerts.standing import Standing, standings
from classifier.owed import told_of
from db.models import Alert, AlertKind, Feedback, Notice, NoticeVersion, Subscriber, Verdict

LEADS: Final = (3, 7)  # days before the deadline, the nearest first; the mail colours its last week, and its last days


def owe_reminders(s: Session, who: Sequence[ColumnElement[bool]], *, day: date, next_day: date, as_of: datetime) -> int:
    """Owe these subscribers the reminders that cannot wait until ``next_day``, their next one after ``day``.

    Gives how many. Doing it again changes nothing.
    """
    latest = as_of + timedelta(days=(next_day - day).days + max(LEADS) + 1)
    near = exists().where(
        Notice.procurement_id == Alert.procurement_id,
        NoticeVersion.id == Notice.current_version_id,
        NoticeVersion.deadline_at > as_of,
        NoticeVersion.deadline_at < latest,
    )
    going_for = (
        select(Subscriber, Alert.procurement_id)
        .join(Alert, Alert.subscriber_id == Subscriber.id)
        .join(Feedback, Feedback.alert_id == Alert.id)
        .where(*who, Feedback.verdict == Verdict.ON_IT, near.correlate(Alert))
        .distinct()
    )
    return sum(
        _owe(s, subscriber, procurement_id, next_day=next_day, as_of=as_of)
        for subscriber, procurement_id in s.execute(going_for).all()
    )


def due_lead(deadline: date, next_day: date, said: date) -> int | None:
    """How many days before the deadline the reminder is that cannot wait until ``next_day``; None where all can.

    Who said it later than so many days before knows how near it is.
    """
    due = (lead for lead in LEADS if (deadline - next_day).days < lead and (deadline - said).days > lead)
    return next(due, None)


def _owe(s: Session, subscriber: Subscriber, procurement_id: int, *, next_day: date, as_of: datetime) -> int:
    said = _on_it_since(s, subscriber.id, procurement_id)
    heard = s.scalars(
        select(Alert).where(Alert.subscriber_id == subscriber.id, told_of(procurement_id)).order_by(Alert.id)
    ).all()
    own = [alert for alert in heard if alert.procurement_id == procurement_id]
    if said is None or not own:
        return 0
    (standing,) = standings(s, own[-1:], (), language=subscriber.language)
    deadline = _deadline(standing, as_of)
    lead = due_lead(local_day(deadline), next_day, local_day(said)) if deadline else None
    if deadline is None or lead is None:
        return 0
    made = s.scalar(
        insert(Alert)
        .values(
            subscriber_id=subscriber.id,
            procurement_id=procurement_id,
            kind=AlertKind.REMINDER,
            # A deadline that moves is a deadline anew.
            version=local_day(deadline).toordinal() * 10 + lead,
            version_id=own[-1].version_id,
            # A corrigendum is compared with the newest alert: a reminder passes on what was told before it.
            facts=heard[-1].facts,
            # No change of the notice; it tells one reminder from another where two procurements become one.
            changes=[["reminder", str(lead), deadline.isoformat()]],
        )
        .on_conflict_do_nothing(constraint="alert_once")
        .returning(Alert.id)
    )
    return int(made is not None)


def _on_it_since(s: Session, subscriber_id: int, procurement_id: int) -> datetime | None:
    """When they said that they are going for it; None where that is not their last word on the procurement."""
    last = s.execute(
        select(Feedback.verdict, Feedback.at)
        .join(Alert, Alert.id == Feedback.alert_id)
        .where(Alert.subscriber_id == subscriber_id, told_of(procurement_id))
        .order_by(Feedback.at.desc(), Feedback.id.desc())
        .limit(1)
    ).first()
    return last.at if last is not None and last.verdict == Verdict.ON_IT else None


def _deadline(standing: Standing, as_of: datetime) -> datetime | None:
    due = standing.deadline
    return due.deadline_at if due is not None and standing.is_open(as_of) else None
