"""How does Doffin answer: the public API's search with its closed list of parameters, one notice's XML, and the web
client's detail?

Pure: parameters in, status and answer out. Unknown parameters are ignored, as the portal does, so that a typo
returns everything.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from demo.eforms_wire import DISPATCHED_AT, documents_url, eforms_xml
from demo.notice import Notice

DETAIL = "/webclient/api/v2/notices-api/notices"
MAX_HITS = 1000
TYPES = {
    "competition": ("ANNOUNCEMENT_OF_COMPETITION", "COMPETITION"),
    "planning": ("ADVISORY_NOTICE", "PLANNING"),
    "award": ("ANNOUNCEMENT_OF_CONCLUSION_OF_CONTRACT", "RESULT"),
    "intent": ("ANNOUNCEMENT_OF_INTENT", "RESULT"),  # the ex-ante notice counts as a result, as on the portal
}
Parameters = Mapping[str, Sequence[str]]
Hit = dict[str, Any]
SORTS: dict[str, tuple[Callable[[Hit], Any], bool]] = {
    "RELEVANCE": (lambda hit: hit["publicationDate"], True),
    "PUBLICATION_DATE_DESC": (lambda hit: hit["publicationDate"], True),
    "PUBLICATION_DATE_ASC": (lambda hit: hit["publicationDate"], False),
    "DEADLINE": (lambda hit: hit["deadline"] or "9999", False),
    "ESTIMATED_VALUE_DESC": (lambda hit: _amount(hit) or 0, True),
    "ESTIMATED_VALUE_ASC": (lambda hit: _amount(hit) or 0, False),
}


def search(parameters: Parameters, notices: Sequence[Notice], today: date) -> tuple[int, bytes | None]:
    """Status and JSON body of `GET /public/v2/search`; a bad `sortBy` gets a 404 without a body."""
    sort = _last(parameters, "sortBy", "RELEVANCE")
    if sort not in SORTS:
        return 404, None
    try:
        page, per_page = int(_last(parameters, "page", "1")), int(_last(parameters, "numHitsPerPage", "15"))
        wanted = _conditions(parameters)
    except ValueError as error:
        return 400, reason(str(error))
    if page < 1 or per_page < 1 or page * per_page > MAX_HITS:
        return 400, reason(f"page * numHitsPerPage must be between 1 and {MAX_HITS}")
    hits = [hit_of(notice, today) for notice in notices if notice.on_portal("doffin")]
    found = [hit for hit in hits if all(condition(hit) for condition in wanted)]
    key, descending = SORTS[sort]
    # Inside one day the order is the portal's whim, and another whim for another page size.
    found.sort(key=lambda hit: _digest(f"{per_page}/{hit['id']}"))
    found.sort(key=key, reverse=descending)
    answer = {
        "numHitsTotal": len(found),
        "numHitsAccessible": min(len(found), MAX_HITS),
        "hits": found[(page - 1) * per_page : page * per_page],
    }
    # Control characters reach the reader raw, which strict JSON parsers refuse.
    return 200, json.dumps(answer, ensure_ascii=False).replace("\\t", "\t").encode()


def download(doffin_id: str, notices: Sequence[Notice]) -> bytes | None:
    """The eForms XML of `GET /public/v2/download/{id}`, or None for an unknown number."""
    for notice in notices:
        if notice.on_portal("doffin") and notice.doffin_id == doffin_id:
            return eforms_xml(notice, "doffin")
    return None


def detail(doffin_id: str, notices: Sequence[Notice]) -> bytes | None:
    """The JSON of the web client's `GET …/notices/{id}`, or None for an unknown number."""
    notice = next((one for one in notices if one.on_portal("doffin") and one.doffin_id == doffin_id), None)
    if notice is None:
        return None
    texts = notice.texts.get("nb") or notice.texts["nn"]
    answer = {
        "id": notice.doffin_id,
        "heading": texts.title,
        "description": texts.body,
        "buyer": [_company(notice.buyer.name, notice.buyer.doffin_id)],
        "publicationDate": notice.published.isoformat(),
        "directCpvCodes": list(notice.cpv),
        "eFormId": notice.notice_id,
        "procedureId": notice.procedure_id,
        "tedId": notice.ted_number if notice.on_portal("ted") else None,
        "sentToTed": notice.on_portal("ted"),
        "competitionDocsUrl": documents_url(notice) if notice.kind == "competition" else None,
        "eform": [
            {
                "title": "Prosedyre",
                "label": None,
                "value": None,
                "sections": [{"title": None, "label": "Type prosedyre", "value": notice.procedure, "sections": None}],
            }
        ],
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def reason(text: str) -> bytes:
    """An error body of the application, as opposed to the gateway's."""
    return json.dumps({"reason": text}).encode()


def hit_of(notice: Notice, today: date) -> Hit:
    """One search hit: exactly the 18 keys of the portal."""
    texts = notice.texts.get("nb") or notice.texts["nn"]
    lots = [lot.texts.get("nb") or lot.texts["nn"] for lot in notice.lots] or [texts]
    detail, roll_up = TYPES[notice.kind]
    closing = notice.closing
    deadline = None if closing is None else closing.moment()
    if closing is not None and deadline is not None and closing.at is None:
        deadline = deadline.replace(tzinfo=UTC)  # a date without a time is shown as midnight UTC
    return {
        "id": notice.doffin_id,
        "buyer": [_company(notice.buyer.name, notice.buyer.doffin_id)],
        "heading": texts.title,
        "description": texts.body,
        "locationId": ["anyw"] if notice.nationwide else list(notice.nuts),
        "estimatedValue": _value(notice),
        "type": detail,
        "allTypes": [detail, roll_up],
        "status": _status(notice, today),
        "issueDate": f"{notice.issued.isoformat()}T{DISPATCHED_AT:%H:%M:%S}Z",
        "deadline": None if deadline is None else f"{deadline.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "publicationDate": notice.published.isoformat(),
        "receivedTenders": 0 if roll_up == "RESULT" else None,
        "allReceivedTenders": [{"type": "tenders", "total": 3}] if notice.kind == "award" else None,
        "cpvCodes": _with_parents(notice),
        "limitedDataFlag": None,
        "doffinClassicUrl": None,
        "lots": [
            {
                "heading": text.title,
                "description": text.body,
                "winner": [_company(*notice.winner)] if notice.winner else [],
            }
            for text in lots
        ],
    }


def _company(name: str, number: str) -> dict[str, str | None]:
    return {"id": _digest(name), "organizationId": number or None, "name": name}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _value(notice: Notice) -> dict[str, Any] | None:
    # The portal leaves the value out of every other notice.
    if notice.value is None or notice.case % 2:
        return None
    return {"currencyCode": notice.currency, "amount": notice.value}


def _status(notice: Notice, today: date) -> str | None:
    if notice.status_unknown or notice.closing is None:
        return None
    return "ACTIVE" if notice.closing.day >= today else "EXPIRED"


def _with_parents(notice: Notice) -> list[str]:
    """The codes with all their parents in no useful order: the first is not the main one."""
    codes = {lot.cpv for lot in notice.lots} | set(notice.cpv)
    parents = {code[:digits].ljust(8, "0") for code in codes for digits in range(2, 9)}
    return sorted(parents, key=_digest)


def _last(parameters: Parameters, name: str, default: str) -> str:
    return (parameters.get(name) or [default])[-1]


def _amount(hit: Hit) -> int | None:
    return hit["estimatedValue"]["amount"] if hit["estimatedValue"] else None


def _conditions(parameters: Parameters) -> list[Callable[[Hit], bool]]:
    return [*_choices(parameters), *_bounds(parameters)]


def _choices(parameters: Parameters) -> Iterator[Callable[[Hit], bool]]:
    """The parameters that are repeated for OR, and the full text."""
    if codes := set(parameters.get("cpvCode", ())):
        if not all(re.fullmatch(r"\d{8}", code) for code in codes):
            raise ValueError("cpvCode must be 8 digits")
        yield lambda hit: bool(codes.intersection(hit["cpvCodes"]))
    if places := set(parameters.get("location", ())):
        yield lambda hit: bool(places.intersection(hit["locationId"]))
    if types := set(parameters.get("type", ())):
        yield lambda hit: bool(types.intersection(hit["allTypes"]))
    if states := set(parameters.get("status", ())):
        yield lambda hit: hit["status"] in states
    if words := _last(parameters, "searchString", "").casefold().split():
        yield lambda hit: all(word in f"{hit['heading']} {hit['description']}".casefold() for word in words)


def _bounds(parameters: Parameters) -> Iterator[Callable[[Hit], bool]]:
    if first := _day(parameters, "issueDateFrom"):
        yield lambda hit: hit["issueDate"][:10] >= first
    if last := _day(parameters, "issueDateTo"):
        yield lambda hit: hit["issueDate"][:10] <= last
    if least := int(_last(parameters, "estimatedValueFrom", "0")):
        yield lambda hit: (_amount(hit) or 0) >= least
    if most := int(_last(parameters, "estimatedValueTo", "0")):
        yield lambda hit: (_amount(hit) or 0) <= most


def _day(parameters: Parameters, name: str) -> str:
    value = _last(parameters, name, "")
    return date.fromisoformat(value).isoformat() if value else ""
