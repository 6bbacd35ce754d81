"""What is a notice, once it has left its portal's format and before it meets the database?

Every parser gives :class:`ParsedNotice` and nothing else; :mod:`crawlers.store` takes nothing else. Persons have no
field here, so that no contact person, phone or personal mail address can be stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crawlers.keys import Key


class SourceBroken(Exception):  # noqa: N818 - the house's word: a state of the source, told by its name
    """Raised by a parser or a spider when going on would store wrong notices; the last good ones stay."""


class NoticeBroken(ValueError):  # noqa: N818 - as above
    """Raised when one notice cannot be read whole; it is quarantined with this reason and the rest goes on."""


class NotStored(Exception):  # noqa: N818 - as above
    """Of one notice that was read: why no table can hold it, in words for the quarantine. The rest goes on."""


class Stage(StrEnum):
    """Where in a procurement's life a notice stands (eForms BT-03 form type, rolled up)."""

    PLANNING = "planning"
    COMPETITION = "competition"
    INTENT = "intent"  # voluntary ex-ante transparency: a contract about to be given without competition
    RESULT = "result"
    SIGNAL = "signal"  # a news item, not a notice: no deadline, no CPV


class WireFormat(StrEnum):
    """Which format a version was read from; a richer one replaces a poorer one without being a corrigendum."""

    FEED = "feed"
    LISTING = "listing"  # a hit of a search API, a row of a list
    PAGE = "page"  # a row of a list, with the notice's own page
    TED_XML = "ted-xml"  # R2.0.7 to R2.0.9
    EFORMS = "eforms"

    @property
    def richness(self) -> int:
        """Order of preference, higher is richer."""
        return {"feed": 0, "listing": 1, "page": 2, "ted-xml": 2, "eforms": 2}[self.value]


class DeadlineKind(StrEnum):
    """What the deadline is for."""

    TENDER = "tender"  # BT-131
    REQUEST = "request"  # BT-1311, request to participate
    INTEREST = "interest"  # BT-630


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment until which one may act. ``date_only``: the portal gave a day; ``at`` is 23:59 of it in the zone."""

    at: datetime
    kind: DeadlineKind
    date_only: bool = False

    def __post_init__(self) -> None:
        """Refuse a moment without a zone: it would be wrong by an hour or two, twice a year."""
        if self.at.tzinfo is None:
            raise NoticeBroken("a deadline needs a zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount with its ISO 4217 currency; undisclosed values (-1, 0) never get here."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBuyer:
    """The body that buys. ``identifier`` as the portal wrote it; compare :attr:`digits`."""

    name: str
    identifier: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2

    @property
    def digits(self) -> str | None:
        """Digits of the identifier, for comparison (sources.md §5.1: hyphens, blanks, NO…MVA and SE…01 occur)."""
        from crawlers.codes import organisation_digits

        return organisation_digits(self.identifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLot:
    """A part that can be bid for alone. Texts by language (nb, nn, sv, en, da, …)."""

    identifier: str
    title: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    cpv: tuple[str, ...] = ()
    nuts: tuple[str, ...] = ()
    deadline: Deadline | None = None
    value: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address a reader may open: the documents, or where to submit."""

    kind: str  # "documents" | "submission"
    url: str


DOCUMENTS_LINK: Final = "documents"
SUBMISSION_LINK: Final = "submission"


@dataclass(frozen=True, kw_only=True)
class ParsedNotice:
    """One notice as its portal published it, cleaned, whole, without persons.

    ``source_id`` is the portal's own number without zero padding (``2024-101190``, ``701354-2023``). ``title`` and
    ``description`` map ISO 639-1 languages (nb, nn, sv, en, da, fi, …; ``no`` never occurs) to text; ``language`` is
    the notice's main one and always a key of ``title``. ``cpv``: 8 digits, main code first, no repeats. ``nuts``:
    places of performance; ``nationwide`` when the portal says anywhere (``anyw``) or names only a country.
    """

    source: str
    source_id: str
    wire_format: WireFormat
    stage: Stage
    title: Mapping[str, str]
    language: str
    published_at: datetime | None
    url: str
    payload_sha256: str
    description: Mapping[str, str] = field(default_factory=dict)
    buyers: tuple[ParsedBuyer, ...] = ()
    country: str | None = None  # the first buyer's, alpha-2
    cpv: tuple[str, ...] = ()
    nuts: tuple[str, ...] = ()
    nationwide: bool = False
    lots: tuple[ParsedLot, ...] = ()
    deadline: Deadline | None = None  # the earliest of its best kind: tender, else request, else interest
    value: Money | None = None
    notice_type: str | None = None  # the portal's own word: cn-standard, ANNOUNCEMENT_OF_COMPETITION, TD code 3
    notice_subtype: str | None = None  # OPP-070: 18, E2, …
    legal_basis: str | None = None  # CELEX form, 32009L0081
    procedure_type: str | None = None  # BT-105: open, restricted, neg-w-call, …
    contract_nature: str | None = None  # works | supplies | services
    framework: bool | None = None
    sme_suitable: bool | None = None
    security_clearance: bool | None = None
    activity: str | None = None  # main activity of the buyer: "defence", …
    cancelled: bool = False
    # Identity (sources.md §7), normalised: UUIDs lower case, OJ numbers like 626862-2026.
    notice_uuid: str | None = None
    notice_version: str | None = None  # BT-757: "01"
    procedure_uuid: str | None = None
    ojs_number: str | None = None
    reference: str | None = None  # the buyer's own, BT-22
    changes_notice: str | None = None  # BT-758: "<uuid>-<version>" or a publication number; set = a corrigendum
    previous_notices: tuple[str, ...] = ()  # BT-125: planning notice of this competition, and the like
    links: tuple[Link, ...] = ()  # documents and submission; the notice's own page is ``url``
    listing_sha256: str | None = None  # hash of the search hit that led here: unchanged hit, no second download
    oddities: tuple[str, ...] = ()  # what was flagged and left out, such as "deadline before publication"

    def __post_init__(self) -> None:
        """Refuse what no reader could use: no id, no title, a moment without a zone."""
        if not self.source_id:
            raise NoticeBroken("the notice has no number of its own")
        if not self.title.get(self.language):
            raise NoticeBroken("the notice has no title in its own language")
        if self.published_at is not None and self.published_at.tzinfo is None:
            raise NoticeBroken("published_at needs a zone")
        # What was stored of it would be told as a correction on the day when the portal mends it.
        if any(self._is_damaged(tag) for tag in self.title):
            raise NoticeBroken("letters of the notice's text were lost before we met it")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the notice says; the same for every reading of the same content. Worked out once."""
        from crawlers.rows import content_hash

        return content_hash(self)

    @cached_property
    def keys(self) -> "frozenset[Key]":
        """Every key by which it finds its kin. Worked out once."""
        from crawlers.keys import keys_of

        return keys_of(self)

    def _is_damaged(self, tag: str) -> bool:
        """Whether more than one letter in a thousand is U+FFFD, which stands for a letter that is gone."""
        told = f"{self.title[tag]}\n{self.description.get(tag, '')}"
        return told.count("\ufffd") * 1000 > len(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A notice that could not be read, kept whole for a later try."""

    source: str
    source_id: str | None
    reason: str
    body: bytes
    content_type: str = "application/xml"


__all__ = [
    "DOCUMENTS_LINK",
    "SUBMISSION_LINK",
    "Broken",
    "Deadline",
    "DeadlineKind",
    "Link",
    "Money",
    "NotStored",
    "NoticeBroken",
    "ParsedBuyer",
    "ParsedLot",
    "ParsedNotice",
    "SourceBroken",
    "Stage",
    "WireFormat",
]
