"""What are the sources of this installation, and what do their runs say of them? Written by commands, read by all."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, delete, distinct, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on, insert
from sqlalchemy.orm import Session

from db.models import DeclaredSource, Fetch, FetchState, NoticeVersion
from db.session import transaction, utcnow

NEWS_WINDOW: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One source as it is declared: the columns of ``declared_source``, durations in seconds."""

    key: str
    name: str
    country: str | None
    licence: str
    terms: str
    url: str
    cadence_s: int
    quiet_s: int
    signals: bool
    state: str
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A source and what its runs left behind.

    ``good_at`` and ``good_from_at``: when the last run that went well ended and began; ``new_at``: when the last such
    run ended that brought anything new, ``news`` all such moments of the last 90 days, in order. ``error``: why the
    last finished run failed; None when it went well.
    ``notices``: how many were new or changed in the runs of the window that was asked for.
    """

    declared: DeclaredSource
    good_at: datetime | None = None
    good_from_at: datetime | None = None
    new_at: datetime | None = None
    news: tuple[datetime, ...] = ()
    ended_at: datetime | None = None
    error: str | None = None
    notices: int = 0


def declare(sources: Iterable[Declaration]) -> None:
    """Write down all sources of this installation, in their order; one that is no longer among them goes."""
    with transaction() as s:
        keys = []
        for place, source in enumerate(sources):
            keys.append(source.key)
            statement = insert(DeclaredSource).values(
                **asdict(source) | {"grounds": list(source.grounds)}, place=place, changed_at=utcnow()
            )
            fresh = statement.excluded
            same = DeclaredSource.state == fresh.state
            told = {column.name: column for column in fresh if column.name not in {"key", "changed_at", "paused_at"}}
            changed_at = case((same, DeclaredSource.changed_at), else_=fresh.changed_at)
            s.execute(statement.on_conflict_do_update(index_elements=["key"], set_=told | {"changed_at": changed_at}))
        s.execute(delete(DeclaredSource).where(DeclaredSource.key.not_in(keys)))


def rests(s: Session, key: str) -> bool:
    """Whether an administrator lets this source rest."""
    return bool(s.scalar(select(DeclaredSource.paused_at.is_not(None)).where(DeclaredSource.key == key)))


def rest(s: Session, key: str, *, resting: bool) -> bool:
    """Let a source rest, or be read again from its next slot on; gives whether that changed anything."""
    source = s.get(DeclaredSource, key, with_for_update=True)
    if source is None or source.state != "on" or (source.paused_at is not None) is resting:
        return False
    # It has had no time to be late yet when it is read again.
    source.paused_at, source.changed_at = (utcnow() if resting else None), utcnow()
    return True


def records(s: Session, *, window: timedelta = timedelta(days=30)) -> list[SourceRecord]:
    """Every declared source with what its runs say, in the order in which they are declared."""
    done, news = Fetch.state == FetchState.DONE, Fetch.new + Fetch.changed > 0
    lately = Fetch.ended_at >= utcnow() - NEWS_WINDOW
    runs = {
        row.source: row
        for row in s.execute(
            select(
                Fetch.source,
                func.max(Fetch.ended_at).label("ended_at"),
                func.max(Fetch.ended_at).filter(done).label("good_at"),
                func.max(Fetch.started_at).filter(done).label("good_from_at"),
                func.max(Fetch.ended_at).filter(done, news).label("new_at"),
                func.array_agg(aggregate_order_by(Fetch.ended_at, Fetch.ended_at))
                .filter(done, news, lately)
                .label("news"),
            )
            .where(Fetch.state != FetchState.RUNNING)
            .group_by(Fetch.source)
        )
    }
    last_failed = {
        row.source: row.error or "failed"
        for row in s.execute(
            select(Fetch.source, Fetch.error, Fetch.state)
            .where(Fetch.state != FetchState.RUNNING)
            .ext(distinct_on(Fetch.source))
            .order_by(Fetch.source, Fetch.started_at.desc())
        )
        if row.state == FetchState.FAILED
    }
    # By the run that stored each version, so that one that was killed before it could count is counted too.
    brought = {
        row.source: row.notices
        for row in s.execute(
            select(Fetch.source, func.count(distinct(NoticeVersion.notice_id)).label("notices"))
            .join(Fetch, Fetch.id == NoticeVersion.fetch_id)
            .where(Fetch.started_at >= utcnow() - window)
            .group_by(Fetch.source)
        )
    }
    return [
        SourceRecord(
            declared=declared,
            good_at=run.good_at if (run := runs.get(declared.key)) else None,
            good_from_at=run.good_from_at if run else None,
            new_at=run.new_at if run else None,
            news=tuple(run.news or ()) if run else (),
            ended_at=run.ended_at if run else None,
            error=last_failed.get(declared.key),
            notices=brought.get(declared.key, 0),
        )
        for declared in s.scalars(select(DeclaredSource).order_by(DeclaredSource.place))
    ]
