"""How does a link prove that we made it? Signed ids: one salt per purpose, keys that rotate, no state.

A token is the row's id in base 62, a point, and 168 bits of HMAC, so that a whole one-click address stays within the
70 characters that survive a mail header unfolded (promises.md 3.18, M1).
"""

import hashlib
import re
import string
from enum import StrEnum
from functools import lru_cache, partial

from itsdangerous import BadSignature, Signer

from settings import get_settings

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 21 bytes are 28 characters of base 64 with no bit left over. With a remainder, several last characters would decode
# to the same signature, and a changed token would be accepted.
SIGNATURE_BYTES = 21
_WRITTEN = re.compile(r"[0-9A-Za-z]{1,11}\.[0-9A-Za-z_-]{28}")


class Purpose(StrEnum):
    """What a link is for; a token of one purpose opens no other door."""

    UNSUBSCRIBE = "unsubscribe"
    DIGEST = "digest"
    EVENT = "event"
    CALENDAR = "calendar"
    FEED = "feed"
    EXPORT = "export"
    VERDICT = "verdict"
    RECALL = "recall"
    CONFIRM = "confirm"
    LOG_IN = "log_in"
    REPORTS_OFF = "reports_off"


def sign(purpose: Purpose, row_id: int) -> str:
    """A token for this row and purpose, signed with the newest key. Raises SettingsError where there is no key."""
    return _signer(purpose, tuple(get_settings().secret_keys)).sign(_base62(row_id)).decode()


def read(purpose: Purpose, token: str) -> int | None:
    """The row's id, or None for anything that we did not sign for this purpose with a key still in use."""
    # itsdangerous decodes base 64 leniently (it drops foreign characters), so the form is checked first.
    if not _WRITTEN.fullmatch(token):
        return None
    try:
        written = _signer(purpose, tuple(get_settings().secret_keys)).unsign(token).decode()
    except BadSignature:
        return None
    return _number(written)


def unsubscribe_url(subscriber_id: int) -> str:
    """Where this subscriber leaves: a page with a button on GET, at once on POST (RFC 8058)."""
    return f"{get_settings().site}/u/{sign(Purpose.UNSUBSCRIBE, subscriber_id)}"


def reports_off_url(administrator_id: int) -> str:
    """Where an administrator stops the mail of the week's report: as ``unsubscribe_url``."""
    return f"{get_settings().site}/r/{sign(Purpose.REPORTS_OFF, administrator_id)}"


def digest_url(digest_id: int) -> str:
    """The permanent page of one digest."""
    return f"{get_settings().site}/d/{sign(Purpose.DIGEST, digest_id)}"


def event_url(alert_id: int) -> str:
    """The deadline of one alert's procurement, for a calendar. It tells nothing that the mail does not."""
    return f"{get_settings().site}/e/{sign(Purpose.EVENT, alert_id)}.ics"


def verdict_url(alert_id: int) -> str:
    """Where a reader says what they think of one alert: a page with buttons, of which ``/relevant`` (or another
    verdict) behind the address has one stand out.
    """
    return f"{get_settings().site}/v/{sign(Purpose.VERDICT, alert_id)}"


def recall_url(question_id: int) -> str:
    """The week's question of what stayed under a profile's line."""
    return f"{get_settings().site}/q/{sign(Purpose.RECALL, question_id)}"


@lru_cache(maxsize=16)
def _signer(purpose: Purpose, keys: tuple[str, ...]) -> Signer:
    return Signer(
        list(keys),
        salt=f"anbudsvakt.{purpose}",
        digest_method=partial(hashlib.blake2s, digest_size=SIGNATURE_BYTES),
    )


def _base62(number: int) -> str:
    if number < 1:
        raise ValueError("a row's id is 1 or more")
    digits = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(ALPHABET) + ALPHABET.index(digit)
    return number
