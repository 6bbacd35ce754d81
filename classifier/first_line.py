"""Where does a new profile's line begin, and how much would come over it? By scoring what came lately, and asking of five of it.

Nothing is written here: the firm sees what it would get before it asks for anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from classifier import estimate
from classifier.batch import Batch
from classifier.candidates import notice_text, profile_text
from classifier.encoder import load_encoder
from classifier.facets import barred_by
from classifier.proposal import Branches
from classifier.revisions import in_force
from classifier.score import Scorer
from db import seed
from db.models import Cadence, Notice, NoticeVersion, Profile
from db.session import utcnow

LATELY: Final = timedelta(days=30)
MOST_READ: Final = 300  # notices; more would keep the firm waiting
ASKED: Final = 5
_OUT_AT: Final = func.coalesce(NoticeVersion.published_at, NoticeVersion.created_at)
MAILS_A_WEEK: Final = {Cadence.DAILY: 7.0, Cadence.WEEKLY: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A recent notice, and how probable it is that it is for the firm. ``day``: when it was published."""

    version: NoticeVersion
    procurement_id: int
    score: float
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a week would bring, going by what came lately."""

    notices: float
    mails: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """The recent notices that no filter of the profile bars, likest first; ``days`` is the time over which they came."""

    rated: tuple[Rated, ...]
    days: float
    default_line: Decimal
    model_rev: str
    comparable: bool  # whether scores of this model are those that will be told

    def to_judge(self) -> list[Rated]:
        """Five of different purchases: the likest, and those about the line, where an answer says most."""
        once = list({one.procurement_id: one for one in reversed(self.rated)}.values())
        once.sort(key=lambda one: -one.score)
        near = sorted(once[1:], key=lambda one: abs(_odds(one.score) - _odds(float(self.default_line))))
        return sorted([*once[:1], *near[: ASKED - 1]], key=lambda one: -one.score)

    def line(self, verdicts: Mapping[int, bool]) -> Decimal:
        """The line that these answers ask for, by version; as learning would draw it, beginning at the model's own."""
        said = [(one.score, verdicts[one.version.id]) for one in self.rated if one.version.id in verdicts]
        if not said:
            return self.default_line
        by = estimate.offset([score for score, _ in said], [relevant for _, relevant in said])
        return estimate.line_for(self.default_line, by)

    def expected(self, line: Decimal, cadence: Cadence) -> Expected:
        """What a week would bring at this line and cadence."""
        above = [one for one in self.rated if one.score >= float(line)]
        weeks = max(self.days, 7.0) / 7  # of a few days alone, nobody can tell
        if cadence is Cadence.WEEKLY:
            batches = len({one.day.isocalendar()[:2] for one in above})
        else:
            batches = len({one.day for one in above}) if cadence is Cadence.DAILY else len(above)
        notices = len({one.procurement_id for one in above}) / weeks
        most = MAILS_A_WEEK.get(cadence, notices)
        return Expected(notices=notices, mails=min(batches / weeks, most, notices))


def lately(s: Session, profile: Profile) -> Lately:
    """What came in the last thirty days, as this profile, which need not be stored, would see it."""
    scorer, now = our_scorer(), utcnow()
    versions = s.scalars(
        select(NoticeVersion)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(
            now - LATELY < _OUT_AT,
            NoticeVersion.stage.in_(profile.stages),
            NoticeVersion.scope.in_(profile.scopes),
        )
        .order_by(_OUT_AT.desc(), NoticeVersion.id.desc())
        .limit(MOST_READ)
        .options(
            selectinload(NoticeVersion.lots), selectinload(NoticeVersion.notice), selectinload(NoticeVersion.buyers)
        )
    ).all()
    scores = _scores(scorer, versions, profile)
    found = [
        Rated(
            version=version,
            procurement_id=version.notice.procurement_id,
            score=score,
            day=_out_at(version).date(),
        )
        for version, score in zip(versions, scores, strict=True)
        # What has closed since counts all the same: the question is what a week brings.
        if barred_by(profile, version, now=_out_at(version)) is None
    ]
    oldest = _out_at(versions[-1]) if versions else now
    if len(versions) < MOST_READ:
        first = s.scalar(select(func.min(_OUT_AT)))
        oldest = max(first or now, now - LATELY)
    return Lately(
        rated=tuple(sorted(found, key=lambda one: (-one.score, one.version.id))),
        days=(now - oldest).total_seconds() / 86_400,
        default_line=Decimal(str(scorer.default_threshold)).quantize(estimate.GRAIN),
        model_rev=scorer.revision,
        comparable=in_force(s) in {None, scorer.revision},
    )


@lru_cache(maxsize=1)
def our_scorer() -> Scorer:
    """Our own model's scorer, read by numpy: a web process never loads another."""
    return Scorer(load_encoder(), seed.load())


@lru_cache(maxsize=1)
def our_branches() -> Branches:
    """The CPV codes as our own model reads them."""
    return Branches(load_encoder())


def _scores(scorer: Scorer, versions: Sequence[NoticeVersion], profile: Profile) -> list[float]:
    ids = tuple(version.id for version in versions)
    if not ids:
        return []
    roster = scorer.roster([profile_text(profile)])
    batches = _Read.of(scorer, ids, versions)
    scores = np.zeros(len(ids))
    start = 0
    for batch, kept in scorer.kept(batches, roster, 0.0):
        for one in kept:
            scores[start + one.notice] = float(one.chances[0])
        start += len(batch.of_each)
    return [float(score) for score in scores]


class _Read:
    """What was read last, kept: the steps of one sign-up ask for the same notices again and again."""

    _last: tuple[tuple[int, ...], list[Batch]] | None = None

    @classmethod
    def of(cls, scorer: Scorer, ids: tuple[int, ...], versions: Sequence[NoticeVersion]) -> list[Batch]:
        last = cls._last  # another thread may put another in its place meanwhile
        if last is None or last[0] != ids:
            last = (ids, list(scorer.read([notice_text(version) for version in versions])))
            cls._last = last
        return last[1]


def _out_at(version: NoticeVersion) -> datetime:
    """When a notice came out, also where we read it much later."""
    return version.published_at or version.created_at


def _odds(score: float) -> float:
    sure = min(max(score, 1e-3), 1 - 1e-3)
    return float(np.log(sure / (1 - sure)))
