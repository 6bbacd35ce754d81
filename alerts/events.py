"""When is each procurement's deadline, as calendars know it? Keeps one event per procurement, and counts its moves.

A calendar takes an event that it has already for the same by its UID, and for a newer one by its SEQUENCE (RFC 5545
§3.8.7.4). Both are therefore written down when notices change, never worked out when somebody looks.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from alerts.deadline import CENTRAL_EUROPE, ZONES
from alerts.entry import usable
from alerts.standing import spoke_at
from db.models import DeadlineEvent, EventState, Notice, NoticeVersion
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)

# One process at a time counts moves (any fixed number would do).
EVENT_LOCK: Final = 7_311_908
AT_ONCE: Final = 500
# Whose deadline it is to be: once there is a competition, a planning notice's date is none.
STAGES: Final = ("competition", "intent", "planning", "signal")

STALE: Final = text("""
    -- procurements that somebody is owed or was told, whose notices read otherwise than when their event was written
    SELECT reading.procurement_id
      FROM (SELECT procurement_id, array_agg(current_version_id::bigint ORDER BY current_version_id) AS versions
              FROM notice
             WHERE current_version_id IS NOT NULL AND procurement_id IN (SELECT procurement_id FROM alert)
             GROUP BY procurement_id) AS reading
      LEFT JOIN deadline_event USING (procurement_id)
     WHERE deadline_event.versions IS DISTINCT FROM reading.versions
     ORDER BY reading.procurement_id LIMIT :at_once
""")


def keep() -> int:
    """Bring every event to what its notices now say; gives how many are new or moved. Again changes nothing."""
    moved = 0
    while True:
        with transaction() as s:
            s.execute(select(func.pg_advisory_xact_lock(EVENT_LOCK)))
            stale = s.scalars(STALE, {"at_once": AT_ONCE}).all()
            moved += _bring_up(s, stale)
        if len(stale) < AT_ONCE:
            break
    if moved:
        log.info("deadlines moved", extra={"events": moved})
    return moved


def _bring_up(s: Session, procurement_ids: Collection[int]) -> int:
    kept = {
        event.procurement_id: event
        for event in s.scalars(select(DeadlineEvent).where(DeadlineEvent.procurement_id.in_(procurement_ids)))
    }
    moved = 0
    for procurement_id, versions in _current(s, procurement_ids).items():
        event = kept.get(procurement_id)
        if event is None:
            event = DeadlineEvent(
                procurement_id=procurement_id, uid=f"{uuid4()}@{_site()}", sequence=0, state=EventState.STANDING
            )
            s.add(event)
        moved += revise(event, versions, utcnow())
    return moved


def revise(event: DeadlineEvent, versions: Sequence[NoticeVersion], now: datetime) -> bool:
    """Let the event say what these versions do (newest first); whether it moved. Only a move raises the sequence."""
    stage = next((stage for stage in STAGES if any(version.stage == stage for version in versions)), None)
    mine = [version for version in versions if version.stage == stage]
    due = next((version for version in mine if usable(version.deadline_at) is not None), None)
    before = (event.deadline_at, event.deadline_day, event.deadline_kind, event.state)
    if due is not None:
        event.deadline_at, event.deadline_kind = due.deadline_at, due.deadline_kind
        event.deadline_day = _buyers_day(due)
    if mine and mine[0].cancelled:
        event.state = EventState.CANCELLED
    else:
        # What was never named is not gone; what stood in calendars must be taken out of them by the same UID.
        event.state = EventState.GONE if due is None and event.deadline_at is not None else EventState.STANDING
    event.versions = sorted(version.id for version in versions)
    if before == (event.deadline_at, event.deadline_day, event.deadline_kind, event.state):
        return False
    if before[0] is not None:
        event.sequence += 1
    event.changed_at = now
    return True


def _buyers_day(version: NoticeVersion) -> date | None:
    if not version.deadline_date_only or version.deadline_at is None:
        return None
    return version.deadline_at.astimezone(ZoneInfo(ZONES.get(version.country or "", CENTRAL_EUROPE))).date()


def _current(s: Session, procurement_ids: Collection[int]) -> Mapping[int, Sequence[NoticeVersion]]:
    """What every notice of these procurements says now, newest first."""
    rows = s.execute(
        select(Notice.procurement_id, NoticeVersion)
        .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(Notice.procurement_id.in_(procurement_ids))
    )
    found: dict[int, list[NoticeVersion]] = defaultdict(list)
    for procurement_id, version in sorted(rows, key=lambda row: spoke_at(row[1]), reverse=True):
        found[procurement_id].append(version)
    return found


def _site() -> str:
    return urlsplit(get_settings().site).hostname or "localhost"
