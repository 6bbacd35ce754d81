"""What did the sandbox see, and which faults does it play?

The log is the witness in tests of politeness: it is written by the portal, never by the collector.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Self

HEADERS_OF_INTEREST = ("user-agent", "if-none-match", "if-modified-since", "accept-encoding", "content-type")
API_KEY_HEADER = "ocp-apim-subscription-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults to play. Counts say how many requests get the fault before the portal is well again."""

    ted_429_first: int = 0
    """That many searches get 429 from the gateway, in HTML and without Retry-After."""
    ted_503_first: int = 0
    """That many searches get 503 in HTML."""
    ted_timed_out_first: int = 0
    """That many searches get a 200 with half a page and `timedOut: true`."""
    ted_empty_first: int = 0
    """That many searches get a 200 without a body."""
    waf: bool = True
    """The portal's rule: a User-Agent not of the form `Mozilla/5.0 (compatible; …` is challenged at the notice XML."""
    waf_for_all: bool = False
    """Everyone is challenged at the notice XML."""
    doffin_429_first: int = 0
    """That many Doffin requests get 429 with Retry-After."""
    doffin_burst: int | None = 28
    """Requests let through in ten seconds before 429; None for no limit."""
    retry_after_s: int = 4
    """What Doffin's Retry-After says."""
    broken_xml: tuple[str, ...] = ()
    """Notices, by key, whose XML breaks off in the middle."""
    feed_html: bool = False
    """The feeds answer 200 with an HTML page."""
    robots_status: int = 200
    """The status of /robots.txt; other than 200 comes with an empty body."""
    robots_text: str = "User-agent: *\nAllow: /\n"
    """The body of /robots.txt."""

    def wounded(self, key: str, body: bytes) -> bytes:
        """The XML of a notice, broken off in the middle where that is asked for."""
        return body[: len(body) // 2] if key in self.broken_xml else body

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Faults from a JSON object; an unknown name is a KeyError."""
        known = {field.name for field in fields(cls)}
        for name in raw:
            if name not in known:
                raise KeyError(name)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
        }
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request as the portal saw it, with the status it got."""

    at: datetime
    method: str
    path: str
    query: str
    headers: dict[str, str]
    had_key: bool
    status: int

    @property
    def user_agent(self) -> str:
        """How the caller named itself."""
        return self.headers.get("user-agent", "")


class Witness:
    """Keeps every request in order, in memory and, with a path, as JSON Lines. Keys are noted as present, not kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._seen: list[SeenRequest] = []
        self._path = path
        self._lock = Lock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What was seen so far, oldest first."""
        with self._lock:
            return tuple(self._seen)

    def note(self, method: str, path: str, query: str, headers: Mapping[str, str], status: int) -> None:
        """Write one request down."""
        seen = SeenRequest(
            at=datetime.now(UTC),
            method=method,
            path=path,
            query="&".join(part for part in query.split("&") if not part.startswith("subscription-key=")),
            headers={name: headers[name] for name in HEADERS_OF_INTEREST if name in headers},
            had_key=API_KEY_HEADER in headers or "subscription-key=" in query,
            status=status,
        )
        with self._lock:
            self._seen.append(seen)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as log:
                    log.write(as_json(seen) + "\n")


def as_json(seen: SeenRequest) -> str:
    """One line of the log."""
    return json.dumps(asdict(seen) | {"at": seen.at.isoformat()}, ensure_ascii=False)
