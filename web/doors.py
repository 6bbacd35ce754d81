"""What is behind a private address? A subscriber's calendar, a profile's feed, a table of matches; what a GET finds there, it leaves as it is (P2).

A token opens one kind of door only, and nothing is told of why one does not open: closed, changed and never made look
alike. Whoever asks again with what they were given last is told that nothing is new (RFC 9110 §13).
"""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.atom import feed_of
from alerts.calendar import Calendar, one_event, whole_calendar
from alerts.doors import address, behind
from alerts.export import Form, export
from alerts.tokens import Purpose, read
from db import seed
from db.models import Alert, DoorKind, Profile
from db.session import transaction, utcnow

# A reader may keep its copy but asks each time; whoever stands between may not keep one.
KEPT: Final = "private, no-cache"
ATOM: Final = "application/atom+xml; charset=utf-8"
EXPORTS: Final = {Form.CSV: "text/csv; charset=utf-8; header=present", Form.JSON: "application/json"}
ICALENDAR: Final = "text/calendar; charset=utf-8"
LONGEST_ID: Final = 18  # digits, so that no number is too large for the database


def event(request: Request) -> Response:
    """One deadline, for whoever has the mail."""
    alert_id = read(Purpose.EVENT, request.path_params["token"])
    with transaction() as s:
        alert = s.get(Alert, alert_id) if alert_id is not None else None
        found = one_event(s, alert, seed.load()) if alert is not None else None
    return _calendar(request, found)


def calendar(request: Request) -> Response:
    """A person's deadlines, for the calendar that fetches them again and again."""
    with transaction() as s:
        door = behind(s, DoorKind.CALENDAR, request.path_params["token"])
        found = whole_calendar(s, door[1], seed.load(), now=utcnow()) if door is not None else None
    return _calendar(request, found)


def feed(request: Request) -> Response:
    """A page of a profile's alerts, for the feed reader that fetches them again and again."""
    asked = request.query_params.get("before")
    if asked is not None and not (asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_ID):
        raise HTTPException(404)
    with transaction() as s:
        door = behind(s, DoorKind.FEED, request.path_params["token"])
        if door is None:
            raise HTTPException(404)
        profile = s.get_one(Profile, door[0].profile_id)
        found = feed_of(
            s, door[1], profile, seed.load(), address=address(door[0]), before=None if asked is None else int(asked)
        )
    return fresh(request, found.body, changed_at=found.changed_at, media_type=ATOM)


def matches(request: Request) -> Response:
    """All that a subscriber was told or is owed, as a table."""
    try:
        form = Form(request.path_params["form"])
    except ValueError:
        raise HTTPException(404) from None
    with transaction() as s:
        door = behind(s, DoorKind.EXPORT, request.path_params["token"])
        if door is None:
            raise HTTPException(404)
        found = export(s, door[1], seed.load(), form)
    headers = {"Content-Disposition": f'attachment; filename="anbudsvakt.{form}"'}
    return fresh(request, found.body, changed_at=found.changed_at, media_type=EXPORTS[form], headers=headers)


def _calendar(request: Request, found: Calendar | None) -> Response:
    if found is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": 'inline; filename="anbudsvakt.ics"'}
    return fresh(request, found.body, changed_at=found.changed_at, media_type=ICALENDAR, headers=headers)


def fresh(
    request: Request, body: bytes, *, changed_at: datetime, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """The body with its ETag and Last-Modified, or 304 for one who has these very bytes."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {
        "ETag": etag,
        "Last-Modified": format_datetime(changed_at.astimezone(UTC), usegmt=True),
        "Cache-Control": KEPT,
    }
    if _has(request, etag, changed_at):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=media_type, headers=told | (headers or {}))


def _has(request: Request, etag: str, changed_at: datetime) -> bool:
    """Whether the asker has this already. An ETag says so exactly; a date counts where no ETag is given."""
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return asked.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in asked.split(",")}
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and changed_at.replace(microsecond=0) <= since
