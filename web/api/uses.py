"""When was each token last used? Noted in memory as it is answered, and written down by the web's own clock.

A GET itself writes nothing (P2). A process that is killed forgets what it noted in the last minutes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

from sqlalchemy import func, update
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from db.models import ApiToken
from db.session import transaction, utcnow

log = logging.getLogger(__name__)

EVERY_S: Final = 300


@dataclass(slots=True)
class Uses:
    """The last use of each token since it was last written down."""

    _noted: dict[int, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, token_id: int) -> None:
        """Keep in mind that this token was used now."""
        with self._lock:
            self._noted[token_id] = utcnow()

    def write_down(self) -> None:
        """Write down what was noted; of several processes the latest use stands. What cannot be written waits."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            with transaction() as s:
                for token_id, at in sorted(noted.items()):
                    last = func.greatest(ApiToken.last_used_at, at)
                    s.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=last))
        except OperationalError:
            log.warning("uses of tokens wait for the database")
            with self._lock:
                self._noted = noted | self._noted

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write down now and then while the web serves, and once when it stops."""
        writing = asyncio.create_task(self._now_and_then())
        try:
            yield
        finally:
            writing.cancel()
            await run_in_threadpool(self.write_down)

    async def _now_and_then(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await run_in_threadpool(self.write_down)
