"""Where are all tables? Here, by name; they are written down by noun in the modules imported here."""

from db.alerts import Alarm, Alert, AlertKind, Delivery, DeliveryState, Digest, DigestRun, RunKind, Suppression
from db.api_tokens import ApiScope, ApiToken
from db.doors import DeadlineEvent, Door, DoorDelivery, DoorKind, EventState, PushState
from db.kinship import NoticeKey, RuledPair, Ruling, ToldBefore
from db.names import BuyerName, CpvName, NutsName
from db.notices import (
    Buyer,
    DeclaredSource,
    Fetch,
    FetchState,
    Lot,
    Notice,
    NoticeVersion,
    Procurement,
    Quarantined,
    SourceState,
    VersionBuyer,
)
from db.returned import ReturnedMail
from db.revisions import ScoreRevision
from db.subscribers import (
    Cadence,
    Drawn,
    Feedback,
    JudgedMatch,
    Match,
    Profile,
    SentenceWeight,
    Subscriber,
    Threshold,
    Verdict,
)
from db.types import Base

__all__ = [
    "Alarm",
    "Alert",
    "AlertKind",
    "ApiScope",
    "ApiToken",
    "Base",
    "Buyer",
    "BuyerName",
    "Cadence",
    "CpvName",
    "DeadlineEvent",
    "DeclaredSource",
    "Delivery",
    "DeliveryState",
    "Digest",
    "DigestRun",
    "Door",
    "DoorDelivery",
    "DoorKind",
    "Drawn",
    "EventState",
    "Feedback",
    "Fetch",
    "FetchState",
    "JudgedMatch",
    "Lot",
    "Match",
    "Notice",
    "NoticeKey",
    "NoticeVersion",
    "NutsName",
    "Procurement",
    "Profile",
    "PushState",
    "Quarantined",
    "ReturnedMail",
    "RuledPair",
    "Ruling",
    "RunKind",
    "ScoreRevision",
    "SentenceWeight",
    "SourceState",
    "Subscriber",
    "Suppression",
    "Threshold",
    "ToldBefore",
    "Verdict",
    "VersionBuyer",
]
