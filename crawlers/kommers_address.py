"""Which purchase does an address of Kommers name? The same one, however the address is spelled.

Kommers is many installations of one program: each has serial numbers of its own, so a number says nothing without its
instance. A notice has two: ``ProcurementId`` at its page (NoticeOverview) and ``NoticeId`` in the link that TED carries
(NoticeDispatch); they are different numbers (sources.md §7). Addresses of this program are told without regard to case.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from crawlers.notice import ParsedNotice

FAMILY: Final = "kommers"
_PATH: Final = re.compile(r"(/[a-z0-9_/-]{0,60})?/notice/notice(overview|dispatch)\.aspx", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_LONGEST: Final = 500


class Door(StrEnum):
    """Which of the two addresses it is."""

    OVERVIEW = "overview"  # the notice's page, by ProcurementId
    DISPATCH = "dispatch"  # the link that TED's notice carries, by NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """``instance``: host and folder, ``kommersannons.se/elite``; ``number``: serial within it, per door."""

    door: Door
    instance: str
    number: str

    @property
    def key(self) -> str:
        """The address, written one way."""
        asked = "procurementid" if self.door is Door.OVERVIEW else "noticeid"
        return f"{self.instance}/notice/notice{self.door}.aspx?{asked}={self.number}"


def named(url: str) -> Named | None:
    """What an address names; None for any that is not one of Kommers' two. Never raises."""
    if len(url) > _LONGEST or "/notice/notice" not in url.lower():  # most are not, and taking one apart costs more
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    found = _PATH.fullmatch(parts.path.lower())
    if found is None or not host:
        return None
    door = Door(found.group(2))
    asked = {name.lower(): value for name, value in parse_qsl(parts.query)}
    number = asked.get("procurementid" if door is Door.OVERVIEW else "noticeid", "")
    if _NUMBER.fullmatch(number) is None:
        return None
    return Named(door=door, instance=host + (found.group(1) or ""), number=number)


def is_kommers(source: str) -> bool:
    """Whether a source is one of Kommers' lists, by its key."""
    return source == FAMILY or source.startswith(f"{FAMILY}-")


def procurement_number(notice: ParsedNotice) -> str | None:
    """Instance and ProcurementId of a notice from Kommers: ``kommersannons.se/elite/73447``.

    It is the same in every list of Kommers (sources.md §4.2); None where the notice names none, or more than one.
    """
    if not is_kommers(notice.source):
        return None
    told = {place for url in (notice.url, *(link.url for link in notice.links)) if (place := named(url)) is not None}
    pages = {f"{place.instance}/{place.number}" for place in told if place.door is Door.OVERVIEW}
    return pages.pop() if len(pages) == 1 else None
