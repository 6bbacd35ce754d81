"""Which versions and profiles meet, and which row does each score make?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from classifier.facets import barred_by
from classifier.own_words import lifted, unlifted, wanted
from classifier.score import Scored, Scorer
from classifier.text import LotText, NoticeText, ProfileText
from classifier.threshold import own_lines
from classifier.weights import in_order, weights_of
from db.models import Notice, NoticeVersion, Profile, Subscriber
from db.notices import CANARY, said
from db.session import utcnow

_PREFIX = re.compile(r"^(?:LOT|PAR)-0*(?=\d)")
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A profile as the scorer meets it: its row, its words with what was learned of them, and its line."""

    profile: Profile
    text: ProfileText
    line: float


def current_versions(s: Session, *where: ColumnElement[bool]) -> Sequence[NoticeVersion]:
    """Up to a batch of current versions, oldest first, with lots and buyers."""
    return s.scalars(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(*where)
        .order_by(NoticeVersion.id)
        .limit(BATCH)
        .options(selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice))
    ).all()


def served_profiles(s: Session, *where: ColumnElement[bool], limit: int | None = None) -> Sequence[Profile]:
    """Profiles of those who have not left, oldest first."""
    return s.scalars(
        select(Profile)
        .join(Subscriber)
        .where(Subscriber.unsubscribed_at.is_(None), *where)
        .order_by(Profile.id)
        .limit(limit)
        .options(contains_eager(Profile.subscriber))
    ).all()


def served(s: Session, scorer: Scorer, profiles: Sequence[Profile]) -> list[Served]:
    """Each profile with its own line, or else the model's default, and the weights of its sentences."""
    ids = [profile.id for profile in profiles]
    lines, weights = own_lines(s, ids), weights_of(s, ids)
    return [
        Served(
            profile=profile,
            text=profile_text(profile, weights.get(profile.id, {})),
            line=lines.get(profile.id, scorer.default_threshold),
        )
        for profile in profiles
    ]


def scored_rows(scorer: Scorer, versions: Sequence[NoticeVersion], met: Sequence[Served]) -> list[dict[str, Any]]:
    """Score these against those; the matches worth keeping, as rows of `match`.

    Our own notices meet our own profile alone, and it meets nothing else (alerts.canary).
    """
    rows = []
    for ours in (False, True):
        of_these = [version for version in versions if (version.notice.source == CANARY) is ours]
        by_those = [one for one in met if one.profile.subscriber.canary is ours]
        rows += _scored_rows(scorer, of_these, by_those)
    return rows


def _scored_rows(scorer: Scorer, versions: Sequence[NoticeVersion], met: Sequence[Served]) -> list[dict[str, Any]]:
    if not met or not versions:
        return []
    now = utcnow()
    kept = [min(scorer.keep_floor, one.line) for one in met]
    # What a wanted word would lift over the floor is looked at too, and kept if it does.
    floors = [unlifted(floor) if one.profile.words_in else floor for floor, one in zip(kept, met, strict=True)]
    scores = scorer.score(
        [notice_text(version) for version in versions],
        scorer.roster([one.text for one in met]),
        np.array(floors, dtype=np.float32),
    )
    rows = []
    for version, of_version in zip(versions, scores, strict=True):
        for scored in of_version:
            one = met[scored.profile]
            found = wanted(one.profile.words_in, version)
            score = lifted(scored.score) if found else scored.score
            if found or not one.profile.words_in or score >= kept[scored.profile]:
                rows.append(_row(scorer, version, one, scored, now, score=score, words_in=found))
    return rows


def _row(
    scorer: Scorer, version: NoticeVersion, met: Served, scored: Scored, now: datetime, *, score: float,
    words_in: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    return {
        "version_id": version.id,
        "profile_id": met.profile.id,
        "model_rev": scorer.revision,
        "score": score,
        "threshold_then": met.line,
        "barred_by": barred_by(met.profile, version, now=now),
        "evidence": {
            **asdict(scored.evidence),
            "notice_language": version.language,
            "lot_name": _lot_name(version, scored.evidence.lot),
            "words_in": list(words_in),
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
