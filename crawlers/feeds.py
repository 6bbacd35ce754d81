"""What do the entries of an RSS or Atom feed say? News, not notices: a signal without deadline or CPV.

The body is always given as bytes: feedparser would open a path or an address it is handed as text.

* The entry's number is its guid, which may be a bare number and no address; without one its link, without that a
  hash of title and date.
* ``bozo`` with entries is usable. Dates may stand in dc:date. An HTML page is a failed fetch, not an empty feed.
* TED's feeds put the publication number before the title's first colon; it becomes the OJ number.
"""

import calendar
import hashlib
import json
import re
import time
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final
from urllib.parse import urljoin

from crawlers import clean, codes, language, markup, page
from crawlers.moments import FIRST_YEAR, LAST_YEAR
from crawlers.notice import Broken, NoticeBroken, ParsedNotice, SourceBroken, Stage, WireFormat
from crawlers.page import whole

LONGEST_ID: Final = 200
_HTML: Final = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(\d{1,8}-\d{4})\s?:\s?(.+)", re.DOTALL)
_ENTRY: Final = re.compile(rb"<(?:item|entry)[\s>]")
_ENTRY_END: Final = re.compile(rb"</(?:item|entry)\s?>")
MOST_ENTRIES: Final = 1000
MOST_READ: Final = (
    2 * 1024 * 1024
)  # of a damaged feed, entries read again and again; feedparser takes a second for each
_DATES: Final = ("published_parsed", "updated_parsed", "created_parsed")


def parse(body: bytes, *, source: str, url: str) -> tuple[list[ParsedNotice], list[Broken]]:
    """The entries of a feed, and those that could not be read. Raises SourceBroken when the body is no feed.

    ``url`` is the feed's own address: relative links are completed by it, and an entry without a usable link leads there.
    Where it is not known (a file), the page that the feed names takes its place.
    """
    start = body[:2048].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not start:
        raise SourceBroken("the feed has an empty body")
    if _HTML.search(start[:512]):
        raise SourceBroken("the feed answered with an HTML page")
    if reason := markup.excess(page.decoded(body), most_open=markup.MOST_OPEN):
        raise SourceBroken(f"the feed holds {reason}")
    told, entries = _entries(body)
    if not told.get("version") and not entries:
        raise SourceBroken("the body is no feed")
    spoken = language.decided(str(told.feed.get("language") or ""), str(told.feed.get("title") or ""))
    url = clean.safe_url(url) or clean.safe_url(str(told.feed.get("link") or "")) or ""
    notices: dict[str, ParsedNotice] = {}
    broken: list[Broken] = []
    for entry in entries:
        try:
            notice = _notice(entry, source=source, url=url, spoken=spoken)
            notices.setdefault(notice.source_id, notice)
        except NoticeBroken as reason:
            kept = whole({"feed": url, "spoken": spoken, "entry": _plain(entry)})
            broken.append(
                Broken(source=source, source_id=None, reason=str(reason), body=kept, content_type="application/json")
            )
    return list(notices.values()), broken


def parse_kept(body: bytes, *, source: str) -> ParsedNotice:
    """An entry as :func:`parse` keeps one that it could not read. Raises NoticeBroken when it still cannot be."""
    try:
        kept = json.loads(body)
    except (ValueError, RecursionError):
        kept = None
    if not isinstance(kept, dict):
        raise NoticeBroken("what was kept is no entry of a feed")
    told = kept.get("entry", kept)  # once the entry's words alone were kept
    entry = {key: _moment(found) if key in _DATES else found for key, found in told.items()}
    url, spoken = (kept.get(key) if "entry" in kept else None for key in ("feed", "spoken"))
    return _notice(entry, source=source, url=clean.safe_url(url) or "", spoken=spoken)


def _plain(entry: Any) -> dict[str, Any]:
    """What JSON can hold of an entry: words, dates as their numbers, and the texts of its contents."""
    kept: dict[str, Any] = {}
    for key in sorted(entry):
        found = dict.get(entry, key)
        if isinstance(found, str):
            kept[key] = found
        elif isinstance(found, tuple):  # a struct_time
            kept[key] = list(found)
        elif isinstance(found, list):
            kept[key] = [{name: str(said) for name, said in each.items()} for each in found if isinstance(each, dict)]
    return kept


def _moment(found: object) -> time.struct_time | None:
    try:
        return time.struct_time(found) if isinstance(found, list) else None
    except (TypeError, ValueError):
        return None


def _entries(body: bytes) -> tuple[Any, list[Any]]:
    """The feed and its entries; a damaged feed is read entry by entry, so that the others survive (H1)."""
    try:
        told = _parsed(body)
        if not told.get("bozo"):
            return told, told.entries
    except SourceBroken:
        told = None
    places = [found.start() for found in _ENTRY.finditer(body)][:MOST_ENTRIES]
    head = body[: places[0]] if places else b""
    tail = b"</feed>" if b"<feed" in head else b"</channel></rss>"
    pieces = []
    for start, end in zip(places, [*places[1:], len(body)], strict=False):
        closed = _ENTRY_END.search(body, start, end)
        pieces.append(body[start : closed.end() if closed else end])
    read = _apart(head, pieces, tail, [MOST_READ]) if pieces else []
    told = told or next(iter(read), None)
    if told is None:
        raise SourceBroken("the feed cannot be read")
    return told, max(told.entries, [entry for each in read for entry in each.entries], key=len)


def _apart(head: bytes, pieces: list[bytes], tail: bytes, left: list[int]) -> list[Any]:
    """The feed read in halves and halves of halves, down to the entry that spoils it; ``left``: bytes yet to be read."""
    body = head + b"".join(pieces) + tail
    left[0] -= len(body)
    if left[0] < 0:
        return []
    try:
        read = _parsed(body)
    except SourceBroken:
        read = None
    if len(pieces) == 1 or (read is not None and len(read.entries) >= len(pieces)):
        return [] if read is None else [read]
    middle = len(pieces) // 2
    return [*_apart(head, pieces[:middle], tail, left), *_apart(head, pieces[middle:], tail, left)]


def _parsed(body: bytes) -> Any:
    """What feedparser reads. It answers for most damage itself, but raises on a character reference out of range."""
    import feedparser

    try:
        return feedparser.parse(BytesIO(body), resolve_relative_uris=False, sanitize_html=False)
    except Exception as error:
        raise SourceBroken(f"the feed cannot be read: {type(error).__name__}") from error


def _notice(entry: Any, *, source: str, url: str, spoken: str | None) -> ParsedNotice:
    title = clean.line(_text(entry, "title"))
    summary = clean.text(_longest_text(entry))
    title = title or clean.cut(clean.line(summary), 120)
    if not title:
        raise NoticeBroken("the entry has neither title nor text")
    numbered = _NUMBERED.fullmatch(title)
    ojs_number = codes.ojs_number(numbered.group(1)) if numbered else None
    if numbered and ojs_number:
        title = numbered.group(2).strip()
    published_at = _published_at(entry)
    link = _link(_text(entry, "link"), url)
    if not (link or url):
        raise NoticeBroken("the entry leads nowhere")
    tag = language.of_any(f"{title}. {summary}", spoken or "en")
    if spoken in {"nb", "nn"} and tag in {"nb", "nn", "da"}:
        tag = language.written_norwegian(f"{title}. {summary}")
    return ParsedNotice(
        source=source,
        source_id=_own_id(_text(entry, "id"), link, title, published_at),
        wire_format=WireFormat.FEED,
        stage=Stage.SIGNAL,
        title={tag: title},
        description={tag: summary} if summary and summary != title else {},
        language=tag,
        published_at=published_at,
        url=link or url,
        payload_sha256=hashlib.sha256(whole([title, summary, link, str(published_at)])).hexdigest(),
        ojs_number=ojs_number,
        oddities=_oddities(entry, published_at),
    )


def _text(entry: Any, key: str) -> str | None:
    """A value as feedparser stored it; dict.get, for its own get() answers for other keys and warns of it."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) and value.strip() else None


def _longest_text(entry: Any) -> str:
    """The summary or, where that is a teaser of it, the content."""
    contents = dict.get(entry, "content")
    found = [_text(entry, "summary") or ""]
    found += (
        [_text(each, "value") or "" for each in contents if isinstance(each, dict)]
        if isinstance(contents, list)
        else []
    )
    return max(found, key=len)


def _link(written: str | None, feed: str) -> str | None:
    """The entry's own address. A guid such as ``3171341``, offered as the link where there is none, is no address."""
    if written is None or written.strip().isdigit():
        return None
    try:
        return clean.safe_url(urljoin(feed, written))
    except ValueError:  # http://[ is half an IPv6 address
        return None


def _own_id(guid: str | None, link: str | None, title: str, published_at: datetime | None) -> str:
    chosen = clean.line(guid, 2000) or link
    if not chosen:
        chosen = hashlib.sha256(f"{title}|{published_at}".encode()).hexdigest()
    return chosen if len(chosen) <= LONGEST_ID else hashlib.sha256(chosen.encode()).hexdigest()


def _oddities(entry: Any, published_at: datetime | None) -> tuple[str, ...]:
    """A date that the entry tells and nobody can believe (H11)."""
    told = next((text for key in ("published", "updated", "created") if (text := _text(entry, key))), None)
    return (f"publication cannot be right: {told[:40]}",) if told and published_at is None else ()


def _published_at(entry: Any) -> datetime | None:
    """The first date there is, which feedparser has turned to UTC; None when it cannot be right."""
    for key in _DATES:
        told = dict.get(entry, key)
        if told is None or not FIRST_YEAR <= told.tm_year < LAST_YEAR:
            continue
        return datetime.fromtimestamp(calendar.timegm(told), UTC)
    return None
