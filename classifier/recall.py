"""What did a line keep from its reader? A small sample from under it, once a week, asked as one question.

The sample is drawn by strata of the score, so that the few near the line and the many far below it both have a say,
and each notice that is drawn remembers for how many it stands. The same week and profile always draw the same.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from classifier.facets import barred_by, still_open
from classifier.owed import told_of
from classifier.revisions import in_force
from db.models import Alert, Match, Notice, NoticeVersion, Profile, RecallQuestion, RecallSample, Subscriber
from db.notices import CANARY
from db.session import transaction, utcnow

# Lower edges of the strata of what was kept; what was not kept is a stratum of its own.
EDGES: Final = (0.0, 0.1, 0.25, 0.5)
UNKEPT: Final = "unkept"
_LOOKED_AT: Final = 60  # of the notices that were not kept, to find one that nothing bars and what share that is
WEEK: Final = timedelta(days=7)
_ZONE: Final = ZoneInfo("Europe/Oslo")


def draw(now: datetime) -> int:
    """Ask this week's question of every profile whose reader takes part, once; gives how many were asked."""
    today = now.astimezone(_ZONE).date()
    week = today - timedelta(days=today.weekday())
    with transaction() as s:
        asked = exists().where(RecallQuestion.profile_id == Profile.id, RecallQuestion.week == week)
        wanted = s.scalars(
            select(Profile.id)
            .join(Subscriber)
            .where(
                Subscriber.asked_below,
                Subscriber.confirmed_at.is_not(None),
                Subscriber.unsubscribed_at.is_(None),
                Profile.active.is_(True),
                Profile.matched_rev.is_not(None),
                ~asked,
            )
            .order_by(Profile.id)
        ).all()
    return sum(_ask(profile_id, week, now) for profile_id in wanted)


def take_part(s: Session, subscriber_id: int, *, asked: bool) -> None:
    """Begin to ask a subscriber, or stop. Raises LookupError where there is none."""
    found = update(Subscriber).where(Subscriber.id == subscriber_id).values(asked_below=asked).returning(Subscriber.id)
    if s.scalar(found) is None:
        raise LookupError(f"no subscriber has the id {subscriber_id}")


def answer(s: Session, question_id: int, relevant: Sequence[int], *, at: datetime | None = None) -> None:
    """Keep which of a question's samples were for them, and that the others were not; the last word wins.

    It moves no line and teaches nothing: it measures. Only a POST may call this (P2). Raises LookupError where there
    is no such question.
    """
    question = s.scalar(select(RecallQuestion).where(RecallQuestion.id == question_id).with_for_update())
    if question is None:
        raise LookupError(f"no question has the id {question_id}")
    for sample in question.samples:
        sample.relevant = sample.id in relevant
    question.answered_at = at or utcnow()


def unanswered(s: Session) -> Sequence[RecallQuestion]:
    """Questions that wait for an answer, the newest week first."""
    waits = select(RecallQuestion).where(RecallQuestion.answered_at.is_(None))
    return s.scalars(waits.order_by(RecallQuestion.week.desc(), RecallQuestion.profile_id)).all()


def _ask(profile_id: int, week: date, now: datetime) -> bool:
    with transaction() as s:
        profile, revision = s.get(Profile, profile_id), in_force(s)
        if profile is None or revision is None:
            return False
        drawn = _kept(s, profile, revision, week, now) + _unkept(s, profile, revision, week, now)
        if not drawn:
            return False
        question = insert(RecallQuestion).values(profile_id=profile_id, week=week, asked_at=now)
        question_id = s.scalar(
            question.on_conflict_do_nothing(constraint="recall_asked_once").returning(RecallQuestion.id)
        )
        if question_id is None:
            return False
        for sample in drawn:
            sample.question_id = question_id
        s.add_all(drawn)
    return True


def _kept(s: Session, profile: Profile, revision: str, week: date, now: datetime) -> list[RecallSample]:
    """One of each stratum of what lies under the line, whatever its score, and was not told."""
    told = exists().where(told_of(Notice.procurement_id), Alert.subscriber_id == profile.subscriber_id)
    rows = s.execute(
        select(Match.version_id, Match.score)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(
            Match.profile_id == profile.id,
            Match.model_rev == revision,
            Match.barred_by.is_(None),
            Match.score < Match.threshold_then,
            NoticeVersion.created_at >= _start(week) - WEEK,
            NoticeVersion.created_at < _start(week),
            still_open(now),
            ~told,
        )
        .order_by(Match.version_id)
    ).all()
    drawn = []
    for low, high in zip(EDGES, (*EDGES[1:], 1.1), strict=True):
        stratum = [row for row in rows if low <= row.score < high]
        if stratum:
            one = _random(profile, week, str(low)).choice(stratum)
            drawn.append(
                RecallSample(version_id=one.version_id, model_rev=revision, stratum=str(low), score=one.score,
                             stands_for=len(stratum))
            )  # fmt: skip
    return drawn


def _unkept(s: Session, profile: Profile, revision: str, week: date, now: datetime) -> list[RecallSample]:
    """One of those whose score was too low to be kept, and that the profile's own limits do not bar."""
    ids = s.scalars(
        select(NoticeVersion.id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(
            NoticeVersion.matched_rev == revision,
            Notice.source != CANARY,
            NoticeVersion.created_at >= _start(week) - WEEK,
            NoticeVersion.created_at < _start(week),
            still_open(now),
            ~exists().where(Match.version_id == NoticeVersion.id, Match.profile_id == profile.id),
        )
        .order_by(NoticeVersion.id)
    ).all()
    looked = _random(profile, week, UNKEPT).sample(ids, min(_LOOKED_AT, len(ids)))
    versions = {one.id: one for one in s.scalars(select(NoticeVersion).where(NoticeVersion.id.in_(looked)))}
    free = [one for one in looked if barred_by(profile, versions[one], now=now) is None]
    if not free:
        return []
    stands_for = len(ids) * len(free) / len(looked)
    return [
        RecallSample(version_id=free[0], model_rev=revision, stratum=UNKEPT, stands_for=max(stands_for, 1.0))
    ]  # fmt: skip


def _random(profile: Profile, week: date, stratum: str) -> Random:
    return Random(f"{profile.id} {week} {stratum}")  # noqa: S311 - a sample, not a secret


def _start(week: date) -> datetime:
    return datetime.combine(week, time(), _ZONE)
