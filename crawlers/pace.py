"""When may the next request go to this host? One at a time, a pause after each answer, Retry-After kept."""

import asyncio
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Final

LONGEST_S: Final = 24 * 3600.0  # a portal that says "next year" is asked again tomorrow
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?\Z", re.ASCII)
_MANY_DIGITS: Final = 12


class Pace:
    """The turns of one host: :meth:`enter` before a request, :meth:`leave` after its answer or failure.

    The pause runs from the answer, not from the request: a portal that is slow to answer gets the same rest.
    """

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    async def enter(self, stopping: asyncio.Event) -> None:
        """Wait for the turn and the pause; returns at once, still holding the turn, when the run is stopping."""
        await self._turn.acquire()
        while (rest := self._free_at - monotonic()) > 0 and not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), timeout=rest)
            except TimeoutError:
                continue

    def leave(self) -> None:
        """Give the turn to the next request, which still waits for the pause."""
        self.hold(self.delay_s)
        self._turn.release()

    def hold(self, seconds: float) -> None:
        """No request for so long, whatever came before."""
        self._free_at = max(self._free_at, monotonic() + seconds)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to stay away, from a Retry-After header: seconds or a date, at most 24 hours.

    None when there is no header or it says nothing usable (words, a negative number, a moment that has passed).
    """
    text = (value or "").strip()
    if _SECONDS.match(text):
        whole = text.split(".", maxsplit=1)[0]
        return LONGEST_S if len(whole) > _MANY_DIGITS else min(LONGEST_S, float(math.ceil(float(text))))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    rest = (moment - now).total_seconds()
    return min(LONGEST_S, float(math.ceil(rest))) if rest > 0 else None
