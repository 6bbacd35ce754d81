"""Notices for tests of kinship: small ones, of few keys, on several portals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from crawlers.member import Member
from crawlers.notice import Deadline, DeadlineKind, Link, ParsedBuyer, ParsedNotice, Stage, WireFormat
from db.models import Notice
from db.session import transaction

DUE = datetime(2027, 1, 15, 11, tzinfo=UTC)
FORSVARSBYGG = ParsedBuyer(name="Forsvarsbygg", identifier="975950662", country="NO")
Groups = frozenset[frozenset[str]]


def uuid(number: int) -> str:
    """A UUID that a reader can tell from the next."""
    return f"00000000-0000-4000-8000-{number:012}"


def notice(source: str, number: str, **values: Any) -> ParsedNotice:
    """A competition with a number and a title of its own, and no other key; ``day``, ``link``: shorthands."""
    day, link = values.pop("day", None), values.pop("link", None)
    title = values.pop("title", f"Anskaffelse nummer {source} {number}")
    made = ParsedNotice(
        source=source,
        source_id=number,
        wire_format=WireFormat.EFORMS,
        stage=Stage.COMPETITION,
        title={"nb": title},
        language="nb",
        published_at=datetime(2026, 11, 20, tzinfo=UTC),
        url=f"https://{source}.example/{number}",
        payload_sha256=f"{source}-{number}",
        buyers=(FORSVARSBYGG,),
        country="NO",
        cpv=("45262670",),
        deadline=None if day is None else Deadline(at=DUE + timedelta(days=day), kind=DeadlineKind.TENDER),
        links=() if link is None else (Link(kind="documents", url=link),),
    )
    return replace(made, **values)


def member(parsed: ParsedNotice) -> Member:
    """A notice as far as its kinship goes."""
    return Member(source=parsed.source, source_id=parsed.source_id, keys=parsed.keys)


def stored_groups() -> Groups:
    """The notices in the database by procurement, each as ``source:number``."""
    groups: dict[int, set[str]] = {}
    with transaction() as s:
        for source, number, procurement_id in s.execute(select(Notice.source, Notice.source_id, Notice.procurement_id)):
            groups.setdefault(procurement_id, set()).add(f"{source}:{number}")
    return frozenset(frozenset(group) for group in groups.values())


def groups(*written: str) -> Groups:
    """``groups("ted:1 doffin:2", "ted:3")``: two procurements."""
    return frozenset(frozenset(group.split()) for group in written)
