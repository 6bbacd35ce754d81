"""How does an installation move to another model revision without a gap, and what would that change?

The new revision's matches are written beside those in force, which everything goes on reading, for as long as that
takes. Then one transaction, in which nobody else matches, writes what came meanwhile, puts the new revision in force
and owes the alerts that are new. Killed before that, it has changed nothing that anybody reads.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Text, delete, exists, func, literal_column, select, update
from sqlalchemy.orm import Session, aliased, selectinload

from classifier.candidates import BATCH, Served, current_versions, scored_rows, served, served_profiles
from classifier.facets import still_open
from classifier.match import put_matches
from classifier.owed import alert_matched, told_already
from classifier.revisions import alone, in_force, put_in_force
from classifier.score import Scorer
from classifier.text import ProfileText
from db.models import Match, Notice, NoticeVersion, Profile, ScoreRevision
from db.session import engine, transaction, utcnow

RESCORE_LOCK = 7_311_904

Mark = tuple[
    str, float, ProfileText
]  # what a profile's matches depend on: its row, its line, its words and their weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What a rescore did. `before` is None where nothing was ever matched, and equal to `after` where nothing was to do."""

    before: str | None
    after: str
    notices: int = 0
    profiles: int = 0
    matches: int = 0
    alerts: int = 0


@dataclass(slots=True)
class Ground:
    """What the new revision has scored so far: all of these versions against all of these profiles."""

    versions: set[int] = field(default_factory=set)
    profiles: dict[int, Mark] = field(default_factory=dict)
    matches: int = 0


def rescore(scorer: Scorer, *, by: str, progress: Callable[[int], None] = lambda _: None) -> Rescored:
    """Put the scorer's revision in force, with every open notice scored by it first. Calling it again changes nothing.

    Nobody is told anything twice; what is above its line only now is told once, as any new match. Of two that run at
    once, the second finds nothing left to do.
    """
    with _one_at_a_time():
        return _rescore(scorer, by=by, progress=progress)


def _rescore(scorer: Scorer, *, by: str, progress: Callable[[int], None]) -> Rescored:
    ground = Ground()
    with transaction() as s:
        wanted = in_force(s) not in (None, scorer.revision)
        if wanted:
            _forget_unfinished(s, scorer.revision)
    while wanted and _round(scorer, ground, progress):
        pass
    with transaction() as s:
        alone(s)
        ruling = in_force(s)
        if ruling == scorer.revision:
            return Rescored(before=ruling, after=ruling)
        alerts = 0
        if ruling is not None:
            _cover(s, scorer, ground, progress)
            alerts = _switch(s, ruling, scorer.revision, ground)
        put_in_force(s, scorer.revision, by=by)
    return Rescored(
        before=ruling,
        after=scorer.revision,
        notices=len(ground.versions),
        profiles=len(ground.profiles),
        matches=ground.matches,
        alerts=alerts,
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait until no other rescore runs, and keep others waiting; the lock dies with its connection."""
    with engine().connect() as waiting:
        waiting.execute(select(func.pg_advisory_lock(RESCORE_LOCK)))
        waiting.commit()
        try:
            yield
        finally:
            waiting.execute(select(func.pg_advisory_unlock(RESCORE_LOCK)))
            waiting.commit()


def _round(scorer: Scorer, ground: Ground, progress: Callable[[int], None]) -> bool:
    """Score what is not scored yet, batch by batch, each in a transaction of its own; gives whether there was much.

    A little is left to the last transaction, which keeps other matching waiting: chasing the last notice has no end.
    """
    with transaction() as s:
        fresh, changed, every = _lacking(s, scorer, ground)
    for ids in _batches(fresh):
        with transaction() as s:
            _write(s, scorer, ids, every.values(), ground)
        progress(len(ids))
    for ids in _batches(ground.versions - fresh if changed else ()):
        with transaction() as s:
            _write(s, scorer, ids, changed.values(), ground)
        progress(len(ids))
    _note(ground, fresh, every)
    return len(fresh) > BATCH or len(changed) > BATCH


def _cover(s: Session, scorer: Scorer, ground: Ground, progress: Callable[[int], None]) -> None:
    """Score what came since the last round, in the caller's transaction."""
    fresh, changed, every = _lacking(s, scorer, ground)
    for wanted, profiles in ((fresh, every), (ground.versions - fresh, changed)):
        for ids in _batches(wanted if profiles else ()):
            _write(s, scorer, ids, profiles.values(), ground)
            progress(len(ids))
    _note(ground, fresh, every)


def _lacking(
    s: Session, scorer: Scorer, ground: Ground
) -> tuple[set[int], dict[int, tuple[Served, Mark]], dict[int, tuple[Served, Mark]]]:
    """Versions not scored yet; profiles not scored, or changed since; and all profiles."""
    # What nobody has matched at all is owed to the next matching, by whichever revision is in force then.
    open_now = select(NoticeVersion.id).join(Notice, Notice.current_version_id == NoticeVersion.id)
    ids = set(s.scalars(open_now.where(still_open(utcnow()), NoticeVersion.matched_rev.is_not(None))))
    # Rows are numbered before they are read: a profile edited in between is met again.
    asked = s.execute(select(Profile.id, literal_column("profile.xmin::text", Text)))
    rows: dict[int, str] = {row[0]: row[1] for row in asked}
    every = {
        one.profile.id: (one, (rows.get(one.profile.id, ""), one.line, one.text))
        for one in served(s, scorer, served_profiles(s, Profile.active.is_(True)))
    }
    changed = {key: both for key, both in every.items() if ground.profiles.get(key) != both[1]}
    return ids - ground.versions, changed, every


def _write(
    s: Session, scorer: Scorer, ids: Sequence[int], profiles: Collection[tuple[Served, Mark]], ground: Ground
) -> None:
    versions = current_versions(s, NoticeVersion.id.in_(ids))
    # Whoever was erased meanwhile is passed by; whoever is still there stays until the matches are in.
    asked = select(Profile.id).where(Profile.id.in_([one.profile.id for one, _ in profiles])).order_by(Profile.id)
    there = set(s.scalars(asked.with_for_update(read=True, key_share=True)))
    met = [one for one, _ in profiles if one.profile.id in there]
    rows = scored_rows(scorer, versions, met)
    put_matches(s, rows, scorer.revision, versions, [one.profile for one in met])
    ground.matches += len(rows)


def _note(ground: Ground, fresh: set[int], every: dict[int, tuple[Served, Mark]]) -> None:
    ground.versions |= fresh
    ground.profiles = {key: mark for key, (_, mark) in every.items()}


def _switch(s: Session, old: str, new: str, ground: Ground) -> int:
    """Let the new matches speak, and owe an alert for each that is above its line and was never told; gives how many."""
    ids = sorted(ground.versions)
    earlier = aliased(Match)
    # A match is as old as the first one of its pair: a near miss that was shown once is no news.
    s.execute(
        update(Match)
        .where(
            Match.model_rev == new,
            earlier.model_rev == old,
            earlier.version_id == Match.version_id,
            earlier.profile_id == Match.profile_id,
        )
        .values(created_at=earlier.created_at)
        .execution_options(synchronize_session=False)
    )
    s.execute(
        update(NoticeVersion)
        .where(NoticeVersion.id.in_(ids), NoticeVersion.matched_rev.is_not(None))
        .values(matched_rev=new)
        .execution_options(synchronize_session=False)
    )
    s.execute(
        update(Profile)
        .where(Profile.id.in_(ground.profiles))
        .values(matched_rev=new)
        .execution_options(synchronize_session=False)
    )
    return _owe(s, new)


def _owe(s: Session, revision: str) -> int:
    """Owe what stands above its line in a revision's matches and was never told, as matching does for a new notice."""
    told = told_already(
        subscriber_id=Profile.subscriber_id, procurement_id=Notice.procurement_id, kind=NoticeVersion.stage
    )
    rows = [
        dict(row)
        for row in s.execute(
            select(Match.version_id, Match.profile_id, Match.score, Match.threshold_then, Match.barred_by)
            .join(Profile, Profile.id == Match.profile_id)
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(
                Match.model_rev == revision,
                NoticeVersion.matched_rev == revision,
                Profile.matched_rev == revision,
                Match.barred_by.is_(None),
                Match.score >= Match.threshold_then,
                ~told,
            )
            .order_by(Match.version_id)
        ).mappings()
    ]
    versions = s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.id.in_({row["version_id"] for row in rows}))
        .order_by(NoticeVersion.id)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()
    profiles = s.scalars(select(Profile).where(Profile.id.in_({row["profile_id"] for row in rows}))).all()
    return alert_matched(s, versions, rows, profiles)


def _forget_unfinished(s: Session, revision: str) -> None:
    """Clear away what a rescore that was killed has left; what a revision said while it was in force is kept."""
    if s.scalar(select(exists().where(ScoreRevision.model_rev == revision))):
        return
    s.execute(delete(Match).where(Match.model_rev == revision))


def _batches(ids: Collection[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
