"""How does a subscriber say what they can do? Their profiles: shown, changed, paused, begun and deleted.

What is changed is held against every open notice anew, as with the import, whose rules hold here too.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.feedback import hold
from classifier.profiles import change, free_key
from db.languages import LANGUAGES
from db.models import Cadence, Profile
from db.session import transaction
from web.forms import Form, form_of
from web.own import own_profile
from web.pages import answer
from web.profile_form import COUNTRIES, CURRENCIES, SCOPES, STAGES, as_form, blank, mark, read_profile
from web.session import subscriber_of

MOST: Final = 20  # profiles of one subscriber
SHOWN_SENTENCES: Final = 3
# What is told above a list or a form after something was done.
TOLD: Final = frozenset({"saved", "made", "deleted", "paused", "active"})


def profiles(request: Request) -> Response:
    """All of them, paused ones too."""
    with transaction() as s:
        mine = select(Profile).where(Profile.subscriber_id == subscriber_of(request).id).order_by(Profile.id)
        found = s.scalars(mine).all()
    return answer(
        request, "profiles.html", profiles=found, shown=SHOWN_SENTENCES, told=_told(request), full=len(found) >= MOST
    )


def new_profile(request: Request) -> Response:
    """An empty form."""
    subscriber = subscriber_of(request)
    return _page(request, blank(subscriber.language, subscriber.country), profile=None)


def make_profile(request: Request) -> Response:
    """Keep a new profile."""
    subscriber, form = subscriber_of(request), form_of(request)
    values = read_profile(form, subscriber.language)
    if not values:
        return _page(request, form, profile=None, status=422)
    with transaction() as s:
        hold(s, subscriber.id)
        if (s.scalar(select(func.count(Profile.id)).where(Profile.subscriber_id == subscriber.id)) or 0) >= MOST:
            form.problem("name", "too_many")
            return _page(request, form, profile=None, status=422)
        row = Profile(subscriber_id=subscriber.id, key=free_key(s, subscriber.id, values["name"]), **values)
        s.add(row)
    return _to("made")


def profile_page(request: Request) -> Response:
    """One profile as a form."""
    subscriber = subscriber_of(request)
    with transaction() as s:
        found = own_profile(s, request, subscriber)
    return _page(request, as_form(found, subscriber.language, subscriber.country), profile=found)


def save_profile(request: Request) -> Response:
    """Keep what was changed; whoever changed what has been changed meanwhile is told, and may save again."""
    subscriber, form = subscriber_of(request), form_of(request)
    with transaction() as s:
        found = own_profile(s, request, subscriber, lock=True)
        values = read_profile(form, subscriber.language, found.countries)
        if not values:
            return _page(request, form, profile=found, status=422)
        if form.raw("seen") != mark(found):
            again = Form(values={**form.values, "seen": (mark(found),)})
            return _page(
                request,
                again,
                profile=found,
                status=409,
                conflict=as_form(found, subscriber.language, subscriber.country),
            )
        _keep(s, found, values)
    return _to("saved")


def delete_page(request: Request) -> Response:
    """The question whether to delete a profile; pausing it is offered too."""
    with transaction() as s:
        found = own_profile(s, request, subscriber_of(request))
    return answer(request, "profile_delete.html", profile=found)


def delete_profile(request: Request) -> Response:
    """Delete a profile with all that was found for it."""
    subscriber = subscriber_of(request)
    with transaction() as s:
        hold(s, subscriber.id)
        s.delete(own_profile(s, request, subscriber, lock=True))
    return _to("deleted")


def turn_profile(request: Request) -> Response:
    """Pause a profile, or let it look again: then every open notice is held against it anew."""
    wanted = form_of(request).raw("active")
    if wanted not in {"0", "1"}:
        raise HTTPException(400)
    with transaction() as s:
        change(s, own_profile(s, request, subscriber_of(request), lock=True), {"active": wanted == "1"})
    return _to("active" if wanted == "1" else "paused")


def _keep(s: Session, profile: Profile, values: Mapping[str, Any]) -> None:
    profile.cadence = values["cadence"]  # which changes nothing of what it matches
    change(s, profile, {name: value for name, value in values.items() if name != "cadence"})
    s.flush()


def _page(
    request: Request, form: Form, *, profile: Profile | None, status: int = 200, conflict: Form | None = None
) -> Response:
    also = [code for code in (profile.countries if profile else ()) if code not in COUNTRIES]
    return answer(
        request, "profile.html", status=status, form=form, profile=profile, conflict=conflict, tongues=LANGUAGES,
        countries=[*COUNTRIES, *also], currencies=CURRENCIES, stages=STAGES, scopes=SCOPES,
        cadences=[str(one) for one in Cadence],
    )  # fmt: skip


def _told(request: Request) -> str | None:
    told = request.query_params.get("told")
    return told if told in TOLD else None


def _to(told: str) -> Response:
    return RedirectResponse(f"/me/profiles?told={told}", status_code=303)
