"""What does a crawl or an import leave in the database? The door between portals and tables.

With :mod:`crawlers.saving`, :mod:`crawlers.rows`, :mod:`crawlers.procurement` and :mod:`crawlers.retry`, its parts,
the only importer of the database among the crawlers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from crawlers.notice import Broken, ParsedNotice
from crawlers.procurement import lock
from crawlers.saving import Saved, known_listings, quarantine, save
from db.models import Fetch, FetchState, SourceState
from db.process import this_process
from db.session import engine, transaction, utcnow

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


def store_all(met: Iterable[ParsedNotice | Broken]) -> Counter[Saved]:
    """Store many notices in one transaction; a fault in one rolls back that one alone and is raised."""
    counts: Counter[Saved] = Counter()
    with transaction() as s:
        lock(s)
        for one in met:
            with s.begin_nested():
                counts[_put(s, one, None)] += 1
    return counts


def _put(s: Session, met: ParsedNotice | Broken, fetch_id: int | None) -> Saved:
    return quarantine(s, met) if isinstance(met, Broken) else save(s, met, fetch_id=fetch_id)


class StorePipeline:
    """Scrapy's item pipeline: each notice is stored before the next is read, so a killed crawl loses none."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """As Scrapy makes its components."""
        return cls(crawler)

    def process_item(self, item: ParsedNotice | Broken) -> ParsedNotice | Broken:
        """Store it and count what became of it."""
        saved = store(item, fetch_id=getattr(self.crawler.spider, "fetch_id", None))
        self.crawler.stats.inc_value(f"anbudsvakt/{saved}")
        return item

    def close_spider(self) -> None:
        """Give the connections back."""
        engine().dispose()
