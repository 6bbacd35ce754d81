"""Does a parser's fix bring back what it once could not read, once, and keep the rest with today's reason?"""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_notices import PORTALS
from sqlalchemy import func, select, update
from sqlalchemy.engine import URL

from crawlers import feeds, ted_search
from crawlers.again import read_again
from crawlers.notice import Broken, ParsedNotice
from crawlers.procurement import lock
from crawlers.retry import NoSuchRow, RetryReport, retry
from crawlers.saving import Saved
from crawlers.store import store, store_all
from db.models import Notice, NoticeVersion, Quarantined
from db.session import transaction, utcnow
from demo.catalogue import catalogue
from demo.eforms_wire import eforms_xml
from demo.notice import Notice as SandboxNotice

DAY = [n for n in catalogue(date(2026, 11, 23), 1) if n.on_portal("doffin")][:12]
TED_PAGE: dict[str, Any] = json.loads((PORTALS / "ted_search" / "page.json").read_bytes())


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def unread(notice: SandboxNotice, *, body: bytes | None = None) -> Broken:
    """A notice of Doffin that yesterday's parser could not read, though there is nothing wrong with it."""
    whole = eforms_xml(notice, "doffin") if body is None else body
    return Broken(source="doffin", source_id=notice.doffin_id, reason="no title (an old fault of ours)", body=whole)


def rows() -> list[Quarantined]:
    with transaction() as s:
        found = list(s.scalars(select(Quarantined).order_by(Quarantined.id)))
        s.expunge_all()
    return found


def versions(notice: SandboxNotice) -> list[NoticeVersion]:
    with transaction() as s:
        query = select(NoticeVersion).join(Notice, Notice.id == NoticeVersion.notice_id)
        found = list(s.scalars(query.where(Notice.source_id == notice.doffin_id).order_by(NoticeVersion.id)))
        s.expunge_all()
    return found


def seen(row_id: int, *, days_ago: float) -> None:
    with transaction() as s:
        s.execute(
            update(Quarantined).where(Quarantined.id == row_id).values(seen_at=utcnow() - timedelta(days=days_ago))
        )


def test_what_can_be_read_by_now_is_stored_and_the_rest_keeps_todays_reason() -> None:
    half = eforms_xml(DAY[3], "doffin")
    store_all([unread(DAY[0]), unread(DAY[1]), unread(DAY[3], body=half[: len(half) // 2])])
    report = retry()
    assert (report.tried, report.cleared, report.saved) == (3, 2, {Saved.NEW: 2})
    (left,) = rows()
    assert left.body == half[: len(half) // 2]
    assert left.reason.startswith("not well-formed XML")
    assert [(one.id, one.source_id, one.reason) for one in report.kept] == [(left.id, DAY[3].doffin_id, left.reason)]
    assert [len(versions(notice)) for notice in (DAY[0], DAY[1], DAY[3])] == [1, 1, 0]


def test_a_second_retry_changes_nothing() -> None:
    half = eforms_xml(DAY[1], "doffin")[:500]
    store_all([unread(DAY[0]), unread(DAY[1], body=half)])
    retry()
    before = [(row.id, row.reason, row.seen_at) for row in rows()], versions(DAY[0])[0].id
    again = retry()
    assert (again.tried, again.cleared, again.saved) == (1, 0, {})
    assert ([(row.id, row.reason, row.seen_at) for row in rows()], versions(DAY[0])[0].id) == before


def test_one_source_or_one_row_can_be_tried_alone() -> None:
    store_all([unread(DAY[0]), unread(DAY[1]), Broken(source="ted", source_id=None, reason="r", body=b"<x/>")])
    first = rows()[0].id
    assert retry(source="ted").tried == 1
    assert len(rows()) == 3
    assert retry(ids=[first]).cleared == 1
    with pytest.raises(NoSuchRow, match=f"{first}, 4711"):
        retry(ids=[first, 4711, rows()[0].id])
    assert len(rows()) == 2  # nothing was tried of what was asked for
    assert retry(source="doffin", ids=[rows()[0].id]).cleared == 1


def test_a_page_that_was_kept_whole_is_taken_apart() -> None:
    hits = [*TED_PAGE["notices"][:2], {"publication-number": "no number", "notice-title": {"eng": "A"}}]
    body = json.dumps({"notices": hits, "totalNoticeCount": 3}).encode()
    store(Broken(source="ted", source_id=None, reason="r", body=body, content_type="application/json"))
    report = retry()
    assert (report.cleared, report.saved) == (1, {Saved.NEW: 2, Saved.QUARANTINED: 1})
    (left,) = rows()
    assert json.loads(left.body)["publication-number"] == "no number"
    assert left.reason == "the notice has no number of its own"


@pytest.mark.parametrize("source", ["ted", "doffin"])
def test_one_hit_of_a_search_is_read_as_a_hit(source: str) -> None:
    if source == "ted":
        hit, number = TED_PAGE["notices"][0], ted_search.parse_hit(TED_PAGE["notices"][0]).source_id
    else:
        hit = json.loads((PORTALS / "doffin_search" / "single-hit.json").read_bytes())
        number = hit["id"]
    kept = Broken(
        source=source, source_id=None, reason="r", body=json.dumps(hit).encode(), content_type="application/json"
    )
    (met,) = read_again(kept)
    assert isinstance(met, ParsedNotice)
    assert (met.source, met.source_id) == (source, number)


def test_an_entry_of_a_feed_comes_back_as_it_would_have_been_read() -> None:
    # The entry has neither title nor text: broken. What is kept of it, with a title that a fix might find, is read
    # with the date, link and language that the feed gave it.
    feed = b"""<rss version="2.0"><channel><title>Nyheter</title><language>nb</language><item><guid>https://a.example/1</guid>
    <link>https://a.example/1</link><pubDate>Mon, 23 Nov 2026 07:30:00 +0100</pubDate></item></channel></rss>"""
    _, (broken,) = feeds.parse(feed, source="departement", url="https://a.example/rss")
    (again,) = read_again(broken)
    assert isinstance(again, Broken)
    assert (again.reason, again.body) == ("the entry has neither title nor text", broken.body)
    kept = json.loads(broken.body)
    kept["entry"]["title"] = "Regjeringen styrker forsvaret i nord"
    mended = feeds.parse_kept(json.dumps(kept).encode(), source="departement")
    whole = feed.replace(b"<guid>", b"<title>Regjeringen styrker forsvaret i nord</title><guid>")
    (wanted,), _ = feeds.parse(whole, source="departement", url="https://a.example/rss")
    assert mended == wanted
    assert wanted.published_at is not None


def test_what_was_kept_before_dates_were_is_read_without_them() -> None:
    old = {"title": "Ny rammeavtale", "link": "https://a.example/2", "published_parsed": "time.struct_time(tm_year=2026)",
           "title_detail": "{}"}  # fmt: skip
    notice = feeds.parse_kept(json.dumps(old).encode(), source="departement")
    assert (notice.url, notice.published_at) == ("https://a.example/2", None)


def test_what_no_parser_reads_and_what_breaks_one_stay() -> None:
    picture = Broken(source="ted", source_id=None, reason="r", body=b"\x89PNG\r\n")
    table = Broken(source="ted", source_id=None, reason="r", body=b"[1]", content_type="application/json")
    empty = Broken(source="ted", source_id=None, reason="r", body=b'{"notices": []}', content_type="application/json")
    told = [[one.reason for one in read_again(kept) if isinstance(one, Broken)] for kept in (picture, table, empty)]
    assert told == [
        ["no parser reads this: neither XML nor JSON (no ending)"],
        ["no parser reads this: JSON of another kind: neither TED's nor Doffin's nor the EU portal's search"],
        ["there is no notice in it"],
    ]


def test_an_old_body_never_takes_the_place_of_what_was_read_since() -> None:
    store(unread(DAY[0]))
    seen(rows()[0].id, days_ago=2)
    later = next(iter(read_again(unread(DAY[0], body=eforms_xml(DAY[0], "doffin")))))
    assert isinstance(later, ParsedNotice)
    store(_retitled(later, "Endret kunngjøring"))
    report = retry()
    assert (report.overtaken, report.cleared, report.saved) == (1, 1, {})
    assert [version.title for version in versions(DAY[0])] == [{"nb": "Endret kunngjøring"}]
    assert rows() == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_two_days_of_one_notice_end_with_the_later_one_in_whatever_order(*, newest_first: bool) -> None:
    monday, tuesday = eforms_xml(DAY[0], "doffin"), eforms_xml(DAY[0], "doffin")
    title = next(iter(DAY[0].texts.values())).title.encode()
    tuesday = tuesday.replace(title, b"Rettet: " + title)
    assert tuesday != monday
    store_all([unread(DAY[0], body=monday), unread(DAY[0], body=tuesday)])
    first, second = (row.id for row in rows())
    seen(first, days_ago=2)
    seen(second, days_ago=1)
    for row_id in (second, first) if newest_first else (first, second):
        retry(ids=[row_id])
    assert rows() == []
    with transaction() as s:
        current = s.scalars(select(NoticeVersion).join(Notice, Notice.current_version_id == NoticeVersion.id)).one()
    assert next(iter(current.title.values())).startswith("Rettet: ")


def test_two_at_once_store_each_notice_once() -> None:
    store_all([unread(notice) for notice in DAY])
    reports: list[RetryReport] = []
    workers = [threading.Thread(target=lambda: reports.append(retry())) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(report.cleared for report in reports) == sum(report.saved[Saved.NEW] for report in reports) == len(DAY)
    with transaction() as s:
        assert s.scalar(select(func.count(NoticeVersion.id))) == len(DAY)
    assert rows() == []


def test_it_waits_while_others_put_notices_together() -> None:
    store_all([unread(DAY[0])])
    worker = threading.Thread(target=retry)
    with transaction() as s:
        lock(s)
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()
        assert versions(DAY[0]) == []
    worker.join(60)
    assert len(versions(DAY[0])) == 1


def test_real_payloads_that_were_kept_come_back(shared: Path) -> None:
    bodies = [path.read_bytes() for path in sorted((shared / "portals").rglob("*.xml"))[:60]]
    store_all([Broken(source="ted", source_id=None, reason="an old fault", body=body) for body in bodies])
    kept = len(rows())
    report = retry()
    assert report.tried == kept
    assert report.cleared + len(report.kept) == kept
    assert {one.reason for one in report.kept} <= {"the notice has no number of its own"}
    assert report.cleared >= kept / 2


def _retitled(notice: ParsedNotice, title: str) -> ParsedNotice:
    return replace(notice, title={"nb": title}, language="nb", payload_sha256="0" * 64)
