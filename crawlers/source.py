"""What is to be known of a portal before it is read, and why may one not be?"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

FORBIDDEN_DOMAINS: Final = ("e-avrop.com", "tendsign.com", "clira.io", "mercell.com")


class SourceState(StrEnum):
    """Whether a source is read."""

    ON = "on"
    OFF = "off"  # could be: what is missing stands in the reason
    FORBIDDEN = "forbidden"  # may not be: no setting changes it


class Ground(StrEnum):
    """Why a source is not read, for readers; each is one sentence of the coverage page, in every language."""

    ROBOTS = "robots"  # its robots.txt
    REUSE = "reuse"  # its terms forbid that the content is kept
    DOWNLOAD = "download"  # its terms forbid that machines fetch it
    KEY = "key"  # this installation has no key to it
    UNVERIFIED = "unverified"  # nobody has seen its address answer
    UNTRIED = "untried"  # the same of a list that is no feed
    PERMISSION = "permission"  # what its terms say is reported in two ways, so its owner must be asked
    PERMITTED = "permitted"  # none: its owner was asked, an administrator says, and it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One portal. ``floor`` and ``ceiling`` are notices per run over its usual window; outside them a run has failed.

    ``spider`` names a module of :mod:`crawlers.spiders`. ``attribution`` is what each mail says of where a notice is
    from. ``overlap_days`` is read again by each run, because portals publish late and out of order. ``quiet`` is the
    longest time without anything new that is no sign of trouble: weekends and holidays for portals, weeks for news; it
    is the last resort where the source's own history does not tell sooner.
    ``reason`` is for who runs this, ``grounds`` say the same to readers; ``asks``: whom an administrator must have asked
    what, before ANBUDSVAKT_PERMITTED may name the source.
    """

    key: str
    name: str
    country: str | None  # alpha-2 of the buyers it is read for; None: several
    licence: str
    attribution: str
    terms: str  # where they can be read
    contact: str  # where the portal wants to be written to
    url: str
    cadence: timedelta
    floor: int = 0
    ceiling: int = 0
    overlap_days: int = 3
    quiet: timedelta = timedelta(days=30)
    delay_s: float = 1.0
    spider: str | None = None
    state: SourceState = SourceState.ON
    reason: str = ""
    grounds: tuple[Ground, ...] = ()
    asks: str = ""


def forbidden_host(host: str) -> str | None:
    """Why this host may not be read at all, or None."""
    name = host.lower().rstrip(".")
    if any(name == domain or name.endswith(f".{domain}") for domain in FORBIDDEN_DOMAINS):
        return f"{name}: its terms forbid automated reading"
    return None
