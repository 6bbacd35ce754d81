"""Does a new version say field by field what changed, and which of it matters?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from kinfolk import DUE, notice, uuid
from sqlalchemy import select
from sqlalchemy.engine import URL

from crawlers.diff import Change, differences
from crawlers.notice import Deadline, DeadlineKind, Link, Money, ParsedLot, ParsedNotice, WireFormat
from crawlers.rows import lot_row, version_row
from crawlers.store import store_all
from db.models import Notice, NoticeVersion
from db.session import transaction

LOT = ParsedLot(identifier="LOT-0001", title={"nb": "Sveis"}, value=Money(amount=Decimal(10), currency="NOK"))
FIRST = notice("doffin", "1", day=0, lots=(LOT,), value=Money(amount=Decimal("4000000.00"), currency="NOK"))
LATER = Deadline(at=DUE + timedelta(days=7), kind=DeadlineKind.TENDER)


def changed(old: ParsedNotice, new: ParsedNotice, *, corrigendum: bool = True) -> list[Change]:
    rows = [version_row(one, notice_id=1, number=1, fetch_id=None) for one in (old, new)]
    lots = [[lot_row(1, lot) for lot in one.lots] for one in (old, new)]
    return differences(rows[0], lots[0], rows[1], lots[1], corrigendum=corrigendum)


def papers(*names: str) -> tuple[Link, ...]:
    return tuple(Link(kind="documents", url=f"https://docs.example/{name}") for name in names)


MATTERS: dict[str, tuple[dict[str, Any], str, Any, Any]] = {
    "deadline": ({"deadline": LATER}, "deadline", "2027-01-15T11:00:00+00:00", "2027-01-22T11:00:00+00:00"),
    "cancelled": ({"cancelled": True}, "cancelled", False, True),
    "value": ({"value": Money(amount=Decimal(5), currency="NOK")}, "value", "4000000 NOK", "5 NOK"),
    "lots": (
        {"lots": (LOT, replace(LOT, identifier="LOT-0002"))},
        "lots",
        ["LOT-0001"],
        ["LOT-0001", "LOT-0002"],
    ),
    "deadline of a lot": (
        {"lots": (replace(LOT, deadline=LATER),)},
        "lots.LOT-0001.deadline",
        None,
        "2027-01-22T11:00:00+00:00",
    ),
    "documents": ({"links": papers("b", "a")}, "documents", None, ["https://docs.example/a", "https://docs.example/b"]),
}
DOES_NOT: dict[str, tuple[dict[str, Any], str, Any, Any]] = {
    "title": ({"title": {"nb": "Annet"}}, "title.nb", "Anskaffelse nummer doffin 1", "Annet"),
    "another language": ({"title": {**FIRST.title, "en": "Welding"}}, "title.en", None, "Welding"),
    "cpv": ({"cpv": ("45262670", "45000000")}, "cpv", ["45262670"], ["45262670", "45000000"]),
    "title of a lot": ({"lots": (replace(LOT, title={"nb": "Stål"}),)}, "lots.LOT-0001.title.nb", "Sveis", "Stål"),
    "place": ({"nuts": ("NO060",)}, "nuts", [], ["NO060"]),
}


@pytest.mark.parametrize("case", MATTERS.values(), ids=MATTERS)
def test_what_matters_to_a_bidder_is_told_as_such(case: tuple[dict[str, Any], str, Any, Any]) -> None:
    values, field, old, new = case
    assert changed(FIRST, replace(FIRST, **values)) == [Change(field=field, old=old, new=new, material=True)]


@pytest.mark.parametrize("case", DOES_NOT.values(), ids=DOES_NOT)
def test_wording_and_codes_are_told_but_do_not_matter(case: tuple[dict[str, Any], str, Any, Any]) -> None:
    values, field, old, new = case
    assert changed(FIRST, replace(FIRST, **values)) == [Change(field=field, old=old, new=new, material=False)]


def test_nothing_changed_is_nothing_told() -> None:
    same = Deadline(at=DUE.astimezone(), kind=DeadlineKind.TENDER)
    assert changed(FIRST, replace(FIRST, deadline=same, payload_sha256="x", oddities=("odd",))) == []


def test_material_changes_come_first_and_none_is_material_between_two_formats_of_one_text() -> None:
    new = replace(FIRST, deadline=LATER, cpv=("45000000",))
    assert [(one["field"], one["material"]) for one in changed(FIRST, new)] == [("deadline", True), ("cpv", False)]
    assert not any(one["material"] for one in changed(FIRST, new, corrigendum=False))


def test_a_long_text_is_told_from_where_it_differs() -> None:
    same = "Leverandøren skal sveise. " * 40
    (change,) = changed(
        replace(FIRST, description={"nb": same + "Frist mandag."}),
        replace(FIRST, description={"nb": same + "Frist tirsdag."}),
    )
    assert (change["old"], change["new"]) == ("…mandag.", "…tirsdag.")


def current(number: str) -> NoticeVersion:
    with transaction() as s:
        return s.scalars(
            select(NoticeVersion)
            .join(Notice, Notice.current_version_id == NoticeVersion.id)
            .where(Notice.source_id == number)
        ).one()


def test_each_version_is_stored_with_what_it_changed(database: URL) -> None:
    hit = replace(FIRST, wire_format=WireFormat.LISTING, lots=(), payload_sha256="hit", notice_uuid=uuid(1))
    whole = replace(FIRST, notice_uuid=uuid(1))
    store_all([hit])
    assert current("1").changes is None
    store_all([whole])
    assert current("1").changes == [{"field": "lots", "old": None, "new": ["LOT-0001"], "material": False}]
    store_all([replace(whole, deadline=LATER, payload_sha256="second")])
    moved = {"field": "deadline", "old": "2027-01-15T11:00:00+00:00", "new": "2027-01-22T11:00:00+00:00"}
    assert current("1").changes == [{**moved, "material": True}]
    correction = replace(
        whole, source_id="2", notice_uuid=uuid(2), changes_notice=f"{uuid(1)}-01", cancelled=True, deadline=LATER,
        published_at=datetime(2026, 12, 1, tzinfo=UTC), payload_sha256="third",
    )  # fmt: skip
    store_all([correction])
    assert current("2").changes == [{"field": "cancelled", "old": False, "new": True, "material": True}]
