"""How do the news feeds look, and when is an answer 304?

One is the government's, with bare numbers as guid; the other a defence agency's, with an empty guid in one entry and
a date that stands only in dc:date in another. The third is TED's of defence: no news, but notices with their number
before the title's first colon. All carry ETag and Last-Modified.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from demo.catalogue import FOLDER, catalogue

ZONE = ZoneInfo("Europe/Oslo")
DC = "http://purl.org/dc/elements/1.1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed's head: where it lies here, and what it says of itself."""

    key: str
    path: str
    title: str
    link: str
    language: str


GOVERNMENT = Channel(
    key="government",
    path="/no/rss/Rss/2581966/",
    title="Nyheter fra regjeringen",
    link="https://regjeringen.example/",
    language="no",
)
AGENCY = Channel(
    key="agency",
    path="/rss.xml",
    title="Nyheter från materielverket",
    link="https://fmv.example/",
    language="sv",
)
JOURNAL = Channel(
    key="journal",
    path="/en/simap/rss-feed/-/rss/search/defe",
    title="TED, defence",
    link="https://ted.europa.eu/en/notice/-/detail/",
    language="en",
)
CHANNELS = (GOVERNMENT, AGENCY, JOURNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed's body with the two headers by which a reader asks whether it changed."""

    body: bytes
    etag: str
    modified_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """What stands over the body, and over a 304."""
        return {"ETag": self.etag, "Last-Modified": format_datetime(self.modified_at, usegmt=True)}

    def unchanged_for(self, asked: Mapping[str, str]) -> bool:
        """True when the request's If-None-Match, or without it If-Modified-Since, is still good."""
        if "if-none-match" in asked:
            return self.etag in [tag.strip() for tag in asked["if-none-match"].split(",")]
        try:
            since = parsedate_to_datetime(asked["if-modified-since"])
        except (KeyError, ValueError):
            return False
        return since.tzinfo is not None and since >= self.modified_at


def feed(channel: Channel, today: date) -> Feed:
    """The channel's feed as of that day."""
    rss = etree.fromstring(f'<rss version="2.0" xmlns:dc="{DC}"/>')
    head = etree.SubElement(rss, "channel")
    for name, value in (("title", channel.title), ("link", channel.link), ("language", channel.language)):
        etree.SubElement(head, name).text = value
    moments = []
    for row in _numbered(today) if channel is JOURNAL else _news(channel):
        moment = datetime.combine(today, time(12), ZONE) - timedelta(hours=row["published"])
        moments.append(moment)
        _entry(head, channel, row, moment)
    body = etree.tostring(rss, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    newest = max(moments).astimezone(UTC)
    return Feed(body=body, etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"', modified_at=newest)


def _news(channel: Channel) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / "news.toml").read_text(encoding="utf-8"))[channel.key]
    return rows


def _numbered(today: date) -> list[dict[str, Any]]:
    """The last ten notices of defence buyers on TED, newest first."""
    found = [one for one in catalogue(today) if one.on_portal("ted") and one.activity == "defence"][:-11:-1]
    return [
        {
            "guid": one.ted_number,
            "published": 24 * (today - one.published).days,
            "title": f"{one.number:08d}-{one.published.year}: {text.title}",
            "text": text.body,
        }
        for one in found
        for text in (one.texts[one.languages("ted")[0]],)
    ]


def _entry(head: etree._Element, channel: Channel, row: dict[str, Any], moment: datetime) -> None:
    entry = etree.SubElement(head, "item")
    etree.SubElement(entry, "title").text = row["title"]
    guid = row["guid"]
    slug = guid.rsplit("/", 1)[-1] or f"{moment:%Y%m%d}"
    etree.SubElement(entry, "link").text = f"{channel.link}id{slug}/" if guid.isdigit() else f"{channel.link}{slug}"
    etree.SubElement(entry, "description").text = row["text"]
    if row.get("date_only_in_dc"):
        etree.SubElement(entry, f"{{{DC}}}date").text = moment.isoformat()
    else:
        etree.SubElement(entry, "pubDate").text = format_datetime(moment)
    element = etree.SubElement(entry, "guid")
    element.text = guid
    if guid.isdigit():
        element.set("isPermaLink", "false")
