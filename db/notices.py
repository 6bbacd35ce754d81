"""What have we collected? Tables of sources, fetches, notices with versions and lots, buyers and procurements."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.types import Amount, Base, Born, ByLanguage, Bytes, Codes, Id, Json, Moment, Words, refers

# In place of a model revision: an older reading that was never matched, and now need not be.
SUPERSEDED = "superseded"


# The source of our own notices, by which the whole way is proved (alerts.canary); no portal and no feed can have it.
CANARY = ":canary"


def said(texts: Mapping[str, str], language: str) -> str:
    """A text in this language, or else in any that there is; "" where there is none."""
    return texts.get(language) or next(iter(texts.values()), "")


class FetchState(StrEnum):
    """How a run of a source stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class SourceState(Base):
    """What we must remember of a portal between runs; the disk forgets, this row does not."""

    __tablename__ = "source"
    key: Mapped[str] = mapped_column(primary_key=True)
    validators: Mapped[Json] = mapped_column(server_default="{}")  # url -> {etag, last_modified}
    next_check_at: Mapped[Moment | None]  # the portal's Retry-After
    read_through_day: Mapped[date | None]  # last day of the last good run


class DeclaredSource(Base):
    """What this installation says of a source, for the web and the watch, which may not ask the crawlers."""

    __tablename__ = "declared_source"
    key: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]  # in which order they are listed
    name: Mapped[Words]
    country: Mapped[str | None]  # alpha-2; none: several
    licence: Mapped[Words]
    terms: Mapped[Words]
    url: Mapped[Words]
    cadence_s: Mapped[int]
    quiet_s: Mapped[int]  # the longest time without anything new that is no sign of trouble
    signals: Mapped[bool]  # news, not notices
    state: Mapped[Words]  # on | off | forbidden
    grounds: Mapped[Codes]  # why not, where it is not on
    changed_at: Mapped[Born]  # since when it is in this state
    paused_at: Mapped[Moment | None]  # an administrator lets it rest since then; null: it is read as it is declared

    @property
    def standing(self) -> str:
        """Its state, but off while it rests."""
        return "off" if self.state == "on" and self.paused_at is not None else self.state


class Fetch(Base):
    """One run of one source. Only one runs at a time."""

    __tablename__ = "fetch"
    __table_args__ = (
        Index("uq_fetch_running", "source", unique=True, postgresql_where=text("state = 'running'")),
        Index("ix_fetch_source_started_at", "source", "started_at"),
    )
    id: Mapped[Id]
    source: Mapped[Words]
    state: Mapped[Words]
    since_day: Mapped[date]
    process: Mapped[Words]  # host:pid, so that watch can tell a dead run from a slow one
    started_at: Mapped[Born]
    ended_at: Mapped[Moment | None]
    requests: Mapped[int] = mapped_column(server_default="0")
    bytes_read: Mapped[int] = mapped_column(server_default="0")
    seen: Mapped[int] = mapped_column(server_default="0")
    new: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    unchanged: Mapped[int] = mapped_column(server_default="0")
    quarantined: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]


class Quarantined(Base):
    """A notice that could not be read, kept whole with its reason until it can."""

    __tablename__ = "quarantined"
    __table_args__ = (UniqueConstraint("source", "payload_sha256"),)
    id: Mapped[Id]
    source: Mapped[Words]
    source_id: Mapped[str | None]
    payload_sha256: Mapped[Words]
    content_type: Mapped[Words]
    body: Mapped[Bytes]
    reason: Mapped[Words]
    created_at: Mapped[Born]
    seen_at: Mapped[Born]


class Buyer(Base):
    """A body that buys. Known by the digits of its number, or else by country and folded name."""

    __tablename__ = "buyer"
    __table_args__ = (
        Index("uq_buyer_digits", "country", "digits", unique=True, postgresql_where=text("digits IS NOT NULL")),
        Index("uq_buyer_name", "country", "folded_name", unique=True, postgresql_where=text("digits IS NULL")),
    )
    id: Mapped[Id]
    name: Mapped[Words]
    folded_name: Mapped[Words]
    identifier: Mapped[str | None]  # as the portal wrote it
    digits: Mapped[str | None]
    country: Mapped[Words]  # alpha-2, or "" where the portal did not say


class Procurement(Base):
    """The same purchase, however many notices on however many portals tell of it."""

    __tablename__ = "procurement"
    id: Mapped[Id]
    created_at: Mapped[Born]
    notices: Mapped[list["Notice"]] = relationship(back_populates="procurement")


class Notice(Base):
    """One publication of one portal, whatever versions of it we have seen."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("source", "source_id", name="notice_once"),
        Index("ix_notice_current", "current_version_id", postgresql_include=["procurement_id"]),
        Index("ix_notice_guessed", "id", postgresql_where=text("tie ->> 'exact' = 'false'")),
    )
    id: Mapped[Id]
    source: Mapped[Words]
    source_id: Mapped[Words]
    procurement_id: Mapped[int] = refers("procurement.id")
    # The richest, newest one; no foreign key, the two rows point at each other.
    current_version_id: Mapped[int | None]
    tie: Mapped[Json | None]  # what brought it to its procurement's other notices: by, exact, value, with, likeness
    facts: Mapped[Codes]  # "kind=value", of all its readings
    listing_sha256: Mapped[str | None]
    created_at: Mapped[Born] = mapped_column(index=True)
    seen_at: Mapped[Born] = mapped_column(index=True)
    procurement: Mapped[Procurement] = relationship(back_populates="notices")
    versions: Mapped[list["NoticeVersion"]] = relationship(back_populates="notice", order_by="NoticeVersion.id")


class NoticeVersion(Base):
    """A notice as it read at one time. Never changed afterwards but for what we concluded of it."""

    __tablename__ = "notice_version"
    __table_args__ = (
        UniqueConstraint("notice_id", "content_hash", name="version_once"),
        CheckConstraint("number >= 1", name="number_from_one"),
        # All that is asked of a window of notices, without the rows themselves, which their texts make wide.
        Index(
            "ix_notice_version_came",
            "created_at",
            postgresql_include=["id", "stage", "deadline_at", "published_at", "cancelled", "matched_rev"],
        ),
        Index("ix_notice_version_unmatched", "id", postgresql_where=text("matched_rev IS NULL")),
    )
    id: Mapped[Id]
    notice_id: Mapped[int] = refers("notice.id")
    number: Mapped[int]  # 1, 2, …: rises with each corrigendum of this publication, not with a richer format
    content_hash: Mapped[Words]
    payload_sha256: Mapped[Words]
    wire_format: Mapped[Words]
    fetch_id: Mapped[int | None] = refers("fetch.id")
    created_at: Mapped[Born]

    stage: Mapped[Words]
    title: Mapped[ByLanguage]
    description: Mapped[ByLanguage]
    language: Mapped[Words]
    country: Mapped[str | None]
    cpv: Mapped[Codes]
    nuts: Mapped[Codes]
    nationwide: Mapped[bool]
    published_at: Mapped[Moment | None]
    deadline_at: Mapped[Moment | None] = mapped_column(index=True)
    deadline_kind: Mapped[str | None]
    deadline_date_only: Mapped[bool] = mapped_column(server_default="false")
    value_amount: Mapped[Amount | None]
    value_currency: Mapped[str | None]
    notice_type: Mapped[str | None]
    notice_subtype: Mapped[str | None]
    legal_basis: Mapped[str | None]
    procedure_type: Mapped[str | None]
    contract_nature: Mapped[str | None]
    framework: Mapped[bool | None]
    sme_suitable: Mapped[bool | None]
    security_clearance: Mapped[bool | None]
    activity: Mapped[str | None]
    cancelled: Mapped[bool] = mapped_column(server_default="false")
    notice_uuid: Mapped[str | None]
    notice_version: Mapped[str | None]
    procedure_uuid: Mapped[str | None]
    ojs_number: Mapped[str | None]
    reference: Mapped[str | None]
    changes_notice: Mapped[str | None]  # set: this is a corrigendum of that notice
    previous_notices: Mapped[Codes]
    url: Mapped[Words]
    links: Mapped[Json] = mapped_column(server_default="[]")  # [[kind, url], …]
    oddities: Mapped[Codes]
    # What differs from the version before, or from the notice it corrects: [{field, old, new, material}, …]
    changes: Mapped[Json | None]

    scope: Mapped[str | None] = mapped_column(index=True)  # defence | preparedness | none, by classifier.scope
    scope_evidence: Mapped[Json | None]
    matched_rev: Mapped[str | None]  # model revision by which it was scored; null: still owed to the scorer

    notice: Mapped[Notice] = relationship(back_populates="versions")
    lots: Mapped[list["Lot"]] = relationship(back_populates="version", order_by="Lot.id")
    buyers: Mapped[list[Buyer]] = relationship(secondary="version_buyer", order_by="VersionBuyer.position")


class VersionBuyer(Base):
    """Who buys, in the order in which the notice names them."""

    __tablename__ = "version_buyer"
    version_id: Mapped[int] = mapped_column(ForeignKey("notice_version.id"), primary_key=True)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("buyer.id"), primary_key=True, index=True)
    position: Mapped[int]


class Lot(Base):
    """A part of a notice that can be bid for alone."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("version_id", "identifier", name="lot_once"),)
    id: Mapped[Id]
    version_id: Mapped[int] = refers("notice_version.id")
    identifier: Mapped[Words]
    title: Mapped[ByLanguage]
    description: Mapped[ByLanguage]
    cpv: Mapped[Codes]
    nuts: Mapped[Codes]
    deadline_at: Mapped[Moment | None]
    deadline_kind: Mapped[str | None]
    deadline_date_only: Mapped[bool] = mapped_column(server_default="false")
    value_amount: Mapped[Amount | None]
    value_currency: Mapped[str | None]
    version: Mapped[NoticeVersion] = relationship(back_populates="lots")
