"""Is this the administrator's password? argon2id, two checks at a time, and the same work for an account that does not exist (W1)."""

from functools import lru_cache
from typing import Final

import anyio
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 200
# Each check holds 64 MiB: a crowd at the door waits in line, and neither fills the memory nor blocks other pages.
AT_ONCE: Final = 2
_HASHER: Final = PasswordHasher()


class PasswordWeak(ValueError):  # noqa: N818 - a state of the password, told by its name
    """Raised for a password that is too short, or too long to be one."""


def hashed(password: str) -> str:
    """What is kept of a password. Raises PasswordWeak."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordWeak(f"a password has {SHORTEST} to {LONGEST} characters")
    return _HASHER.hash(password)


async def holds(kept: str | None, password: str) -> bool:
    """Whether the password is the one whose hash this is; None, for an account that does not exist, takes as long."""
    return await to_thread.run_sync(_holds, kept, password[: LONGEST + 1], limiter=_limiter())


def _holds(kept: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _HASHER.hash("nobody's")


@lru_cache(maxsize=1)
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(AT_ONCE)
