"""How does work run that may hang, or that may run only once in a process? As a child with a limit."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress as ignoring
from typing import Final

log = logging.getLogger(__name__)

# A polite child ends within this; the worker itself must be gone ten seconds after it was asked to stop.
LAST_WORDS_S: Final = 4.0


class Overran(Exception):  # noqa: N818 - a state of the child, told by its name
    """Raised when a child was stopped at its limit."""


def command(*words: str) -> list[str]:
    """Our own command line, run by this very interpreter."""
    return [sys.executable, "-m", "cli", *words]


async def run_child(words: Sequence[str], *, limit_s: float) -> int:
    """Run a command to its end and give its exit code; it and all its children are killed at the limit (T8).

    Raises Overran. Cancelling kills it as well.
    """
    # A session of its own makes a group that can be killed whole, and keeps Ctrl-C from reaching it before us.
    child = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        return await asyncio.wait_for(child.wait(), limit_s)
    except TimeoutError:
        raise Overran(f"stopped after {limit_s:.0f} s") from None
    finally:
        if child.returncode is None:
            await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ask the child's group to end, then make it."""
    log.warning("child stopped", extra={"child": child.pid})
    with ignoring(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with ignoring(TimeoutError):
        await asyncio.wait_for(child.wait(), LAST_WORDS_S)
    with ignoring(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()
