"""How does the demonstration run many commands without waiting for imports? Each is forked from what has done them.

A crawl needs a process of its own, because a reactor starts once. Its imports take longer than a crawl of the sandbox.
"""

import io
import os
import runpy
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context

_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(["cli", "classifier.scope", "crawlers.rates", "crawlers.run", "crawlers.wire"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    told: str
    errors: str


@contextmanager
def commands(at_once: int) -> Iterator[ProcessPoolExecutor]:
    """A pool for ``run``, in which each command has a process of its own."""
    with ProcessPoolExecutor(at_once, mp_context=_FORKING, max_tasks_per_child=1) as pool:
        yield pool


def run(environment: Mapping[str, str], words: list[str]) -> Done:
    """Our own command line in this process, which no other command may share, on these settings."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    with redirect_stdout(io.StringIO()) as told, redirect_stderr(io.StringIO()) as errors:
        try:
            runpy.run_module("cli", run_name="__main__")
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Done(code=code, told=told.getvalue(), errors=errors.getvalue())
