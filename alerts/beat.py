"""Do all our parts turn, and does somebody outside hear of it? Each part says when it went through well (O2).

The watch tells a watcher outside only where every part has turned lately. So one address is enough, and whichever of
them stops (or the clock, the worker or the database, without which none turns), the outside hears nothing any more.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from alerts.post import Answered, Poster
from db.models import Beat
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)


class Part(StrEnum):
    """What must turn for notices to become mails."""

    MATCH = "match"
    DIGESTS = "digests"
    SENDER = "sender"
    WATCH = "watch"


# Matching comes four times an hour and may take twenty minutes; the others turn every few minutes.
LATE: Final = {
    Part.MATCH: timedelta(minutes=45),
    Part.DIGESTS: timedelta(minutes=15),
    Part.SENDER: timedelta(minutes=15),
}


def keep(part: Part) -> None:
    """Write down that this part has just gone through well."""
    statement = insert(Beat).values(part=part, at=utcnow())
    with transaction() as s:
        s.execute(statement.on_conflict_do_update(index_elements=["part"], set_={"at": statement.excluded.at}))


def last(s: Session) -> dict[str, datetime]:
    """When each part last went through well; one that never did is not there."""
    return {row.part: row.at for row in s.scalars(select(Beat))}


def late(s: Session, now: datetime) -> list[Part]:
    """The parts that have not turned for too long."""
    turned = last(s)
    return [part for part, limit in LATE.items() if part not in turned or now - turned[part] > limit]


async def tell_outside(poster: Poster | None = None) -> bool:
    """Tell the watcher outside that all is turning: an empty POST that says nothing of anybody. Gives whether it was told."""
    url = get_settings().heartbeat_url
    if url is None:
        return False
    missing = await asyncio.to_thread(_late_now)
    if missing:
        log.warning("heartbeat kept back", extra={"late": [str(part) for part in missing]})
        return False
    outcome = await (poster or Poster()).post(url.get_secret_value(), {}, b"")
    if isinstance(outcome, Answered) and 200 <= outcome.status < 300:
        return True
    why = f"HTTP {outcome.status}" if isinstance(outcome, Answered) else outcome.why
    log.warning("heartbeat not heard", extra={"why": why})
    return False


def _late_now() -> list[Part]:
    with transaction() as s:
        return late(s, utcnow())
