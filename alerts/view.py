"""What does one digest tell? A frozen value that the mail, its permanent page and the tests all read.

It holds codes and moments, not words: the renderer says them in the reader's language. It is kept as JSON in
``Digest.view``, so that the permanent page tells for ever what the mail told.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import TypeAdapter

from classifier.demands import Demand


class Strength(StrEnum):
    """A score in words; the words themselves are in texts/."""

    VERY_STRONG = "very_strong"
    STRONG = "strong"
    POSSIBLE = "possible"


class Side(StrEnum):
    """Where an entry stands, seen from the reader."""

    HOME = "home"
    NEIGHBOUR = "neighbour"
    WIDER = "wider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why this notice is for one profile: two sentences, verbatim, and the words that carried the score."""

    profile: str
    score: float
    strength: Strength
    notice_sentence: str
    notice_language: str
    profile_sentence: str
    lot: str | None = None
    words: tuple[tuple[str, str], ...] = ()
    shared_cpv: tuple[str, ...] = ()
    words_in: tuple[str, ...] = ()  # the profile's wanted words that the notice has


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One material field of a corrigendum. Values as JSON kept them: moments in ISO 8601, amounts as strings."""

    field: str  # "deadline" | "cancelled" | "value" | "lots"
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLink:
    """Where the notice can be read: the source's name, the notice's number there, its address."""

    source: str
    number: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One procurement, once, however many portals and profiles it has."""

    alert_id: int  # 0: nothing was owed of it
    procurement_id: int
    kind: str  # db.alerts.AlertKind
    side: Side
    title: str  # the notice's own, in its own language
    language: str
    buyer: str | None
    country: str | None  # alpha-2
    nuts: tuple[str, ...]
    nationwide: bool
    cpv: tuple[str, ...]
    amount: Decimal | None
    currency: str | None
    published_at: datetime | None
    deadline_at: datetime | None
    deadline_kind: str | None
    deadline_date_only: bool
    procedure_type: str | None
    framework: bool | None
    security_clearance: bool | None
    scope: str | None  # defence | preparedness | none
    cancelled: bool
    reasons: tuple[Reason, ...]  # best first; may be empty only of what the reader knows: changes and reminders
    changes: tuple[Change, ...]
    links: tuple[PortalLink, ...]
    calendar_url: str | None = None  # its deadline, for a calendar
    demands: tuple[Demand, ...] = ()  # certificates and clearances that the notice names
    own_amount: Decimal | None = None  # about, in the reader's currency, where the notice's is another
    own_currency: str | None = None
    verdict_url: str | None = None  # where the reader says what they think of it


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A notice just under the line: its title only."""

    title: str
    language: str
    buyer: str | None
    score: float
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """How a source fared since the last digest."""

    name: str
    read: bool  # false: its last run failed
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """All that one digest tells, in the order in which it is told: reminders, new entries by deadline, then changes."""

    digest_id: int
    company: str
    language: str  # nb | nn | sv | en
    country: str  # the reader's, alpha-2
    day: date
    as_of: datetime
    cadence: str
    notices_read: int
    sources: tuple[SourceRead, ...]
    entries: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    near_misses: tuple[NearMiss, ...]
    near_misses_left_out: int
    page_url: str
    unsubscribe_url: str  # a page with a button; a GET changes nothing
    one_click_url: str  # RFC 8058, POST only
    reminders: tuple[Entry, ...] = ()  # of what the reader is going for, by deadline
    recall_url: str | None = None  # the week's question of what stayed under the line
    passed: int = 0  # procurements whose deadline came after we found them and before this digest
    profiles: tuple[str, ...] = ()  # the names of the reader's active profiles, in their order

    def to_json(self) -> Any:
        """As plain JSON values for the database."""
        return _ADAPTER.dump_python(self, mode="json")

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """The same view again. Raises pydantic.ValidationError when the row is not one."""
        return _ADAPTER.validate_python(kept)  # type: ignore[return-value]


_ADAPTER: TypeAdapter[DigestView] = TypeAdapter(DigestView)
