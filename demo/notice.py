"""What is a notice of the sandbox, once its dates and numbers are settled?"""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

ZONES = {"SE": ZoneInfo("Europe/Stockholm"), "NO": ZoneInfo("Europe/Oslo")}
CURRENCIES = {"SE": "SEK", "NO": "NOK"}
LANGUAGES: tuple[str, ...] = ("sv", "nb", "nn", "en")
TED_LANGUAGES = ("sv", "en")  # Norwegian is no official language of the EU: TED has the English text only


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A public body as it stands in the notices, with an invented contact person where there is one."""

    key: str
    name: str
    id: str
    doffin_id: str
    country: str
    city: str
    post: str
    nuts: str
    activity: str
    legal: str
    contact: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One language's title and description."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A part of a purchase that can be bid for alone."""

    id: str
    cpv: str
    texts: dict[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A local day with or without a time; without one the portals give the date only."""

    day: date
    at: time | None
    zone: ZoneInfo

    def moment(self) -> datetime:
        """The aware moment; midnight at the start of the day where only the date is known."""
        return datetime.combine(self.day, self.at or time(0), self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a corrigendum points back at (BT-758) and why."""

    notice_id: str
    number: str | None
    reason: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice with all its dates resolved; `number` is its place in the portals' numbering.

    `case` is the buyer's own number for the purchase, which a corrigendum keeps.
    """

    key: str
    number: int
    case: int
    buyer: Buyer
    on: tuple[str, ...]
    kind: str
    nature: str
    cpv: tuple[str, ...]
    nuts: tuple[str, ...]
    procedure: str
    framework: bool
    value: int | None
    law: str
    activity: str
    texts: dict[str, Text]
    lots: tuple[Lot, ...]
    clearance: dict[str, str]
    bilingual: bool
    status_unknown: bool
    winner: tuple[str, str] | None
    relevant_for: tuple[str, ...]
    published: date
    issued: date
    deadline: Deadline | None
    request: Deadline | None
    planned: date | None
    notice_id: str
    procedure_id: str
    version: int = 1
    change: Change | None = None

    @property
    def ted_number(self) -> str:
        """The OJ S publication number, unpadded: `990012-2026`."""
        return f"{self.number}-{self.published.year}"

    @property
    def doffin_id(self) -> str:
        """Doffin's own number: `2026-990012`."""
        return f"{self.published.year}-{self.number}"

    @property
    def reference(self) -> str:
        """The buyer's internal identifier (BT-22)."""
        return f"{self.published.year}/{self.case}"

    @property
    def currency(self) -> str:
        """The currency of the buyer's country."""
        return CURRENCIES[self.buyer.country]

    @property
    def zone(self) -> ZoneInfo:
        """The buyer's time zone."""
        return ZONES[self.buyer.country]

    @property
    def closing(self) -> Deadline | None:
        """The deadline that ends this stage: for tenders, else for requests to participate."""
        return self.deadline or self.request

    @property
    def nationwide(self) -> bool:
        """True where no region is named."""
        return not self.nuts or self.nuts[0] in {"anyw", "NO", "SE"}

    def languages(self, portal: str) -> tuple[str, ...]:
        """The languages of this notice's text on one portal, the official one first."""
        if portal == "ted":
            return tuple(language for language in TED_LANGUAGES if language in self.texts)
        norwegian = tuple(language for language in ("nb", "nn") if language in self.texts)
        return (*norwegian, "en") if self.bilingual else norwegian

    def on_portal(self, portal: str) -> bool:
        """True when the portal publishes this notice."""
        return portal in self.on
