"""Do feeds become signals, and nothing else?"""

import builtins
import time
from pathlib import Path
from typing import Any

import pytest
from golden_notices import PORTALS, bodies, check

from crawlers import feeds
from crawlers.notice import ParsedNotice, SourceBroken, Stage

URL = "https://departementet.example.org/rss"


def read(name: str, url: str = URL) -> tuple[list[ParsedNotice], list[Any]]:
    return feeds.parse((PORTALS / "feeds" / name).read_bytes(), source="departement", url=url)


def item(inside: str) -> ParsedNotice:
    body = f'<rss version="2.0"><channel><title>A</title><item>{inside}</item></channel></rss>'
    (notice,), broken = feeds.parse(body.encode(), source="departement", url=URL)
    assert not broken
    return notice


def test_the_signals_are_the_golden_ones() -> None:
    made = {name: feeds.parse(body, source="departement", url=URL) for name, body in bodies("feeds", "*.xml").items()}
    check("feeds", {name: [*notices, *broken] for name, (notices, broken) in made.items()})


def test_news_is_a_signal_without_deadline_or_code() -> None:
    notices, broken = read("departement.xml")
    assert {notice.stage for notice in notices} == {Stage.SIGNAL}
    assert all(notice.deadline is None and not notice.cpv for notice in notices)
    assert [each.reason for each in broken] == ["the entry has neither title nor text"]


def test_an_entry_has_its_guid_else_its_link_else_its_words_for_a_number() -> None:
    by_guid, by_link, by_words = (notice.source_id for notice in read("departement.xml")[0])
    assert by_guid == "3171341"
    assert by_link == "https://departementet.example.org/no/aktuelt/2"
    assert len(by_words) == 64
    assert read("departement.xml")[0][2].source_id == by_words  # and the same the next time


def test_an_entry_without_a_usable_link_leads_to_the_feed() -> None:
    assert item("<title>T</title><link>javascript:alert(1)</link>").url == URL
    assert item("<title>T</title><guid>3171341</guid>").url == URL
    assert item("<title>T</title><link>http://[half</link>").url == URL
    assert item("<title>T</title><link>/a</link>").url == "https://departementet.example.org/a"


def test_the_number_before_the_colon_is_teds() -> None:
    (notice,), _ = read("ted.xml")
    assert (notice.ojs_number, notice.title) == ("54321-2031", {"sv": "Bildförstärkare till hemvärnet"})


def test_markup_and_persons_are_gone() -> None:
    notice = read("departement.xml")[0][0]
    assert notice.title == {"nb": "Regjeringen øker beredskapen i nord & sør"}
    assert notice.description == {"nb": "Sivilforsvaret får nytt utstyr.\nKontakt: …"}


def test_damage_in_one_place_leaves_the_other_entries() -> None:
    body = (PORTALS / "feeds" / "departement.xml").read_bytes()
    cut = body[: body.index(b"<item><title>Uten lenke")] + b"<item><title>Halv"
    notices, _ = feeds.parse(cut, source="departement", url=URL)
    assert {"3171341", "https://departementet.example.org/no/aktuelt/2"} <= {notice.source_id for notice in notices}


@pytest.mark.parametrize(
    "body", [b"", b"  ", (PORTALS / "feeds" / "not-a-feed.html").read_bytes(), b"<html>", b"{}", b"plain text", b"<a/>"]
)
def test_what_is_no_feed_breaks_the_source(body: bytes) -> None:
    with pytest.raises(SourceBroken):
        feeds.parse(body, source="departement", url=URL)


def test_a_body_is_never_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary.xml"
    canary.write_text(
        '<rss version="2.0"><channel><item><title>canary</title></item></channel></rss>', encoding="utf-8"
    )
    opened: list[str] = []
    real = builtins.open

    def watched(file: Any, *rest: Any, **more: Any) -> Any:
        opened.append(str(file))
        return real(file, *rest, **more)

    feeds.parse((PORTALS / "feeds" / "ted.xml").read_bytes(), source="departement", url=URL)  # imports are done
    monkeypatch.setattr(builtins, "open", watched)
    for written in (str(canary), f"file://{canary}", f" {canary} ", canary.as_uri()):
        with pytest.raises(SourceBroken):
            feeds.parse(written.encode(), source="departement", url=URL)
    assert str(canary) not in " ".join(opened)


@pytest.mark.parametrize("head", [b"", b"<image><url>https://a.example/</url></image>" * 400])
def test_one_entry_that_spoils_a_feed_of_a_thousand_costs_itself_and_no_time(head: bytes) -> None:
    """H1, H13: the feed is halved until the entry stands alone."""
    entries = [
        b"<item><guid>%d</guid><title>Nyhet %d</title><link>https://a.example/%d</link></item>"
        % (number, number, number)
        for number in range(1000)
    ]
    entries[417] = b"<item><guid>417</guid><title>&#99999999;</title></item>"
    body = b'<rss version="2.0"><channel><title>T</title>' + head + b"".join(entries) + b"</channel></rss>"
    started = time.process_time()
    notices, _ = feeds.parse(body, source="departement", url=URL)
    assert time.process_time() - started < 2
    assert {notice.source_id for notice in notices} == {str(number) for number in range(1000) if number != 417}
