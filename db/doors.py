"""By which doors beside the mail is a subscriber told? Tables of doors, what goes through them, and deadlines in calendars."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Born, Codes, Id, Moment, Words, refers


class DoorKind(StrEnum):
    """What stands behind a door."""

    CALENDAR = "calendar"
    FEED = "feed"  # of one profile; every other door is the subscriber's
    EXPORT = "export"
    WEBHOOK = "webhook"  # here we go to them: alerts are sent as they come
    CHAT = "chat"  # as a webhook, in a few lines to people


class PushState(StrEnum):
    """Where an alert is on its way through a door that we go through. ``sent``: the other side said that it has it."""

    BEFORE = "before"  # there was no such door yet when it was owed: never sent
    VOID = "void"  # no active profile matched it any more: nothing to tell
    QUEUED = "queued"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"  # after a restore: a person says whether it was sent


class EventState(StrEnum):
    """Whether a deadline in a calendar still holds."""

    STANDING = "standing"
    CANCELLED = "cancelled"  # the procurement is
    GONE = "gone"  # the notice names no deadline any more


class Door(Base):
    """One way to be told, opened for one subscriber. Its private address signs its id, so that a new row is a new address."""

    __tablename__ = "door"
    __table_args__ = (
        CheckConstraint("kind IN ('calendar', 'feed', 'export', 'webhook', 'chat')", name="kind_known"),
        CheckConstraint("(kind = 'feed') = (profile_id IS NOT NULL)", name="a_feed_has_a_profile"),
        CheckConstraint("(kind IN ('webhook', 'chat')) = (target IS NOT NULL)", name="where_we_go_is_known"),
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
    target: Mapped[str | None]  # where we go, for a door that is the subscriber's own
    secrets: Mapped[Codes]  # what we sign with there, newest first
    secret_at: Mapped[Moment | None]  # since when the newest is in use
    failures: Mapped[int] = mapped_column(server_default="0")  # attempts in a row that went wrong
    failing_since: Mapped[Moment | None]
    off_at: Mapped[Moment | None]  # set: nothing goes there until a person says so


class DoorDelivery(Base):
    """One alert on its way through one door: once, rendered once, sent as those very bytes under the same id."""

    __tablename__ = "door_delivery"
    __table_args__ = (
        UniqueConstraint("door_id", "alert_id", name="door_told_once"),
        UniqueConstraint("push_id", name="push_id_once"),
        CheckConstraint("state IN ('before','void','queued','deferred','sent','failed','held')", name="state_known"),
        Index("ix_door_delivery_due", "not_before", "id", postgresql_where=text("state IN ('queued', 'deferred')")),
    )
    id: Mapped[Id]
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id", ondelete="CASCADE"))
    alert_id: Mapped[int] = refers("alert.id", ondelete="CASCADE")
    push_id: Mapped[str | None]
    body: Mapped[bytes | None]
    state: Mapped[Words]
    attempts: Mapped[int] = mapped_column(server_default="0")
    not_before: Mapped[Born]
    created_at: Mapped[Born]
    sent_at: Mapped[Moment | None]
    reply: Mapped[str | None]


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
