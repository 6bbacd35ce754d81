"""Which commands open a subscriber's doors beside the mail, show their private addresses, and close them?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.out import AsJson, fail, ready, show
from settings import get_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.models import Door

Who = Annotated[str, typer.Argument(metavar="EMAIL|ID", help="The subscriber.")]
Which = Annotated[int, typer.Argument(metavar="DOOR", help="The door's number, from `doors list`.")]
COLUMNS = {
    "door": "door", "kind": "kind", "subscriber": "subscriber", "profile": "profile", "off_at": "off since",
    "address": "address", "secret": "secret",
}  # fmt: skip
OPENED = ("address", "secret")


def doors_list(
    who: Annotated[str | None, typer.Argument(metavar="EMAIL|ID")] = None, *, as_json: AsJson = False
) -> None:
    """Show the doors that are open, without their addresses: whoever knows one may look through."""
    _prepare()
    from alerts.doors import open_doors
    from db.session import transaction

    with transaction() as s:
        rows = [_row(door) for door in open_doors(s, None if who is None else find_subscriber(s, who))]
    columns = {key: words for key, words in COLUMNS.items() if key not in OPENED}
    show(rows, as_json=as_json, columns=columns, title="Doors")


def doors_open(
    who: Who,
    kind: Annotated[str, typer.Argument(help="What is to be behind it.")],
    profile: Annotated[str | None, typer.Option(help="The profile's key; a feed is of one profile.")] = None,
    target: Annotated[
        str | None, typer.Option(help="Where to send: a webhook's https address, or a chat's apprise address.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a door, or find it open, and show for its owner its private address, or the secret that a webhook is signed with."""
    _prepare()
    from alerts.doors import open_door
    from db.models import DoorKind

    try:
        wanted = DoorKind(kind)
    except ValueError:
        raise fail(f"no such door: {kind}; there are {', '.join(DoorKind)}", code=2) from None
    with _at_the_doors() as s:
        subscriber_id = find_subscriber(s, who)
        profile_id = None if profile is None else _profile(s, subscriber_id, profile)
        row = _shown(open_door(s, wanted, subscriber_id, profile_id=profile_id, target=target))
    show([row], as_json=as_json, columns=COLUMNS, title="Door")


def doors_change(door: Which, *, as_json: AsJson = False) -> None:
    """Give a door another address, as when the old one got about; at the old one there is nothing any more."""
    _prepare()
    from alerts.doors import change_address

    with _at_the_doors() as s:
        row = _shown(change_address(s, door))
    show([row], as_json=as_json, columns=COLUMNS, title="Door")


def doors_close(door: Which) -> None:
    """Close a door for good."""
    _prepare()
    from alerts.doors import close_door

    with _at_the_doors() as s:
        close_door(s, door)


def doors_secret(door: Which, *, as_json: AsJson = False) -> None:
    """Give a webhook another signing secret; the one before it signs too for a day."""
    _prepare()
    from alerts.doors import new_signing_secret

    with _at_the_doors() as s:
        row = _shown(new_signing_secret(s, door))
    show([row], as_json=as_json, columns=COLUMNS, title="Door")


def doors_resume(door: Which) -> None:
    """Go on with a door that was switched off after long failure, with all that it is owed."""
    _prepare()
    from alerts.doors import resume_door

    with _at_the_doors() as s:
        resume_door(s, door)


def doors_push(*, as_json: AsJson = False) -> None:
    """Send through every door what it is owed and due; again is a no-op."""
    _prepare()
    from alerts import push, pusher
    from db.models import PushState

    push.owe()
    states = pusher.drain()
    row = {str(state): states[state] for state in (PushState.SENT, PushState.DEFERRED, PushState.FAILED)}
    show([row], as_json=as_json, columns={name: name for name in row}, title="Doors")


def matches(who: Who, form: Annotated[str, typer.Option("--form", help="csv or json.")] = "csv") -> None:
    """Write all that a subscriber was told or is owed, with its reasons, to standard output."""
    ready()
    from alerts.export import Form, export
    from db import seed
    from db.models import Subscriber
    from db.session import transaction

    try:
        wanted = Form(form)
    except ValueError:
        raise fail(f"no such form: {form}; there are {', '.join(Form)}", code=2) from None
    with transaction() as s:
        found = export(s, s.get_one(Subscriber, find_subscriber(s, who)), seed.load(), wanted)
    sys.stdout.buffer.write(found.body)


def find_subscriber(s: "Session", who: str) -> int:
    """Id of the subscriber meant by an address or an id, or exit code 1."""
    from sqlalchemy import func, select

    from db.models import Subscriber

    mine = Subscriber.id == int(who) if who.isdecimal() else func.lower(Subscriber.email) == who.lower()
    found = s.scalar(select(Subscriber.id).where(mine))
    if found is None:
        raise fail("there is no such subscriber")
    return found


@contextmanager
def _at_the_doors() -> Iterator["Session"]:
    """One transaction; what the doors refuse is told in their words."""
    from alerts.doors import DoorRefused
    from db.session import transaction

    try:
        with transaction() as s:
            yield s
    except DoorRefused as refused:
        raise fail(str(refused)) from None


def _prepare() -> None:
    ready()
    get_settings().require("secret_key")


def _row(door: "Door") -> dict[str, Any]:
    return {
        "door": door.id,
        "kind": door.kind,
        "subscriber": door.subscriber_id,
        "profile": door.profile_id,
        "off_at": door.off_at,
    }


def _shown(door: "Door") -> dict[str, Any]:
    from alerts.doors import address, secrets_of

    if door.target is not None:
        return _row(door) | ({"secret": secrets_of(door)[0]} if door.secrets else {})
    return _row(door) | {"address": address(door)}


def _profile(s: "Session", subscriber_id: int, key: str) -> int:
    from sqlalchemy import select

    from db.models import Profile

    found = s.scalar(select(Profile.id).where(Profile.subscriber_id == subscriber_id, Profile.key == key))
    if found is None:
        raise fail("the subscriber has no such profile")
    return found
