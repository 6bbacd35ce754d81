"""How does TED's Search API answer a request body, with its limits, both paging modes and its errors?

Pure: the body's bytes in, status and answer out. Limits and error types are those of the live service.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from demo.catalogue import catalogue
from demo.notice import Notice
from demo.ted_fields import ALIASES, VALUELESS, field_values, links
from demo.ted_query import Query, QueryError, parse_query

REQUEST_KEYS = {
    "query", "fields", "page", "limit", "scope", "paginationMode", "iterationNextToken", "onlyLatestVersions",
    "checkQuerySyntax",
}  # fmt: skip
MAX_LIMIT, MAX_WINDOW, MAX_FIELDS_PER_PAGE = 250, 15_000, 10_000
SCOPES = {"LATEST", "ACTIVE", "ALL"}
MODES = {"PAGE_NUMBER", "ITERATION"}


class RequestError(Exception):
    """A request that TED refuses with 400: its message, and the error object beside it."""

    def __init__(self, message: str, kind: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    query: Query
    fields: tuple[str, ...]
    page: int
    limit: int
    scope: str
    iteration: bool
    token: str | None
    latest_only: bool
    check_only: bool
    fingerprint: str


def search(body: bytes, notices: Sequence[Notice], today: date) -> tuple[int, dict[str, Any]]:
    """Status and JSON answer of `POST /v3/notices/search`."""
    try:
        request = _read(body, today)
        return 200, _answer(request, [notice for notice in notices if notice.on_portal("ted")], today)
    except (RequestError, QueryError) as refused:
        error = {"type": refused.kind, **refused.details}
        return 400, {"message": str(refused)} | ({"error": error} if refused.kind else {})


@cache
def searchable() -> frozenset[str]:
    """Every field name that the service knows, in requests and in queries."""
    # All notices on TED together show each name that has a value somewhere; any day does.
    on_ted = [notice for notice in catalogue(date(2026, 1, 1), day=2) if notice.on_portal("ted")]
    valued = {name for notice in on_ted for name in field_values(notice)}
    return frozenset(valued | set(ALIASES) | set(VALUELESS))


def _read(body: bytes, today: date) -> _Request:
    try:
        raw = json.loads(body)
    except ValueError as error:
        raise RequestError("JSON parse error: the body is not JSON") from error
    if not isinstance(raw, dict):
        raise RequestError("JSON parse error: the body is not an object")
    for key in raw:
        if key not in REQUEST_KEYS:
            raise RequestError(f'JSON parse error: Unrecognized field "{key}", not marked as ignorable')
    fields = raw.get("fields") or []
    if not fields:
        raise RequestError("fields must not be empty")
    if not raw.get("query"):
        raise RequestError("query must not be empty")
    for name in fields:
        if name not in searchable():
            supported = ", ".join(sorted(searchable()))
            message = f"Parameter 'fields' contains unsupported value ({name}). Supported values: {supported}"
            raise RequestError(message, "UNSUPPORTED_VALUE", parameterName="fields", unsupportedValue=name)
    _choice(raw, "scope", SCOPES)
    _choice(raw, "paginationMode", MODES)
    iteration = raw.get("paginationMode") == "ITERATION"
    page, limit = _number(raw, "page", 1), _number(raw, "limit", 10)
    _check_limits(page, limit, len(fields), iteration)
    text = raw["query"]
    return _Request(
        query=parse_query(text, searchable(), today),
        fields=tuple(fields),
        page=page,
        limit=limit,
        scope=raw.get("scope", "ALL"),
        iteration=iteration,
        token=raw.get("iterationNextToken"),
        latest_only=raw.get("onlyLatestVersions", False),
        check_only=raw.get("checkQuerySyntax", False),
        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def _choice(raw: dict[str, Any], name: str, allowed: set[str]) -> None:
    value = raw.get(name)
    if value is not None and value not in allowed:
        message = f"Parameter '{name}' contains unsupported value ({value})"
        raise RequestError(message, "UNSUPPORTED_VALUE", parameterName=name, unsupportedValue=value)


def _number(raw: dict[str, Any], name: str, default: int) -> int:
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise RequestError(f"{name} must be greater than or equal to 1")
    return value


def _check_limits(page: int, limit: int, fields: int, iteration: bool) -> None:
    if limit > MAX_LIMIT:
        message = f"Value ({limit}) of parameter 'limit' exceeds maximum allowed value ({MAX_LIMIT})"
        raise RequestError(message, "SEARCH_EXCEEDS_MAX_LIMIT", limit=limit, maxLimit=MAX_LIMIT)
    if not iteration and page * limit > MAX_WINDOW:
        message = f"Search window ({page * limit}) exceeds maximum allowed value ({MAX_WINDOW})"
        raise RequestError(message, "SEARCH_WINDOW_TOO_WIDE", searchWindow=page * limit, maxSearchWindow=MAX_WINDOW)
    cost = (fields + 1) * limit
    if cost > MAX_FIELDS_PER_PAGE:
        message = f"Value ({cost}) of parameter 'Fields per page' exceeds maximum allowed value ({MAX_FIELDS_PER_PAGE})"
        kind = "SEARCH_FIELDS_PER_PAGE_EXCEEDS_MAX_LIMIT"
        raise RequestError(message, kind, fieldsPerPage=cost, maxFieldsPerPage=MAX_FIELDS_PER_PAGE)


def _answer(request: _Request, notices: list[Notice], today: date) -> dict[str, Any]:
    if request.check_only:
        return {"notices": [], "totalNoticeCount": None, "iterationNextToken": None, "timedOut": False}
    if request.latest_only:
        replaced = {notice.change.notice_id for notice in notices if notice.change}
        notices = [notice for notice in notices if f"{notice.notice_id}-{notice.version:02d}" not in replaced]
    if request.scope == "ACTIVE":
        notices = [notice for notice in notices if _is_active(notice, today)]
    newest_first = sorted(notices, key=lambda notice: notice.number, reverse=True)
    rows = [field_values(notice) | {"links": links(notice)} for notice in newest_first]
    found = request.query.select(rows)
    start = _offset(request) if request.iteration else (request.page - 1) * request.limit
    page = found[start : start + request.limit]
    asked = (*request.fields, "publication-number", "links")
    return {
        "notices": [{name: row[name] for name in dict.fromkeys(asked) if name in row} for row in page],
        "totalNoticeCount": len(found),
        # The scroll has no last page: a token comes with the empty page too, and the empty page is the end.
        "iterationNextToken": _token(request, start + len(page)) if request.iteration else None,
        "timedOut": False,
    }


def _is_active(notice: Notice, today: date) -> bool:
    if notice.kind == "planning":
        return today - notice.published <= timedelta(days=364)
    if notice.kind in {"award", "intent"}:
        return today - notice.published <= timedelta(days=99)
    return notice.closing is None or notice.closing.day >= today


def _token(request: _Request, position: int) -> str:
    return base64.urlsafe_b64encode(f"{request.fingerprint}:{position}".encode()).decode()


def _offset(request: _Request) -> int:
    if request.token is None:
        return 0
    try:
        fingerprint, _, position = base64.urlsafe_b64decode(request.token).decode().partition(":")
        offset = int(position)
    except (ValueError, binascii.Error) as error:
        raise RequestError("Invalid iteration token", "INVALID_ITERATION_TOKEN") from error
    if fingerprint != request.fingerprint:
        raise RequestError("Invalid iteration token", "INVALID_ITERATION_TOKEN")
    return offset
