"""What does each alert say, taken by itself? For the doors that tell alert by alert, out of the mails' own ledger.

A mail tells one entry per procurement; a feed, a table or a message tells one per alert. The facts and reasons are the
same, made by the same functions; what a mail could not tell (no active profile matches any more, nothing has changed) is not told here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from alerts.compose import changes_of, entry_of, reasons_of
from alerts.entry import ToldEntry
from alerts.speak import Speaker
from alerts.standing import standings
from alerts.view import Entry
from classifier.revisions import speaking
from db.models import Alert, AlertKind, Match, Notice, NoticeVersion, Profile, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """One alert and what it tells. ``read_at``: when the newest of its notices came to us."""

    alert: Alert
    entry: Entry
    read_at: datetime


def told_alerts(
    s: Session, subscriber: Subscriber, alerts: Sequence[Alert], profiles: Sequence[Profile]
) -> list[ToldAlert]:
    """These alerts in their order, as seen by these profiles of the subscriber; without those of which nothing can be told."""
    by_id = {profile.id: profile for profile in profiles}
    by_procurement = {
        standing.procurement_id: standing
        for standing in standings(s, alerts, profiles, language=subscriber.language)
    }  # fmt: skip
    told = []
    for alert in alerts:
        standing = replace(by_procurement[alert.procurement_id], alerts=[alert])
        reasons = reasons_of(standing, by_id)
        changes = changes_of([alert]) if alert.kind == AlertKind.CHANGE else ()
        # Whoever was told of a procurement is told of its changes and reminded of it, whatever became of their profiles.
        worth = {AlertKind.CHANGE: bool(changes), AlertKind.REMINDER: True}.get(AlertKind(alert.kind), bool(reasons))
        if not worth:
            continue
        read_at = max([version.created_at for version in standing.current], default=standing.shown.created_at)
        told.append(ToldAlert(alert=alert, entry=entry_of(standing, subscriber, reasons, changes), read_at=read_at))
    return told


def headline(one: ToldAlert, told: ToldEntry, said: Speaker) -> str:
    """The title, after what is new: a change with its old and new value, or the kind where that is no plain competition."""
    kind = one.entry.kind
    words = [word for word in (f"kind.{kind}", f"export.word.{kind}") if said.texts.has(word)]
    if told.changes:
        news = told.changes[0]
    elif kind in {AlertKind.COMPETITION, AlertKind.CHANGE} or not words:
        return told.title
    else:
        news = said.texts.say(words[0])
    return said.texts.say("feed.changed", change=news[:1].upper() + news[1:], title=told.title)


def active_profiles(s: Session, subscriber_id: int) -> Sequence[Profile]:
    """The profiles that speak for a subscriber."""
    mine = (Profile.subscriber_id == subscriber_id, Profile.active.is_(True))
    return s.scalars(select(Profile).where(*mine).order_by(Profile.id)).all()


def matched_by(profile_id: int) -> ColumnElement[bool]:
    """Alerts of a procurement that this profile matches above its line."""
    return exists().where(
        Notice.procurement_id == Alert.procurement_id,
        NoticeVersion.notice_id == Notice.id,
        Match.version_id == NoticeVersion.id,
        Match.profile_id == profile_id,
        Match.barred_by.is_(None),
        Match.score >= Match.threshold_then,
        speaking(),
    )
