"""Which of the subscriber's own does an address name? A row of theirs by its number, and 404 for everybody else's."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from db.models import Profile, Subscriber

LONGEST_ID: Final = 18  # digits, so that no number is too large for the database


def is_number(said: str) -> bool:
    """Whether this can be the number of a row."""
    return said.isascii() and said.isdecimal() and len(said) <= LONGEST_ID


def number_in(request: Request, name: str) -> int:
    """The number in the address. Raises 404 for what is none: whoever guesses learns nothing of which there are."""
    found = str(request.path_params[name])
    if not is_number(found):
        raise HTTPException(404)
    return int(found)


def own_profile(s: Session, request: Request, subscriber: Subscriber, *, lock: bool = False) -> Profile:
    """The subscriber's profile of the number in the address; ``lock``: to be changed. Raises 404 for anybody else's."""
    mine = (Profile.id == number_in(request, "profile_id"), Profile.subscriber_id == subscriber.id)
    wanted = select(Profile).where(*mine)
    found = s.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise HTTPException(404)
    return found
