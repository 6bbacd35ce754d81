"""Which profiles does each new notice fit, and who is therefore owed an alert?

Two ledgers say what is owed to the scorer: versions without ``matched_rev`` meet every profile, and profiles without
it (new or edited, or of another model revision) meet every open notice. One advisory lock lets a single process match
at a time, so that the two can never miss each other.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, delete, func, insert, or_, select
from sqlalchemy.orm import Session, selectinload

from classifier import scope
from classifier.facets import NEWS_FOR, barred_by
from classifier.owed import alert_matched, alert_told
from classifier.score import Scored, Scorer
from classifier.text import LotText, NoticeText, ProfileText
from classifier.threshold import own_lines
from classifier.weights import in_order, weights_of
from db import seed
from db.models import Match, Notice, NoticeVersion, Profile, Subscriber
from db.notices import said
from db.session import transaction, utcnow
from settings import get_settings

_PREFIX = re.compile(r"^(?:LOT|PAR)-0*(?=\d)")
MATCH_LOCK = 7_311_903
BATCH = 200


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
    from classifier.encoder import load_encoder

    return Scorer(load_encoder(get_settings().model), seed.load())


def match_new(scorer: Scorer, *, progress: Callable[[int], None] | None = None) -> MatchCounts:
    """Score what is owed and write matches and alerts; calling it again changes nothing."""
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
        _alone(s)
        versions = _versions(s, NoticeVersion.matched_rev.is_(None))
        if not versions:
            return None
        counts = _match(s, scorer, versions, _profiles(s, Profile.active.is_(True)))
        for version in versions:
            version.matched_rev = scorer.revision
        return counts


def _match_profiles(scorer: Scorer) -> MatchCounts | None:
    """One profile that is owed the open notices, against all of them; None when no profile is left."""
    with transaction() as s:
        _alone(s)
        owed = _profiles(
            s,
            Profile.active.is_(True),
            or_(Profile.matched_rev.is_(None), Profile.matched_rev != scorer.revision),
            limit=BATCH,
        )
        if not owed:
            return None
        counts, after = MatchCounts(profiles=len(owed)), 0
        now = utcnow()
        still_open = or_(
            NoticeVersion.deadline_at > now,
            NoticeVersion.deadline_at.is_(None)
            & (func.coalesce(NoticeVersion.published_at, NoticeVersion.created_at) > now - NEWS_FOR),
        )
        while versions := _versions(s, still_open, NoticeVersion.id > after):
            counts += _match(s, scorer, versions, owed)
            after = versions[-1].id
        for profile in owed:
            profile.matched_rev = scorer.revision
        return counts


def _alone(s: Session) -> None:
    s.execute(select(func.pg_advisory_xact_lock(MATCH_LOCK)))


def _versions(s: Session, *where: ColumnElement[bool]) -> Sequence[NoticeVersion]:
    """Up to a batch of current versions, oldest first, with lots and buyers."""
    return s.scalars(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(*where)
        .order_by(NoticeVersion.id)
        .limit(BATCH)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()


def _profiles(s: Session, *where: ColumnElement[bool], limit: int | None = None) -> Sequence[Profile]:
    return s.scalars(
        select(Profile)
        .join(Subscriber)
        .where(Subscriber.unsubscribed_at.is_(None), *where)
        .order_by(Profile.id)
        .limit(limit)
    ).all()


def _match(s: Session, scorer: Scorer, versions: Sequence[NoticeVersion], profiles: Sequence[Profile]) -> MatchCounts:
    """Score these against those, and write what is worth keeping."""
    now = utcnow()
    rows: list[dict[str, Any]] = []
    if profiles:
        own = own_lines(s, (profile.id for profile in profiles))
        lines = {profile.id: own.get(profile.id, scorer.default_threshold) for profile in profiles}
        floors = np.array([min(scorer.keep_floor, lines[profile.id]) for profile in profiles], dtype=np.float32)
        weights = weights_of(s, lines)
        roster = scorer.roster([profile_text(profile, weights.get(profile.id, {})) for profile in profiles])
        scores = scorer.score([notice_text(version) for version in versions], roster, floors)
        for version, of_version in zip(versions, scores, strict=True):
            for scored in of_version:
                profile = profiles[scored.profile]
                rows.append(_row(scorer, version, profile, scored, lines[profile.id], now))
    # Scored anew is said anew: an edited profile's old reasons, and matches it no longer has, are gone.
    s.execute(
        delete(Match).where(
            Match.version_id.in_([version.id for version in versions]),
            Match.profile_id.in_([profile.id for profile in profiles]),
            Match.model_rev == scorer.revision,
        )
    )
    if rows:
        s.execute(insert(Match), rows)
    alerts = alert_told(s, versions) + alert_matched(s, versions, rows, profiles)
    return MatchCounts(notices=len(versions), matches=len(rows), alerts=alerts)


def _row(
    scorer: Scorer, version: NoticeVersion, profile: Profile, scored: Scored, line: float, now: datetime
) -> dict[str, Any]:
    return {
        "version_id": version.id,
        "profile_id": profile.id,
        "model_rev": scorer.revision,
        "score": scored.score,
        "threshold_then": line,
        "barred_by": barred_by(profile, version, now=now),
        "evidence": {
            **asdict(scored.evidence),
            "notice_language": version.language,
            "lot_name": _lot_name(version, scored.evidence.lot),
        },
    }


def _lot_name(version: NoticeVersion, identifier: str | None) -> str | None:
    """The lot as a reader finds it in the documents: its number without the portal's prefix, and its title."""
    lot = next((lot for lot in version.lots if lot.identifier == identifier), None)
    if lot is None:
        return identifier
    return f"{_PREFIX.sub('', lot.identifier)} {said(lot.title, version.language)}".strip()


def profile_text(profile: Profile, weights: Mapping[str, float] = MappingProxyType({})) -> ProfileText:
    """What the scorer reads of a profile, and how much each of its sentences counts, as far as that was learned."""
    return ProfileText(
        sentences=tuple(profile.sentences),
        language=profile.language,
        cpv=tuple(profile.cpv),
        weights=in_order(profile.sentences, weights),
    )


def notice_text(version: NoticeVersion) -> NoticeText:
    """What the scorer reads of a version: its own language, or any other where that says nothing."""
    own = version.language
    return NoticeText(
        title=said(version.title, own),
        description=said(version.description, own),
        language=own,
        cpv=tuple(version.cpv),
        lots=tuple(
            LotText(
                identifier=lot.identifier,
                title=said(lot.title, own),
                description=said(lot.description, own),
                cpv=tuple(lot.cpv),
            )
            for lot in version.lots
        ),
    )
