"""Which of the alerts that a subscriber is owed may be told now? By the cadences of the profiles that they are for.

An alert belongs to the profiles that it matches, and is told with the quickest of them: one entry names them all.
What no profile is behind any more, such as the corrigendum of a notice that an edited profile no longer matches, is
told with the quickest that the subscriber has. Conditions of SQL; each is asked of one Alert or Subscriber.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, or_, true
from sqlalchemy.orm import aliased

from classifier.revisions import speaking
from db.models import Alert, AlertKind, Cadence, Match, Notice, NoticeVersion, Profile, Subscriber

# What a digest of each cadence may tell: its own, and whatever is quicker.
TELLS: Final[Mapping[Cadence, tuple[Cadence, ...]]] = MappingProxyType(
    {
        Cadence.AT_ONCE: (Cadence.AT_ONCE,),
        Cadence.DAILY: (Cadence.AT_ONCE, Cadence.DAILY),
        Cadence.WEEKLY: tuple(Cadence),
    }
)


def owed(cadence: Cadence, *, before: datetime | None = None) -> ColumnElement[bool]:
    """Whether a Subscriber has something that a digest of this cadence may tell, owed since ``before`` at the latest."""
    waits = [Alert.subscriber_id == Subscriber.id, Alert.digest_id.is_(None), ripe(cadence)]
    if before is not None:
        waits.append(Alert.created_at <= before)
    return exists().where(*waits).correlate(Subscriber)


@cache  # a condition is not changed by being used, and is long in the making
def ripe(cadence: Cadence) -> ColumnElement[bool]:
    """Whether a digest of this cadence may tell an Alert."""
    if cadence is Cadence.WEEKLY:
        return true()
    quick = TELLS[cadence]
    slow = [one for one in Cadence if one not in quick]
    mine = has_profile(quick, Alert.subscriber_id)
    # Most subscribers have one cadence, and for them the matches need not be asked: hence the order.
    by_profile = and_(mine, or_(~has_profile(slow, Alert.subscriber_id), _carried(quick), ~_carried(slow)))
    if cadence is Cadence.AT_ONCE:
        # A reminder waits for the hour of the subscriber's choice, as nothing about it is new.
        return and_(Alert.kind != AlertKind.REMINDER, by_profile)
    return or_(Alert.kind == AlertKind.REMINDER, by_profile)


def has_profile(cadences: Collection[Cadence], subscriber_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether a subscriber has an active profile of one of these cadences."""
    profile, whose = aliased(Profile), aliased(Subscriber)
    return (
        exists()
        .where(
            profile.subscriber_id == subscriber_id,
            profile.active.is_(True),
            whose.id == profile.subscriber_id,
            func.coalesce(profile.cadence, whose.cadence).in_(cadences),
        )
        .correlate_except(profile, whose)
    )


def _carried(cadences: Collection[Cadence]) -> ColumnElement[bool]:
    """Whether an Alert's procurement lies above the line of an active profile of one of these cadences."""
    profile, whose = aliased(Profile), aliased(Subscriber)
    return (
        exists()
        .where(
            Notice.procurement_id == Alert.procurement_id,
            NoticeVersion.notice_id == Notice.id,
            Match.version_id == NoticeVersion.id,
            Match.barred_by.is_(None),
            Match.score >= Match.threshold_then,
            speaking(),
            profile.id == Match.profile_id,
            profile.subscriber_id == Alert.subscriber_id,
            profile.active.is_(True),
            whose.id == profile.subscriber_id,
            func.coalesce(profile.cadence, whose.cadence).in_(cadences),
        )
        .correlate(Alert)
    )
