"""How much waits, how old is it, and what is open? Counts and ages for Prometheus, asked of the tables at each scrape.

No figure is about a person, and our own notices (alerts.canary), with what they are owed, are not counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from alerts import beat
from alerts.alarms import AlarmKind, open_alarms
from db.models import (
    Alert,
    DeclaredSource,
    Delivery,
    DeliveryState,
    DoorDelivery,
    Fetch,
    FetchState,
    Notice,
    NoticeVersion,
    Profile,
    PushState,
    Quarantined,
    Subscriber,
)
from db.notices import CANARY
from db.session import transaction, utcnow

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PATIENCE: Final = "5s"


class _Reading(Collector):
    """What the tables say in one transaction."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families, as read."""
        yield from self._families


def exposition() -> bytes:
    """Everything that is measured, in Prometheus' own text."""
    registry = CollectorRegistry(auto_describe=False)
    with transaction() as s:
        s.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}'"))
        registry.register(_Reading(_families(s, utcnow())))
    return generate_latest(registry)


def _families(s: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    # Every state is told, also where there is none: a gauge that comes and goes cannot be alarmed on.
    states = _counted(s, select(Delivery.state, func.count()).group_by(Delivery.state))
    yield _by("deliveries", "Mails by state.", "state", {state: states.get(state, 0) for state in DeliveryState})
    pushed = _counted(s, select(DoorDelivery.state, func.count()).group_by(DoorDelivery.state))
    yield _by("door_deliveries", "Alerts for webhooks and chats by state.", "state",
              {state: pushed.get(state, 0) for state in PushState})  # fmt: skip
    waiting = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
    since = s.scalar(select(func.min(Delivery.not_before)).where(Delivery.state.in_(waiting)))
    yield _one("oldest_due_seconds", "How long the oldest mail has been due.", _age(since, now))
    written = s.scalar(select(func.min(Delivery.created_at)).where(Delivery.state.in_(waiting)))
    yield _one("oldest_queued_seconds", "How long ago the oldest waiting mail was written.", _age(written, now))
    readers = select(Subscriber.id).where(Subscriber.canary.is_(False))
    yield _one("alerts_owed", "Alerts that no digest has told yet.",
               _count(s, Alert.id, Alert.digest_id.is_(None), Alert.subscriber_id.in_(readers)))  # fmt: skip
    yield _alarms(s)
    yield _sources(s, now)
    notices = select(Notice.source, func.count()).where(Notice.source != CANARY).group_by(Notice.source)
    yield _by("notices", "Notices stored.", "source", _counted(s, notices))
    broken = select(Quarantined.source, func.count()).group_by(Quarantined.source)
    yield _by("quarantined", "Notices that could not be read.", "source", _counted(s, broken))
    theirs = NoticeVersion.notice_id.in_(select(Notice.id).where(Notice.source != CANARY))
    yield _one("versions_unmatched", "Versions that are owed to the scorer.",
               _count(s, NoticeVersion.id, NoticeVersion.matched_rev.is_(None), theirs))  # fmt: skip
    yield _one("profiles_unmatched", "Profiles that are owed the open notices.",
               _count(s, Profile.id, Profile.matched_rev.is_(None), Profile.active.is_(True),
                      Profile.subscriber_id.in_(readers)))  # fmt: skip
    turned = beat.last(s)
    yield _by("last_turn_seconds", "How long ago each part last went through well.", "part",
              {part: _age(turned[part], now) for part in beat.Part if part in turned})  # fmt: skip


def _alarms(s: Session) -> GaugeMetricFamily:
    kinds = [alarm.kind for alarm in open_alarms(s)]
    return _by("alarms_open", "Alarms that wait for a person.", "kind", {kind: kinds.count(kind) for kind in AlarmKind})


def _sources(s: Session, now: datetime) -> GaugeMetricFamily:
    good = (
        select(DeclaredSource.key, func.max(Fetch.ended_at).label("at"))
        .join(Fetch, Fetch.source == DeclaredSource.key)
        .where(DeclaredSource.state == "on", DeclaredSource.paused_at.is_(None), Fetch.state == FetchState.DONE)
        .group_by(DeclaredSource.key)
    )
    ages = {row.key: _age(row.at, now) for row in s.execute(good)}
    return _by("source_good_seconds", "How long ago each source was last read whole.", "source", ages)


def _counted(s: Session, query: Select[str, int]) -> dict[str, int]:
    return {str(key): number for key, number in s.execute(query)}


def _count(s: Session, column: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> int:
    return s.scalar(select(func.count(column)).where(*where)) or 0


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _one(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"anbudsvakt_{name}", told, value=value)


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"anbudsvakt_{name}", told, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
