"""Who belongs to a digest run? Subscribers whose slot it is and who are owed something, or want a word when it is quiet.

Conditions of SQL, each asked of one Subscriber.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, SmallInteger, case, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from alerts.ripe import has_profile, owed
from alerts.schedule import Schedule, Slot
from db.models import Cadence, Digest, DigestRun, RunKind, Subscriber, Suppression
from db.session import transaction


def schedules() -> list[Schedule]:
    """Every schedule that someone who may be written to has; there are far fewer than subscribers."""
    wanted = select(
        Subscriber.hour,
        Subscriber.weekdays,
        Subscriber.weekly_day,
        _spared().label("spared"),
        _weekly().label("weekly"),
    )
    with transaction() as s:
        return [
            Schedule(
                hour=row.hour,
                weekdays=tuple(row.weekdays),
                weekly_day=row.weekly_day,
                country=row.spared,
                weekly=row.weekly,
            )
            for row in s.execute(wanted.where(*served()).distinct())
        ]


def served() -> list[ColumnElement[bool]]:
    """Whether we may write to them at all."""
    return [
        Subscriber.confirmed_at.is_not(None),
        Subscriber.unsubscribed_at.is_(None),
        func.lower(Subscriber.email).not_in(select(Suppression.address)),
    ]


def keeps(schedule: Schedule) -> list[ColumnElement[bool]]:
    """Whether this is their schedule."""
    return [
        Subscriber.hour == schedule.hour,
        Subscriber.weekdays == cast(list(schedule.weekdays), ARRAY(SmallInteger)),
        Subscriber.weekly_day == schedule.weekly_day,
        _spared().is_not_distinct_from(schedule.country),
        _weekly().is_(schedule.weekly),
    ]


def since_before(moment: datetime) -> list[ColumnElement[bool]]:
    """Whether they had confirmed and chosen their schedule by then: no earlier slot is made up for."""
    return [
        Subscriber.confirmed_at <= moment,
        or_(Subscriber.schedule_since.is_(None), Subscriber.schedule_since <= moment),
    ]


def of_cadence(cadence: Cadence) -> ColumnElement[bool]:
    """Whether they have an active profile of this cadence."""
    return has_profile([cadence], Subscriber.id)


def want_quiet_word(previous: Slot) -> ColumnElement[bool]:
    """Whether they want a mail when there is nothing, and have had none since the weekly slot before this one."""
    that_run = (DigestRun.cadence == RunKind.AT_HOUR) & (DigestRun.day <= previous.day)
    told = exists().where(
        Digest.subscriber_id == Subscriber.id,
        Digest.view.is_not(None),
        DigestRun.id == Digest.run_id,
        DigestRun.as_of > previous.due_at,
        ~that_run,
    )
    return Subscriber.all_quiet & ~told.correlate(Subscriber)


def anyone(s: Session, cadence: Cadence, *conditions: ColumnElement[bool], before: datetime | None = None) -> bool:
    """Whether anybody who may be written to is owed something that a digest of this cadence tells."""
    return bool(s.scalar(select(exists().where(*served(), *conditions, owed(cadence, before=before)))))


def _spared() -> ColumnElement[str | None]:
    """Whose public holidays they are spared on; null where they are not."""
    return case((Subscriber.spare_holidays.is_(True), Subscriber.country), else_=None)


def _weekly() -> ColumnElement[bool]:
    """Whether anything of theirs comes once a week."""
    return or_(Subscriber.all_quiet, has_profile([Cadence.WEEKLY], Subscriber.id))
