"""What does a subscriber say of what was told? Verdicts on alerts, given by the alert or by a match with it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from classifier.feedback import record
from db.models import Alert, Feedback, Match, Notice, NoticeVersion, Profile, Verdict
from db.session import transaction
from web.api.forms import Identifier
from web.api.gate import Writer
from web.api.matches import newest_alert
from web.api.problem import may

router = APIRouter(tags=["feedback"])


class VerdictGiven(BaseModel):
    """What is said of an alert, or of the match for whose sake it was made."""

    model_config = ConfigDict(extra="forbid")
    alert_id: Annotated[Identifier | None, Field(description="The alert; null: match_id says which.")] = None
    match_id: Annotated[Identifier | None, Field(description="A match with an alert; null: alert_id says which.")] = (
        None
    )
    verdict: Annotated[
        Verdict, Field(description="`on_it`: relevant, and the firm goes for it; its deadline is then remembered.")
    ]

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse both and neither."""
        if (self.alert_id is None) == (self.match_id is None):
            raise ValueError("give alert_id or match_id, one of them")
        return self


class VerdictKept(BaseModel):
    """What now stands."""

    alert_id: Annotated[int, Field(description="The alert that it is said of.")]
    verdict: Annotated[Verdict, Field(description="The last word.")]
    said_at: Annotated[datetime, Field(description="When it was said, in UTC; saying the same again does not move it.")]


@router.post("/feedback", responses=may(403, 404, 409))
def give_feedback(owner: Writer, given: VerdictGiven) -> VerdictKept:
    """Say of an alert whether it was for the firm. The last word stands; the same word again changes nothing.

    409 for a match of which no alert was made: only what was told can be judged.
    """
    with transaction() as s:
        alert_id = _judged(s, owner, given)
        try:
            record(s, alert_id, given.verdict)
        except LookupError:
            raise HTTPException(404) from None
        kept = s.scalars(select(Feedback).where(Feedback.alert_id == alert_id)).one()
        return VerdictKept(alert_id=kept.alert_id, verdict=Verdict(kept.verdict), said_at=kept.at)


def _judged(s: Session, owner: int, given: VerdictGiven) -> int:
    """The owner's alert that is meant. Raises 404, or 409 where none was made."""
    if given.match_id is None:
        wanted = select(Alert.id).where(Alert.id == given.alert_id, Alert.subscriber_id == owner)
    else:
        wanted = (
            select(newest_alert())
            .select_from(Match)
            .join(Profile, Profile.id == Match.profile_id)
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .join(Notice, Notice.id == NoticeVersion.notice_id)
            .where(Match.id == given.match_id, Profile.subscriber_id == owner)
        )
    found = s.execute(wanted).one_or_none()
    if found is None:
        raise HTTPException(404)
    if found[0] is None:
        raise HTTPException(409, "No alert was made of this match; only what was told can be judged.")
    return found[0]
