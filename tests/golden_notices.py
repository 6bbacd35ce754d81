"""How are notices compared with what a person has read and found right?"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from crawlers.notice import Broken, ParsedNotice

PORTALS = Path(__file__).parent / "portals"
SHARED = Path(__file__).parents[2] / "shared" / "portals"  # real payloads, where a developer has them


def told(value: Any) -> Any:
    """A notice as plain JSON, its empty fields left out."""
    if isinstance(value, Broken):
        return {"broken": value.source_id, "reason": value.reason}
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, told(getattr(value, field.name))) for field in fields(value))
        return {name: each for name, each in pairs if each not in (None, [], {}, False)}
    if isinstance(value, (datetime, Decimal)):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, Mapping):
        return {key: told(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return value


def check(folder: str, made: Mapping[str, Iterable[ParsedNotice | Broken]]) -> None:
    """Compare with the folder's expected.json; with --update-golden write it, for a person to read."""
    path = PORTALS / folder / "expected.json"
    now = {name: told(list(notices)) for name, notices in made.items()}
    for notices in now.values():
        for notice in notices:
            notice.pop("payload_sha256", None)  # said by its own test; it would change with a comma in the fixture
    if os.environ.get("PYTEST_UPDATE_GOLDEN"):
        path.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert now == json.loads(path.read_text(encoding="utf-8")), f"{path.parent.name} differs from its expected.json"


def bodies(folder: str, pattern: str) -> dict[str, bytes]:
    """The folder's bodies by file name."""
    return {
        path.name: path.read_bytes()
        for path in sorted((PORTALS / folder).glob(pattern))
        if path.name != "expected.json"
    }
