"""What need not be kept any longer? Once a day everything goes that has served its time (P9).

What stays is what the books need: that something was told, when, and what became of it. Jobs of the queue go with the
watch, after a week.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, TextClause, select, text, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from alerts import canary, doors, push
from alerts.erasure import erase
from db import unchanged
from db.models import Subscriber
from db.session import transaction

log = logging.getLogger(__name__)

MAIL_BYTES: Final = timedelta(days=30)
UNCONFIRMED: Final = timedelta(days=7)
LEFT: Final = timedelta(days=28)
FETCHES: Final = timedelta(days=90)
RETURNED: Final = timedelta(days=90)

FORGET_MAILS: Final = text("""
    UPDATE delivery SET message = NULL
     WHERE message IS NOT NULL AND coalesce(sent_at, created_at) < :before
       AND state IN ('sent', 'bounced', 'complained', 'failed', 'suppressed')
    RETURNING id
""")
FORGET_FETCHES: Final = text("""
    -- but for each source's last good run and its last that brought anything: by them its health is judged
    WITH kept AS (SELECT max(id) AS id FROM "fetch" WHERE state = 'done' GROUP BY source
                  UNION SELECT max(id) FROM "fetch" WHERE state = 'done' AND new + changed > 0 GROUP BY source),
         old AS (SELECT id FROM "fetch" WHERE ended_at < :before AND id NOT IN (SELECT id FROM kept)),
         untied AS (UPDATE notice_version SET fetch_id = NULL WHERE fetch_id IN (SELECT id FROM old))
    SELECT id FROM old
""")
DROP_FETCHES: Final = text('DELETE FROM "fetch" WHERE id = ANY (:ids)')
FORGET_RETURNED: Final = text("DELETE FROM returned_mail WHERE at < :before RETURNING id")


_Work = Callable[[Session, datetime], int]


def clean(now: datetime) -> Mapping[str, int]:
    """Remove what has served its time, kind by kind, each in a transaction of its own; gives how many of each.

    Doing it again changes nothing.
    """
    done = {}
    for what, work in _KINDS.items():
        with transaction() as s:
            done[what] = work(s, now)
    with transaction() as s:
        unchanged.forget(s)
    log.info("cleaned", extra=done)
    return done


def _with(statement: TextClause, age: timedelta) -> _Work:
    def work(s: Session, now: datetime) -> int:
        return len(s.execute(statement, {"before": now - age}).all())

    return work


def _erased(whom: ColumnElement[bool], since: InstrumentedAttribute[Any], age: timedelta) -> _Work:
    def work(s: Session, now: datetime) -> int:
        ids = s.scalars(select(Subscriber.id).where(whom, since < now - age)).all()
        return sum(erase(s, one) for one in ids)

    return work


def _fetches(s: Session, now: datetime) -> int:
    ids = s.scalars(FORGET_FETCHES, {"before": now - FETCHES}).all()
    s.execute(DROP_FETCHES, {"ids": list(ids)})
    return len(ids)


_KINDS: Final[Mapping[str, _Work]] = MappingProxyType(
    {
        "mails": _with(FORGET_MAILS, MAIL_BYTES),
        "pushes": push.forget,
        "returned": _with(FORGET_RETURNED, RETURNED),
        "unconfirmed": _erased(Subscriber.confirmed_at.is_(None), Subscriber.created_at, UNCONFIRMED),
        "left": _erased(true(), Subscriber.unsubscribed_at, LEFT),
        "fetches": _fetches,
        "canaries": canary.forget,
        "resealed": doors.reseal,
    }
)
