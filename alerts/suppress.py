"""Whom do we not write to? Suppressions, by an address written in one way only, or by its keyed hash once it is erased."""

import hashlib
import hmac
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.address import mailable
from db.models import Suppression
from settings import get_settings

HASHED: Final = "hmac-sha256:"


def suppression_key(address: str) -> str:
    """The address as ``Suppression`` holds it: all in lower case, so that no spelling slips past."""
    return mailable(address).lower()


def suppress(s: Session, address: str, reason: str) -> None:
    """Write to this address no more, from the caller's commit on; the first reason stays."""
    _put(s, suppression_key(address), reason)


def suppress_unread(s: Session, address: str, reason: str) -> None:
    """As ``suppress``, but nobody can read from the row which address it is."""
    _put(s, _hashes(suppression_key(address))[-1], reason)


def is_suppressed(s: Session, address: str) -> bool:
    """Whether this address, however it is spelt, is one that we do not write to."""
    return s.scalar(select(Suppression.id).where(Suppression.address.in_(_written(address))).limit(1)) is not None


def is_forbidden(s: Session, address: str) -> bool:
    """Whether whoever had this address was erased and is not to be written to, not even to ask whether they signed up."""
    hashes = _hashes(suppression_key(address))
    return s.scalar(select(Suppression.id).where(Suppression.address.in_(hashes)).limit(1)) is not None


def allow(s: Session, address: str) -> None:
    """Write to this address again."""
    s.execute(delete(Suppression).where(Suppression.address.in_(_written(address))))


def _put(s: Session, written: str, reason: str) -> None:
    row = insert(Suppression).values(address=written, reason=reason)
    s.execute(row.on_conflict_do_nothing(constraint="suppression_once"))


def _written(address: str) -> list[str]:
    key = suppression_key(address)
    return [key, *_hashes(key)]


def _hashes(key: str) -> list[str]:
    """With each of our keys, the newest last: a hash is known again as long as its key is among them.

    Keyed, since there are few enough addresses in the world to try them all.
    """
    return [
        HASHED + hmac.new(secret.encode(), f"suppression {key}".encode(), hashlib.sha256).hexdigest()
        for secret in get_settings().secret_keys
    ]
