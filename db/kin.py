"""Which notices are one procurement, why, and what was ruled of them? Read by the command line and by administrators' pages."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.kinship import RuledPair, Ruling
from db.models import Notice, NoticeVersion
from db.notices import said


def procurement_of(s: Session, source: str, number: str) -> int | None:
    """The procurement that a portal's notice belongs to; None where the notice is not stored."""
    mine = select(Notice.procurement_id).where(Notice.source == source, Notice.source_id == number)
    return s.scalar(mine)


def notices_of(s: Session, wanted: int) -> Iterator[dict[str, Any]]:
    """The notices of a procurement, in the order in which they were published, with what ties each to the others."""
    rows = s.execute(
        select(Notice, NoticeVersion)
        .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(Notice.procurement_id == wanted)
        .order_by(NoticeVersion.published_at, Notice.id)
    ).all()
    for notice, version in rows:
        yield {
            "procurement_id": wanted,
            "notice": f"{notice.source}:{notice.source_id}",
            "stage": version.stage,
            "corrects": version.changes_notice,
            "published_at": version.published_at.isoformat() if version.published_at else None,
            "title": said(version.title, version.language),
            "tie": notice.tie,
            "changes": version.changes,
        }


def rulings_of(s: Session, procurement_id: int) -> Iterator[dict[str, Any]]:
    """Every ruling that speaks of a procurement's notices, oldest first: what, who, why, when, and of which."""
    mine = select(Notice.id).where(Notice.procurement_id == procurement_id)
    spoken = select(RuledPair.ruling_id).where(or_(RuledPair.notice_id.in_(mine), RuledPair.other_id.in_(mine)))
    named = {row.id: f"{row.source}:{row.source_id}" for row in s.scalars(_named(spoken))}
    for ruling in s.scalars(select(Ruling).where(Ruling.id.in_(spoken)).order_by(Ruling.id)):
        pairs = sorted({(pair.notice_id, pair.other_id) for pair in ruling.pairs})
        yield {
            "ruling": ruling.id,
            "verb": ruling.verb,
            "by": ruling.by,
            "why": ruling.why,
            "at": ruling.at.isoformat(timespec="seconds"),
            "pairs": [[named[one], named[other]] for one, other in pairs],
        }


def _named(rulings: Any) -> Any:
    of_pairs = select(RuledPair.notice_id).where(RuledPair.ruling_id.in_(rulings))
    of_others = select(RuledPair.other_id).where(RuledPair.ruling_id.in_(rulings))
    return select(Notice).where(or_(Notice.id.in_(of_pairs), Notice.id.in_(of_others)))
