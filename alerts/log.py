"""How do our processes tell what they do? One JSON object a line: an event, its ids and counts, never a person."""

import json
import logging
import sys
from datetime import UTC, datetime

# What every LogRecord has; whatever else is on it came as ``extra`` and is told.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The event with its extras; a traceback goes along as text."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "event": record.getMessage(),
        }
        told.update({name: value for name, value in vars(record).items() if name not in _USUAL})
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def set_up(level: str) -> None:
    """Send this process's log to standard error; libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level="WARNING", handlers=[handler], force=True)
    for ours in ("alerts", "classifier", "commands", "crawlers", "db", "web"):
        logging.getLogger(ours).setLevel(level)
