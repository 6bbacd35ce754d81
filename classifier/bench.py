"""Whose lines lie on the laboratory's bench: one profile's, a firm's, a country's or everybody's? And where would a move put them?"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from classifier.threshold import STEP
from db.models import Profile, Subscriber

ALL: Final = "all"
FIRM: Final = "firm-"
COUNTRIES: Final = ("NO", "SE")
LEAST, MOST = Decimal(0), Decimal(1)


class Kind(StrEnum):
    """What a bench holds."""

    ALL = "all"
    COUNTRY = "country"
    FIRM = "firm"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Profiles that are tuned together: active ones, of those who have not left."""

    key: str  # all, NO, SE, firm-7 (a subscriber's id) or a profile's id
    kind: Kind
    profiles: tuple[int, ...]


def bench(s: Session, key: str) -> Bench:
    """The bench of this key. Raises LookupError where it has no profile."""
    kind, where = _meant(key)
    found = s.scalars(
        select(Profile.id)
        .join(Subscriber)
        .where(Profile.active.is_(True), Subscriber.unsubscribed_at.is_(None), Subscriber.canary.is_(False), where)
        .order_by(Profile.id)
    ).all()
    if not found:
        raise LookupError(f"no profile is served under {key!r}")
    return Bench(key=key, kind=kind, profiles=tuple(found))


def _meant(key: str) -> tuple[Kind, ColumnElement[bool]]:
    if key == ALL:
        return Kind.ALL, true()
    if key in COUNTRIES:
        return Kind.COUNTRY, Subscriber.country == key
    number = key.removeprefix(FIRM)
    # As the database counts: eighteen digits are more rows than there will ever be.
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise LookupError(f"{key!r} names no bench")
    if number != key:
        return Kind.FIRM, Subscriber.id == int(number)
    return Kind.PROFILE, Profile.id == int(number)


def moved_to(lines: Mapping[int, Decimal], value: Decimal) -> dict[int, Decimal]:
    """Every line at one value; those that stand there already are not among them."""
    to = _within(value)
    return {profile_id: to for profile_id, line in lines.items() if line != to}


def moved_by(lines: Mapping[int, Decimal], step: Decimal) -> dict[int, Decimal]:
    """Every line as far up or down, so that the firms' own ways are kept; none beyond 0 and 1."""
    moved = {profile_id: _within(line + step) for profile_id, line in lines.items()}
    return {profile_id: line for profile_id, line in moved.items() if line != lines[profile_id]}


def _within(value: Decimal) -> Decimal:
    return min(max(value.quantize(STEP), LEAST), MOST)
