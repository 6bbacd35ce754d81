"""Which quarantined notices can be read by now? Each is tried anew, stored where it parses, and kept where it does not."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import exists, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from crawlers.again import read_again
from crawlers.notice import Broken, ParsedNotice, WireFormat
from crawlers.procurement import lock
from crawlers.saving import LONGEST_REASON, Saved, quarantine, save
from db.models import Notice, NoticeVersion, Quarantined
from db.session import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StillBroken:
    """A row that stays, and why."""

    id: int
    source: str
    source_id: str | None
    reason: str


@dataclass(kw_only=True)
class RetryReport:
    """What became of the rows that were tried.

    ``saved`` counts notices: one body may hold many. ``overtaken``: the portal has been read since, so what the old
    body says is history and was let go. ``cleared``: rows that are gone from the quarantine.
    """

    tried: int = 0
    cleared: int = 0
    overtaken: int = 0
    saved: Counter[Saved] = field(default_factory=Counter)
    kept: list[StillBroken] = field(default_factory=list)


class NoSuchRow(LookupError):  # noqa: N818 - the house's way: a state, told by its name
    """Raised for an id that the quarantine does not hold."""


def retry(
    *, source: str | None = None, ids: Sequence[int] = (), progress: Callable[[int], None] | None = None
) -> RetryReport:
    """Try what is quarantined once more: all of it, one source's, or these rows. Raises NoSuchRow before any is tried.

    Each row is a transaction of its own, so that a run that is cut off has done what it had done; running it again
    changes nothing more. ``progress(n)``: n more rows.
    """
    report = RetryReport()
    for row_id in _chosen(source, ids):
        with transaction() as s:
            lock(s)
            row = s.get(Quarantined, row_id, with_for_update={"skip_locked": True})
            if row is not None:  # else another retry has it in hand, or is done with it
                _try(s, row, report)
        if progress is not None:
            progress(1)
    return report


def _chosen(source: str | None, ids: Sequence[int]) -> list[int]:
    """The rows to try, oldest first."""
    query = select(Quarantined.id).order_by(Quarantined.seen_at, Quarantined.id)
    if source is not None:
        query = query.where(Quarantined.source == source)
    if ids:
        query = query.where(Quarantined.id.in_(ids))
    with transaction() as s:
        found = list(s.scalars(query))
    if missing := sorted(set(ids) - set(found)):
        raise NoSuchRow(f"not in quarantine: {', '.join(map(str, missing))}")
    return found


def _try(s: Session, row: Quarantined, report: RetryReport) -> None:
    report.tried += 1
    kept = Broken(
        source=row.source,
        source_id=row.source_id,
        reason=row.reason,
        body=row.body,
        content_type=row.content_type,
    )
    met = list(read_again(kept))
    reason = next((one.reason for one in met if isinstance(one, Broken) and one.body == kept.body), None)
    if reason is None:
        try:
            with s.begin_nested():
                saved = [_store(s, one, row) for one in met]
        except OperationalError:
            raise  # the database is away: nothing of this says anything about the notice
        except Exception as fault:  # noqa: BLE001 - recorded as the row's reason
            reason = f"it could not be stored: {type(fault).__name__}"
    if reason is not None:
        row.reason = reason[:LONGEST_REASON]
        report.kept.append(StillBroken(id=row.id, source=row.source, source_id=row.source_id, reason=row.reason))
        return
    report.saved.update(one for one in saved if one is not None)
    report.overtaken += saved.count(None)
    report.cleared += 1
    s.delete(row)


def _store(s: Session, met: ParsedNotice | Broken, row: Quarantined) -> Saved | None:
    """Store one notice as read when its body came; None where the portal has been read since, as well or better."""
    if isinstance(met, Broken):
        return quarantine(s, met)  # one of many in the body: from now on it is kept alone
    if _read_since(s, met, row):
        return None
    saved = save(s, met)
    if saved in {Saved.NEW, Saved.CHANGED}:
        # It began to hold when the portal said it, not when we learned to read it: a body of the day after that is
        # read next must not seem older.
        current = select(Notice.current_version_id).where(
            Notice.source == met.source, Notice.source_id == met.source_id
        )
        s.execute(
            update(NoticeVersion)
            .where(NoticeVersion.id == current.scalar_subquery())
            .values(created_at=row.seen_at)
            .execution_options(synchronize_session=False)
        )
    return saved


def _read_since(s: Session, notice: ParsedNotice, row: Quarantined) -> bool:
    as_good = [form for form in WireFormat if form.richness >= notice.wire_format.richness]
    later = (
        exists()
        .where(Notice.source == notice.source, Notice.source_id == notice.source_id)
        .where(NoticeVersion.notice_id == Notice.id, NoticeVersion.created_at > row.seen_at)
        .where(NoticeVersion.wire_format.in_(as_good))
    )
    return bool(s.scalar(select(later)))
