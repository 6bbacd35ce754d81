"""Where are a subscriber's lines, and how did they come to be there? Read only: verdicts move them, or an administrator."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request

from classifier.threshold import history, line_in_force
from db.models import Drawn, Profile
from web.api.forms import NextLink, Paged, next_link
from web.api.gate import Reader, reading
from web.api.profiles import seen_by

router = APIRouter(tags=["thresholds"])


class Moved(BaseModel):
    """One line that the profile had."""

    value: Annotated[Decimal, Field(description="From 0 to 1, in a string.")]
    moved_from: Annotated[Decimal | None, Field(description="The line before; null: it is not known.")]
    drawn: Annotated[Drawn, Field(description="With the profile, by hand, by learning, or by taking one back.")]
    why: Annotated[str, Field(description="The reason, as it was given.")]
    at: Annotated[datetime, Field(description="In UTC.")]


class ThresholdTold(BaseModel):
    """A profile's line and its history."""

    profile_id: Annotated[int, Field(description="Whose line it is.")]
    profile_key: Annotated[str, Field(description="The firm's own name for that profile.")]
    line: Annotated[
        Decimal | None,
        Field(
            description="What is in force, from 0 to 1, in a string; null: the default, and nothing was matched yet."
        ),
    ]
    own: Annotated[bool, Field(description="False: the profile follows its model's default.")]
    history: Annotated[list[Moved], Field(description="Every line of its own, oldest first; nothing is ever removed.")]


class ThresholdPage(BaseModel):
    """One page of lines, in the order of the profiles' ids."""

    thresholds: list[ThresholdTold]
    next: NextLink


@router.get("/thresholds")
def list_thresholds(request: Request, caller: Reader, asked: Annotated[Paged, Query()]) -> ThresholdPage:
    """The line of each of the subscriber's own profiles; for an administrator's token of all. `after` is a profile's id."""
    with reading() as s:
        wanted = select(Profile).where(seen_by(caller), Profile.id > asked.after).order_by(Profile.id)
        told = [_told(s, profile) for profile in s.scalars(wanted.limit(asked.limit)).all()]
    return ThresholdPage(thresholds=told, next=next_link(request, [one.profile_id for one in told], asked))


def _told(s: Session, profile: Profile) -> ThresholdTold:
    rows = history(s, profile.id)
    return ThresholdTold(
        profile_id=profile.id,
        profile_key=profile.key,
        line=line_in_force(s, profile.id),
        own=bool(rows),
        # Not by whom: that may be an administrator's name.
        history=[
            Moved(value=row.value, moved_from=row.moved_from, drawn=Drawn(row.drawn), why=row.why, at=row.at)
            for row in rows
        ],
    )
