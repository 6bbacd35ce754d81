"""What did we read since the last digest, and what stayed just under the line?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from alerts.outside import safe_url
from alerts.sources import source_name
from alerts.view import NearMiss, SourceRead
from classifier.revisions import speaking
from db.models import Alert, Delivery, Digest, Fetch, FetchState, Match, Notice, NoticeVersion, ToldBefore
from db.notices import CANARY, said
from db.session import utcnow
from db.subscribers import JUST_UNDER

BEST = 5
FIRST_DIGEST_LOOKS_BACK = timedelta(hours=24)
# A source that has not run for so long was taken off; it is no news that it is not read.
FORGOTTEN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class JustUnder:
    """The best notices under the line, and how many more there were."""

    best: tuple[NearMiss, ...] = ()
    left_out: int = 0


def since(s: Session, subscriber_id: int) -> datetime:
    """When this subscriber's last digest with content was built, or a day ago for the first."""
    last = s.scalar(
        select(func.max(Digest.built_at))
        .join(Delivery, Delivery.digest_id == Digest.id)
        .where(Digest.subscriber_id == subscriber_id)
    )
    return last or utcnow() - FIRST_DIGEST_LOOKS_BACK


def notices_read(s: Session, subscriber_id: int) -> int:
    """Notices that we met for the first time since this subscriber's last digest."""
    fresh = (Notice.created_at > since(s, subscriber_id), Notice.source != CANARY)
    return s.scalar(select(func.count(Notice.id)).where(*fresh)) or 0


def sources_read(s: Session, subscriber_id: int) -> tuple[SourceRead, ...]:
    """How each source's last finished run went, and when it was last read whole.

    A source whose notices came by import, without a run, was read when its last one came.
    """
    runs = s.execute(
        select(Fetch.source, Fetch.state)
        .where(Fetch.state != FetchState.RUNNING, Fetch.started_at > utcnow() - FORGOTTEN)
        .ext(distinct_on(Fetch.source))
        .order_by(Fetch.source, Fetch.started_at.desc())
    )
    went_well = {row.source: row.state == FetchState.DONE for row in runs}
    whole = s.execute(
        select(Fetch.source, func.max(Fetch.ended_at).label("at"))
        .where(Fetch.state == FetchState.DONE)
        .group_by(Fetch.source)
    )
    imported = s.execute(
        select(Notice.source, func.max(Notice.created_at).label("at"))
        .where(Notice.created_at > since(s, subscriber_id), Notice.source != CANARY)
        .where(Notice.source.not_in(select(Fetch.source)))
        .group_by(Notice.source)
    )
    without_run = {row.source: row.at for row in imported}
    read_at = {row.source: row.at for row in whole} | without_run
    return tuple(
        SourceRead(name=source_name(source), read=went_well.get(source, True), read_at=read_at.get(source))
        for source in sorted(went_well.keys() | without_run.keys())
    )


def near_misses(s: Session, subscriber_id: int, profiles: Sequence[int], as_of: datetime) -> JustUnder:
    """Open notices matched since the last digest that stayed under the line by less than the margin.

    One per procurement, by its best score; a procurement that this subscriber was ever alerted to is not among them.
    """
    alerted = union(
        select(Alert.procurement_id).where(Alert.subscriber_id == subscriber_id),
        select(ToldBefore.procurement_id)
        .join(Alert, Alert.id == ToldBefore.alert_id)
        .where(Alert.subscriber_id == subscriber_id),
    )
    best = (
        select(Match.score, NoticeVersion.id.label("version_id"))
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(
            Match.profile_id.in_(profiles),
            Match.created_at > since(s, subscriber_id),
            Match.barred_by.is_(None),
            speaking(),
            Match.score < Match.threshold_then,
            Match.score >= Match.threshold_then - JUST_UNDER,
            NoticeVersion.cancelled.is_(False),
            NoticeVersion.deadline_at.is_(None) | (NoticeVersion.deadline_at > as_of),
            Notice.procurement_id.not_in(alerted),
        )
        .ext(distinct_on(Notice.procurement_id))
        .order_by(Notice.procurement_id, Match.score.desc())
        .subquery()
    )
    count = s.scalar(select(func.count()).select_from(best)) or 0
    rows = s.execute(
        select(NoticeVersion, best.c.score)
        .join(best, best.c.version_id == NoticeVersion.id)
        .order_by(best.c.score.desc(), NoticeVersion.id)
        .limit(BEST)
    ).all()
    return JustUnder(best=tuple(_miss(version, score) for version, score in rows), left_out=max(0, count - BEST))


def _miss(version: NoticeVersion, score: float) -> NearMiss:
    return NearMiss(
        title=said(version.title, version.language),
        language=version.language,
        buyer=version.buyers[0].name if version.buyers else None,
        score=score,
        url=safe_url(version.url) or "",
    )
