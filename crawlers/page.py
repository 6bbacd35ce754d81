"""What does one page of a portal's search hold, and what did the portal add to it since we last looked?"""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crawlers.notice import Broken, ParsedNotice, SourceBroken

log = logging.getLogger(__name__)

_BEYOND_ASCII: Final = re.compile("[\x80-\U0010ffff]+")
_told: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The notices of one answer, those that could not be read, and how to go on.

    ``total`` is what the portal has for the query in all, ``accessible`` what it will hand out (Doffin: 1000 at most);
    None where it did not say. ``timed_out``: the answer is cut, and the cursor may not move past it.
    """

    notices: list[ParsedNotice] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    total: int | None = None
    accessible: int | None = None
    next_token: str | None = None
    timed_out: bool = False

    @property
    def numbers(self) -> frozenset[str | None]:
        """The portal's own numbers of all that it holds, read or not."""
        return frozenset([*(one.source_id for one in self.notices), *(one.source_id for one in self.broken)])


def answer(body: bytes, source: str) -> Any:
    """The JSON of an answer. Raises SourceBroken for an empty body, HTML from a gateway and anything else.

    Control characters inside strings are taken as they come: Doffin sends them raw.
    """
    start = body[:512].lstrip(b"\xef\xbb\xbf\x00 \t\r\n").lower()
    if not start:
        raise SourceBroken(f"{source} answered with an empty body")
    if start.startswith(b"<"):
        raise SourceBroken(f"{source} answered with markup where JSON is due")
    try:
        return json.loads(decoded(body), strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"{source} answered with what is no JSON: {str(error)[:120]}") from None


def decoded(body: bytes) -> str:
    """Text of a body in UTF-8, in UTF-16 with its mark, or in what Windows writes when nobody tells it otherwise.

    UTF-8 with some bytes lost stays UTF-8: U+FFFD stands where they were, and the other letters of the page are right.
    """
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("utf-8-sig", errors="replace")
        lost = text.count("\ufffd")
        right = sum(map(len, _BEYOND_ASCII.findall(text))) - lost
        # Windows' letters make no UTF-8 but by a rare chance, so that a few that do tell more than many that do not.
        return text if 4 * right > lost else body.decode("windows-1252", errors="replace")


def audit(keys: Iterable[str], known: frozenset[str], source: str) -> None:
    """Warn, once per process, of each key that the portal added or renamed since these parsers were written."""
    for key in sorted(set(keys) - known):
        if (source, key) not in _told:
            _told.add((source, key))
            log.warning("unknown key in an answer", extra={"source": source, "key": key[:80]})


def whole(hit: Mapping[str, Any] | Any) -> bytes:
    """A hit as bytes that are the same whenever its content is: what is hashed, and what is kept of a broken one."""
    return json.dumps(hit, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def count_of(value: object) -> int | None:
    """A count in an answer; None for null and for what is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
