"""How does a test send one mail to a scripted relay, and look at what became of it?"""

from dataclasses import dataclass

import pytest
from outbox import use_relay
from scripted_relay import ScriptedRelay
from sqlalchemy import select, update

from alerts.attempt import Lane, Office, send_one
from alerts.relay import Relay
from db.models import Delivery, DeliveryState
from db.session import Connection, transaction, utcnow


@dataclass(frozen=True, slots=True)
class Use:
    """Points the settings at a scripted relay, and makes a lane with little patience."""

    environment: pytest.MonkeyPatch

    def lane(self, relay: ScriptedRelay, *, patience_s: float = 0.3, **also: str) -> Lane:
        use_relay(self.environment, relay.port, **also)
        return Lane(relay=Relay(command_s=patience_s, data_s=patience_s), office=Office())


async def one(outbox: Connection, lane: Lane) -> DeliveryState | None:
    return await send_one(outbox, lane)


def delivery() -> Delivery:
    with transaction() as s:
        return s.scalars(select(Delivery)).one()


def all_due_now() -> None:
    """Turn the clock past every back-off."""
    with transaction() as s:
        s.execute(update(Delivery).values(not_before=utcnow()))
