"""Who is owed what, in tests of digests? Subscribers with alerts, and what became of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from db.models import Alert, Subscriber
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
        version = make_notice(deadline_at=SEVEN + timedelta(days=700))
        make_match(version, profile)
        make_alert(subscriber, version)
    return subscriber


def rows(model: type[Any], *where: Any) -> Sequence[Any]:
    with transaction() as s:
        return s.scalars(select(model).where(*where).order_by(model.id)).all()


def owed_count() -> int:
    return len(rows(Alert, Alert.digest_id.is_(None)))
