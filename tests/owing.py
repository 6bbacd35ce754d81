"""Who is owed what, in tests of digests? Subscribers with alerts, and what became of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from quoted import unfounded
from sqlalchemy import select

from alerts.view import DigestView
from db.models import Alert, Digest, Profile, Subscriber
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

MONDAY = date(2026, 11, 23)
SEVEN = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 07:00 in Oslo
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def owed(alerts: int = 1, **values: Any) -> Subscriber:
    """A subscriber with this many alerts owed."""
    subscriber = make_subscriber(**{"confirmed_at": LONG_AGO} | values)
    profile = make_profile(subscriber)
    for _ in range(alerts):
        owe(subscriber, profile)
    return subscriber


def owe(subscriber: Subscriber, *profiles: Profile, at: datetime = LONG_AGO, **values: Any) -> Alert:
    """One more alert, since ``at``, for these profiles; ``values`` are the notice's."""
    version = make_notice(**{"deadline_at": SEVEN + timedelta(days=700)} | values)
    for profile in profiles:
        make_match(version, profile)
    return make_alert(subscriber, version, created_at=at)


def views() -> list[DigestView]:
    """What every digest told, in the order in which they were opened; none of them quotes what nobody wrote."""
    assert unfounded() == []
    return [DigestView.from_json(one.view) for one in rows(Digest, Digest.view.is_not(None))]


def rows(model: type[Any], *where: Any) -> Sequence[Any]:
    with transaction() as s:
        return s.scalars(select(model).where(*where).order_by(model.id)).all()


def owed_count() -> int:
    return len(rows(Alert, Alert.digest_id.is_(None)))
