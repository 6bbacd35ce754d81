"""How fast may we send? One turn after the other, for all connections of a process together (D11)."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """Hands out turns, evenly spaced. ``per_second`` None: whoever comes has the turn."""

    per_second: float | None = None
    _next: float = 0.0
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self) -> None:
        """Wait until it is this caller's turn; turns that were late or not used are not made up for in a burst."""
        if self.per_second is None:
            return
        clock = asyncio.get_running_loop().time
        async with self._one_by_one:
            await asyncio.sleep(max(0.0, self._next - clock()))
            self._next = clock() + 1 / self.per_second
