"""How does a test start many processes without waiting for imports? Each is forked from one that has done them.

A crawl needs a process of its own, because a reactor starts once, and whatever is killed needs one too. Importing what
they need takes longer than most of them live, and :mod:`multiprocessing` can fork each from one that is fresh but for
its imports.
"""

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
FORKING = get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        "aiosmtpd.smtp",
        "alerts.jobs",
        "alerts.postbox",
        "alerts.timetable",
        "alerts.week_mail",
        "cli",
        "crawlers.run",
        "crawlers.importing",
        "crawlers.rates",
        "crawlers.wire",
        *(f"crawlers.spiders.{path.stem}" for path in (ROOT / "crawlers" / "spiders").glob("[a-z]*.py")),
        "procrastinate.worker",
        "scrapy.core.downloader.handlers.http11",
        "scrapy.core.scraper",
        "scrapy.crawler",
        "scrapy.extensions.remote_control",
        "scrapy.pipelines",
        "scrapy.pqueues",
    ]
)


class Child:
    """A process that runs one function, with what it wrote and how it ended."""

    def __init__(self, process: ForkServerProcess, told: IO[bytes], errors: IO[bytes]) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self._process, self._told, self._errors = process, told, errors

    def poll(self) -> int | None:
        """Its exit code, negative when a signal ended it, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        if self.poll() is None:
            self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def wait(self, limit_s: float = 60) -> int:
        """Its exit code. Raises TimeoutExpired when it does not end."""
        self._process.join(limit_s)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, limit_s)
        return code

    def told(self) -> str:
        """What it has printed."""
        return _text(self._told)

    def errors(self) -> str:
        """What it has written to its standard error."""
        return _text(self._errors)


@contextmanager
def child(does: Callable[..., None], *given: object, env: Mapping[str, str] | None = None) -> Iterator[Child]:
    """A function of a module in a process of its own, where warnings are errors; killed when left."""
    with tempfile.NamedTemporaryFile() as told, tempfile.NamedTemporaryFile() as errors:
        surroundings = {**os.environ, **(env or {})}
        process = FORKING.Process(target=_live, args=(told.name, errors.name, surroundings, does, given))
        process.start()
        one = Child(process, told, errors)
        try:
            yield one
        finally:
            one.kill()
            process.join()


@contextmanager
def python_process(code: str) -> Iterator[Child]:
    """A process that runs this code on our settings, killed at the latest when the ``with`` ends."""
    with child(_run, code) as process:
        try:
            yield process
        finally:
            sys.stderr.write(process.errors())  # shown where the test fails


def told_by(*words: str, limit_s: float = 60) -> tuple[int, str]:
    """Our own command line in a process of its own: how it ended, and what it printed or else its errors."""
    with child(command, words) as process:
        code = process.wait(limit_s)
        return code, process.told() or process.errors()


def command(words: Sequence[str]) -> None:
    """Our own command line in this process, which ends with it."""
    sys.argv[1:] = words
    import cli

    cli.main()


def _run(code: str) -> None:
    exec(compile(code, "<code of a test>", "exec"), {"__name__": "__main__"})  # noqa: S102 - the test's own


def _live(told: str, errors: str, env: Mapping[str, str], does: Callable[..., None], given: tuple[object, ...]) -> None:
    for number, path in ((1, told), (2, errors)):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the forking process ignores it
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    warnings.simplefilter("error")
    does(*given)
    sys.stdout.flush()


def _text(file: IO[bytes]) -> str:
    return Path(file.name).read_text(encoding="utf-8", errors="replace")
