"""How is a secret kept in the database so that a dump alone gives it away to nobody? Sealed with the settings' key.

Keys rotate as those of links do: the newest seals, every one that is in the settings opens. What lies there as it was
written before there were seals is read as it is, and sealed by the daily clean-up.
"""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from settings import get_settings

PREFIX: Final = "sealed:"
PURPOSE: Final = b"anbudsvakt door secrets"  # no other use of the settings' key has the same


class Unsealable(Exception):  # noqa: N818 - a state of the secret, told by its name
    """Raised where none of the settings' keys opens a seal: the key that made it is gone."""


def seal(secret: str) -> str:
    """The secret as the database keeps it; sealed anew each time, so that two alike do not look alike."""
    return PREFIX + _seals(tuple(get_settings().secret_keys)).encrypt(secret.encode()).decode()


def unseal(kept: str) -> str:
    """The secret itself. Raises Unsealable."""
    if not kept.startswith(PREFIX):
        return kept
    try:
        return _seals(tuple(get_settings().secret_keys)).decrypt(kept.removeprefix(PREFIX)).decode()
    except InvalidToken:
        raise Unsealable from None


def opens(kept: str) -> bool:
    """Whether any of the settings' keys opens it."""
    try:
        unseal(kept)
    except Unsealable:
        return False
    return True


def is_newest(kept: str) -> bool:
    """Whether the newest key made this seal."""
    newest = get_settings().secret_keys[-1]
    try:
        _seals((newest,)).decrypt(kept.removeprefix(PREFIX))
    except InvalidToken:
        return False
    return kept.startswith(PREFIX)


@lru_cache(maxsize=8)
def _seals(oldest_first: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in reversed(oldest_first)])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode()))
