"""Which notices do we have? One record per notice, for the command line and for exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, any_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from db.models import Buyer, Fetch, Notice, NoticeVersion, Quarantined, VersionBuyer
from db.notices import CANARY, said
from db.session import transaction

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which notices to list; None asks for all."""

    source: str | None = None
    scope: str | None = None
    country: str | None = None
    stage: str | None = None
    since: date | None = None  # published on that day or later
    deadline_after: datetime | None = None
    cpv: str | None = None  # the first digits of one of its codes
    text: str | None = None  # somewhere in a title, a description or a buyer's name, whatever the language
    limit: int | None = None


def notices(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Records of the notices' current versions, oldest first, read in chunks so that any number fits in memory."""
    after, left = 0, wanted.limit
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        with transaction() as s:
            found = page(s, wanted, after=after, size=size)
        for notice, version in found:
            yield _record(notice, version)
        if len(found) < size:
            return
        after = found[-1][0].id
        left = None if left is None else left - len(found)


def page(s: Session, wanted: Wanted, *, after: int, size: int) -> list[tuple[Notice, NoticeVersion]]:
    """The next notices after this id with their current versions and buyers."""
    found = s.execute(_select(wanted).where(Notice.id > after).order_by(Notice.id).limit(size))
    return [(notice, version) for notice, version in found]


def _select(wanted: Wanted) -> Select[Notice, NoticeVersion]:
    query = (
        select(Notice, NoticeVersion)
        .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
        .where(Notice.source != CANARY)
        .options(selectinload(NoticeVersion.buyers))
    )
    if wanted.source is not None:
        query = query.where(Notice.source == wanted.source)
    if wanted.scope is not None:
        query = query.where(NoticeVersion.scope == wanted.scope)
    if wanted.country is not None:
        query = query.where(NoticeVersion.country == wanted.country)
    if wanted.since is not None:
        query = query.where(func.date(NoticeVersion.published_at) >= wanted.since)
    if wanted.stage is not None:
        query = query.where(NoticeVersion.stage == wanted.stage)
    if wanted.deadline_after is not None:
        query = query.where(NoticeVersion.deadline_at > wanted.deadline_after)
    if wanted.cpv is not None:
        code = func.unnest(NoticeVersion.cpv).column_valued("code")
        query = query.where(exists(select(code).where(code.startswith(wanted.cpv, autoescape=True))))
    if wanted.text is not None:
        query = query.where(_tells(wanted.text))
    return query


def is_of_buyer(text: str) -> ColumnElement[bool]:
    """Whether this stands in the name of a buyer of a version, in a query that has NoticeVersion."""
    # Which buyers these are is found once. Asked of each version, all buyers' names were read for each.
    ids = select(Buyer.id).where(Buyer.name.icontains(text, autoescape=True)).scalar_subquery()
    return exists().where(
        VersionBuyer.version_id == NoticeVersion.id,
        VersionBuyer.buyer_id == any_(func.array(ids, type_=ARRAY(BigInteger))),
    )


def _tells(text: str) -> ColumnElement[bool]:
    told = [
        exists(select(words).where(words.c.value.icontains(text, autoescape=True)))
        for words in (
            func.jsonb_each_text(column).table_valued("key", "value")
            for column in (NoticeVersion.title, NoticeVersion.description)
        )
    ]
    return or_(*told, is_of_buyer(text))


def _record(notice: Notice, version: NoticeVersion) -> dict[str, Any]:
    buyer = version.buyers[0] if version.buyers else None
    return {
        "source": notice.source,
        "source_id": notice.source_id,
        "procurement_id": notice.procurement_id,
        "version": version.number,
        "title": said(version.title, version.language),
        "language": version.language,
        "buyer": buyer.name if buyer else None,
        "buyer_id": buyer.identifier if buyer else None,
        "country": version.country,
        "cpv": list(version.cpv),
        "nuts": list(version.nuts),
        "nationwide": version.nationwide,
        "published_at": _moment(version.published_at),
        "deadline_at": _moment(version.deadline_at),
        "deadline_kind": version.deadline_kind,
        "stage": version.stage,
        "notice_type": version.notice_type,
        "legal_basis": version.legal_basis,
        "value": str(version.value_amount) if version.value_amount is not None else None,
        "currency": version.value_currency,
        "scope": version.scope,
        "url": version.url,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def counts() -> dict[str, dict[str, Any]]:
    """Per source: notices, quarantined ones and the last run, for the list of sources."""
    with transaction() as s:
        table: dict[str, dict[str, Any]] = {}
        for source, number in s.execute(
            select(Notice.source, func.count()).where(Notice.source != CANARY).group_by(Notice.source)
        ):
            table.setdefault(source, {})["notices"] = number
        for source, number in s.execute(select(Quarantined.source, func.count()).group_by(Quarantined.source)):
            table.setdefault(source, {})["quarantined"] = number
        last = select(Fetch).ext(distinct_on(Fetch.source)).order_by(Fetch.source, Fetch.id.desc())
        for fetch in s.scalars(last):
            table.setdefault(fetch.source, {}).update(
                last_run=_moment(fetch.started_at), last_state=fetch.state, last_new=fetch.new, last_error=fetch.error
            )
    return table
