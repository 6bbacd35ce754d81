"""How does a test crawl the sandbox into PostgreSQL, and what lies there afterwards? By the command that people use."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from db.models import Notice, NoticeVersion
from db.session import transaction

ROOT = Path(__file__).parents[1]


# The command line, in a process whose clock stands on another day: what a call's next deadline is depends on it, and so
# does from which day a second run goes on. It is turned before anybody takes it over by name.
CHILD = """
import sys
from datetime import datetime
from db import session
now = datetime.fromisoformat(sys.argv.pop(1))
session.utcnow = lambda: now
import cli
cli.main()
"""


def crawl(key: str, base_url: str, on: date) -> dict[str, Any]:
    """`anbudsvakt crawl KEY` against a portal on loopback on a day; the outcome that it prints."""
    words = ["crawl", key, "--base-url", base_url, "--delay", "0", "--json"]
    command = [sys.executable, "-c", CHILD, datetime.combine(on, time(12), UTC).isoformat(), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


def said(notice: Mapping[str, Any]) -> dict[str, Any]:
    """Of a notice in an expected file: what the database should hold."""
    deadline = notice.get("deadline", {})
    return {
        "title": notice["title"],
        "description": notice.get("description", {}),
        "stage": notice["stage"],
        "published_at": notice.get("published_at"),
        "deadline_at": deadline.get("at"),
        "deadline_date_only": deadline.get("date_only", False),
        "cancelled": notice.get("cancelled", False),
        "notice_type": notice.get("notice_type"),
        "url": notice["url"],
    }


def stored(source: str) -> dict[str, dict[str, Any]]:
    """The same of each stored notice's current version, by its number."""
    with transaction() as s:
        found = s.execute(
            select(Notice.source_id, NoticeVersion)
            .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
            .where(Notice.source == source)
        ).all()
        return {
            source_id: {
                "title": version.title,
                "description": version.description,
                "stage": version.stage,
                "published_at": _told(version.published_at),
                "deadline_at": _told(version.deadline_at),
                "deadline_date_only": version.deadline_date_only,
                "cancelled": version.cancelled,
                "notice_type": version.notice_type,
                "url": version.url,
            }
            for source_id, version in found
        }


def versions(source: str) -> list[tuple[str, int, int]]:
    """Every version of every notice of a source: the notice's number, the version's row and its number."""
    with transaction() as s:
        rows = s.execute(
            select(Notice.source_id, NoticeVersion.id, NoticeVersion.number)
            .join(NoticeVersion, NoticeVersion.notice_id == Notice.id)
            .where(Notice.source == source)
            .order_by(NoticeVersion.id)
        )
        return [(row.source_id, row.id, row.number) for row in rows]


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
