"""Which procurements matched a subscriber's profiles? Their list, newest first, page by page, with what they said of each.

One row per procurement, on however many portals it stands. The list holds what lies above the line or just under it;
what they said is not for them is left out unless they ask for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from classifier.revisions import speaking
from db.listing import is_of_buyer
from db.models import (
    Alert,
    Feedback,
    Match,
    Notice,
    NoticeVersion,
    Profile,
    ToldBefore,
    Verdict,
)
from db.subscribers import JUST_UNDER

PAGE: Final = 25


class Line(StrEnum):
    """On which side of the profile's line."""

    ABOVE = "above"
    UNDER = "under"  # just under it
    BOTH = "both"


class Answered(StrEnum):
    """What the subscriber said, beside the verdicts themselves."""

    STANDING = "standing"  # anything but that it is not for them
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of their matches. ``before``: only what is older than the row of this number."""

    words: str = ""
    profile_id: int | None = None
    country: str = ""
    line: Line = Line.ABOVE
    open_only: bool = True
    answered: Answered | Verdict = Answered.STANDING
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyMatch:
    """One procurement in the list: its newest version that matched, and what was said of it."""

    version: NoticeVersion
    above: bool
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyMatches:
    """One page of the list. ``older``: the number to ask before for the next one; None on the last."""

    rows: tuple[MyMatch, ...]
    older: int | None


def my_matches(s: Session, subscriber_id: int, wanted: Wanted, now: datetime) -> MyMatches:
    """One page, in two queries however long the list is."""
    found = s.execute(_page(subscriber_id, wanted, now)).all()
    shown = found[:PAGE]
    versions = {version.id: version for version in _versions(s, [row.newest for row in shown])}
    return MyMatches(
        rows=tuple(
            MyMatch(
                version=versions[row.newest], above=row.above, verdict=Verdict(row.verdict) if row.verdict else None
            )
            for row in shown
        ),
        older=shown[-1].newest if len(found) > PAGE else None,
    )


def is_theirs(s: Session, subscriber_id: int, procurement_id: int) -> bool:
    """Whether this subscriber was ever owed word of a procurement, or has it in their list."""
    alerted = exists().where(Alert.subscriber_id == subscriber_id, Alert.procurement_id == procurement_id)
    matched = (
        exists()
        .where(Notice.procurement_id == procurement_id, NoticeVersion.notice_id == Notice.id)
        .where(Match.version_id == NoticeVersion.id, Match.profile_id == Profile.id, _near())
        .where(Profile.subscriber_id == subscriber_id, speaking())
    )
    return bool(s.scalar(select(or_(alerted, matched))))


def _page(subscriber_id: int, wanted: Wanted, now: datetime) -> Select[int, int, bool, str]:
    theirs = _theirs(subscriber_id, wanted, now)
    said = _said(subscriber_id)
    query = (
        select(theirs.c.procurement_id, theirs.c.newest, theirs.c.above, said.c.verdict)
        .outerjoin(said, said.c.procurement_id == theirs.c.procurement_id)
        .where(_answered(said.c.verdict, wanted.answered))
        .order_by(theirs.c.newest.desc())
        .limit(PAGE + 1)
    )
    return query if wanted.before is None else query.where(theirs.c.newest < wanted.before)


def _theirs(subscriber_id: int, wanted: Wanted, now: datetime) -> Subquery:
    above = func.bool_or(Match.score >= Match.threshold_then, type_=Boolean)
    query = (
        select(Notice.procurement_id, func.max(NoticeVersion.id).label("newest"), above.label("above"))
        .select_from(Match)
        .join(Profile, Profile.id == Match.profile_id)
        .join(NoticeVersion, NoticeVersion.id == Match.version_id)
        .join(Notice, Notice.current_version_id == NoticeVersion.id)
        .where(Profile.subscriber_id == subscriber_id, _near(), speaking())
        .group_by(Notice.procurement_id)
    )
    if wanted.profile_id is not None:
        query = query.where(Profile.id == wanted.profile_id)
    if wanted.country:
        query = query.where(NoticeVersion.country == wanted.country)
    if wanted.open_only:
        still = NoticeVersion.deadline_at.is_(None) | (NoticeVersion.deadline_at > now)
        query = query.where(still, NoticeVersion.cancelled.is_(False))
    if wanted.words:
        query = query.where(_says(wanted.words))
    if wanted.line is not Line.BOTH:
        query = query.having(above if wanted.line is Line.ABOVE else ~above)
    return query.subquery()


def _near() -> ColumnElement[bool]:
    return Match.barred_by.is_(None) & (Match.score >= Match.threshold_then - JUST_UNDER)


def _says(words: str) -> ColumnElement[bool]:
    """Whether each of these words stands in the title, in any of its languages, or in a buyer's name."""
    told = func.jsonb_each_text(NoticeVersion.title).table_valued(column("key", Text), column("value", Text))
    found: list[ColumnElement[bool]] = []
    for word in words.split():
        in_title = select(1).select_from(told).where(told.c.value.icontains(word, autoescape=True)).exists()
        found.append(or_(in_title, is_of_buyer(word)))
    return and_(*found)


def _said(subscriber_id: int) -> Subquery:
    """The last word of each procurement, also of those that it was one with when the alert was owed."""
    own: Any = select(Alert.procurement_id, Feedback.verdict, Feedback.at, Feedback.id).join(
        Feedback, Feedback.alert_id == Alert.id
    )
    before: Any = (
        select(ToldBefore.procurement_id, Feedback.verdict, Feedback.at, Feedback.id)
        .join(Alert, Alert.id == ToldBefore.alert_id)
        .join(Feedback, Feedback.alert_id == Alert.id)
    )
    mine = Alert.subscriber_id == subscriber_id
    every = union_all(own.where(mine), before.where(mine)).subquery()
    return (
        select(every.c.procurement_id, every.c.verdict)
        .ext(distinct_on(every.c.procurement_id))
        .order_by(every.c.procurement_id, every.c.at.desc(), every.c.id.desc())
        .subquery()
    )


def _answered(verdict: ColumnElement[str | None], wanted: Answered | Verdict) -> ColumnElement[bool]:
    match wanted:
        case Answered.STANDING:
            return verdict.is_(None) | (verdict != Verdict.NOT_RELEVANT)
        case Answered.NOTHING:
            return verdict.is_(None)
        case _:
            return verdict == wanted


def _versions(s: Session, ids: Sequence[int]) -> Sequence[NoticeVersion]:
    return s.scalars(
        select(NoticeVersion)
        .where(NoticeVersion.id.in_(ids))
        .options(selectinload(NoticeVersion.notice), selectinload(NoticeVersion.buyers))
    ).all()
