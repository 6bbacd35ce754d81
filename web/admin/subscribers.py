"""Whom do we serve, and how do they stand? All subscribers with a search, and a page for each firm."""

from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.texts import Texts
from classifier.threshold import line_in_force
from db.models import Alert, Consent, Delivery, Digest, DigestRun, Profile, Signup, Subscriber, Suppression
from db.session import transaction, utcnow
from web.admin.reasons import reason
from web.admin.tables import Cell, asked_of, figure, listed, moment, name, number_of, spoken, whole, words
from web.joining import UNCONFIRMED_FOR
from web.pages import answer

HEADS: Final = ("company", "recipient", "country", "state", "cadence", "profiles", "joined")
PROFILE_HEADS: Final = ("profile", "sentences", "cpv", "line", "cadence", "active")
DIGEST_HEADS: Final = ("day", "alerts", "state", "sent", "reply")
CONSENT_HEADS: Final = ("asked", "asked_from", "agreed", "wording")


class Standing(StrEnum):
    """How a subscriber stands; where several hold, the first that keeps mail away."""

    LEFT = "left"
    UNCONFIRMED = "unconfirmed"
    SUPPRESSED = "suppressed"
    BACKING_OFF = "backing_off"
    SERVED = "served"


def subscribers(request: Request) -> Response:
    """All of them, the newest first; narrowed by a part of name or address, and by how they stand."""
    said, narrowed = spoken(request), asked_of(request, "q", "standing")
    wanted, part = narrowed.of("standing", list(Standing)), narrowed.asked["q"]
    profiles = select(func.count(Profile.id)).where(Profile.subscriber_id == Subscriber.id).scalar_subquery()
    query = select(Subscriber, suppressed().label("suppressed"), profiles.label("profiles"))
    if wanted:
        query = query.where(stands(Standing(wanted)))
    if part:
        query = query.where(or_(*(func.lower(column).contains(part.lower(), autoescape=True)
                                  for column in (Subscriber.company, Subscriber.email))))  # fmt: skip
    with transaction() as s:
        asked = s.scalar(select(func.count(Signup.id)).where(Signup.created_at > utcnow() - UNCONFIRMED_FOR)) or 0
        table = listed(s, request, query.order_by(Subscriber.id.desc()), HEADS, lambda row: _row(said, row),
                       narrowed=narrowed)  # fmt: skip
    standings = [(str(one), said.say(f"admin.standing.{one}")) for one in Standing]
    return answer(request, "admin_subscribers.html", table=table, form=narrowed.form, standings=standings, asked=asked)


def subscriber(request: Request) -> Response:
    """One firm: how it stands, what we look for on its behalf, and what it was last told."""
    said = spoken(request)
    with transaction() as s:
        row = s.get(Subscriber, number_of(request))
        if row is None:
            raise HTTPException(404)
        is_suppressed = bool(s.scalar(select(suppressed()).where(Subscriber.id == row.id)))
        mine = select(Profile).where(Profile.subscriber_id == row.id).order_by(Profile.id)
        profiles = [_profile(s, said, one) for one in s.scalars(mine)]
        digests = listed(s, request, _digests(row.id), DIGEST_HEADS, lambda found: _digest(said, found))
        agreed = select(Consent).where(Consent.subscriber_id == row.id).order_by(Consent.id)
        consents = [_consent(one) for one in s.scalars(agreed)]
    state = standing(row, is_suppressed=is_suppressed)
    pairs = [
        ("recipient", words(row.email)),
        ("state", words(said.say(f"admin.standing.{state}"))),
        ("country", words(row.country)),
        ("language", words(said.say(f"coverage.tongue.{row.language}"))),
        ("cadence", words(said.say(f"admin.cadence.{row.cadence}"))),
        ("joined", moment(row.confirmed_at)),
        ("left", moment(row.unsubscribed_at)),
        ("pause", moment(row.back_off_until)),
        ("bounces", figure(row.soft_bounces)),
    ]
    links = {
        "deliveries": f"/admin/deliveries?{urlencode({'to': row.email})}",
        "suppressions": f"/admin/suppressions?{urlencode({'address': row.email})}",
    }
    return answer(
        request, "admin_subscriber.html", company=row.company, pairs=pairs, links=links, digests=digests,
        profiles=whole(PROFILE_HEADS, profiles), consents=whole(CONSENT_HEADS, consents),
    )  # fmt: skip


def suppressed() -> ColumnElement[bool]:
    """Whether the subscriber's address is one that we do not write to."""
    return exists().where(Suppression.address == func.lower(Subscriber.email))


def stands(wanted: Standing) -> ColumnElement[bool]:
    """The condition of a standing, in a query of Subscriber."""
    left, unconfirmed = Subscriber.unsubscribed_at.is_not(None), Subscriber.confirmed_at.is_(None)
    pausing = func.coalesce(Subscriber.back_off_until > utcnow(), False)
    match wanted:
        case Standing.LEFT:
            return left
        case Standing.UNCONFIRMED:
            return ~left & unconfirmed
        case Standing.SUPPRESSED:
            return ~left & ~unconfirmed & suppressed()
        case Standing.BACKING_OFF:
            return ~left & ~unconfirmed & ~suppressed() & pausing
        case Standing.SERVED:
            return ~left & ~unconfirmed & ~suppressed() & ~pausing


def standing(row: Subscriber, *, is_suppressed: bool) -> Standing:
    """How one stands, by the same order as :func:`stands`."""
    if row.unsubscribed_at is not None:
        return Standing.LEFT
    if row.confirmed_at is None:
        return Standing.UNCONFIRMED
    if is_suppressed:
        return Standing.SUPPRESSED
    if row.back_off_until is not None and row.back_off_until > utcnow():
        return Standing.BACKING_OFF
    return Standing.SERVED


def _digests(subscriber_id: int) -> Any:
    alerts = select(func.count(Alert.id)).where(Alert.digest_id == Digest.id).scalar_subquery()
    return (
        select(
            DigestRun.day, alerts.label("alerts"), Delivery.id, Delivery.state, Delivery.sent_at, Delivery.smtp_reply
        )
        .select_from(Digest)
        .join(DigestRun, DigestRun.id == Digest.run_id)
        .outerjoin(Delivery, Delivery.digest_id == Digest.id)
        .where(Digest.subscriber_id == subscriber_id)
        .order_by(Digest.id.desc())
    )


def _row(said: Texts, found: Any) -> list[Cell]:
    row: Subscriber = found.Subscriber
    state = standing(row, is_suppressed=found.suppressed)
    return [
        words(row.company, f"/admin/subscribers/{row.id}"),
        words(row.email),
        words(row.country),
        name(said.say(f"admin.standing.{state}")),
        name(said.say(f"admin.cadence.{row.cadence}")),
        figure(found.profiles),
        moment(row.confirmed_at),
    ]


def _profile(s: Session, said: Texts, one: Profile) -> list[Cell]:
    line = line_in_force(s, one.id)
    return [
        words(one.name),
        words(" · ".join(one.sentences)),
        words(" ".join(one.cpv)),
        figure(None if line is None else float(line), 3),
        words(said.say(f"admin.cadence.{one.cadence}") if one.cadence else None),
        words(said.say("admin.yes" if one.active else "admin.no")),
    ]


def _digest(said: Texts, found: Any) -> list[Cell]:
    state = said.say(f"admin.delivery.{found.state}") if found.state else None
    return [
        name(str(found.day)),
        figure(found.alerts),
        words(state, f"/admin/deliveries/{found.id}" if found.id else ""),
        moment(found.sent_at),
        words(reason(said, found.smtp_reply)),
    ]


def _consent(one: Consent) -> list[Cell]:
    return [moment(one.asked_at), words(one.asked_from), moment(one.confirmed_at), words(one.wording)]
