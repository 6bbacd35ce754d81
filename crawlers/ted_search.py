"""What do the hits of TED's Search API v3 say?

The service has no fixed shape: a value may be a string, a number, a list or absent, texts are maps of ISO 639-3 codes,
and lists are flattened over lots without being aligned to one another. Hence no lots here; the texts of lots are put
to the description, and a value or deadline that cannot be told apart is not guessed (the XML has them).

* The title is ``title-proc``; else a lot's; else what follows country and CPV label (or country and town, before
  eForms) in ``notice-title``, whose last part alone is the buyer's own and is the same in all 24 languages.
* Answers with few fields are read too: the original language is then that of the buyer's name or of the signed PDF,
  the country that of the English title.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from crawlers import clean, codes, moments, ted_search_values
from crawlers.notice import (
    DOCUMENTS_LINK,
    SUBMISSION_LINK,
    Broken,
    Deadline,
    DeadlineKind,
    Link,
    Money,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import Page, answer, audit, count_of, whole
from crawlers.ted_search_values import first, texts, words

TED: Final = "ted"
_ANSWER_KEYS: Final = frozenset({"notices", "totalNoticeCount", "iterationNextToken", "timedOut"})
_STAGES: Final = {
    "planning": Stage.PLANNING,
    "competition": Stage.COMPETITION,
    "change": Stage.COMPETITION,
    "dir-awa-pre": Stage.INTENT,
    "result": Stage.RESULT,
    "cont-modif": Stage.RESULT,
}
_STAGES_OF_TYPES: Final = {
    "pin-buyer": Stage.PLANNING,
    "pin-only": Stage.PLANNING,
    "pin-rtl": Stage.PLANNING,
    "veat": Stage.INTENT,
    "can-standard": Stage.RESULT,
    "can-social": Stage.RESULT,
    "can-desg": Stage.RESULT,
    "can-modif": Stage.RESULT,
}
_DEADLINES: Final = (("tender", DeadlineKind.TENDER), ("request", DeadlineKind.REQUEST))
MOST_LINKS: Final = 20


def parse(body: bytes) -> Page:
    """One answer. Raises SourceBroken when it is none: HTML, an error, another shape.

    ``timed_out`` is the caller's to act on: a cut answer is retried, its notices are right but not all.
    """
    told = answer(body, "TED")
    if not isinstance(told, dict) or not isinstance(told.get("notices"), list):
        raise SourceBroken(f"TED answered with another shape: {str(told)[:200]}")
    audit(told, _ANSWER_KEYS, TED)
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for hit in told["notices"]:
        try:
            notices.append(parse_hit(hit))
        except NoticeBroken as reason:
            number = codes.ojs_number(first(hit.get("publication-number"))) if isinstance(hit, dict) else None
            broken.append(
                Broken(
                    source=TED, source_id=number, reason=str(reason), body=whole(hit), content_type="application/json"
                )
            )
    token = told.get("iterationNextToken")
    return Page(
        notices=notices,
        broken=broken,
        total=count_of(told.get("totalNoticeCount")),
        next_token=token if isinstance(token, str) and token else None,
        timed_out=told.get("timedOut") is True,
    )


def is_hit(told: Any) -> bool:
    """Whether a JSON value is one notice of an answer."""
    return isinstance(told, dict) and ("publication-number" in told or "ND" in told)


def parse_hit(hit: Any) -> ParsedNotice:
    """One notice of an answer. Raises NoticeBroken."""
    if not isinstance(hit, dict):
        raise NoticeBroken("the hit is no object")
    audit(hit, ted_search_values.KNOWN_KEYS, TED)
    number = codes.ojs_number(first(hit.get("publication-number")) or first(hit.get("ND")))
    if number is None:
        raise NoticeBroken("the notice has no number of its own")
    oddities: list[str] = []
    country = ted_search_values.country(hit)
    norwegian = ted_search_values.norwegian(hit)
    main = ted_search_values.main_language(hit, country, norwegian)
    title = ted_search_values.title(hit, main, norwegian)
    spoken = main if main in title else next(iter(title), "en")
    published_at = moments.publication_day(first(hit.get("publication-date")) or first(hit.get("PD")), oddities)
    deadline = moments.possible(_deadline(hit, country, oddities), published_at, oddities)
    return ParsedNotice(
        source=TED,
        source_id=number,
        wire_format=WireFormat.LISTING,
        stage=_stage(hit, deadline, oddities),
        title=title,
        description=ted_search_values.description(hit, title, norwegian),
        language=spoken,
        published_at=published_at,
        url=f"https://ted.europa.eu/{ted_search_values.page_language(spoken)}/notice/-/detail/{number}",
        payload_sha256=hashlib.sha256(whole({key: hit[key] for key in hit if key != "links"})).hexdigest(),
        buyers=_buyers(hit, spoken, country, norwegian),
        country=country,
        cpv=_cpv(hit),
        **ted_search_values.places(hit),
        deadline=deadline,
        value=_value(hit),
        notice_type=first(hit.get("notice-type")),
        notice_subtype=first(hit.get("notice-subtype")),
        legal_basis=codes.celex(
            first(hit.get("legal-basis")) or first(hit.get("legal-basis-notice")) or first(hit.get("legal-basis-proc"))
        ),
        procedure_type=first(hit.get("procedure-type")),
        contract_nature=ted_search_values.nature(hit),
        framework=_framework(hit),
        activity=_activity(hit),
        cancelled="cancel" in words(hit.get("change-reason-code")),
        notice_uuid=codes.uuid_or_doffin_id(first(hit.get("notice-identifier"))),
        notice_version=_version(hit),
        procedure_uuid=codes.uuid_or_doffin_id(first(hit.get("procedure-identifier"))),
        ojs_number=number,
        reference=clean.line(first(hit.get("internal-identifier-proc")), 100) or None,
        changes_notice=codes.notice_reference(first(hit.get("change-notice-version-identifier"))),
        previous_notices=_previous(hit),
        links=_links(hit),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _stage(hit: Mapping[str, Any], deadline: Deadline | None, oddities: list[str]) -> Stage:
    kind = first(hit.get("notice-type"))
    stage = _STAGES.get(first(hit.get("form-type")) or "") or _STAGES_OF_TYPES.get(kind or "")
    if stage is None and kind is None and deadline is None:
        oddities.append("the answer does not say what kind of notice this is")
    return stage or Stage.COMPETITION


def _deadline(hit: Mapping[str, Any], country: str | None, oddities: list[str]) -> Deadline | None:
    """The earliest tender deadline, else request; dates and times pair only where there is one time for each date."""
    found: list[Deadline | None] = []
    for name, kind in _DEADLINES:
        days = words(hit.get(f"deadline-receipt-{name}-date-lot"))
        clocks = words(hit.get(f"deadline-receipt-{name}-time-lot"))
        if days and clocks and len(days) != len(clocks):
            # Not aligned to the lots: the earliest time is never too late.
            days, clocks = [min(days)], [min(clocks)]
        found.extend(
            moments.deadline(day, clocks[place] if clocks else None, kind, country, oddities)
            for place, day in enumerate(days)
        )
    return moments.earliest(found)


def _buyers(hit: Mapping[str, Any], spoken: str, country: str | None, norwegian: str) -> tuple[ParsedBuyer, ...]:
    """Names in the notice's language; numbers and countries only where there is one for each name."""
    named = texts(hit.get("buyer-name") or hit.get("organisation-name-buyer"), norwegian)
    names = named.get(spoken) or max(named.values(), key=len, default=[])
    identifiers = words(hit.get("buyer-identifier") or hit.get("organisation-identifier-buyer"))
    countries = [
        codes.country(code) for code in words(hit.get("buyer-country") or hit.get("organisation-country-buyer"))
    ]
    aligned = len(identifiers) == len(names)
    own = countries if len(countries) == len(names) else [country] * len(names)
    found = (
        ParsedBuyer(
            name=clean.line(name),
            identifier=clean.line(identifiers[place], 100) or None if aligned else None,
            country=own[place],
        )
        for place, name in enumerate(names)
        if clean.line(name)
    )
    return tuple(dict.fromkeys(found))


def _cpv(hit: Mapping[str, Any]) -> tuple[str, ...]:
    keys = (
        "main-classification-proc",
        "main-classification-lot",
        "classification-cpv",
        "additional-classification-proc",
        "additional-classification-lot",
    )
    return codes.cpv_codes(code for key in keys for code in words(hit.get(key)))


def _value(hit: Mapping[str, Any]) -> Money | None:
    """The procedure's value; a lot's only where there is one lot to have it."""
    pairs = (
        ("estimated-value-proc", "estimated-value-cur-proc"),
        ("estimated-value-glo", "estimated-value-cur-glo"),
        ("framework-maximum-value-lot", "estimated-value-cur-lot"),
        ("estimated-value-lot", "estimated-value-cur-lot"),
        ("total-value", "total-value-cur"),
        ("result-value-notice", "result-value-cur-notice"),
    )
    for amount, currency in pairs:
        amounts, currencies = words(hit.get(amount)), words(hit.get(currency))
        if len(amounts) == 1 and currencies and (money := moments.money(amounts[0], currencies[0])) is not None:
            return money
    return None


def _framework(hit: Mapping[str, Any]) -> bool | None:
    told = words(hit.get("framework-agreement-lot"))
    return any(code != "none" for code in told) if told else None


def _activity(hit: Mapping[str, Any]) -> str | None:
    told = words(hit.get("authority-main-activity"))
    return "defence" if "defence" in told else next(iter(told), None)


def _version(hit: Mapping[str, Any]) -> str | None:
    written = first(hit.get("notice-version"))
    return f"{int(written):02d}" if written and written.isascii() and written.isdigit() and len(written) < 5 else None


def _previous(hit: Mapping[str, Any]) -> tuple[str, ...]:
    found = (codes.notice_reference(written) for written in words(hit.get("previous-notice-id-proc")))
    return tuple(dict.fromkeys(number for number in found if number))


def _links(hit: Mapping[str, Any]) -> tuple[Link, ...]:
    keys = ((DOCUMENTS_LINK, "document-url-lot"), (SUBMISSION_LINK, "submission-url-lot"))
    pairs = dict.fromkeys((kind, clean.safe_url(url)) for kind, key in keys for url in words(hit.get(key)))
    return tuple(Link(kind=kind, url=url) for kind, url in pairs if url)[:MOST_LINKS]
