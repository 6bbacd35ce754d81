"""How do we write an address, and which can no mail be sent to? One way, wherever one comes in."""

from typing import Final

from email_validator import EmailNotValidError, validate_email

LONGEST_LOCAL: Final = 64  # RFC 5321, 4.5.3.1.1; the library lets longer ones pass


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
    if len(found.local_part) > LONGEST_LOCAL:
        raise AddressUnusable(f"the part before the @-sign is longer than {LONGEST_LOCAL} letters")
    return found.ascii_email


def domain_of(address: str) -> str:
    """What stands behind the @-sign, for the names that our own mails get."""
    return address.rpartition("@")[2] or "localhost"
