"""Does a calendar get each deadline right, move it with a corrigendum, and stay one person's own?

What we write is read here by another library than the one that writes it.
"""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fingerprint import everything
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from alerts import events
from alerts.doors import address, change_address, close_door, open_door
from alerts.tokens import Purpose, event_url, sign
from classifier.feedback import record
from db.models import Door, DoorKind, Notice, NoticeVersion, Subscriber, Verdict
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber, make_version
from settings import get_settings

DUE = datetime(2027, 1, 14, 11, 0, tzinfo=UTC)  # 12.00 in Oslo


def told(subscriber: Subscriber, **values: Any) -> NoticeVersion:
    version = make_notice(**{"deadline_at": DUE} | values)
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    events.keep()
    return version


def moved(version: NoticeVersion, **values: Any) -> NoticeVersion:
    with transaction() as s:
        notice = s.get_one(Notice, version.notice_id)
    kept = {"deadline_at": version.deadline_at}
    newer = make_version(notice, number=version.number + 1, published_at=version.published_at, **kept | values)
    events.keep()
    return newer


def opened(subscriber: Subscriber) -> tuple[Door, str]:
    with transaction() as s:
        door = open_door(s, DoorKind.CALENDAR, subscriber.id)
    return door, path(address(door))


def path(url: str) -> str:
    return url.removeprefix(get_settings().site)


def read(reply: httpx.Response) -> Calendar:
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return IcsCalendarStream.calendar_from_ics(reply.text)


def only(reply: httpx.Response) -> Event:
    (event,) = read(reply).events
    return event


def test_a_deadline_is_that_moment_on_the_readers_clock(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    event = only(client.get(opened(subscriber)[1]))
    assert event.start == DUE
    assert event.start.isoformat() == "2027-01-14T12:00:00+01:00"
    assert event.summary == "Frist: Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes"
    assert event.status == "CONFIRMED"
    assert event.sequence == 0
    assert event.location == "Trøndelag, Norge"
    assert "Forsvarsbygg" in str(event.description)
    assert "https://www.doffin.no/notices/" in str(event.url)


@pytest.mark.parametrize("day", [date(2027, 1, 14), date(2027, 3, 27), date(2027, 7, 1), date(2027, 10, 31)])
def test_the_clock_change_moves_no_deadline(client: httpx.Client, day: date) -> None:
    at = datetime.combine(day, datetime.min.time().replace(hour=12), ZoneInfo("Europe/Stockholm"))
    subscriber = make_subscriber(country="SE", language="sv")
    told(subscriber, deadline_at=at, country="SE")
    reply = client.get(opened(subscriber)[1])
    start = only(reply).start
    assert isinstance(start, datetime)
    assert (start, start.hour) == (at, 12)
    assert "TZID=Europe/Stockholm" in reply.text
    assert reply.text.count("BEGIN:VTIMEZONE") == 1


@pytest.mark.parametrize(
    ("country", "zone"), [("NO", "Europe/Oslo"), ("SE", "Europe/Stockholm"), ("FI", "Europe/Helsinki")]
)
def test_the_zone_that_goes_along_is_the_true_one_for_ten_years(client: httpx.Client, country: str, zone: str) -> None:
    from dateutil.tz import tzical  # type: ignore[import-untyped]  # it has no stubs

    subscriber = make_subscriber(country=country)
    told(subscriber)
    reply = client.get(opened(subscriber)[1])
    written = tzical(io.StringIO(reply.text.replace("\r\n", "\n"))).get(zone)
    true = ZoneInfo(zone)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [moment + timedelta(hours=6 * step) for step in range(4 * 3_653)]
    # On the days when the clocks change, every hour; the hour that comes twice is anybody's guess.
    hours += [
        datetime(year, month, day, hour, tzinfo=UTC)
        for year in range(2026, 2036) for month in (3, 10) for day in range(25, 32) for hour in (0, 2, 3)
    ]  # fmt: skip
    wrong = [
        at for at in hours if at.astimezone(true).utcoffset() != at.astimezone(true).replace(tzinfo=written).utcoffset()
    ]
    assert [at for at in wrong if at.astimezone(true).hour not in {2, 3}] == []
    assert len(reply.content) < 2_500


def test_a_day_without_a_time_lasts_that_day(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber, deadline_at=datetime(2027, 1, 14, 22, 59, tzinfo=UTC), deadline_date_only=True)
    reply = client.get(opened(subscriber)[1])
    event = only(reply)
    assert (event.start, event.end) == (date(2027, 1, 14), date(2027, 1, 15))
    assert "DTSTART;VALUE=DATE:20270114" in reply.text


def test_a_corrigendum_moves_the_same_event(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = told(subscriber)
    url = opened(subscriber)[1]
    before = only(client.get(url))
    version = moved(version, deadline_at=DUE + timedelta(days=7))
    after = only(client.get(url))
    assert (after.uid, after.sequence, after.start) == (before.uid, 1, DUE + timedelta(days=7))
    moved(version, cancelled=True)
    last = only(client.get(url))
    assert (last.uid, last.sequence, last.status) == (before.uid, 2, "CANCELLED")
    assert str(last.summary).startswith("Avlyst: ")


def test_the_link_in_a_mail_gives_the_same_event(client: httpx.Client) -> None:
    subscriber = make_subscriber(company="Hemmelig Sveis AS", email="hemmelig@sveis.example")
    version = make_notice(deadline_at=DUE)
    make_match(version, make_profile(subscriber, name="Hemmelig profil"))
    alert = make_alert(subscriber, version)
    events.keep()
    told(subscriber)
    reply = client.get(path(event_url(alert.id)))
    event = only(reply)
    whole = read(client.get(opened(subscriber)[1]))
    assert event.uid in {one.uid for one in whole.events}
    assert len(whole.events) == 2
    # A mail may be forwarded: who opens its links learns nothing more (P5).
    assert "emmelig" not in reply.text


@pytest.mark.parametrize(
    ("language", "word"), [("nb", "Frist: "), ("nn", "Frist: "), ("sv", "Sista anbudsdag: "), ("en", "Deadline: ")]
)
def test_it_speaks_the_readers_language(client: httpx.Client, language: str, word: str) -> None:
    subscriber = make_subscriber(language=language)
    told(subscriber)
    assert str(only(client.get(opened(subscriber)[1])).summary).startswith(word)


def test_what_is_not_for_us_leaves_the_calendar(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = make_notice(deadline_at=DUE)
    make_match(version, make_profile(subscriber))
    alert = make_alert(subscriber, version)
    told(subscriber)
    url = opened(subscriber)[1]
    assert len(read(client.get(url)).events) == 2
    with transaction() as s:
        record(s, alert.id, Verdict.NOT_RELEVANT)
    assert len(read(client.get(url)).events) == 1


def test_others_deadlines_and_long_passed_ones_are_not_in_it(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(make_subscriber())
    told(subscriber, deadline_at=utcnow() - timedelta(days=61))
    told(subscriber, deadline_at=None)
    assert read(client.get(opened(subscriber)[1])).events == []


def test_a_title_that_is_hostile_stays_a_title(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber, title={"nb": "A; B, C\\n\r\nEND:VEVENT\r\nBEGIN:VALARM\r\n" + "æøå" * 90}, buyer="X\r\nATTENDEE:y")
    event = only(client.get(opened(subscriber)[1]))
    assert str(event.summary).startswith("Frist: A; B, C\\n END:VEVENT BEGIN:VALARM æøå")
    assert event.attendees == []
    reply = client.get(opened(subscriber)[1])
    assert max(len(line.encode()) for line in reply.text.split("\r\n")) <= 75


# Its address


def test_who_has_it_is_told_that_nothing_is_new(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = told(subscriber)
    url = opened(subscriber)[1]
    first = client.get(url)
    known = {"If-None-Match": first.headers["etag"]}
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert client.get(url, headers=known).status_code == 304
    assert client.get(url, headers=known).content == b""
    assert client.get(url, headers=since).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"other"'} | since).status_code == 200
    assert client.get(url, headers={"If-Modified-Since": "yesterday"}).status_code == 200
    head = client.head(url)
    assert (head.headers["etag"], head.text) == (first.headers["etag"], "")
    assert first.headers["cache-control"] == "private, no-cache"
    moved(version, deadline_at=DUE + timedelta(days=1))
    assert client.get(url, headers=known).status_code == 200


def test_asking_changes_nothing(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    version = make_notice(deadline_at=DUE)
    make_match(version, make_profile(subscriber))
    urls = [opened(subscriber)[1], path(event_url(make_alert(subscriber, version).id))]
    events.keep()
    moved(version, deadline_at=DUE + timedelta(days=1))
    before = everything()
    for url in urls:
        for _ in range(3):
            assert client.get(url).status_code == client.head(url).status_code == 200
    assert everything() == before


def test_a_changed_or_closed_address_leads_nowhere(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    door, old = opened(subscriber)
    with transaction() as s:
        door = change_address(s, door.id)
    new = path(address(door))
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    assert opened(subscriber)[1] == new  # asked for again, it is the same door
    with transaction() as s:
        close_door(s, door.id)
    assert client.get(new).status_code == 404


def test_who_has_left_has_no_doors(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    url = opened(subscriber)[1]
    client.post("/u/" + sign(Purpose.UNSUBSCRIBE, subscriber.id))
    assert client.get(url).status_code == 404


def test_a_token_opens_no_other_door(client: httpx.Client) -> None:
    subscriber = make_subscriber()
    told(subscriber)
    door, _ = opened(subscriber)
    for where, right in {"c": Purpose.CALENDAR, "e": Purpose.EVENT}.items():
        for purpose in Purpose:
            reply = client.get(f"/{where}/{sign(purpose, door.id)}.ics")
            assert (reply.status_code == 200) == (purpose is right), (where, purpose)
        assert client.get(f"/{where}/{sign(right, 4_711)}.ics").status_code == 404
        assert client.post(f"/{where}/{sign(right, door.id)}.ics").status_code == 405
