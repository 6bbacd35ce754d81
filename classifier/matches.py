"""Which matches stand, and why? Records for the command line, newest model first."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from classifier.revisions import speaking
from classifier.threshold import own_lines
from db.models import Match, Notice, NoticeVersion, Profile, Subscriber
from db.notices import said
from db.session import transaction, utcnow
from db.subscribers import JUST_UNDER


def above(*, model_rev: str) -> list[dict[str, Any]]:
    """Every match above its line that nothing bars, of current versions, by firm and score."""
    return [row for row in _records(Match.model_rev == model_rev) if row["verdict"] == "above"]


def of_profile(profile_id: int) -> list[dict[str, Any]]:
    """What one profile has among open notices: above its line, just under it, and what its own limits bar."""
    still_open = (NoticeVersion.deadline_at > utcnow()) | NoticeVersion.deadline_at.is_(None)
    return [row for row in _records(Match.profile_id == profile_id, still_open) if row["verdict"] != "below"]


def _records(*where: ColumnElement[bool]) -> list[dict[str, Any]]:
    with transaction() as s:
        found = s.execute(
            select(Match, Profile, Subscriber, NoticeVersion, Notice)
            .join(Profile, Profile.id == Match.profile_id)
            .join(Subscriber, Subscriber.id == Profile.subscriber_id)
            .join(NoticeVersion, NoticeVersion.id == Match.version_id)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(*where)
            .where(speaking(), Subscriber.canary.is_(False))
            .order_by(Subscriber.company, Profile.id, Match.score.desc())
            .options(selectinload(NoticeVersion.buyers))
        ).all()
        own = own_lines(s, {match.profile_id for match, *_ in found})
        return [_record(row, own.get(row[0].profile_id, row[0].threshold_then)) for row in found]


def _record(row: Any, line: float) -> dict[str, Any]:
    match, profile, subscriber, version, notice = row
    return {
        "company": subscriber.company,
        "profile": profile.key,
        "score": round(match.score, 3),
        "threshold": line,
        "verdict": _verdict(match, line),
        "source": notice.source,
        "source_id": notice.source_id,
        "title": said(version.title, version.language),
        "buyer": version.buyers[0].name if version.buyers else None,
        "country": version.country,
        "deadline_at": version.deadline_at.isoformat() if version.deadline_at else None,
        "scope": version.scope,
        **match.evidence,
    }


def _verdict(match: Match, line: float) -> str:
    if match.barred_by is not None:
        return f"barred: {match.barred_by}"
    if match.score >= line:
        return "above"
    return "just under" if match.score >= line - JUST_UNDER else "below"
