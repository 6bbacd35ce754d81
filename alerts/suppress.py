"""Whom do we not write to? Suppressions, by an address written in one way only."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.models import Suppression


class AddressUnusable(ValueError):  # noqa: N818 - a state of the address, told by its name
    """Raised for what no mail can be sent to."""


def mailable(address: str) -> str:
    """The address as we send to it: its domain in lower case and punycode, its local part as its owner wrote it.

    Raises AddressUnusable when it is none, or has letters outside ASCII in its local part (relays often refuse them).
    """
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as wrong:
        raise AddressUnusable(str(wrong)) from None
    if found.ascii_email is None:
        raise AddressUnusable("the address has no form in ASCII")
    return found.ascii_email


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
