"""What do the calls of the EU Funding & Tenders portal's search say, and which of them are about defence?

Every value of a record's ``metadata`` is a list (sources.md §5.3). Decided for the reader:

* Kept are the Union's defence programmes, civil protection, Horizon's cluster on civil security, and what its tags or
  its title call defence. The other calls of the Union, some hundred, are no business of this service.
* A forthcoming call is planning, an open one competition; a closed one is left out.
* Of several deadlines (two stages, cut-off days) the next one counts. Midnight is a day without a time. Other times are
  read as Brussels time though they say +0000: the programmes' 17:00 is Brussels time, and the earlier reading is the
  safe one.
* A topic comes in several records, some of them hardly more than its name: the one that says most is the notice.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlsplit

from crawlers import clean, language, moments
from crawlers.notice import (
    Broken,
    Deadline,
    DeadlineKind,
    Money,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import answer, count_of, whole

FUNDING: Final = "eu-funding"
FORTHCOMING, OPEN, CLOSED = "31094501", "31094502", "31094503"
BUYER: Final = ParsedBuyer(name="European Commission", country="BE")
_PORTAL: Final = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"
_LONGEST_ID: Final = 200
_STAGES: Final = {FORTHCOMING: Stage.PLANNING, OPEN: Stage.COMPETITION}
_DEFENCE: Final = re.compile(r"(?:EDF|EDIP|EDIRPA|ASAP|EDIDP|PADR|EUDIS)-", re.IGNORECASE)
_PREPAREDNESS: Final = re.compile(r"(?:HORIZON-CL3|UCPM)-", re.IGNORECASE)
_EDF_NUMBER: Final = "44181033"  # the European Defence Fund in the portal's list of programmes
_DEFENCE_WORDS: Final = re.compile(r"\b(?:defen[cs]e|military|dual[ -]use)\b", re.IGNORECASE)
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_MIDNIGHT: Final = "00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """One page. ``references``: the portal's own numbers of all its records, in order; ``total``: records of all pages."""

    notices: list[ParsedNotice] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    references: tuple[str, ...] = ()
    total: int | None = None


def parse(body: bytes, on: date) -> Calls:
    """One answer of the search as of a day, or a single record of it. Raises SourceBroken when it is neither."""
    told = answer(body, "The EU portal")
    results = [told] if is_record(told) else told.get("results") if isinstance(told, dict) else None
    if not isinstance(results, list):
        raise SourceBroken(f"The EU portal answered with another shape: {str(told)[:200]}")
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for record in results:
        try:
            if is_wanted(record):
                notices.append(parse_record(record, on))
        except NoticeBroken as reason:
            broken.append(_unread(record, str(reason)))
    return Calls(
        notices=notices,
        broken=broken,
        references=tuple(hashlib.sha256(whole(record)).hexdigest() for record in results),
        total=count_of(told.get("totalResults")),
    )


def is_record(told: Any) -> bool:
    """Whether a JSON value is one record of the portal's search."""
    return isinstance(told, dict) and "metadata" in told and "reference" in told


def is_wanted(record: Any) -> bool:
    """Whether a record is a call that this service is about. Raises NoticeBroken when it cannot be told."""
    if not isinstance(record, dict) or not isinstance(record.get("metadata"), dict):
        raise NoticeBroken("the call is no object with metadata")
    told: Mapping[str, Any] = record["metadata"]
    if CLOSED in _texts(told.get("status")) or language.alpha_2(_text(record.get("language")) or "en") != "en":
        return False
    names = [*_texts(told.get("identifier")), *_texts(told.get("callIdentifier"))]
    words = [_title(record, told), *_texts(told.get("tags")), *_texts(told.get("frameworkProgramme"))]
    return (
        any(_DEFENCE.match(name) or _PREPAREDNESS.match(name) for name in names)
        or _EDF_NUMBER in words
        or any(_DEFENCE_WORDS.search(text) for text in words)
        or not (names or words[1:])  # nothing at all to tell it by: a field was renamed, and that must be noticed
    )


def parse_record(record: Mapping[str, Any], on: date) -> ParsedNotice:
    """One call as of a day. Raises NoticeBroken."""
    told: Mapping[str, Any] = record["metadata"]
    number = clean.line(_first(told.get("identifier")), _LONGEST_ID)
    if not number:
        raise NoticeBroken("the call has no identifier")
    oddities: list[str] = []
    opens_at = _opening(told.get("startDate"), oddities)
    published_at = opens_at if opens_at is not None and opens_at.date() <= on else None
    action = clean.line(_first(told.get("typesOfAction")), 200)
    title = clean.line(_title(record, told))
    description = _description(told, title, action)
    of_defence = bool(_DEFENCE.match(number)) or _EDF_NUMBER in _texts(told.get("frameworkProgramme"))
    return ParsedNotice(
        source=FUNDING,
        source_id=number,
        wire_format=WireFormat.LISTING,
        stage=_stage(_first(told.get("status")), oddities),
        title={"en": title} if title else {},
        description={"en": description} if description else {},
        language="en",
        published_at=published_at,
        url=_address(record, told, number),
        payload_sha256=hashlib.sha256(whole(record)).hexdigest(),
        buyers=(BUYER,),
        country=BUYER.country,
        nationwide=True,
        deadline=moments.possible(_next(told.get("deadlineDate"), on, oddities), published_at, oddities),
        value=_value(told, number, oddities),
        notice_type=action or None,
        activity="defence" if of_defence else None,
        reference=number,
        oddities=tuple(dict.fromkeys(oddities)),
    )


def richest(records: Iterable[ParsedNotice]) -> list[ParsedNotice]:
    """One notice for each call, the one that says most, whatever the order they came in."""
    best: dict[str, ParsedNotice] = {}
    for one in records:
        known = best.get(one.source_id)
        best[one.source_id] = one if known is None else max(known, one, key=_says)
    return list(best.values())


def _says(notice: ParsedNotice) -> tuple[int, bool, int, str]:
    words = sum(map(len, notice.description.values()))
    return -len(notice.oddities), notice.deadline is not None, words, notice.payload_sha256


def _unread(record: Any, reason: str) -> Broken:
    told = record.get("metadata") if isinstance(record, dict) else None
    number = clean.line(_first(told.get("identifier")), _LONGEST_ID) if isinstance(told, dict) else ""
    return Broken(
        source=FUNDING, source_id=number or None, reason=reason, body=whole(record), content_type="application/json"
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> list[str]:
    """The texts of a list; a text alone counts as one, and numbers as their digits."""
    several = value if isinstance(value, list) else [value]
    plain = (str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in several)
    return [text for each in plain if (text := _text(each))]


def _first(value: Any) -> str | None:
    return next(iter(_texts(value)), None)


def _title(record: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    return _first(told.get("title")) or _text(record.get("summary")) or ""


def _stage(status: str | None, oddities: list[str]) -> Stage:
    if status not in _STAGES:
        oddities.append(f"status {(status or 'missing')[:40]} is not known")
        return Stage.COMPETITION
    return _STAGES[status]


def _description(told: Mapping[str, Any], title: str, action: str) -> str:
    call = clean.line(_first(told.get("callTitle")))
    head = [line for line in (call, action) if line and line != title]
    return clean.text("\n".join([*head, *_texts(told.get("descriptionByte"))]))


def _opening(value: Any, oddities: list[str]) -> datetime | None:
    written = (_first(value) or "").strip()
    found = _MOMENT.fullmatch(written)
    return moments.publication_day(found.group(1) if found else written, oddities)


def _next(value: Any, on: date, oddities: list[str]) -> Deadline | None:
    """The first deadline that has not passed on a day, else the last one."""
    found: list[Deadline] = []
    for written in _texts(value):
        parts = _MOMENT.fullmatch(written.strip())
        if parts is None:
            oddities.append(f"tender deadline cannot be right: {written[:40]}")
            continue
        clock = None if parts.group(2) == _MIDNIGHT else parts.group(2)
        one = moments.deadline(parts.group(1), clock, DeadlineKind.TENDER, BUYER.country, oddities)
        found += [one] if one is not None else []
    found.sort(key=lambda each: each.at)
    today = datetime.combine(on, time(), UTC)
    return next((each for each in found if each.at >= today), found[-1] if found else None)


def _address(record: Mapping[str, Any], told: Mapping[str, Any], number: str) -> str:
    """The call's page; of a topic we know how it is made, of the others the portal says it."""
    if _first(told.get("type")) in {"1", None}:
        return f"{_PORTAL}/topic-details/{quote(number, safe='')}"
    for written in (_first(told.get("url")), _text(record.get("url"))):
        url = clean.safe_url(written)
        if url and f".{urlsplit(url).hostname}".endswith(".europa.eu"):
            return url
    return f"{_PORTAL}/calls-for-proposals"


def _value(told: Mapping[str, Any], number: str, oddities: list[str]) -> Money | None:
    """The call's budget: its own, or what the overview of its programme says of it."""
    own = moments.money(_first(told.get("budget")), _first(told.get("currency")))
    written = _first(told.get("budgetOverview"))
    if own is not None or written is None:
        return own
    try:
        overview = json.loads(written)
    except (ValueError, RecursionError):
        oddities.append("the budget cannot be read")
        return None
    actions = overview.get("budgetTopicActionMap") if isinstance(overview, dict) else None
    several = [each for some in (actions.values() if isinstance(actions, dict) else ()) if isinstance(some, list)
               for each in some if isinstance(each, dict)]  # fmt: skip
    # One overview holds all topics of a call, each action named after its topic.
    mine = [each for each in several if str(each.get("action")).split(" ", 1)[0].upper() == number.upper()]
    years = [
        amount
        for each in mine
        if isinstance(each.get("budgetYearMap"), dict)
        for amount in each["budgetYearMap"].values()
    ]
    parts = [money.amount for amount in years if (money := moments.money(amount, "EUR")) is not None]
    return Money(amount=sum(parts, Decimal(0)), currency="EUR") if parts else None
