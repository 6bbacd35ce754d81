"""Where are all tables? Here, by name; they are written down by noun in notices, subscribers, alerts and names."""

from db.alerts import Alarm, Alert, AlertKind, Delivery, DeliveryState, Digest, DigestRun, Suppression
from db.names import BuyerName, CpvName, NutsName
from db.notices import (
    Buyer,
    Fetch,
    FetchState,
    Lot,
    Notice,
    NoticeVersion,
    Procurement,
    ProcurementKey,
    Quarantined,
    SourceState,
    VersionBuyer,
)
from db.subscribers import Cadence, Feedback, Match, Profile, Subscriber, Threshold
from db.types import Base

__all__ = [
    "Alarm",
    "Alert",
    "AlertKind",
    "Base",
    "Buyer",
    "BuyerName",
    "Cadence",
    "CpvName",
    "Delivery",
    "DeliveryState",
    "Digest",
    "DigestRun",
    "Feedback",
    "Fetch",
    "FetchState",
    "Lot",
    "Match",
    "Notice",
    "NoticeVersion",
    "NutsName",
    "Procurement",
    "ProcurementKey",
    "Profile",
    "Quarantined",
    "SourceState",
    "Subscriber",
    "Suppression",
    "Threshold",
    "VersionBuyer",
]
