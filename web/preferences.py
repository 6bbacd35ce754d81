"""When and how does a subscriber want to hear from us? Their schedule, their private addresses, and leaving.

What the import allows is allowed here, by its own rules; another day or hour holds from now on, and no slot that has
passed is made up for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.doors import DoorRefused, address, change_address, close_door, open_door, open_doors
from classifier.profile_said import WEEKDAYS, ScheduleIn
from classifier.recall import take_part
from db.languages import LANGUAGES
from db.models import Cadence, DoorKind, Profile, Subscriber
from db.session import transaction, utcnow
from web.forms import Form, filled, form_of
from web.own import is_number, number_in
from web.pages import answer
from web.session import subscriber_of

HOURS: Final = range(4, 24)
# What is told above the form after something was done.
TOLD: Final = frozenset({"saved", "opened", "changed", "closed", "left", "back"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateAddress:
    """A way to be told that a subscriber has, or may open. ``door_id``: None where it is not open."""

    kind: DoorKind
    profile: Profile | None
    door_id: int | None
    address: str | None


def preferences(request: Request) -> Response:
    """All that can be set."""
    return _page(request, _as_form(subscriber_of(request)))


def save(request: Request) -> Response:
    """Keep when and how they want to hear from us."""
    form = form_of(request)
    with transaction() as s:
        subscriber = s.get_one(Subscriber, subscriber_of(request).id, with_for_update=True)
        wanted = _read(form)
        if wanted is None:
            return _page(request, form, status=422)
        values = wanted.schedule() | {"cadence": wanted.cadence, "all_quiet": wanted.all_quiet}
        if any(getattr(subscriber, name) != value for name, value in values.items()):
            subscriber.schedule_since = utcnow()
        for name, value in (values | {"language": wanted.language}).items():
            setattr(subscriber, name, value)
        take_part(s, subscriber.id, asked=bool(form.raw("asked_below")))
    return _to("saved")


def leave_page(request: Request) -> Response:
    """The question, with what leaving means."""
    return answer(request, "settings_leave.html", subscriber=subscriber_of(request))


def leave(request: Request) -> Response:
    """Leave, or come back: in force at once, since the sender asks before each mail."""
    wanted = form_of(request).raw("go")
    if wanted not in {"leave", "back"}:
        raise HTTPException(400)
    with transaction() as s:
        subscriber = s.get_one(Subscriber, subscriber_of(request).id, with_for_update=True)
        if wanted == "leave" and subscriber.unsubscribed_at is None:
            subscriber.unsubscribed_at = utcnow()
        elif wanted == "back" and subscriber.unsubscribed_at is not None:
            subscriber.unsubscribed_at, subscriber.schedule_since = None, utcnow()
    return _to("left" if wanted == "leave" else "back")


def open_address(request: Request) -> Response:
    """Open a private address: of the calendar, of the table, or of one profile's feed."""
    form = form_of(request)
    kind = form.raw("kind")
    profile = form.raw("profile")
    if kind not in {DoorKind.CALENDAR, DoorKind.EXPORT, DoorKind.FEED} or (profile and not is_number(profile)):
        raise HTTPException(400)
    with transaction() as s:
        try:
            open_door(s, DoorKind(kind), subscriber_of(request).id, profile_id=int(profile) if profile else None)
        except DoorRefused:
            raise HTTPException(404) from None
    return _to("opened")


def turn_address(request: Request) -> Response:
    """Give an address up, or have another in its place."""
    wanted = form_of(request).raw("go")
    if wanted not in {"change", "close"}:
        raise HTTPException(400)
    with transaction() as s:
        door_id = number_in(request, "door_id")
        if door_id not in {door.id for door in open_doors(s, subscriber_of(request).id) if door.target is None}:
            raise HTTPException(404)
        try:
            _ = change_address(s, door_id) if wanted == "change" else close_door(s, door_id)
        except DoorRefused:
            raise HTTPException(404) from None
    return _to("changed" if wanted == "change" else "closed")


def _as_form(subscriber: Subscriber) -> Form:
    return filled(
        {
            "language": subscriber.language,
            "cadence": subscriber.cadence,
            "hour": str(subscriber.hour),
            "weekdays": [WEEKDAYS[day - 1] for day in subscriber.weekdays],
            "weekly_day": WEEKDAYS[subscriber.weekly_day - 1],
            "spare_holidays": "1" if subscriber.spare_holidays else "",
            "all_quiet": "1" if subscriber.all_quiet else "",
            "asked_below": "1" if subscriber.asked_below else "",
        }
    )


def _read(form: Form) -> ScheduleIn | None:
    """What was filled in; None, with problems noted in the form, where it cannot be."""
    days = form.several("weekdays", WEEKDAYS)
    if not days:
        form.problem("weekdays", "choose")
    said = {
        "language": form.choice("language", LANGUAGES),
        "cadence": form.choice("cadence", Cadence),
        "hour": form.number("hour", HOURS.start, HOURS.stop - 1),
        "weekdays": list(days),
        "weekly_day": form.choice("weekly_day", WEEKDAYS),
        "spare_holidays": bool(form.raw("spare_holidays")),
        "all_quiet": bool(form.raw("all_quiet")),
    }
    if not form.sound:
        return None
    try:
        return ScheduleIn.model_validate(said)
    except ValidationError:
        # Each field is sound by itself, so that they do not go together: the day of the weekly mail is none of theirs.
        form.problem("weekly_day", "weekly_day")
        return None


def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    subscriber = subscriber_of(request)
    with transaction() as s:
        mine = select(Profile).where(Profile.subscriber_id == subscriber.id).order_by(Profile.id)
        addresses = _addresses(s, subscriber, s.scalars(mine).all())
    told = request.query_params.get("told")
    return answer(
        request, "settings.html", status=status, form=form, subscriber=subscriber, addresses=addresses,
        told=told if told in TOLD else None, tongues=LANGUAGES, cadences=[str(one) for one in Cadence],
        hours=[str(hour) for hour in HOURS], weekdays=WEEKDAYS,
    )  # fmt: skip


def _addresses(s: Session, subscriber: Subscriber, profiles: Sequence[Profile]) -> list[PrivateAddress]:
    """Every private address that there may be, open or not."""
    opened = {(door.kind, door.profile_id): door for door in open_doors(s, subscriber.id)}
    wanted: list[tuple[DoorKind, Profile | None]] = [(DoorKind.CALENDAR, None), (DoorKind.EXPORT, None)]
    wanted += [(DoorKind.FEED, profile) for profile in profiles]
    found = []
    for kind, profile in wanted:
        door = opened.get((str(kind), profile.id if profile else None))
        found.append(
            PrivateAddress(
                kind=kind,
                profile=profile,
                door_id=door.id if door else None,
                address=address(door) if door else None,
            )
        )
    return found


def _to(told: str) -> Response:
    return RedirectResponse(f"/me/settings?told={told}", status_code=303)
