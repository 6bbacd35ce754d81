"""What do the hits of Doffin's public API v2 say?

A hit has no notice number of its own but Doffin's, no language, no legal basis and no lots' numbers; the eForms XML
has them. Decided for the reader:

* ``cpvCodes`` holds the codes meant and all their ancestors, unordered. All are kept, the codes meant come first.
* A deadline at 00:00:00Z is a day without a time.
* ``ANNOUNCEMENT_OF_INTENT`` is filed under RESULT by Doffin; a contract about to be given away is an intent here.
* Only status CANCELLED cancels. CANCELLED_OR_MISSING_CONCLUSION_OF_CONTRACT is a result, which may have no winner.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from crawlers import clean, codes, language, moments
from crawlers.notice import (
    Broken,
    Deadline,
    DeadlineKind,
    Money,
    NoticeBroken,
    ParsedBuyer,
    ParsedLot,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import Page, answer, audit, count_of, whole

DOFFIN: Final = "doffin"
_ANSWER_KEYS: Final = frozenset({"numHitsTotal", "numHitsAccessible", "hits", "facets"})
_HIT_KEYS: Final = frozenset(
    {
        *("id", "buyer", "heading", "description", "locationId", "estimatedValue", "type", "allTypes", "status"),
        *("issueDate", "deadline", "publicationDate", "receivedTenders", "allReceivedTenders", "cpvCodes"),
        *("limitedDataFlag", "doffinClassicUrl", "lots", "sentToTed"),  # the last one on the web client's API only
    }
)
_STAGES: Final = {
    "ANNOUNCEMENT_OF_INTENT": Stage.INTENT,  # before its roll-up RESULT
    "ADVISORY_NOTICE": Stage.PLANNING,
    "PRE_ANNOUNCEMENT": Stage.PLANNING,
    "NOTICE_ON_BUYER_PROFILE": Stage.PLANNING,
    "PLANNING": Stage.PLANNING,
    "ANNOUNCEMENT_OF_COMPETITION": Stage.COMPETITION,
    "DYNAMIC_PURCHASING_SCHEME": Stage.COMPETITION,
    "QUALIFICATION_SCHEME": Stage.COMPETITION,
    "COMPETITION": Stage.COMPETITION,
    "ANNOUNCEMENT_OF_CONCLUSION_OF_CONTRACT": Stage.RESULT,
    "CHANGE_OF_CONCLUSION_OF_CONTRACT": Stage.RESULT,
    "CANCELLED_OR_MISSING_CONCLUSION_OF_CONTRACT": Stage.RESULT,
    "RESULT": Stage.RESULT,
}
_MIDNIGHT: Final = "00:00:00Z"


def parse(body: bytes) -> Page:
    """One answer: a page of hits, a bare list of them, or a single one. Raises SourceBroken when it is none of these."""
    told = answer(body, "Doffin")
    page = told if isinstance(told, dict) else {}
    hits = told if isinstance(told, list) else page.get("hits")
    if hits is None and is_hit(told):
        hits = [told]
    elif not isinstance(hits, list):
        raise SourceBroken(f"Doffin answered with another shape: {str(told)[:200]}")
    elif page:
        audit(page, _ANSWER_KEYS, DOFFIN)
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for hit in hits:
        try:
            notices.append(parse_hit(hit))
        except NoticeBroken as reason:
            number = codes.doffin_id(_text(hit.get("id"))) if isinstance(hit, dict) else None
            broken.append(
                Broken(
                    source=DOFFIN,
                    source_id=number,
                    reason=str(reason),
                    body=whole(hit),
                    content_type="application/json",
                )
            )
    return Page(
        notices=notices,
        broken=broken,
        total=count_of(page.get("numHitsTotal")),
        accessible=count_of(page.get("numHitsAccessible")),
    )


def is_hit(told: Any) -> bool:
    """Whether a JSON value is one hit of Doffin's search."""
    return isinstance(told, dict) and codes.doffin_id(_text(told.get("id"))) is not None and "heading" in told


def parse_hit(hit: Any) -> ParsedNotice:
    """One notice of an answer. Raises NoticeBroken."""
    if not isinstance(hit, dict):
        raise NoticeBroken("the hit is no object")
    audit(hit, _HIT_KEYS, DOFFIN)
    number = codes.doffin_id(_text(hit.get("id")))
    if number is None:
        raise NoticeBroken("the notice has no number of its own")
    heading, description = clean.line(_text(hit.get("heading"))), clean.text(_text(hit.get("description")))
    tag = language.of_norwegian_portal(f"{heading}. {description}")
    oddities: list[str] = []
    day = moments.publication_day(_text(hit.get("publicationDate")), oddities)
    published_at = day or _sent_at(_text(hit.get("issueDate")), oddities)
    places = _texts(hit.get("locationId"))
    nuts = codes.nuts_codes(places)
    buyers = _buyers(hit)
    kind = _text(hit.get("type"))
    return ParsedNotice(
        source=DOFFIN,
        source_id=number,
        wire_format=WireFormat.LISTING,
        stage=_stage(kind, _texts(hit.get("allTypes")), oddities),
        title={tag: heading} if heading else {},
        description={tag: description} if description else {},
        language=tag,
        published_at=published_at,
        url=f"https://www.doffin.no/notices/{number}",
        payload_sha256=hashlib.sha256(whole(hit)).hexdigest(),
        buyers=buyers,
        country="NO",
        cpv=codes.most_specific_first(codes.cpv_codes(_texts(hit.get("cpvCodes")))),
        nuts=nuts,
        nationwide=any(map(codes.says_anywhere, places)) or any(map(codes.is_whole_country, nuts)),
        lots=_lots(hit, tag, heading),
        deadline=moments.possible(_deadline(_text(hit.get("deadline")), oddities), published_at, oddities),
        value=_value(hit.get("estimatedValue")),
        notice_type=kind,
        cancelled=_text(hit.get("status")) == "CANCELLED",
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> list[str]:
    return [text for each in value if (text := _text(each))] if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _sent_at(written: str | None, oddities: list[str]) -> datetime | None:
    day, _, clock = (written or "").partition("T")
    return moments.instant(day or None, clock or None, oddities)


def _stage(kind: str | None, rolled_up: list[str], oddities: list[str]) -> Stage:
    for word in (kind, *rolled_up):
        if word in _STAGES:
            return _STAGES[word]
    oddities.append(f"notice type {(kind or 'missing')[:60]} is not known")
    return Stage.COMPETITION


def _deadline(written: str | None, oddities: list[str]) -> Deadline | None:
    day, _, clock = (written or "").partition("T")
    told = None if clock == _MIDNIGHT else clock or None
    return moments.deadline(day or None, told, DeadlineKind.TENDER, "NO", oddities)


def _buyers(hit: Mapping[str, Any]) -> tuple[ParsedBuyer, ...]:
    found = (
        ParsedBuyer(name=name, identifier=clean.line(_text(buyer.get("organizationId")), 100) or None, country="NO")
        for buyer in _objects(hit.get("buyer"))
        if (name := clean.line(_text(buyer.get("name"))))
    )
    return tuple(dict.fromkeys(found))


def _lots(hit: Mapping[str, Any], tag: str, heading: str) -> tuple[ParsedLot, ...]:
    """The lots, numbered by their place; none where the only one repeats the notice."""
    found = [
        (clean.line(_text(lot.get("heading"))), clean.text(_text(lot.get("description"))))
        for lot in _objects(hit.get("lots"))
    ]
    if (
        len(found) == 1
        and found[0][0] in {heading, ""}
        and found[0][1] in {clean.text(_text(hit.get("description"))), ""}
    ):
        return ()
    return tuple(
        ParsedLot(
            identifier=f"LOT-{place:04d}",
            title={tag: title} if title else {},
            description={tag: description} if description else {},
        )
        for place, (title, description) in enumerate(found, start=1)
    )


def _value(told: Any) -> Money | None:
    return moments.money(told.get("amount"), _text(told.get("currencyCode"))) if isinstance(told, dict) else None
