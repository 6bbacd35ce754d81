"""Do the sandbox's feeds read like the real ones, and do they answer 304?"""

import io

import feedparser
import pytest
from asking import Ask
from lxml import etree

from demo.feed_wire import AGENCY, CHANNELS, GOVERNMENT, Channel
from demo.portals import SandboxPortals
from demo.witness import Faults


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.key)
def test_a_feed_is_sound_and_dated(ask: Ask, channel: Channel) -> None:
    answer = ask(channel.path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/rss+xml")
    read = feedparser.parse(io.BytesIO(answer.body))
    assert not read.bozo
    assert len(read.entries) >= 4
    assert all(entry.title and entry.link and entry.summary for entry in read.entries)
    assert all(entry.get("published_parsed") or entry.get("updated_parsed") for entry in read.entries)


def test_guids_are_bare_numbers_in_one_feed_and_may_be_empty_in_the_other(ask: Ask) -> None:
    numbers = [guid.text for guid in etree.fromstring(ask(GOVERNMENT.path).body).iter("guid")]
    assert all(number is not None and number.isdigit() for number in numbers)
    links = [guid.text for guid in etree.fromstring(ask(AGENCY.path).body).iter("guid")]
    assert None in links


def test_one_entry_is_dated_only_by_dublin_core(ask: Ask) -> None:
    entries = list(etree.fromstring(ask(AGENCY.path).body).iter("item"))
    undated = [entry for entry in entries if entry.find("pubDate") is None]
    assert len(undated) == 1
    assert undated[0].find("{http://purl.org/dc/elements/1.1/}date") is not None


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.key)
def test_an_unchanged_feed_is_304_without_a_body(ask: Ask, channel: Channel) -> None:
    first = ask(channel.path)
    by_tag = ask(channel.path, If_None_Match=first.headers["etag"])
    by_time = ask(channel.path, If_Modified_Since=first.headers["last-modified"])
    assert (by_tag.status, by_tag.body) == (304, b"")
    assert (by_time.status, by_time.body) == (304, b"")
    assert by_tag.headers["etag"] == first.headers["etag"]


def test_another_tag_or_an_older_time_gets_the_body(ask: Ask) -> None:
    assert ask(AGENCY.path, If_None_Match='"other"').status == 200
    assert ask(AGENCY.path, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200
    assert ask(AGENCY.path, If_Modified_Since="yesterday").status == 200


def test_a_page_of_html_can_stand_in_for_a_feed(portals: SandboxPortals, ask: Ask) -> None:
    portals.set_faults(Faults(feed_html=True))
    answer = ask(AGENCY.path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
