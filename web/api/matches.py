"""What fits a subscriber's profiles, and why? Matches with their two sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from classifier.matches import Standing, select_matches, standing, stands
from classifier.owed import told_of
from db.models import Alert, Feedback, Match, Notice, Profile, Verdict
from web.api.forms import Identifier, NextLink, Paged, PastOrComing, next_link
from web.api.gate import Reader, reading
from web.api.notice_forms import NoticeBrief
from web.api.profiles import seen_by

router = APIRouter(tags=["matches"])


class MatchFilter(Paged):
    """Which matches are wanted; all that is given must hold."""

    profile: Annotated[Identifier | None, Field(description="Of the profile with this number.")] = None
    standing: Annotated[
        Standing | None,
        Field(
            description="Above or below the line by which it was told or would be, or barred by the profile's limits."
        ),
    ] = None
    since: Annotated[
        PastOrComing | None, Field(description="Scored at this moment, which has an offset, or later.")
    ] = None


class Evidence(BaseModel):
    """Why: a sentence of the notice beside one of the profile, both verbatim."""

    notice_sentence: Annotated[str, Field(description="The notice's.")]
    profile_sentence: Annotated[str, Field(description="The profile's.")]
    section: Annotated[str, Field(description="Where the notice says it: title, description …")]
    lot: Annotated[str | None, Field(description="The lot that says it; null: the notice itself.")]
    words: Annotated[list[tuple[str, str]], Field(description="Words that mean alike: the notice's and the profile's.")]
    words_in: Annotated[
        list[str], Field(description="The profile's own wanted words that it has; they lift the score.")
    ] = []
    shared_cpv: Annotated[list[str], Field(description="The notice's codes that agree with the profile's.")]


class MatchTold(BaseModel):
    """How well a notice fits a profile, and why."""

    id: Annotated[int, Field(description="Ours. A notice that is scored anew gets a new one.")]
    profile_id: Annotated[int, Field(description="Of whose profile.")]
    profile_key: Annotated[str, Field(description="The firm's own name for it.")]
    notice: NoticeBrief
    score: Annotated[
        float, Field(description="Chance that it is for the firm, 0 to 1. Of one model_rev comparable only.")
    ]
    line: Annotated[
        float,
        Field(description="The line by which it was told, or would be now, 0 to 1: what lies on or above it is told."),
    ]
    standing: Annotated[Standing, Field(description="Seen from that line.")]
    barred_by: Annotated[str | None, Field(description="Which of the profile's limits said no; null: none did.")]
    evidence: Evidence
    model_rev: Annotated[str, Field(description="The model that scored it.")]
    matched_at: Annotated[datetime, Field(description="When it was scored, in UTC.")]
    alert_id: Annotated[
        int | None, Field(description="The newest alert that its subscriber has of this purchase; null: none was made.")
    ]
    verdict: Annotated[Verdict | None, Field(description="What was said of that alert; null: nothing yet.")]


class MatchPage(BaseModel):
    """One page of matches, oldest first."""

    matches: list[MatchTold]
    next: NextLink


@router.get("/matches")
def list_matches(request: Request, caller: Reader, asked: Annotated[MatchFilter, Query()]) -> MatchPage:
    """Matches of the subscriber's own profiles with notices as they now read, each with its reasons.

    For an administrator's token those of all. Scores too low to be told by any line are not kept.
    """
    with reading() as s:
        wanted = select_matches().add_columns(newest_alert()).where(seen_by(caller), Match.id > asked.after)
        if asked.profile is not None:
            wanted = wanted.where(Profile.id == asked.profile)
        if asked.standing is not None:
            wanted = wanted.where(stands(asked.standing))
        if asked.since is not None:
            wanted = wanted.where(Match.created_at >= asked.since)
        found = s.execute(wanted.order_by(Match.id).limit(asked.limit)).all()
        verdicts = _verdicts(s, [row[-1] for row in found])
        told = [
            MatchTold(
                id=match.id, profile_id=profile.id, profile_key=profile.key, notice=NoticeBrief.of(notice, version),
                score=match.score, line=match.threshold_then, standing=standing(match), barred_by=match.barred_by,
                evidence=Evidence.model_validate(match.evidence), model_rev=match.model_rev,
                matched_at=match.created_at, alert_id=alert_id, verdict=verdicts.get(alert_id),
            )
            for match, profile, _, version, notice, alert_id in found
        ]  # fmt: skip
    return MatchPage(matches=told, next=next_link(request, [one.id for one in told], asked))


def newest_alert() -> ScalarSelect[int]:
    """In a query of matches: the newest alert that the profile's subscriber has of the notice's procurement."""
    own = select(func.max(Alert.id)).where(told_of(Notice.procurement_id), Alert.subscriber_id == Profile.subscriber_id)
    return own.correlate(Notice, Profile).scalar_subquery()


def _verdicts(s: Session, alert_ids: Sequence[int | None]) -> dict[int | None, Verdict]:
    said = s.scalars(select(Feedback).where(Feedback.alert_id.in_({one for one in alert_ids if one is not None})))
    return {one.alert_id: Verdict(one.verdict) for one in said}
