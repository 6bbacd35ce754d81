"""What does a crawl or an import leave in the database? The door between portals and tables.

With its parts (docs/adr/0005) the only importer of the database among the crawlers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from psycopg.errors import ProgramLimitExceeded
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from crawlers.batches import save_plain
from crawlers.notice import Broken, NotStored, ParsedNotice
from crawlers.procurement import lock
from crawlers.saving import Ids, Saved, known_listings, quarantine, save
from db.models import Fetch, FetchState, SourceState
from db.process import this_process
from db.session import transaction, utcnow

FIRST_RUN_DAYS = 30
KNOWN_DAYS = 60
USUAL_FROM = timedelta(days=14)
FEWEST_RUNS = 3


class AlreadyRunning(Exception):  # noqa: N818 - a state of the source, told by its name
    """Raised when another process is running this source."""


class NotYet(Exception):  # noqa: N818 - as above
    """Raised while the portal's Retry-After has not passed."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the portal asked us to wait until {until:%Y-%m-%d %H:%M} UTC")
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "has it changed?" with."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFetch:
    """A run that has begun: from which day, how many notices a run of this source usually meets (0: not known yet), and
    what is known already.
    """

    id: int
    source: str
    since: date
    usual: int = 0
    known: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, Validators] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What a run did. ``error`` None: it went through."""

    requests: int = 0
    bytes_read: int = 0
    seen: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    validators: Mapping[str, Validators] = field(default_factory=dict)
    next_check_at: datetime | None = None
    error: str | None = None


def open_fetch(source: str, since: date | None = None, *, overlap_days: int = 3) -> OpenFetch:
    """Begin a run; ``since`` None goes on from the last good run, with an overlap (first run: 30 days back).

    Raises AlreadyRunning and NotYet.
    """
    now = utcnow()
    with transaction() as s:
        state = s.get(SourceState, source)
        if state is not None and state.next_check_at is not None and state.next_check_at > now:
            raise NotYet(state.next_check_at)
        if since is None:
            last = state.read_through_day if state else None
            since = last - timedelta(days=overlap_days) if last else now.date() - timedelta(days=FIRST_RUN_DAYS)
        # The partial unique index is the lock; who holds it is written down so that watch can tell a dead one.
        fetch_id = s.scalar(
            insert(Fetch)
            .values(
                source=source,
                state=FetchState.RUNNING,
                since_day=since,
                process=this_process(),
            )
            .on_conflict_do_nothing()
            .returning(Fetch.id)
        )
        if fetch_id is None:
            raise AlreadyRunning(f"{source} is being read by another process")
        known = known_listings(s, source, now - timedelta(days=KNOWN_DAYS))
        usual = _usual(s, source, now)
        kept = {url: Validators(**pair) for url, pair in (state.validators if state else {}).items()}
    return OpenFetch(id=fetch_id, source=source, since=since, usual=usual, known=known, validators=kept)


def _usual(s: Session, source: str, now: datetime) -> int:
    """The median of what the good runs of the last two weeks met; 0 when they are too few to tell.

    What is older does not count, so that a source that has grown smaller for good is well again by itself.
    """
    middle, runs = s.execute(
        select(func.percentile_disc(0.5).within_group(Fetch.seen), func.count()).where(
            Fetch.source == source,
            Fetch.state == FetchState.DONE,
            Fetch.seen > 0,  # a feed that had not changed was not read
            Fetch.started_at >= now - USUAL_FROM,
        )
    ).one()
    return middle if runs >= FEWEST_RUNS else 0


def close_fetch(fetch_id: int, outcome: FetchOutcome) -> None:
    """Write down how a run ended; only a good one moves the day from which the next begins."""
    now = utcnow()
    good = outcome.error is None
    with transaction() as s:
        fetch = s.get_one(Fetch, fetch_id)
        if fetch.state != FetchState.RUNNING:
            return  # watch took it for dead and closed it; what was stored stands
        fetch.state = FetchState.DONE if good else FetchState.FAILED
        fetch.ended_at = now
        fetch.error = outcome.error
        for count in ("requests", "bytes_read", "seen", "new", "changed", "unchanged", "quarantined"):
            setattr(fetch, count, getattr(outcome, count))
        _remember(s, fetch.source, outcome, read_through=now.date() if good else None)


def _remember(s: Session, source: str, outcome: FetchOutcome, *, read_through: date | None) -> None:
    s.execute(insert(SourceState).values(key=source).on_conflict_do_nothing())
    changes: dict[str, Any] = {"next_check_at": outcome.next_check_at}
    if read_through is not None:
        changes["read_through_day"] = read_through
        if outcome.validators:
            changes["validators"] = {url: asdict(pair) for url, pair in outcome.validators.items()}
    s.execute(update(SourceState).where(SourceState.key == source).values(**changes))


def store(met: ParsedNotice | Broken, *, fetch_id: int | None = None) -> Saved:
    """Store one notice, or quarantine it, in a transaction of its own."""
    with transaction() as s:
        lock(s)
        return _put(s, met, fetch_id)


def store_all(met: Sequence[ParsedNotice | Broken], *, fetch_id: int | None = None) -> list[Saved]:
    """Store many notices in one transaction and tell what became of each; a fault in one stores none and is raised.

    What is left behind is what storing them one by one, in their order, leaves.
    """
    with transaction() as s:
        lock(s)
        plainly = save_plain(s, met, fetch_id=fetch_id)
        saved = dict(plainly.saved)
        for place, one in enumerate(met):
            if place not in saved:
                saved[place] = _put(s, one, fetch_id, plainly.ids.get(place))
    return [saved[place] for place in range(len(met))]


def store_each(met: Sequence[ParsedNotice | Broken], *, fetch_id: int | None = None) -> list[Saved | NotStored]:
    """Store many notices at once or, where one holds what no column takes, each alone; that one has NotStored in its place.

    Any other fault says nothing of a notice, and is raised.
    """
    try:
        return [*store_all(met, fetch_id=fetch_id)]
    except Exception as fault:
        if not _of_a_value(fault):
            raise
    return [_stored_alone(one, fetch_id) for one in met]


def _stored_alone(met: ParsedNotice | Broken, fetch_id: int | None) -> Saved | NotStored:
    try:
        return store(met, fetch_id=fetch_id)
    except Exception as fault:
        if not _of_a_value(fault):
            raise
        wrong = NotStored(f"it could not be stored: {type(fault).__name__}")
        wrong.__cause__ = fault
        return wrong


def _of_a_value(fault: Exception) -> bool:
    """Whether the fault lies in what a notice says: too large a number, a letter that is none, too long for an index."""
    if isinstance(fault, DBAPIError) and isinstance(fault.orig, ProgramLimitExceeded):
        return True
    return isinstance(fault, DataError | IntegrityError | UnicodeError)


def _put(s: Session, met: ParsedNotice | Broken, fetch_id: int | None, ids: Ids | None = None) -> Saved:
    if isinstance(met, Broken):
        return quarantine(s, met, crawled=fetch_id is not None)
    return save(s, met, fetch_id=fetch_id, ids=ids)
