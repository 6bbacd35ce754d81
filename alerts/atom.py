"""What stands in a profile's feed? Its alerts, newest first, one entry each, as Atom (RFC 4287) in pages (RFC 5005).

An entry's id and date are its alert's and never change; a corrigendum is an alert, and so an entry, of its own. The
words are said as of the alert's own moment, so that the feed is the same bytes until something happens.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.entry import ToldEntry, tell_entry
from alerts.ledger import ToldAlert, headline, matched_by, told_alerts
from alerts.message import TEMPLATES
from alerts.outside import NAME, shown
from alerts.speak import Names, speaker
from alerts.texts import texts
from db.models import Alert, AlertKind, Profile, Subscriber
from settings import get_settings

if TYPE_CHECKING:
    from lxml.etree import _Element

PAGE: Final = 50
ATOM: Final = "http://www.w3.org/2005/Atom"
CPV: Final = "http://data.europa.eu/cpv/cpv"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
# Printable to Python, forbidden in XML 1.0.
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of a feed as it is sent. ``changed_at``: when anything on it last changed."""

    body: bytes
    changed_at: datetime


def feed_of(
    s: Session, subscriber: Subscriber, profile: Profile, names: Names, *, address: str, before: int | None = None
) -> Feed:
    """A page of this profile's alerts, older than the alert ``before`` if that is given. ``address``: the feed's own."""
    wanted = select(Alert).where(Alert.subscriber_id == subscriber.id, matched_by(profile.id))
    if before is not None:
        wanted = wanted.where(Alert.id < before)
    alerts = s.scalars(wanted.order_by(Alert.id.desc()).limit(PAGE + 1)).all()
    told = told_alerts(s, subscriber, alerts[:PAGE], [profile])
    moments = [telling.read_at for telling in told] + [alert.created_at for alert in alerts]
    following = f"{address}?before={alerts[PAGE - 1].id}" if len(alerts) > PAGE else None
    here = address if before is None else f"{address}?before={before}"
    body = write(subscriber, profile, told, names, first=address, here=here, following=following)
    return Feed(body=body, changed_at=max(moments, default=profile.created_at))


def write(
    subscriber: Subscriber,
    profile: Profile,
    told: Sequence[ToldAlert],
    names: Names,
    *,
    first: str,
    here: str,
    following: str | None,
) -> bytes:
    """These alerts as one Atom document."""
    from lxml import etree

    words = texts(subscriber.language)
    namespaces = {None: ATOM}
    feed = etree.Element(_atom("feed"), {LANG: subscriber.language}, nsmap=namespaces)  # type: ignore[arg-type]  # the stubs know no default namespace
    _text(feed, "id", _tag("profile", profile.id))
    _text(feed, "title", words.say("feed.title", profile=shown(profile.name, NAME)))
    _text(feed, "subtitle", words.say("feed.what", company=shown(subscriber.company, NAME)))
    _text(feed, "updated", _moment(max([one.alert.created_at for one in told], default=profile.created_at)))
    _text(_text(feed, "author"), "name", get_settings().mail_from_name)
    for rel, address in (("self", here), ("first", first), ("next", following)):
        if address:
            _text(feed, "link", rel=rel, href=address, type="application/atom+xml")
    for telling in told:
        _entry(feed, telling, subscriber, names)
    return etree.tostring(feed, encoding="utf-8", xml_declaration=True)


def _entry(feed: "_Element", telling: ToldAlert, subscriber: Subscriber, names: Names) -> None:
    alert, entry = telling.alert, telling.entry
    said = speaker(language=subscriber.language, country=subscriber.country, as_of=alert.created_at, names=names)
    told = tell_entry(entry, said, number=None if alert.kind == AlertKind.CHANGE else 1)
    element = _text(feed, "entry")
    _text(element, "id", _tag("alert", alert.id))
    title = headline(telling, told, said)
    _text(element, "title", title).set(LANG, entry.language if title == told.title else subscriber.language)
    _text(element, "updated", _moment(alert.created_at))
    _text(element, "published", _moment(alert.created_at))
    if told.url:
        _text(element, "link", rel="alternate", href=told.url)
    for code in entry.cpv:
        label = said.cpv_name(code) or code
        _text(element, "category", term=code, scheme=CPV, label=label)
    _text(element, "content", _html(told, said.texts.language), type="html")


def _html(told: ToldEntry, language: str) -> str:
    return _environment().get_template("feed/entry.html").render(entry=told, texts=texts(language))


def _text(parent: "_Element", name: str, value: str = "", **attributes: str) -> "_Element":
    """An element at the parent's end, whose words and attributes hold nothing that XML forbids."""
    element = parent.makeelement(_atom(name), {key: _clean(told) for key, told in attributes.items()})
    element.text = _clean(value) or None
    parent.append(element)
    return element


def _clean(value: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tag(what: str, number: int) -> str:
    """An id for good (RFC 4151): it names no address, so that a feed that moves keeps its entries."""
    return f"tag:{urlsplit(get_settings().site).hostname},2026:{what}/{number}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
