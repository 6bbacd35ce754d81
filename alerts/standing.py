"""How does a procurement stand now? Its notices on all portals, the newest facts, and what matched, read together."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, selectinload

from classifier.revisions import speaking
from db.models import Alert, AlertKind, Match, Notice, NoticeVersion, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One procurement as this subscriber is to see it."""

    procurement_id: int
    alerts: Sequence[Alert]  # those of which is told, oldest first
    current: Sequence[NoticeVersion]  # of every notice that has one, newest first
    matches: Sequence[Match]  # with the subscriber's active profiles, newest first
    shown: NoticeVersion  # whose words are quoted

    @property
    def same_stage(self) -> Sequence[NoticeVersion]:
        """Versions that speak of the same stage as the one shown, newest first; a planning notice's date is no deadline."""
        return [version for version in self.current if version.stage == self.shown.stage] or [self.shown]

    @property
    def deadline(self) -> NoticeVersion | None:
        """The newest version that names a deadline."""
        return next((version for version in self.same_stage if version.deadline_at is not None), None)

    @property
    def cancelled(self) -> bool:
        """What the newest version says."""
        return self.same_stage[0].cancelled

    @property
    def priced(self) -> NoticeVersion | None:
        """The newest version that names a value."""
        return next((version for version in self.same_stage if version.value_amount is not None), None)

    @property
    def buyer(self) -> str | None:
        """The first buyer of the version shown, or else of the newest that names one."""
        named = [version for version in (self.shown, *self.current) if version.buyers]
        return named[0].buyers[0].name if named else None

    def is_open(self, at: datetime) -> bool:
        """Whether one may still act: not cancelled, and no deadline that has passed."""
        last = self.deadline.deadline_at if self.deadline else None
        return not self.cancelled and (last is None or last > at)


def spoke_at(version: NoticeVersion) -> tuple[datetime, int]:
    """When a version began to hold. One that replaced another on the same page keeps the page's first date.

    A copy of the first notice that we happen to read later, from another portal, is therefore not newer than a
    corrigendum.
    """
    first = version.number == 1 and version.published_at is not None
    return (version.published_at if first and version.published_at else version.created_at, version.id)


def standings(s: Session, alerts: Sequence[Alert], profiles: Collection[Profile], *, language: str) -> list[Standing]:
    """How the procurements of these alerts stand for a reader of a language, in three queries however many they are."""
    by_procurement: dict[int, list[Alert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.id):
        by_procurement[alert.procurement_id].append(alert)
    current = _current(s, by_procurement)
    matches = _matches(s, by_procurement, profiles)
    told = {version.id: version for version in _versions(s, {alert.version_id for alert in alerts})}
    return [
        Standing(
            procurement_id=procurement_id,
            alerts=owed,
            current=current.get(procurement_id, ()),
            matches=matches.get(procurement_id, ()),
            shown=_shown(owed, told, current.get(procurement_id, ()), matches.get(procurement_id, ()), language),
        )
        for procurement_id, owed in by_procurement.items()
    ]


def standings_at(
    s: Session, versions: Sequence[NoticeVersion], alerts: Sequence[Alert], profiles: Collection[Profile]
) -> list[Standing]:
    """How the procurements of these versions stand, each version's own words quoted; there may be no alert of them."""
    by_procurement: dict[int, list[Alert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.id):
        by_procurement[alert.procurement_id].append(alert)
    procurements = {version.notice.procurement_id for version in versions}
    current, matches = _current(s, procurements), _matches(s, procurements, profiles)
    return [
        Standing(
            procurement_id=version.notice.procurement_id,
            alerts=by_procurement.get(version.notice.procurement_id, ()),
            current=current.get(version.notice.procurement_id, ()),
            matches=matches.get(version.notice.procurement_id, ()),
            shown=version,
        )
        for version in versions
    ]


# The further a stage is, the more it says; a change is told only where no stage is, a reminder where nothing is new.
STAGES = ("reminder", "change", "signal", "planning", "competition", "intent", "result")


def leading(owed: Sequence[Alert]) -> Alert:
    """The alert by which a procurement is told: the furthest stage, and of changes the last."""
    return max(owed, key=lambda alert: (STAGES.index(alert.kind), alert.id))


# What a reader would rather read, best first: their own words, the neighbour's, and English last, for TED has
# Norwegian notices in English only.
READS = {"nb": ("nb", "nn", "sv", "da"), "nn": ("nn", "nb", "sv", "da"), "sv": ("sv", "nb", "nn", "da"), "en": ("en",)}


def _shown(
    owed: Sequence[Alert],
    told: Mapping[int, NoticeVersion],
    current: Sequence[NoticeVersion],
    matches: Sequence[Match],
    language: str,
) -> NoticeVersion:
    """The version whose words are quoted: that of the notice by which the procurement is told, as it now reads.

    Where another portal tells the same stage in words nearer to the reader, those are shown.
    """
    alert = leading(owed)
    alerted = told[alert.version_id]
    newest = next((version for version in current if version.notice_id == alerted.notice_id), alerted)
    twins = [version for version in current if version.stage == newest.stage]
    if alert.kind not in (AlertKind.CHANGE, AlertKind.REMINDER):
        # These are told by title and facts; what is new is quoted, and quoted is only what matches.
        above = {
            match.version_id for match in matches if match.barred_by is None and match.score >= match.threshold_then
        }
        twins = [version for version in twins if version.id in above]
    # min keeps the first of equals, and the notice of the alert stands first.
    return min((newest, *twins), key=lambda version: _distance(version.language, language))


def _distance(language: str, reader: str) -> int:
    near = READS.get(reader, ())
    return near.index(language) if language in near else len(near)


def _current(s: Session, procurements: Collection[int]) -> Mapping[int, Sequence[NoticeVersion]]:
    found: dict[int, list[NoticeVersion]] = defaultdict(list)
    rows = s.scalars(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(Notice.procurement_id.in_(procurements))
        .options(contains_eager(NoticeVersion.notice), selectinload(NoticeVersion.buyers))
    )
    for version in sorted(rows, key=spoke_at, reverse=True):
        found[version.notice.procurement_id].append(version)
    return found


def _versions(s: Session, ids: Collection[int]) -> Sequence[NoticeVersion]:
    return s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.id.in_(ids))
        .options(selectinload(NoticeVersion.notice), selectinload(NoticeVersion.buyers))
    ).all()


def _matches(s: Session, procurements: Collection[int], profiles: Collection[Profile]) -> Mapping[int, Sequence[Match]]:
    found: dict[int, list[Match]] = defaultdict(list)
    rows = s.execute(
        select(Match, Notice.procurement_id)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.id == NoticeVersion.notice_id)
        .where(Notice.procurement_id.in_(procurements), Match.profile_id.in_([profile.id for profile in profiles]))
        .where(speaking())
        .order_by(Match.id.desc())
    )
    for match, procurement_id in rows:
        found[procurement_id].append(match)
    return found
