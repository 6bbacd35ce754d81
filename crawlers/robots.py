"""What does a portal's robots.txt let us fetch, and how slowly? (RFC 9309; pure: an answer in, rules out.)"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from protego import Protego

PRODUCT: Final = "Anbudsvakt"  # the product token of RFC 9309 §2.2.1; the group for it rules, else the group for *
LONGEST: Final = 500 * 1024  # bytes that are read; RFC 9309 §2.5 asks for at least so many
MOST_REDIRECTS: Final = 5  # RFC 9309 §2.3.1.2
SLOWEST_S: Final = 30.0  # a Crawl-delay above it would make a run outlast its ceiling
TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One origin's rules. ``closed`` says why nothing may be fetched from it in this run, whatever the path."""

    parser: Protego = field(default_factory=Protego)
    closed: str | None = None

    def objection(self, url: str) -> str | None:
        """Why this URL may not be fetched, or None."""
        if self.closed is not None:
            return self.closed
        return None if self.parser.can_fetch(url, PRODUCT) else "robots.txt forbids it"

    @property
    def delay_s(self) -> float:
        """Seconds asked for between requests, by Crawl-delay or Request-rate; 0 when none, never above SLOWEST_S."""
        asked = [self.parser.crawl_delay(PRODUCT) or 0.0]
        rate = self.parser.request_rate(PRODUCT)
        if rate is not None and rate.requests > 0:
            asked.append(rate.seconds / rate.requests)
        return min(SLOWEST_S, max((delay for delay in asked if math.isfinite(delay)), default=0.0))


def read(status: int, headers: Mapping[str, str], body: bytes) -> Rules:
    """Rules from the last answer to a request for robots.txt, redirects followed.

    2xx: what it says. 4xx: there are no rules (RFC 9309 §2.3.1.3). 429, 5xx, a bot challenge or anything else: the
    rules are out of reach, so nothing is fetched (§2.3.1.4). Header names are lower case.
    """
    if "x-amzn-waf-action" in headers:
        return closed("robots.txt is behind a bot challenge")
    if 200 <= status < 300:
        return Rules(parser=Protego.parse(_text(body)))
    if 400 <= status < 500 and status != TOO_MANY_REQUESTS:
        return Rules()
    return closed(f"robots.txt answered {status}")


def closed(reason: str) -> Rules:
    """Rules that allow nothing, for this reason."""
    return Rules(closed=reason)


def _text(body: bytes) -> str:
    kept = body[:LONGEST]
    if len(body) > LONGEST:
        # The last line is cut in two: half a path would forbid more, or less, than the portal wrote.
        kept = kept[: max(kept.rfind(b"\n"), kept.rfind(b"\r"), 0)]
    # utf-8-sig: with its byte order mark the first line would not be known as User-agent, and no rule would count.
    return kept.decode("utf-8-sig", errors="replace")
