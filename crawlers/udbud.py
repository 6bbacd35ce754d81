"""What do the results of udbud.dk's search say?

Denmark's portal has no documented service; the shape is known from public code (sources.md §5.4), so whatever is not
there, or not what it should be, is left out, and only a notice without number or title cannot be read. Decided for the
reader:

* The notice is the eForms UUID; its versions are versions of one notice here, the newest one counts.
* A day is written 27-05-2026 and is a Danish one. A moment (2026-10-02T10:00:00Z) is what it says.
* The publication number looks like the Official Journal's. It is taken for one only where the subtype is one of the
  Union's forms (1 to 40): of national notices nobody has seen whose numbers they are, and a wrong key would merge what
  is not the same.
* The texts are Danish in ``dataDa`` and in ``dataEn`` alike; the first of them that has a title is read.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from crawlers import clean, codes, language, moments
from crawlers.notice import (
    Broken,
    Deadline,
    DeadlineKind,
    NoticeBroken,
    ParsedBuyer,
    ParsedNotice,
    SourceBroken,
    Stage,
    WireFormat,
)
from crawlers.page import Page, answer, audit, count_of, whole

UDBUD: Final = "udbud"
_NAME: Final = "udbud.dk"
_PAGE: Final = "https://udbud.dk/detaljevisning"
_RESULTS: Final = "resultatElementDtoList"
_KEYS: Final = frozenset({"noticeId", "noticeVersion", "noticePublicationNumber", "dataDa", "dataEn"})
_FIELDS: Final = frozenset(
    {
        *("titel", "ordregiver", "ordregiverId", "alleOrdregivere", "publiceringsdato", "cpvKode", "cpvTitel"),
        *("formulartype", "formulartypeKode", "bkSubType", "bkSubTypeKode", "tidsfrister", "anslaaetVaerdi"),
        *("anslaaetVaerdiValuta", "beskrivelse", "erAendring"),
    }
)
_STAGES: Final = {  # eForms' form types, and the portal's own names of what can be filtered by
    **dict.fromkeys(("planning", "forventet_indkoeb", "markedsdialoger", "forhaandsmeddelelser"), Stage.PLANNING),
    **dict.fromkeys(("competition", "change", "eu_udbud", "nationale_udbud"), Stage.COMPETITION),
    **dict.fromkeys(("dir-awa-pre", "direkte_tildelinger"), Stage.INTENT),
    **dict.fromkeys(
        ("result", "cont-modif", "completion", "tildelinger", "kontraktaendringer", "kontraktaenderinger"), Stage.RESULT
    ),
}
_NUMBER: Final = re.compile(r"\d{1,10}-\d{4}", re.ASCII)
_DANISH_DAY: Final = re.compile(r"(\d\d)-(\d\d)-(\d{4})(?:[ T](?:kl\.? ?)?(\d\d)[:.](\d\d)(?::\d\d)?)?", re.ASCII)


def parse(body: bytes) -> Page:
    """One page of results, or a single one. Raises SourceBroken when it is neither."""
    told = answer(body, _NAME)
    results = [told] if is_result(told) else told.get(_RESULTS) if isinstance(told, dict) else None
    if not isinstance(results, list):
        raise SourceBroken(f"{_NAME} answered with another shape: {str(told)[:200]}")
    notices: list[ParsedNotice] = []
    broken: list[Broken] = []
    for result in results:
        try:
            notices.append(parse_result(result))
        except NoticeBroken as reason:
            number = codes.uuid(_text(result.get("noticeId"))) if isinstance(result, dict) else None
            broken.append(
                Broken(source=UDBUD, source_id=number, reason=str(reason), body=whole(result), content_type="application/json")
            )  # fmt: skip
    return Page(notices=notices, broken=broken, total=count_of(told.get("totaltAntalResultater")))


def is_result(told: Any) -> bool:
    """Whether a JSON value is one result of the portal's search."""
    return isinstance(told, dict) and "noticeId" in told and ("dataDa" in told or "dataEn" in told)


def is_answer(told: Any) -> bool:
    """Whether a JSON value is an answer of the portal's search, or one result of it."""
    return is_result(told) or (isinstance(told, dict) and isinstance(told.get(_RESULTS), list))


def parse_result(result: Any) -> ParsedNotice:
    """One notice. Raises NoticeBroken."""
    if not isinstance(result, dict):
        raise NoticeBroken("the result is no object")
    audit(result, _KEYS, UDBUD)
    number = codes.uuid(_text(result.get("noticeId")))
    if number is None:
        raise NoticeBroken("the notice has no UUID")
    told = _told(result)
    audit(told, _FIELDS, UDBUD)
    title, description = clean.line(_text(told.get("titel"))), clean.text(_text(told.get("beskrivelse")))
    tag = _language(f"{title}. {description}")
    oddities: list[str] = []
    published_at = moments.publication_day(_iso(told.get("publiceringsdato"))[0], oddities)
    kind, subtype = _text(told.get("formulartypeKode")), clean.line(_text(told.get("bkSubTypeKode")), 40) or None
    stage = _stage(kind, oddities)
    version, published_as = _text(result.get("noticeVersion")), _text(result.get("noticePublicationNumber"))
    buyers = _buyers(told)
    digest = hashlib.sha256(whole(result)).hexdigest()
    return ParsedNotice(
        source=UDBUD,
        source_id=number,
        wire_format=WireFormat.LISTING,
        stage=stage,
        title={tag: title} if title else {},
        description={tag: description} if description else {},
        language=tag,
        published_at=published_at,
        url=_address(number, version, published_as),
        payload_sha256=digest,
        listing_sha256=digest,
        buyers=buyers,
        country="DK",
        cpv=codes.cpv_codes(re.split(r"[\s,;]+", _text(told.get("cpvKode")) or "")),
        deadline=moments.possible(_deadline(told.get("tidsfrister"), stage, oddities), published_at, oddities),
        value=moments.money(told.get("anslaaetVaerdi"), _text(told.get("anslaaetVaerdiValuta")) or "DKK"),
        notice_type=kind,
        notice_subtype=subtype,
        notice_uuid=number,
        notice_version=f"{version_of(version):02d}",
        ojs_number=codes.ojs_number(published_as) if _of_the_union(subtype) else None,
        oddities=tuple(dict.fromkeys(oddities)),
    )


def version_of(written: str | None) -> int:
    """A version as a number, 1 where none is told."""
    plain = (written or "").strip()
    return max(1, int(plain)) if plain.isascii() and plain.isdigit() and len(plain) <= 4 else 1


def _of_the_union(subtype: str | None) -> bool:
    return subtype is not None and subtype.isascii() and subtype.isdigit() and 1 <= int(subtype) <= 40


def _told(result: Mapping[str, Any]) -> Mapping[str, Any]:
    several = [told for told in (result.get("dataDa"), result.get("dataEn")) if isinstance(told, dict)]
    if not several:
        raise NoticeBroken("the result says nothing of its notice")
    return next((told for told in several if _text(told.get("titel"))), several[0])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _language(text: str) -> str:
    """Danish where it could be Norwegian: written alike, and nobody writes Norwegian there."""
    found = language.of_any(text, "da")
    return "da" if found in {"nb", "nn"} else found


def _stage(kind: str | None, oddities: list[str]) -> Stage:
    found = _STAGES.get((kind or "").strip().lower())
    if found is None:
        oddities.append(f"notice type {(kind or 'missing')[:60]} is not known")
        return Stage.COMPETITION
    return found


def _iso(written: Any) -> tuple[str | None, str | None]:
    """Day and time as ISO 8601 writes them: of 27-05-2026, of 27-05-2026 12:00 and of what is ISO already."""
    told = (_text(written) or "").strip()
    found = _DANISH_DAY.fullmatch(told)
    if found is not None:
        day, month, year, hour, minute = found.groups()
        return f"{year}-{month}-{day}", f"{hour}:{minute}" if hour else None
    day, _, clock = told.partition("T")
    return day or None, clock or None


def _deadline(written: Any, stage: Stage, oddities: list[str]) -> Deadline | None:
    """The first of the deadlines; of a plan it is for a word of interest."""
    several = written if isinstance(written, list) else [written] if _text(written) else []
    meant = DeadlineKind.INTEREST if stage is Stage.PLANNING else DeadlineKind.TENDER
    return moments.earliest(moments.deadline(*_iso(each), meant, "DK", oddities) for each in several[:100])


def _buyers(told: Mapping[str, Any]) -> tuple[ParsedBuyer, ...]:
    """The first buyer with its number (CVR), then the others by name."""
    first, number = clean.line(_text(told.get("ordregiver"))), clean.line(_text(told.get("ordregiverId")), 100) or None
    others = told.get("alleOrdregivere")
    names = [clean.line(_text(each)) for each in others] if isinstance(others, list) else []
    found = [ParsedBuyer(name=first, identifier=number, country="DK")] if first else []
    found += [ParsedBuyer(name=name, country="DK") for name in dict.fromkeys(names) if name and name != first]
    return tuple(found)


def _address(number: str, version: str | None, published_as: str | None) -> str:
    """The notice's own page, which wants all three."""
    asked = {"noticeId": number, "noticeVersion": f"{version_of(version):02d}"}
    if published_as and _NUMBER.fullmatch(published_as):
        asked["noticePublicationNumber"] = published_as
    return f"{_PAGE}?{urlencode(asked)}"
