"""Which matches stand, and why? For the command line as records, and for whoever asks further as a query."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from classifier.revisions import speaking
from db.models import Match, Notice, NoticeVersion, Profile, Subscriber
from db.notices import said
from db.session import transaction, utcnow
from db.subscribers import JUST_UNDER


class Standing(StrEnum):
    """Where a match is, seen from its profile's line."""

    ABOVE = "above"
    BELOW = "below"
    BARRED = "barred"  # by the profile's own limits, whatever the score


def above(*, model_rev: str) -> list[dict[str, Any]]:
    """Every match above its line that nothing bars, of current versions, by firm and score."""
    return [row for row in _records(Match.model_rev == model_rev) if row["verdict"] == "above"]


def of_profile(profile_id: int) -> list[dict[str, Any]]:
    """What one profile has among open notices: above its line, just under it, and what its own limits bar."""
    still_open = (NoticeVersion.deadline_at > utcnow()) | NoticeVersion.deadline_at.is_(None)
    return [row for row in _records(Match.profile_id == profile_id, still_open) if row["verdict"] != "below"]


def select_matches() -> Select[Match, Profile, Subscriber, NoticeVersion, Notice]:
    """Every match that stands, of current versions with their buyers."""
    return (
        select(Match, Profile, Subscriber, NoticeVersion, Notice)
        .join(Profile, Profile.id == Match.profile_id)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(speaking())
        .options(selectinload(NoticeVersion.buyers))
    )


def standing(match: Match) -> Standing:
    """Where a match is, seen from the line by which it was told, or would be: as digests see it."""
    if match.barred_by is not None:
        return Standing.BARRED
    return Standing.ABOVE if match.score >= match.threshold_then else Standing.BELOW


def stands(wanted: Standing) -> ColumnElement[bool]:
    """The same, for the database to choose by."""
    if wanted is Standing.BARRED:
        return Match.barred_by.is_not(None)
    above = Match.score >= Match.threshold_then
    return Match.barred_by.is_(None) & (above if wanted is Standing.ABOVE else ~above)


def _records(*where: ColumnElement[bool]) -> list[dict[str, Any]]:
    with transaction() as s:
        found = s.execute(
            select_matches()
            .where(*where, Subscriber.canary.is_(False))
            .order_by(Subscriber.company, Profile.id, Match.score.desc())
        ).all()
        return [_record(row) for row in found]


def _record(row: Any) -> dict[str, Any]:
    match, profile, subscriber, version, notice = row
    return {
        "company": subscriber.company,
        "profile": profile.key,
        "score": round(match.score, 3),
        "threshold": match.threshold_then,
        "verdict": _verdict(match),
        "source": notice.source,
        "source_id": notice.source_id,
        "title": said(version.title, version.language),
        "buyer": version.buyers[0].name if version.buyers else None,
        "country": version.country,
        "deadline_at": version.deadline_at.isoformat() if version.deadline_at else None,
        "scope": version.scope,
        **match.evidence,
    }


def _verdict(match: Match) -> str:
    found = standing(match)
    if found is Standing.BARRED:
        return f"barred: {match.barred_by}"
    return "just under" if found is Standing.BELOW and match.score >= match.threshold_then - JUST_UNDER else found
