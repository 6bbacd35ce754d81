"""Which profiles does each new notice fit, and who is therefore owed an alert?

Two ledgers say what is owed to the scorer: versions without ``matched_rev`` meet every profile, and profiles without
it (new or edited) meet every open notice. One advisory lock lets a single process match at a time, so that the two can
never miss each other. Only a process that has the model revision in force matches at all (`classifier/revisions.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_
from sqlalchemy.orm import Session

from classifier import scope
from classifier.candidates import BATCH, current_versions, scored_rows, served, served_profiles
from classifier.facets import still_open
from classifier.owed import alert_matched, alert_told
from classifier.revisions import claim
from classifier.score import Scorer
from db import seed
from db.models import Match, NoticeVersion, Profile
from db.session import transaction, utcnow


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCounts:
    """What one run of matching did."""

    notices: int = 0
    profiles: int = 0
    matches: int = 0
    alerts: int = 0

    def __add__(self, other: "MatchCounts") -> "MatchCounts":
        """Both together."""
        return MatchCounts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


def load_scorer() -> Scorer:
    """The scorer of this installation: its model, offline, and the names in force. Slow; made once per process."""
    from classifier.encoder import installed_encoder

    return Scorer(installed_encoder(), seed.load())


def match_new(scorer: Scorer, *, progress: Callable[[int], None] | None = None) -> MatchCounts:
    """Score what is owed and write matches and alerts; calling it again changes nothing.

    The first revision that ever matches is put in force. Raises OtherRevision where another one is: nothing is matched.
    """
    scope.judge_new()
    total = MatchCounts()
    for step in (_match_versions, _match_profiles):
        while (done := step(scorer)) is not None:
            total += done
            if progress is not None:
                progress(done.notices)
    return total


def _match_versions(scorer: Scorer) -> MatchCounts | None:
    """One batch of unmatched versions against every profile; None when none is left."""
    with transaction() as s:
        claim(s, scorer.revision)
        versions = current_versions(s, NoticeVersion.matched_rev.is_(None))
        if not versions:
            return None
        counts = _match(s, scorer, versions, served_profiles(s, Profile.active.is_(True)))
        for version in versions:
            version.matched_rev = scorer.revision
        return counts


def _match_profiles(scorer: Scorer) -> MatchCounts | None:
    """One profile that is owed the open notices, against all of them; None when no profile is left."""
    with transaction() as s:
        claim(s, scorer.revision)
        owed = served_profiles(
            s,
            Profile.active.is_(True),
            or_(Profile.matched_rev.is_(None), Profile.matched_rev != scorer.revision),
            limit=BATCH,
        )
        if not owed:
            return None
        counts, after = MatchCounts(profiles=len(owed)), 0
        now = utcnow()
        while versions := current_versions(s, still_open(now), NoticeVersion.id > after):
            counts += _match(s, scorer, versions, owed)
            after = versions[-1].id
        for profile in owed:
            profile.matched_rev = scorer.revision
        return counts


def _match(s: Session, scorer: Scorer, versions: Sequence[NoticeVersion], profiles: Sequence[Profile]) -> MatchCounts:
    """Score these against those, and write what is worth keeping."""
    rows = scored_rows(scorer, versions, served(s, scorer, profiles))
    put_matches(s, rows, scorer.revision, versions, profiles)
    alerts = alert_told(s, versions) + alert_matched(s, versions, rows, profiles)
    return MatchCounts(notices=len(versions), matches=len(rows), alerts=alerts)


def put_matches(
    s: Session,
    rows: Sequence[dict[str, Any]],
    revision: str,
    versions: Sequence[NoticeVersion],
    profiles: Sequence[Profile],
) -> None:
    """Write what a revision says of these versions and profiles, in place of whatever it said of them before."""
    # Scored anew is said anew: an edited profile's old reasons, and matches it no longer has, are gone.
    s.execute(
        delete(Match).where(
            Match.version_id.in_([version.id for version in versions]),
            Match.profile_id.in_([profile.id for profile in profiles]),
            Match.model_rev == revision,
        )
    )
    if rows:
        s.execute(insert(Match), rows)
