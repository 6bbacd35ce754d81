"""Which doors has a subscriber beside the mail? Opens, changes and closes them; an address that was changed leads nowhere.

An address signs the id of its row in ``door``. To change it, the row is closed and another opened: nobody can guess
the new address from the old one. What is secret in a row is a webhook's signing
secret and a chat's target, which neither lists nor logs show.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session

from alerts import chat, post
from alerts.alarms import AlarmKind, close_alarm, door_broken, door_off
from alerts.push import PUSHED
from alerts.sealed import Unsealable, is_newest, opens, seal, unseal
from alerts.tokens import Purpose, read, sign
from alerts.webhook import new_secret
from db.models import Alert, Door, DoorDelivery, DoorKind, Profile, PushState, Subscriber
from db.session import utcnow
from net.addresses import PUBLIC_ONLY, Allowance
from settings import get_settings

log = logging.getLogger(__name__)

# Where each door is, beneath the site's own address, and what a token must have been signed for.
PATHS: Final = {
    DoorKind.CALENDAR: (Purpose.CALENDAR, "/c/{token}.ics"),
    DoorKind.FEED: (Purpose.FEED, "/f/{token}.atom"),
    DoorKind.EXPORT: (Purpose.EXPORT, "/x/{token}.csv"),  # and .json
}


class DoorRefused(Exception):  # noqa: N818 - a finding about what was asked for, told by its name
    """Raised when a door cannot be opened so; its text is the reason."""


def open_door(
    s: Session,
    kind: DoorKind,
    subscriber_id: int,
    *,
    profile_id: int | None = None,
    target: str | None = None,
    allowance: Allowance = PUBLIC_ONLY,
) -> Door:
    """The door of this kind, opened if it is not open yet.

    ``target``: where we go: a webhook's https address, or a chat's apprise address. Raises DoorRefused for a subscriber who left, a profile that is not theirs,
    or a target to which nothing may be sent.
    """
    # The subscriber's row is locked, so that two who ask at once get the same door.
    subscriber = s.scalar(select(Subscriber).where(Subscriber.id == subscriber_id).with_for_update())
    if subscriber is None or subscriber.unsubscribed_at is not None:
        raise DoorRefused("there is no such subscriber")
    if (kind is DoorKind.FEED) != (profile_id is not None):
        raise DoorRefused("a feed is of one profile, and nothing else is")
    if (
        profile_id is not None
        and s.scalar(select(Profile.subscriber_id).where(Profile.id == profile_id)) != subscriber_id
    ):
        raise DoorRefused("the subscriber has no such profile")
    if (kind in PUSHED) != (target is not None):
        raise DoorRefused("a webhook or a chat has a target, and nothing else has")
    objection = chat.objection if kind is DoorKind.CHAT else post.objection
    if target is not None and (reason := objection(target, allowance)):
        raise DoorRefused(f"nothing may be sent there: {reason}")
    mine = (Door.subscriber_id == subscriber_id, Door.kind == kind, Door.closed_at.is_(None))
    door = s.scalar(select(Door).where(*mine, Door.profile_id.is_not_distinct_from(profile_id)))
    if door is None:
        door = Door(kind=kind, subscriber_id=subscriber_id, profile_id=profile_id, target=target)
        s.add(door)
        s.flush()
        if kind in PUSHED:
            _begin(s, door)
    elif door.target != target:
        raise DoorRefused("it leads elsewhere already; close it first")
    return door


def _begin(s: Session, door: Door) -> None:
    """What was owed before there was this door is not owed to it; whatever has no row afterwards is."""
    if door.kind == DoorKind.WEBHOOK:
        door.secrets = [seal(new_secret())]
    before = select(literal(door.id), Alert.id, literal(PushState.BEFORE)).where(
        Alert.subscriber_id == door.subscriber_id
    )
    s.execute(insert(DoorDelivery).from_select(["door_id", "alert_id", "state"], before))


def new_signing_secret(s: Session, door_id: int) -> Door:
    """Another secret for a webhook; the one before it signs too for a day. Raises DoorRefused."""
    door = _pushed(s, door_id)
    if door.kind != DoorKind.WEBHOOK:
        raise DoorRefused("only a webhook is signed")
    door.secrets, door.secret_at = [seal(new_secret()), *filter(opens, door.secrets[:1])], utcnow()
    return door


def reseal(s: Session, _now: datetime) -> int:
    """Seal every door's secrets with the newest key, so that the one before it can be let go; gives how many doors."""
    done = 0
    for door in s.scalars(select(Door).where(func.cardinality(Door.secrets) > 0).with_for_update()):
        if all(map(is_newest, door.secrets)):
            continue
        try:
            door.secrets = [seal(unseal(secret)) for secret in door.secrets]
        except Unsealable:
            # Its messages wait, and its owner needs another secret: `doors secret`.
            log.warning("secret lost with its key", extra={"door_id": door.id})
            continue
        done += 1
    return done


def secrets_of(door: Door) -> list[str]:
    """What is signed with at this door, newest first, to be shown to its owner alone."""
    return [unseal(secret) for secret in door.secrets]


def resume_door(s: Session, door_id: int) -> Door:
    """Go on with a door that was switched off, with all that it is owed. Raises DoorRefused."""
    door = _pushed(s, door_id)
    door.off_at = door.failing_since = None
    door.failures = 0
    waiting = (DoorDelivery.door_id == door_id, DoorDelivery.state.in_((PushState.QUEUED, PushState.DEFERRED)))
    s.execute(update(DoorDelivery).where(*waiting).values(not_before=utcnow()))
    close_alarm(s, AlarmKind.DOOR_FAILED, door_off(door_id))
    return door


def _pushed(s: Session, door_id: int) -> Door:
    mine = (Door.id == door_id, Door.kind.in_(PUSHED), Door.closed_at.is_(None))
    door = s.scalar(select(Door).where(*mine).with_for_update())
    if door is None:
        raise DoorRefused("there is no such open door through which we go")
    return door


def change_address(s: Session, door_id: int) -> Door:
    """The same door at a new address; at the old one there is nothing from this commit on. Raises DoorRefused."""
    door = close_door(s, door_id)
    if door.kind in PUSHED:
        raise DoorRefused("it has no address of ours")
    return open_door(s, DoorKind(door.kind), door.subscriber_id, profile_id=door.profile_id)


def close_door(s: Session, door_id: int) -> Door:
    """Close a door for good. Raises DoorRefused for one that is not open."""
    door = s.scalar(select(Door).where(Door.id == door_id, Door.closed_at.is_(None)).with_for_update())
    if door is None:
        raise DoorRefused("there is no such open door")
    door.closed_at = utcnow()
    close_alarm(s, AlarmKind.DOOR_FAILED, door_off(door_id))
    close_alarm(s, AlarmKind.DOOR_FAILED, door_broken(door_id))
    s.flush()
    return door


def open_doors(s: Session, subscriber_id: int | None = None) -> Sequence[Door]:
    """All doors that are open, or one subscriber's."""
    wanted = select(Door).where(Door.closed_at.is_(None)).order_by(Door.id)
    return s.scalars(wanted if subscriber_id is None else wanted.where(Door.subscriber_id == subscriber_id)).all()


def address(door: Door) -> str:
    """Where a door is. Whoever knows it may look through: it is told to its owner alone, and never logged."""
    purpose, path = PATHS[DoorKind(door.kind)]
    return get_settings().site + path.format(token=sign(purpose, door.id))


def behind(s: Session, kind: DoorKind, token: str) -> tuple[Door, Subscriber] | None:
    """The open door to which this token leads, and whose it is; None for any other, or once the subscriber has left."""
    row_id = read(PATHS[kind][0], token)
    if row_id is None:
        return None
    found = s.execute(
        select(Door, Subscriber)
        .join(Subscriber, Subscriber.id == Door.subscriber_id)
        .where(Door.id == row_id, Door.kind == kind, Door.closed_at.is_(None))
        .where(Subscriber.confirmed_at.is_not(None), Subscriber.unsubscribed_at.is_(None))
    ).one_or_none()
    return None if found is None else (found[0], found[1])
