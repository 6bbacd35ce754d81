"""Whom do we not write to? Suppressions, by an address written in one way only."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.address import mailable
from db.models import Suppression


def suppression_key(address: str) -> str:
    """The address as ``Suppression`` holds it: all in lower case, so that no spelling slips past."""
    return mailable(address).lower()


def suppress(s: Session, address: str, reason: str) -> None:
    """Write to this address no more, from the caller's commit on; the first reason stays."""
    s.execute(
        insert(Suppression)
        .values(address=suppression_key(address), reason=reason)
        .on_conflict_do_nothing(constraint="suppression_once")
    )


def is_suppressed(s: Session, address: str) -> bool:
    """Whether this address, however it is spelt, is one that we do not write to."""
    return s.scalar(select(Suppression.id).where(Suppression.address == suppression_key(address))) is not None
