"""How does a test crawl the sandbox into PostgreSQL, and what lies there afterwards? By the command that people use."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from nursery import child, command
from sqlalchemy import select

from db import session
from db.models import Notice, NoticeVersion
from db.session import transaction


def crawl(key: str, base_url: str, on: date) -> dict[str, Any]:
    """`anbudsvakt crawl KEY` against a portal on loopback on a day; the outcome that it prints."""
    words = ["crawl", key, "--base-url", base_url, "--delay", "0", "--json"]
    with child(_command, datetime.combine(on, time(12), UTC), words) as process:
        process.wait(90)
        assert process.told(), process.errors()
        outcome: dict[str, Any] = json.loads(process.told().splitlines()[-1])
        return outcome


def _command(now: datetime, words: list[str]) -> None:
    """The command line on another day: what a call's next deadline is depends on it, and where a second run goes on."""
    real = session.utcnow
    for module in [one for one in sys.modules.values() if getattr(one, "utcnow", None) is real]:
        module.utcnow = lambda: now  # type: ignore[attr-defined]
    command(words)


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
