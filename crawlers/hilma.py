"""What do the notices of Hilma's search say?

Finland's portal answers as Azure Search does, one flat record a notice (sources.md §5.4); its fields are known from
public code, so whatever is not there, or not what it should be, is left out. Decided for the reader:

* The number is the one that readers see (2026-004717). It is written as Doffin writes its own, so that it is no key
  but of Hilma itself; numbers of earlier notices are left alone for the same reason.
* ``procedureId`` is Hilma's own count; the procedure's UUID is ``contractFolderId``, the notice's ``eFormsId``.
* Texts come in Finnish, Swedish and English side by side, whichever the buyer wrote; Finnish counts first.
* Its terms forbid that the content is changed: what is kept is what was written, less persons' addresses.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from crawlers import clean, codes, language, moments
from crawlers.notice import (
    DOCUMENTS_LINK,
    Broken,
    Deadline,
    DeadlineKind,
    Link,
    NoticeBroken,
    ParsedBuyer,
    ParsedLot,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import Page, answer, count_of, whole

HILMA: Final = "hilma"
_NAME: Final = "Hilma"
_SITE: Final = "https://www.hankintailmoitukset.fi/fi"
_LONGEST_ID: Final = 60
_MOST_LOTS: Final = 1000
_LANGUAGES: Final = {"Fi": "fi", "Sv": "sv", "En": "en"}
_STAGES: Final = {
    **dict.fromkeys(("PriorInformationNotices", "PlanNotices", "ProcurementPlan", "MarketConsultations"), Stage.PLANNING),
    **dict.fromkeys(("ContractNotices", "NationalNotices", "DesignContestNotices"), Stage.COMPETITION),
    **dict.fromkeys(("ExAnteNotices", "DirectAwardNotices", "VeatNotices"), Stage.INTENT),
    **dict.fromkeys(("ContractAwardNotices", "ContractModificationNotices", "DesignContestResults"), Stage.RESULT),
}  # fmt: skip
_NATURES: Final = frozenset({"works", "supplies", "services"})


def parse(body: bytes) -> Page:
    """One page of the search, or a single record of it. Raises SourceBroken when it is neither."""
    told = answer(body, _NAME)
    records = [told] if is_record(told) else told.get("value") if isinstance(told, dict) else None
    if not isinstance(records, list):
        raise SourceBroken(f"{_NAME} answered with another shape: {str(told)[:200]}")
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for record in records:
        try:
            notices.append(parse_record(record))
        except NoticeBroken as reason:
            number = _number(record) if isinstance(record, dict) else None
            broken.append(
                Broken(source=HILMA, source_id=number, reason=str(reason), body=whole(record), content_type="application/json")
            )  # fmt: skip
    return Page(notices=notices, broken=broken, total=count_of(told.get("@odata.count")))


def is_record(told: Any) -> bool:
    """Whether a JSON value is one record of Hilma's search."""
    return isinstance(told, dict) and "datePublished" in told and ("noticeNumber" in told or "noticeId" in told)


def is_answer(told: Any) -> bool:
    """Whether a JSON value is an answer of Hilma's search, or one record of it."""
    records = told.get("value") if isinstance(told, dict) else None
    of_it = isinstance(records, list) and ("@odata.count" in told or any(map(is_record, records)))
    return of_it or is_record(told)


def parse_record(record: Any) -> ParsedNotice:
    """One notice. Raises NoticeBroken."""
    if not isinstance(record, dict):
        raise NoticeBroken("the record is no object")
    number = _number(record)
    if number is None:
        raise NoticeBroken("the notice has no number of its own")
    oddities: list[str] = []
    title, description = _texts(record, "title", clean.line), _texts(record, "description", clean.text)
    tag = next(iter(title), "fi")
    published_at = _moment(record.get("datePublished"), oddities)
    kind = _text(record.get("mainType"))
    stage = _stage(kind, oddities)
    nuts = codes.nuts_codes(_words(record.get("nutsCodes")))
    # Search engines add a score to each record, which changes with the question.
    digest = hashlib.sha256(whole({key: told for key, told in record.items() if not key.startswith("@")})).hexdigest()
    nature = (_text(record.get("procurementTypeCode")) or "").lower()
    return ParsedNotice(
        source=HILMA,
        source_id=number,
        wire_format=WireFormat.LISTING,
        stage=stage,
        title=title,
        description=description,
        language=tag,
        published_at=published_at,
        url=_address(record),
        payload_sha256=digest,
        listing_sha256=digest,
        buyers=_buyers(record),
        country="FI",
        cpv=codes.cpv_codes(_words(record.get("cpvCodes"))),
        nuts=nuts,
        nationwide=any(map(codes.is_whole_country, nuts)),
        lots=_lots(record.get("lots")),
        deadline=moments.possible(_deadline(record.get("deadline"), stage, oddities), published_at, oddities),
        value=moments.money(record.get("estimatedValue"), _text(record.get("currency")) or "EUR"),
        notice_type=kind,
        notice_subtype=clean.line(_text(record.get("type")), 40) or None,
        procedure_type=clean.line(_text(record.get("procedureType")), 60) or None,
        contract_nature=nature if nature in _NATURES else None,
        framework=_flag(record.get("includesFrameworkAgreement")),
        sme_suitable=_flag(record.get("smeParticipationConsidered")),
        cancelled=record.get("isCancelled") is True,
        notice_uuid=codes.uuid(_text(record.get("eFormsId"))),
        procedure_uuid=codes.uuid(_text(record.get("contractFolderId"))),
        ojs_number=codes.ojs_number(_text(record.get("tedPublicationId"))),
        links=_links(record),
        oddities=tuple(dict.fromkeys(oddities)),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _words(value: Any) -> list[str]:
    """The codes of a list, or of a text with blanks or commas between them."""
    several: Iterable[Any] = value if isinstance(value, list) else [value]
    return [word for each in several if (text := _text(each)) for word in re.split(r"[\s,;|]+", text) if word]


def _whole_number(value: Any) -> str | None:
    plain = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return plain if plain.isascii() and plain.isdigit() and len(plain) <= 18 else None


def _number(record: Mapping[str, Any]) -> str | None:
    named = (clean.line(_text(record.get(key)), _LONGEST_ID) for key in ("noticeNumber", "id"))
    return next(filter(None, named), None) or _whole_number(record.get("noticeId"))


def _texts(record: Mapping[str, Any], field: str, cleaned: Any) -> dict[str, str]:
    """A field's texts by language, Finnish first; where only the "other" language is filled, its own is read."""
    found = {tag: text for suffix, tag in _LANGUAGES.items() if (text := cleaned(_text(record.get(field + suffix))))}
    other = cleaned(_text(record.get(f"{field}Other")))
    return found or ({language.of_any(other, "fi"): other} if other else {})


def _moment(written: Any, oddities: list[str]) -> datetime | None:
    day, _, clock = (_text(written) or "").partition("T")
    return moments.instant(day or None, clock or None, oddities)


def _stage(kind: str | None, oddities: list[str]) -> Stage:
    if kind not in _STAGES:
        oddities.append(f"notice type {(kind or 'missing')[:60]} is not known")
        return Stage.COMPETITION
    return _STAGES[kind]


def _deadline(written: Any, stage: Stage, oddities: list[str]) -> Deadline | None:
    day, _, clock = (_text(written) or "").partition("T")
    meant = DeadlineKind.INTEREST if stage is Stage.PLANNING else DeadlineKind.TENDER
    return moments.deadline(day or None, clock or None, meant, "FI", oddities)


def _buyers(record: Mapping[str, Any]) -> tuple[ParsedBuyer, ...]:
    names = _texts(record, "organisationName", clean.line)
    number = clean.line(_text(record.get("organisationNationalRegistrationNumber")), 100) or None
    return tuple(ParsedBuyer(name=name, identifier=number, country="FI") for name in list(names.values())[:1])


def _lots(value: Any) -> tuple[ParsedLot, ...]:
    """The lots that are told apart, numbered by their place."""
    several = [lot for lot in value[:_MOST_LOTS] if isinstance(lot, dict)] if isinstance(value, list) else []
    if len(several) < 2:
        return ()
    return tuple(
        ParsedLot(
            identifier=f"LOT-{place:04d}",
            title=_texts(lot, "title", clean.line),
            description=_texts(lot, "description", clean.text),
            cpv=codes.cpv_codes(_words(lot.get("cpvCodes"))),
            value=moments.money(lot.get("estimatedValue"), _text(lot.get("currency")) or "EUR"),
        )
        for place, lot in enumerate(several, start=1)
    )


def _links(record: Mapping[str, Any]) -> tuple[Link, ...]:
    url = clean.safe_url(_text(record.get("procurementDocumentsUrl")))
    return (Link(kind=DOCUMENTS_LINK, url=url),) if url else ()


def _address(record: Mapping[str, Any]) -> str:
    """The notice's own page, where both counts that it wants are told."""
    procedure, notice = _whole_number(record.get("procedureId")), _whole_number(record.get("noticeId"))
    return f"{_SITE}/public/procedure/{procedure}/enotice/{notice}/" if procedure and notice else f"{_SITE}/search"
