"""What does a subscriber say that the firm can do? Profiles, read, made, changed and deleted by their owner's token.

They are held to the same form as those that an administrator imports. One that says something new is owed to the
scorer: what it matches is seen some minutes later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from psycopg.errors import LockNotAvailable
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from classifier.profile_said import ProfileWritten
from classifier.profiles import write_profile
from classifier.revisions import alone
from db.models import Cadence, Profile, Subscriber
from db.session import transaction
from web.api.forms import LARGEST_ID, NextLink, Paged, next_link
from web.api.gate import Reader, Writer, reading
from web.api.problem import may
from web.api.tokens import Caller

router = APIRouter(tags=["profiles"])
MOST: Final = 50  # profiles of one subscriber: each is met by every notice
BUSY: Final = HTTPException(409, "Notices are being matched just now; ask again in a minute.", {"Retry-After": "60"})
WAIT: Final = "5s"  # for a matcher, before a writer is told to come back

Which = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Our number of the profile.")]


class ProfileTold(ProfileWritten):
    """A profile as it stands."""

    id: Annotated[int, Field(description="Our number of it.")]
    subscriber_id: Annotated[int, Field(description="Whose it is.")]
    active: Annotated[bool, Field(description="False: nothing is matched with it.")]
    met: Annotated[bool, Field(description="False: open notices are still owed to it, as after a change.")]
    created_at: Annotated[datetime, Field(description="In UTC.")]

    @classmethod
    def of(cls, row: Profile) -> "ProfileTold":
        """The row as it stands."""
        # Not validated anew: what is stored was, by the rules of its day.
        as_stored = {name: getattr(row, name) for name in cls.model_fields if name not in ("met", "cadence")}
        cadence = None if row.cadence is None else Cadence(row.cadence)
        return cls.model_construct(**as_stored, cadence=cadence, met=row.matched_rev is not None)


class ProfilePage(BaseModel):
    """One page of profiles, oldest first."""

    profiles: list[ProfileTold]
    next: NextLink


@router.get("/profiles")
def list_profiles(request: Request, caller: Reader, asked: Annotated[Paged, Query()]) -> ProfilePage:
    """The subscriber's own profiles; for an administrator's token those of all."""
    with reading() as s:
        wanted = select(Profile).where(seen_by(caller), Profile.id > asked.after).order_by(Profile.id)
        told = [ProfileTold.of(row) for row in s.scalars(wanted.limit(asked.limit))]
    return ProfilePage(profiles=told, next=next_link(request, [one.id for one in told], asked))


@router.get("/profiles/{profile_id}", responses=may(404))
def show_profile(caller: Reader, profile_id: Which) -> ProfileTold:
    """One profile."""
    with reading() as s:
        row = s.scalar(select(Profile).where(seen_by(caller), Profile.id == profile_id))
        if row is None:
            raise HTTPException(404)
        return ProfileTold.of(row)


@router.post("/profiles", status_code=201, responses=may(403, 409))
def make_profile(response: Response, request: Request, owner: Writer, said: ProfileWritten) -> ProfileTold:
    """Make a profile. It follows the default line until verdicts, or an administrator, move its own.

    409 where there is one with this key already, or where the subscriber has 50.
    """
    with _writing(owner) as (s, subscriber):
        row = Profile(subscriber_id=owner)
        _check_key(s, owner, said.key, but=None)
        if s.scalar(select(func.count()).select_from(Profile).where(Profile.subscriber_id == owner)) == MOST:
            raise HTTPException(409, f"There are {MOST} profiles already; delete one first.")
        s.add(row)
        write_profile(s, row, said, language=subscriber.language)
        s.refresh(row)
        response.headers["Location"] = f"{request.scope['path']}/{row.id}"
        return ProfileTold.of(row)


@router.put("/profiles/{profile_id}", responses=may(403, 404, 409))
def change_profile(owner: Writer, profile_id: Which, said: ProfileWritten) -> ProfileTold:
    """Put this in place of what the profile said; what is left out gets its default. The same again changes nothing.

    409 where another profile has this key, or while notices are being matched.
    """
    with _writing(owner) as (s, subscriber):
        row = _own(s, owner, profile_id)
        _check_key(s, owner, said.key, but=profile_id)
        write_profile(s, row, said, language=subscriber.language)
        return ProfileTold.of(row)


@router.delete("/profiles/{profile_id}", status_code=204, responses=may(403, 404, 409))
def delete_profile(owner: Writer, profile_id: Which) -> None:
    """Delete a profile for good, with its matches, its line and its feed. Alerts that were told stay.

    409 while notices are being matched.
    """
    with _writing(owner) as (s, _):
        alone(s)  # a matcher that met it would write matches of a profile that is gone
        s.delete(_own(s, owner, profile_id))


def seen_by(caller: Caller) -> ColumnElement[bool]:
    """The profiles that this token may see."""
    return true() if caller.subscriber_id is None else Profile.subscriber_id == caller.subscriber_id


@contextmanager
def _writing(owner: int) -> Iterator[tuple[Session, Subscriber]]:
    """One transaction of this subscriber's, one at a time. Raises 409 rather than wait long for a matcher."""
    try:
        with transaction() as s:
            s.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": WAIT})
            mine = select(Subscriber).where(Subscriber.id == owner).with_for_update(key_share=True)
            subscriber = s.scalar(mine)
            if subscriber is None:
                raise HTTPException(404)
            yield s, subscriber
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise BUSY from None


def _own(s: Session, owner: int, profile_id: int) -> Profile:
    row = s.scalar(select(Profile).where(Profile.id == profile_id, Profile.subscriber_id == owner))
    if row is None:
        raise HTTPException(404)
    return row


def _check_key(s: Session, owner: int, key: str, *, but: int | None) -> None:
    other = s.scalar(select(Profile.id).where(Profile.subscriber_id == owner, Profile.key == key))
    if other is not None and other != but:
        raise HTTPException(409, "Another profile has this key.")
