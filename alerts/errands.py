"""How does a worker do what an administrator asked for on a page? As a command of ours in a child, one at a time.

An errand is written in the transaction of the act that asks for it, so that none is lost between a page and a queue.
A worker that is killed in the middle leaves it started; after the limit another takes it up, and each command may run
twice: it then finds nothing left to do, and may say so by an exit code that is not 0.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from alerts.children import Overran, command, run_child
from alerts.sender import IDLE_S, pause
from alerts.watch import CRAWL_LIMIT
from db.models import Errand, ErrandKind
from db.session import transaction, utcnow

log = logging.getLogger(__name__)

_LIMIT: Final = timedelta(minutes=10)
_LONGER: Final = {ErrandKind.CRAWL: CRAWL_LIMIT, ErrandKind.RESCORE: timedelta(hours=2)}
LIMITS: Final = {kind: _LONGER.get(kind, _LIMIT) for kind in ErrandKind}


def ask(s: Session, kind: ErrandKind, subjects: Sequence[str], *, by: int, why: str = "") -> Errand:
    """Ask for an errand in the caller's transaction; the same one that still waits is not asked for twice."""
    same = select(Errand).where(Errand.kind == kind, Errand.subjects == list(subjects), Errand.started_at.is_(None))
    waiting = s.scalar(same.limit(1))
    if waiting is not None:
        return waiting
    row = Errand(kind=kind, subjects=list(subjects), why=why, administrator_id=by, asked_at=utcnow())
    s.add(row)
    s.flush()
    return row


def last(s: Session, kind: ErrandKind, subjects: Sequence[str]) -> Errand | None:
    """The newest errand of this kind and these subjects, to be told how it stands."""
    mine = select(Errand).where(Errand.kind == kind, Errand.subjects == list(subjects))
    return s.scalar(mine.order_by(Errand.id.desc()).limit(1))


def words_of(errand: Errand) -> list[str]:
    """The command that does it. What a stranger named stands behind ``--``, so that it is no option."""
    by = f"administrator {errand.administrator_id}"
    match errand.kind:
        case ErrandKind.RETRY:
            return ["quarantine", "retry", "--", *errand.subjects]
        case ErrandKind.CRAWL:
            return ["crawl", "--", *errand.subjects]
        case ErrandKind.RESCORE:
            return ["rescore", f"--by={by}"]
    return ["procurement", errand.kind, f"--why={errand.why}", f"--by={by}", "--", *errand.subjects]


async def run(stop: asyncio.Event) -> None:
    """Do what is asked for until ``stop``; outlives the database's restarts."""
    while not stop.is_set():
        done = False
        try:
            done = await do_one(stop)
        except (DBAPIError, OSError) as trouble:
            log.warning("database not reached", extra={"error": type(trouble).__name__})
        if not done:
            await pause(IDLE_S, unless=stop)


async def do_one(stop: asyncio.Event) -> bool:
    """Do the oldest errand that waits; gives whether there was one. Cut off by ``stop``, it waits again."""
    errand = await asyncio.to_thread(_take)
    if errand is None:
        return False
    work = asyncio.create_task(_done(errand))
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
        [code] = await asyncio.gather(work, return_exceptions=True)
    finally:
        told.cancel()
        work.cancel()
    if isinstance(code, asyncio.CancelledError):
        await asyncio.to_thread(_note, errand.id, started_at=None)
        return True
    if isinstance(code, BaseException):
        raise code
    await asyncio.to_thread(_note, errand.id, ended_at=utcnow(), exit_code=code)
    log.info("errand done", extra={"errand_id": errand.id, "exit_code": code})
    return True


async def _done(errand: Errand) -> int | None:
    try:
        return await run_child(command(*words_of(errand)), limit_s=LIMITS[ErrandKind(errand.kind)].total_seconds())
    except Overran:
        return None


def _take() -> Errand | None:
    now = utcnow()
    lost = (and_(Errand.kind == kind, Errand.started_at < now - 2 * limit) for kind, limit in LIMITS.items())
    waits = Errand.ended_at.is_(None) & or_(Errand.started_at.is_(None), *lost)
    with transaction() as s:
        oldest = select(Errand).where(waits).order_by(Errand.id).limit(1)
        taken = s.scalar(oldest.with_for_update(skip_locked=True))
        if taken is not None:
            taken.started_at = now
        return taken


def _note(errand_id: int, **told: object) -> None:
    with transaction() as s:
        s.execute(update(Errand).where(Errand.id == errand_id).values(**told))
