"""By which doors beside the mail is a subscriber told? Tables of private addresses and of deadlines as calendars keep them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Born, Id, Moment, Words, refers


class DoorKind(StrEnum):
    """What stands behind a door."""

    CALENDAR = "calendar"
    FEED = "feed"  # of one profile; every other door is the subscriber's
    EXPORT = "export"


class EventState(StrEnum):
    """Whether a deadline in a calendar still holds."""

    STANDING = "standing"
    CANCELLED = "cancelled"  # the procurement is
    GONE = "gone"  # the notice names no deadline any more


class Door(Base):
    """One way to be told, opened for one subscriber. Its private address signs its id, so that a new row is a new address."""

    __tablename__ = "door"
    __table_args__ = (
        CheckConstraint("kind IN ('calendar', 'feed', 'export')", name="kind_known"),
        CheckConstraint("(kind = 'feed') = (profile_id IS NOT NULL)", name="a_feed_has_a_profile"),
        Index(
            "uq_door_open", "subscriber_id", "kind", unique=True,
            postgresql_where=text("closed_at IS NULL AND profile_id IS NULL"),
        ),
        Index("uq_door_open_feed", "profile_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip
    id: Mapped[Id]
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    profile_id: Mapped[int | None] = refers("profile.id", ondelete="CASCADE")
    kind: Mapped[Words]
    opened_at: Mapped[Born]
    closed_at: Mapped[Moment | None]  # set: nothing is behind its address any more


class DeadlineEvent(Base):
    """The deadline of one procurement as calendars know it: one UID for good, and a sequence that rises when it moves."""

    __tablename__ = "deadline_event"
    __table_args__ = (
        UniqueConstraint("procurement_id", name="event_once"),
        UniqueConstraint("uid", name="uid_once"),
        CheckConstraint("state IN ('standing', 'cancelled', 'gone')", name="state_known"),
    )
    id: Mapped[Id]
    procurement_id: Mapped[int] = mapped_column(ForeignKey("procurement.id", ondelete="CASCADE"))
    uid: Mapped[Words]
    sequence: Mapped[int] = mapped_column(server_default="0")
    deadline_at: Mapped[Moment | None]  # null: no deadline was ever named
    deadline_day: Mapped[date | None]  # of the buyer's calendar, where the portal gave no time of day
    deadline_kind: Mapped[str | None]
    state: Mapped[Words]
    versions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")  # what it was read from
    created_at: Mapped[Born]
    changed_at: Mapped[Born]
