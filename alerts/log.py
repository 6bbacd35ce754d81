"""How do our processes tell what they do? One JSON object a line: an event, its ids and counts, never a person (P10).

An exception is told by its type and its places alone: its words may quote a notice, a row or an address. So are the
arguments of what libraries say: only their sentences are told, with the holes left open.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

OURS: Final = ("alerts", "classifier", "commands", "crawlers", "db", "web")
# What every LogRecord has; whatever else is on it came as ``extra`` and is told, where it is ours.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;=]{1,64}@[^\s<>\"'(),:;=]{1,255}")
_FRAMES: Final = 30

log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """One record, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The event with its extras; of a traceback the types and places."""
        ours = record.name.partition(".")[0] in OURS
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "event": record.getMessage() if ours else str(record.msg),
        }
        if ours:
            told.update({name: value for name, value in vars(record).items() if name not in _USUAL})
        if record.exc_info and record.exc_info[1] is not None:
            told["traceback"] = places(record.exc_info[1])
        return _ADDRESS.sub("(address)", json.dumps(told, ensure_ascii=False, default=str))


def places(error: BaseException) -> list[str]:
    """What was raised where, the cause first; nothing of what was said."""
    found = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)[-_FRAMES:]
        found.append(" ".join([type(one).__name__, *(f"{Path(at.filename).name}:{at.lineno}" for at in frames)]))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found[::-1]


def set_up(level: str) -> None:
    """Send this process's log to standard error; libraries speak from WARNING on.

    Where nobody sits at a terminal, what ends the process is a line of the log too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level="WARNING", handlers=[handler], force=True)
    for ours in OURS:
        logging.getLogger(ours).setLevel(level)
    if not sys.stderr.isatty():
        sys.excepthook = _ended
        threading.excepthook = _thread_ended


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("process ended", exc_info=(kind, error, trace))


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.error("thread ended", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
