"""Do notices of udbud.dk and Hilma find their mirrors on TED, what they are about, and nothing that is not theirs?"""

from dataclasses import replace

import pytest
from asking import TODAY
from golden_notices import bodies
from sandbox_crawl import crawl
from sqlalchemy import select
from sqlalchemy.engine import URL

from crawlers import hilma, udbud
from crawlers.notice import ParsedNotice, WireFormat
from crawlers.store import store
from db.models import Buyer, Notice, NoticeVersion, VersionBuyer
from db.session import transaction
from demo.portals import SandboxPortals

DANISH, NATIONAL = udbud.parse(bodies("udbud", "*.json")["page.json"]).notices[:2]
FINNISH = hilma.parse(bodies("hilma", "*.json")["page.json"]).notices[0]


def mirror(notice: ParsedNotice, **keys: str | None) -> ParsedNotice:
    """The same notice as TED would have it, in English and known by these keys alone."""
    bare = {"notice_uuid": None, "procedure_uuid": None, "ojs_number": None, "links": (), "buyers": (), "lots": ()}
    return replace(
        notice,
        source="ted",
        source_id="700001-2031",
        wire_format=WireFormat.EFORMS,
        title={"en": "Something else altogether"},
        language="en",
        payload_sha256="e" * 64,
        **(bare | keys),  # type: ignore[arg-type]
    )


def procurements() -> int:
    with transaction() as s:
        return len(set(s.scalars(select(Notice.procurement_id)).all()))


@pytest.mark.parametrize(
    ("notice", "keys"),
    [
        (DANISH, {"notice_uuid": DANISH.notice_uuid}),
        (DANISH, {"ojs_number": "603665-2031"}),
        (NATIONAL, {"notice_uuid": NATIONAL.notice_uuid}),
        (FINNISH, {"notice_uuid": FINNISH.notice_uuid}),
        (FINNISH, {"procedure_uuid": FINNISH.procedure_uuid}),
        (FINNISH, {"ojs_number": "58725-2031"}),
    ],
)
def test_one_key_is_enough(database: URL, notice: ParsedNotice, keys: dict[str, str | None]) -> None:
    del database
    store(notice)
    store(mirror(notice, **keys))
    assert procurements() == 1


def test_a_national_number_that_ted_gave_to_another_ties_nothing(database: URL) -> None:
    del database
    store(NATIONAL)
    store(mirror(NATIONAL, ojs_number="700001-2031"))
    assert procurements() == 2


def test_a_new_version_is_a_corrigendum_of_the_same_notice(database: URL) -> None:
    del database
    before = replace(DANISH, notice_version="01", payload_sha256="1" * 64, deadline=None)
    store(before)
    store(DANISH)
    with transaction() as s:
        version = s.scalars(select(NoticeVersion).join(Notice, Notice.current_version_id == NoticeVersion.id)).one()
        assert version.number == 2
        assert [change["field"] for change in version.changes or () if change["material"]] == ["deadline"]


def test_the_scope_rules_judge_what_is_kept(database: URL) -> None:
    del database
    with SandboxPortals(today=TODAY) as portals:
        assert crawl("udbud", portals.base_url, TODAY)["error"] is None
        assert crawl("hilma", portals.base_url, TODAY)["error"] is None
    with transaction() as s:
        rows = s.execute(
            select(Notice.source, NoticeVersion.scope, Buyer.digits)
            .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
            .join(VersionBuyer, VersionBuyer.version_id == NoticeVersion.id)
            .join(Buyer, Buyer.id == VersionBuyer.buyer_id)
            .where(VersionBuyer.position == 0)
        ).all()
    forces = {"16287180", "09520299"}  # those that buy for the armed forces of Denmark and of Finland
    assert {(source, scope) for source, scope, digits in rows if digits in forces} == {
        ("udbud", "defence"),
        ("hilma", "defence"),
    }
    assert {scope for _, scope, _ in rows} > {"defence"}  # what is kept is kept widely
