"""What did a subscriber say of an alert, and of which matches does that speak?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from classifier.owed import last_word, make_up
from classifier.revisions import in_force, speaking
from db.arrays import Column, among, columns
from db.models import (
    Alert,
    Feedback,
    FirstVerdict,
    JudgedMatch,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    Subscriber,
    Unfit,
    Verdict,
)
from db.session import utcnow


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict on one profile's match, by the scores of the model in force.

    ``alert_id``: None where it was said while signing up, before there was any alert.
    """

    alert_id: int | None
    at: datetime
    relevant: bool
    score: float
    sentence: str  # the profile's, by which it was told; empty where it is not known


def record(
    s: Session, alert_id: int, verdict: Verdict, *, reason: Unfit | None = None, at: datetime | None = None
) -> None:
    """Keep what a subscriber says of an alert: the last word wins, and the same word again changes nothing.

    ``reason`` is why it is not for them, and may follow later. Who takes that back is owed what they were not told
    meanwhile. Nothing else writes verdicts, and only a POST may call this: mail scanners follow every link (P3). Raises
    LookupError where there is no such alert.
    """
    told = s.get(Alert, alert_id)
    if told is None or not hold(s, told.subscriber_id):
        raise LookupError(f"no alert has the id {alert_id}")
    before = s.scalar(select(last_word(told.subscriber_id, told.procurement_id)))
    said = insert(Feedback).values(alert_id=alert_id, verdict=verdict, reason=reason, at=at or utcnow())
    new = said.excluded
    # The same word of this alert is a new one where another alert of the procurement has been given another since.
    is_new = or_(literal(before != verdict), Feedback.verdict != new.verdict)
    s.execute(
        said.on_conflict_do_update(
            constraint="feedback_once",
            set_={
                "verdict": new.verdict,
                "at": case((is_new, new.at), else_=Feedback.at),
                "reason": case((is_new, new.reason), else_=func.coalesce(new.reason, Feedback.reason)),
            },
            where=or_(is_new, new.reason != func.coalesce(Feedback.reason, "")),
        )
    )
    keep_judged(s, Alert.id == alert_id)
    if before == Verdict.NOT_RELEVANT and verdict != before:
        make_up(s, told.subscriber_id, told.procurement_id)


def hold(s: Session, subscriber_id: int) -> bool:
    """Keep a subscriber from being erased until the caller's commit; False where there is none to keep.

    Without it, an erasure and we could each wait for rows that the other has.
    """
    held = select(Subscriber.id).where(Subscriber.id == subscriber_id).with_for_update(read=True, key_share=True)
    return s.scalar(held) is not None


def keep_judged(s: Session, alerts: ColumnElement[bool]) -> None:
    """Write down, once for each verdict of these alerts, which matches it speaks of, as they now are."""
    wanted = (
        select(Feedback.id, Alert)
        .join(Alert, Alert.id == Feedback.alert_id)
        .where(alerts, ~exists().where(JudgedMatch.feedback_id == Feedback.id))
    )
    for feedback_id, alert in s.execute(wanted).all():
        for match in carriers(_matches(s, alert), alert.version_id):
            s.execute(
                insert(JudgedMatch)
                .values(
                    feedback_id=feedback_id,
                    profile_id=match.profile_id,
                    version_id=match.version_id,
                    model_rev=match.model_rev,
                    score=match.score,
                    line=match.threshold_then,
                    sentence=match.evidence["profile_sentence"],
                )
                .on_conflict_do_nothing(constraint="judged_match_once")
            )


def carriers(matches: Iterable[Match], version_id: int) -> list[Match]:
    """The match of each profile for whose sake an alert was made; given newest first, and as the mail tells reasons.

    A profile counts by its match with the alert's version, or else by its best with the procurement; all above their
    line carried the alert, and where none is above it now, the best one did.
    """
    by_profile: dict[int, dict[int, Match]] = {}
    for match in matches:
        by_profile.setdefault(match.profile_id, {}).setdefault(match.version_id, match)
    best = []
    for of_version in by_profile.values():
        own = of_version.get(version_id)
        best.append(own if own and _above(own) else max(of_version.values(), key=lambda match: match.score))
    return [match for match in best if _above(match)] or sorted(best, key=lambda match: match.score)[-1:]


def judgements(s: Session, profile: Profile) -> list[Judgement]:
    """Every verdict on this profile's matches that has a score of the model in force, oldest first.

    What was said while signing up counts as what is said of an alert, and once.
    """
    return judgements_of(s, [profile.id])[profile.id]


def judgements_of(s: Session, profiles: Collection[int]) -> dict[int, list[Judgement]]:
    """The judgements of each of these profiles.

    A verdict on another model's score counts once the notice is scored by this one: scores of two models are not
    compared.
    """
    rows = _judged(s, profiles)
    found: dict[int, list[Judgement]] = {profile_id: [] for profile_id in profiles}
    named = select(rows.c.profile_id, rows.c.alert_id, rows.c.at, rows.c.relevant, rows.c.score, rows.c.sentence)
    for profile_id, *said in s.execute(named.order_by(rows.c.at, rows.c.place)):
        found[profile_id].append(Judgement(*said))
    return found


def judged(s: Session, profiles: Collection[int]) -> tuple[Column, Column, Column]:
    """The same of many at once, as columns: profile, whether it was relevant, and score."""
    rows = _judged(s, profiles)
    profile_id, relevant, score = columns(s, select(rows.c.profile_id, rows.c.relevant, rows.c.score))
    return profile_id, relevant, score


def _judged(s: Session, profiles: Collection[int]) -> Subquery:
    """Each verdict by its scores; ``place`` orders those of one moment."""
    ruling = in_force(s) or _newest(s, profiles)
    # What was told by the same counts as it was told, however it is scored by now.
    same = JudgedMatch.model_rev == ruling
    anew = and_(
        # No number at all for those, so that no match is looked up.
        Match.version_id == case((~same, JudgedMatch.version_id)),
        Match.profile_id == JudgedMatch.profile_id,
        Match.model_rev == ruling,
    )
    told = (
        select(
            JudgedMatch.profile_id,
            Feedback.alert_id,
            Feedback.at,
            (Feedback.verdict != Verdict.NOT_RELEVANT).label("relevant"),
            case((same, JudgedMatch.score), else_=Match.score).label("score"),
            JudgedMatch.sentence,
            Feedback.id.label("place"),
        )
        .join(Feedback, Feedback.id == JudgedMatch.feedback_id)
        .outerjoin(Match, anew)
        .where(among(JudgedMatch.profile_id, profiles), or_(same, Match.id.is_not(None)))
    )
    return union_all(told, _first_said(profiles, ruling)).subquery()


def _first_said(profiles: Collection[int], ruling: str | None) -> Select[*tuple[Any, ...]]:
    """What was said while signing up, of notices of which no alert was judged since: then that is the last word."""
    same = FirstVerdict.model_rev == ruling
    of_ruling = and_(
        Match.version_id == FirstVerdict.version_id,
        Match.profile_id == FirstVerdict.profile_id,
        Match.model_rev == ruling,
    )
    same_notice = aliased(NoticeVersion)
    since = (
        exists()
        .where(JudgedMatch.profile_id == FirstVerdict.profile_id, JudgedMatch.version_id == same_notice.id)
        .where(same_notice.notice_id == NoticeVersion.notice_id)
    )
    return (
        select(
            FirstVerdict.profile_id,
            null().label("alert_id"),
            FirstVerdict.at,
            (FirstVerdict.verdict != Verdict.NOT_RELEVANT).label("relevant"),
            case((same, FirstVerdict.score), else_=Match.score).label("score"),
            func.coalesce(Match.evidence["profile_sentence"].astext, "").label("sentence"),
            FirstVerdict.id.label("place"),
        )
        .join(NoticeVersion, NoticeVersion.id == FirstVerdict.version_id)
        .outerjoin(Match, of_ruling)
        .where(among(FirstVerdict.profile_id, profiles), or_(same, Match.id.is_not(None)), ~since)
    )


def _newest(s: Session, profiles: Collection[int]) -> str | None:
    """Of matches from before one revision was put in force: that of the last."""
    mine = among(Match.profile_id, profiles)
    return s.scalar(select(Match.model_rev).where(mine).order_by(Match.id.desc()).limit(1))


def _matches(s: Session, alert: Alert) -> Sequence[Match]:
    return s.scalars(
        select(Match)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.id == NoticeVersion.notice_id)
        .join(Profile, Profile.id == Match.profile_id)
        .where(
            Notice.procurement_id == alert.procurement_id,
            Profile.subscriber_id == alert.subscriber_id,
            Match.barred_by.is_(None),
            speaking(),
        )
        .order_by(Match.id.desc())
    ).all()


def _above(match: Match) -> bool:
    return match.score >= match.threshold_then
