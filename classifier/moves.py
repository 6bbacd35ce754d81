"""What would another model revision tell that the one in force does not, and what would it no longer tell?"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from classifier.candidates import Served, current_versions, scored_rows, served, served_profiles
from classifier.facets import still_open
from classifier.owed import told_already
from classifier.revisions import in_force, speaking
from classifier.score import Scorer
from db.models import Match, NoticeVersion, Profile, Subscriber
from db.notices import said
from db.session import transaction, utcnow


class Change(StrEnum):
    """Which side of its line a match would come to stand on."""

    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A match that would come over its line, or go under it. A score is None where it is too low to be kept."""

    company: str
    profile: str
    change: Change
    before: float | None  # by the revision in force; not to be compared with the other, only with the line
    after: float | None
    line: float
    told: bool  # its subscriber was told of this stage already, and will not be again
    source: str
    source_id: str
    title: str


def foretell(scorer: Scorer, *, progress: Callable[[int], None] = lambda _: None) -> list[Move]:
    """Every move that a rescore with this scorer would make, by firm and profile. Writes nothing.

    As in a rescore, open notices that were matched already are scored; what nobody matched yet is new in any case.
    """
    with transaction() as s:
        if in_force(s) in (None, scorer.revision):
            return []
        met = served(s, scorer, served_profiles(s, Profile.active.is_(True)))
        named = select(Profile.id, Subscriber.company).join(Subscriber)
        companies = {row.id: row.company for row in s.execute(named)}
    moves: list[tuple[int, Move]] = []
    after, now = 0, utcnow()
    while True:
        with transaction() as s:
            matched = NoticeVersion.matched_rev.is_not(None)
            versions = current_versions(s, still_open(now), matched, NoticeVersion.id > after)
            if not versions:
                break
            scores = {
                (row["version_id"], row["profile_id"]): row["score"]
                for row in scored_rows(scorer, versions, met)
                if row["barred_by"] is None
            }
            for version in versions:
                moves += _moves(s, version, met, scores, companies)
        after = versions[-1].id
        progress(len(versions))
    return [move for _, move in sorted(moves, key=_order)]


def _moves(
    s: Session,
    version: NoticeVersion,
    met: list[Served],
    scores: dict[tuple[int, int], float],
    companies: dict[int, str],
) -> list[tuple[int, Move]]:
    held = select(Match).join(NoticeVersion, NoticeVersion.id == Match.version_id).where(speaking())
    before = {match.profile_id: match for match in s.scalars(held.where(Match.version_id == version.id))}
    found = []
    for one in met:
        old, new = before.get(one.profile.id), scores.get((version.id, one.profile.id))
        was = old is not None and old.barred_by is None and old.score >= old.threshold_then
        will = new is not None and new >= one.line
        if was == will:
            continue
        found.append(
            (
                one.profile.id,
                Move(
                    company=companies[one.profile.id],
                    profile=one.profile.key,
                    change=Change.ADDED if will else Change.REMOVED,
                    before=None if old is None else round(old.score, 3),
                    after=None if new is None else round(new, 3),
                    line=one.line,
                    told=bool(s.scalar(select(_told(version, one.profile)))),
                    source=version.notice.source,
                    source_id=version.notice.source_id,
                    title=said(version.title, version.language),
                ),
            )
        )
    return found


def _told(version: NoticeVersion, profile: Profile) -> ColumnElement[bool]:
    procurement_id = version.notice.procurement_id
    return told_already(subscriber_id=profile.subscriber_id, procurement_id=procurement_id, kind=version.stage)


def _order(found: tuple[int, Move]) -> tuple[str, int, str, float]:
    profile_id, move = found
    return move.company, profile_id, move.change, -max(move.before or 0, move.after or 0)
