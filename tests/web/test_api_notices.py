"""Does the API give every notice that is asked for, once, and whole with lots, versions and lineage?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from api_asking import Program
from fingerprint import everything
from sqlalchemy.orm import Session

from db.models import Lot, Notice, Procurement
from db.session import engine, transaction, utcnow
from factories import make_notice, make_version
from web.api.notice_forms import NoticeBrief
from web.api.notice_whole import NoticeWhole

DUE = datetime(2027, 1, 14, 11, 0, tzinfo=UTC)


def test_following_next_gives_every_notice_once_with_its_filters(program: Program) -> None:
    wanted = [make_notice(country="SE").notice_id for _ in range(5)]
    make_notice(country="NO")
    met, address = [], "/notices?country=SE&limit=2"
    while address:
        page = program.ask("GET", address, headers={"host": "evil.example"}).json()
        met += [one["id"] for one in page["notices"]]
        make_notice(country="SE", title={"sv": "Kom medan någon läste"}) if len(met) == 2 else None
        assert page["next"] is None or page["next"].startswith("http://127.0.0.1:8080/api/v1/notices?country=SE")
        address = (page["next"] or "").partition("/api/v1")[2]
    assert met[:5] == wanted
    assert len(met) == len(set(met)) == 6


def test_what_was_being_written_meanwhile_may_lie_before_where_a_reader_is_and_is_found_from_before_there(
    program: Program,
) -> None:
    first, purchase = make_notice().notice_id, make_notice()
    with Session(engine(), expire_on_commit=False) as late:
        notice = Notice(
            source="ted", source_id="late", procurement_id=late.get_one(Notice, purchase.notice_id).procurement_id
        )
        late.add(notice)
        late.flush()
        last = make_notice().notice_id
        assert notice.id < last
        assert [one["id"] for one in program.get("/notices")["notices"]] == [first, purchase.notice_id, last]
        late.commit()
    make_version(notice)
    assert program.get("/notices", after=last)["notices"] == []
    again = program.get("/notices", after=first)["notices"]
    assert [one["id"] for one in again] == [purchase.notice_id, notice.id, last]


def test_each_filter_chooses(program: Program) -> None:
    now = utcnow()
    plain = make_notice(published_at=now - timedelta(days=40), deadline_at=DUE).notice_id
    odd = make_notice(
        source="ted", country="SE", scope="preparedness", stage="planning", cpv=["35113400", "18100000"], deadline_at=None,
        published_at=now, title={"sv": "Skyddskläder 100% ull"}, description={}, buyer="Försvarets materielverk",
    ).notice_id  # fmt: skip
    chosen = {
        odd: [
            {"source": "ted"}, {"country": "SE"}, {"scope": "preparedness"}, {"stage": "planning"}, {"cpv": "181"},
            {"cpv": "35113400"}, {"since": (now - timedelta(days=2)).date().isoformat()}, {"text": "SKYDDSKLÄDER"},
            {"text": "100%"}, {"text": "materielverk"}, {"after": str(plain)}, {"cpv": "18", "text": "ull"},
        ],
        plain: [{"deadline_after": "2027-01-14T11:59:59+01:00"}, {"text": "EXC3"}, {"text": "forsvarsbygg"}],
        None: [
            {"deadline_after": "2027-01-14T12:00:00+01:00"}, {"text": "1001"}, {"text": "10__"}, {"cpv": "55"},
            {"country": "SE", "source": "doffin"}, {"after": str(odd)},
        ],
    }  # fmt: skip
    for one, filters in chosen.items():
        for asked in filters:
            found = [row["id"] for row in program.get("/notices", **asked)["notices"]]
            assert found == ([] if one is None else [one]), asked


def test_a_filter_that_is_none_is_refused_and_never_passed_over(program: Program) -> None:
    for asked in (
        "contry=SE", "country=se", "limit=0", "limit=201", "after=-1", "after=9223372036854775808", "scope=all", "cpv=3",
        "text=%00%00", "since=2026-13-01", "deadline_after=2026-01-01T00:00:00",
        "deadline_after=9999-12-31T23:59:59-12:00",
    ):  # fmt: skip
        reply = program.ask("GET", f"/notices?{asked}")
        assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
        assert [fault["where"] for fault in reply.json()["faults"]] == ["query." + asked.partition("=")[0]]


def test_a_notice_is_told_whole(program: Program) -> None:
    purchase = Procurement()
    with transaction() as s:
        s.add(purchase)
    planned = make_notice(procurement=purchase, stage="planning")
    first = make_notice(
        procurement=purchase, deadline_at=DUE, framework=True,
        links=[["documents", "https://kgv.example/1"], ["submission", "javascript:alert(1)"]],
    )  # fmt: skip
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
        notice.tie = {"by": "reference", "exact": False, "value": "2026 14", "with": "doffin:1", "likeness": 0.9}
    change = {"field": "deadline", "old": None, "new": "2027-02-01T11:00:00+00:00", "material": True}
    now = make_version(notice, number=2, deadline_at=DUE, url="javascript:alert(1)", changes=[change], framework=True)
    with transaction() as s:
        s.add(
            Lot(version_id=now.id, identifier="LOT-0001", title={"nb": "Tak"}, description={}, cpv=["45260000"],
                nuts=[], value_amount=Decimal("1.50"), value_currency="NOK")
        )  # fmt: skip
    told = program.get(f"/notices/{notice.id}")
    assert (told["version"], told["deadline_at"], told["framework"]) == (2, "2027-01-14T11:00:00Z", True)
    assert told["value"] == {"amount": "4000000.00", "currency": "NOK"}
    assert [buyer["name"] for buyer in told["buyers"]] == ["Forsvarsbygg"]
    assert told["lots"][0] | {"value": {"amount": "1.50", "currency": "NOK"}} == told["lots"][0]
    assert [(one["number"], one["current"], one["changes"]) for one in told["versions"]] == [
        (1, False, None),
        (2, True, [change]),
    ]
    assert [(one["id"], one["stage"], one["tie"]) for one in told["lineage"]] == [(planned.notice_id, "planning", None)]
    assert (told["url"], told["links"]) == (None, [])  # neither is an address that one can follow
    before = program.get(f"/notices/{planned.notice_id}")
    assert before["lineage"][0]["tie"] == {
        "by": "reference", "exact": False, "value": "2026 14", "other": "doffin:1", "likeness": 0.9
    }  # fmt: skip
    (brief,) = [one for one in program.get("/notices")["notices"] if one["id"] == notice.id]
    assert {name: told[name] for name in NoticeBrief.model_fields} == brief
    assert set(told) == set(NoticeWhole.model_fields)


def test_reading_changes_nothing(program: Program) -> None:
    one = make_notice().notice_id
    program.get("/notices")
    before = everything()
    program.get(f"/notices/{one}")
    for path in ("/notices", "/profiles", "/matches", "/thresholds"):
        program.get(path)
    assert everything() == before
