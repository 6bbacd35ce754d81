"""Is a profile's feed read by feed readers, does each alert stand in it once for good, and is it one person's own?"""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import feedparser
import httpx
import pytest
from fingerprint import everything
from lxml import etree
from sqlalchemy.engine import URL

from alerts import atom
from alerts.doors import DoorRefused, address, change_address, open_door
from alerts.tokens import Purpose, sign
from db.models import Alert, DoorKind, NoticeVersion, Profile, Subscriber
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from settings import get_settings

DUE = datetime(2027, 1, 14, 11, 0, tzinfo=UTC)


@pytest.fixture
def profile(database: URL) -> Profile:
    return make_profile(make_subscriber())


def owner(profile: Profile) -> Subscriber:
    with transaction() as s:
        return s.get_one(Subscriber, profile.subscriber_id)


def told(profile: Profile, **values: Any) -> Alert:
    version = make_notice(**{"deadline_at": DUE} | values)
    make_match(version, profile)
    return make_alert(owner(profile), version)


def opened(profile: Profile) -> str:
    with transaction() as s:
        return path(address(open_door(s, DoorKind.FEED, profile.subscriber_id, profile_id=profile.id)))


def path(url: str) -> str:
    return url.removeprefix(get_settings().site)


def read(reply: httpx.Response) -> Any:
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    found = feedparser.parse(BytesIO(reply.content), response_headers=dict(reply.headers))
    assert (found.bozo, found.version) == (False, "atom10")
    return found


def test_an_alert_is_an_entry_with_its_reasons(client: httpx.Client, profile: Profile) -> None:
    alert = told(profile, title={"nb": "Sveising & <b>stål</b>"})
    feed = read(client.get(opened(profile)))
    assert feed.feed.title == "Anbudsvakt: Sveising"
    (entry,) = feed.entries
    assert (entry.title, entry.title_detail.type) == ("Sveising & <b>stål</b>", "text/plain")
    assert entry.id == f"tag:127.0.0.1,2026:alert/{alert.id}"
    assert entry.link.startswith("https://www.doffin.no/notices/")
    assert datetime.fromisoformat(entry.updated) == alert.created_at.replace(microsecond=0)
    assert [tag.term for tag in entry.tags] == ["45262670"]
    said = entry.content[0].value
    assert "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3." in said
    assert "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3." in said
    assert "frist 14. jan. 2027 kl. 12.00" in said
    assert "script" not in said
    verdict = f'href="{get_settings().site}/v/{sign(Purpose.VERDICT, alert.id)}/relevant"'
    assert f'{verdict} rel="noopener noreferrer">Aktuell</a>' in said


def test_every_element_that_rfc_4287_asks_for_is_there_once(client: httpx.Client, profile: Profile) -> None:
    told(profile)
    root = etree.fromstring(client.get(opened(profile)).content)
    for element in (root, root.find("{*}entry")):
        assert element is not None
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{{{atom.ATOM}}}{name}")) == 1, name
    assert root.find("{*}author/{*}name") is not None
    assert [link.get("rel") for link in root.findall("{*}link")] == ["self", "first"]


def test_a_corrigendum_is_an_entry_of_its_own(client: httpx.Client, profile: Profile) -> None:
    first = told(profile)
    with transaction() as s:
        version = s.get_one(NoticeVersion, first.version_id)
    moved = [["deadline", DUE.isoformat(), (DUE + timedelta(days=7)).isoformat()]]
    second = make_alert(owner(profile), version, kind="change", changes=moved)
    entries = read(client.get(opened(profile))).entries
    assert [entry.id.rpartition("/")[2] for entry in entries] == [str(second.id), str(first.id)]
    assert entries[0].title.startswith("Frist flyttet: 14. jan. 2027 → 21. jan. 2027: ")


def test_a_headline_says_of_what_kind_it_is(client: httpx.Client, profile: Profile) -> None:
    version = make_notice(stage="planning", deadline_at=None)
    make_match(version, profile)
    make_alert(owner(profile), version, kind="planning")
    (entry,) = read(client.get(opened(profile))).entries
    assert entry.title.startswith("Varsel om kommende anskaffelse: Rammeavtale")


def test_a_reminder_is_an_entry_that_says_so_and_tells_no_change(client: httpx.Client, profile: Profile) -> None:
    first = told(profile)
    with transaction() as s:
        version = s.get_one(NoticeVersion, first.version_id)
    due = [["reminder", "3", DUE.isoformat()]]
    second = make_alert(owner(profile), version, kind="reminder", changes=due)
    entries = read(client.get(opened(profile))).entries
    assert [entry.id.rpartition("/")[2] for entry in entries] == [str(second.id), str(first.id)]
    assert entries[0].title == f"Påminnelse: {entries[1].title}"
    assert "reminder" not in entries[0].content[0].value


def test_only_what_this_profile_matches_is_in_its_feed(client: httpx.Client, profile: Profile) -> None:
    mine = told(profile)
    told(make_profile(owner(profile)))
    told(make_profile(make_subscriber()))
    below = make_notice()
    make_match(below, profile, score=0.2)
    make_alert(owner(profile), below)
    assert [entry.id.rpartition("/")[2] for entry in read(client.get(opened(profile))).entries] == [str(mine.id)]


def test_what_does_not_fit_is_on_the_next_page(
    client: httpx.Client, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atom, "PAGE", 3)
    alerts = [told(profile).id for _ in range(7)]
    url: str | None = opened(profile)
    pages = []
    while url is not None:
        feed = read(client.get(url))
        pages.append([int(entry.id.rpartition("/")[2]) for entry in feed.entries])
        url = next((path(link.href) for link in feed.feed.links if link.rel == "next"), None)
    assert pages == [alerts[:3:-1], alerts[3:0:-1], alerts[:1]]
    assert client.get(opened(profile) + "?before=x").status_code == 404
    assert client.get(opened(profile) + "?before=" + "9" * 30).status_code == 404


def test_letters_that_xml_forbids_do_not_break_it(client: httpx.Client, profile: Profile) -> None:
    told(profile, title={"nb": "a\x01b\ufffec\ud7ff]]>&\x85 Værnes"}, buyer="\x0b<buyer>")
    (entry,) = read(client.get(opened(profile))).entries
    assert "Værnes" in entry.title


def test_the_same_feed_is_not_sent_twice(client: httpx.Client, profile: Profile) -> None:
    url = opened(profile)
    assert read(client.get(url)).entries == []
    told(profile)
    first = client.get(url)
    known = {"If-None-Match": first.headers["etag"]}
    since = {"If-Modified-Since": first.headers["last-modified"]}
    before = everything()
    assert [client.get(url, headers=known).status_code, client.get(url, headers=since).status_code] == [304, 304]
    assert client.head(url).headers["etag"] == first.headers["etag"]
    assert everything() == before
    told(profile)
    assert client.get(url, headers=known).status_code == 200


@pytest.mark.parametrize(("language", "what"), [("sv", "Upphandlingar"), ("nn", "Innkjøp"), ("en", "Tenders")])
def test_it_speaks_the_readers_language(client: httpx.Client, language: str, what: str) -> None:
    feed = read(client.get(opened(make_profile(make_subscriber(language=language)))))
    assert feed.feed.subtitle.startswith(what)
    assert feed.feed.language == language


def test_its_address_can_be_changed_and_opens_nothing_else(client: httpx.Client, profile: Profile) -> None:
    old = opened(profile)
    with transaction() as s:
        door = open_door(s, DoorKind.FEED, profile.subscriber_id, profile_id=profile.id)
        changed = change_address(s, door.id)
    new = path(address(changed))
    assert [client.get(url).status_code for url in (old, new)] == [404, 200]
    for purpose in Purpose:
        reply = client.get(f"/f/{sign(purpose, changed.id)}.atom")
        assert (reply.status_code == 200) == (purpose is Purpose.FEED), purpose
    assert client.get(new.replace("/f/", "/c/").replace(".atom", ".ics")).status_code == 404


def test_nobody_opens_a_feed_of_anothers_profile(profile: Profile) -> None:
    with pytest.raises(DoorRefused), transaction() as s:
        open_door(s, DoorKind.FEED, make_subscriber().id, profile_id=profile.id)
