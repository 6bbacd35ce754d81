"""What are subscribers owed, and what was sent? Tables of alerts, digests, deliveries (the outbox) and suppressions."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.types import Base, Born, Bytes, Id, Json, Moment, Words, refers


class AlertKind(StrEnum):
    """What an alert tells: one per stage of a procurement's life, each corrigendum, and a deadline that draws near."""

    PLANNING = "planning"
    COMPETITION = "competition"
    INTENT = "intent"
    RESULT = "result"
    SIGNAL = "signal"
    CHANGE = "change"
    REMINDER = "reminder"


class RunKind(StrEnum):
    """What a run of the timetable is for; a run by hand is named by its cadence."""

    AT_HOUR = "at_hour"  # everyone whose day and hour it is, so that one moment is one mail
    AT_ONCE = "at_once"


class DeliveryState(StrEnum):
    """Where a mail is on its way. ``sent`` means that the relay accepted it, nothing more."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    HELD = "held"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BROKEN = "broken"


class Alert(Base):
    """Something one subscriber is owed, exactly once: a new notice of a procurement, a corrigendum, a reminder."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "procurement_id", "kind", "version", name="alert_once"),
        Index("ix_alert_owed", "subscriber_id", postgresql_where=text("digest_id IS NULL")),
    )
    id: Mapped[Id]
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    procurement_id: Mapped[int] = refers("procurement.id")
    kind: Mapped[Words]
    # 0 for a stage's first telling; of a change, the id of the NoticeVersion that tells it; of a reminder, its deadline's
    # day and how many days before (alerts.reminders).
    version: Mapped[int]
    version_id: Mapped[int] = refers("notice_version.id")  # the version to show
    facts: Mapped[Json]  # the material facts this alert tells: {deadline_at, cancelled, value, lots}
    changes: Mapped[Json] = mapped_column(server_default="[]")  # [[field, old, new], …] of a change
    created_at: Mapped[Born]
    digest_id: Mapped[int | None] = refers("digest.id")  # null: still owed


class DigestRun(Base):
    """The building of all digests for one slot of one day."""

    __tablename__ = "digest_run"
    __table_args__ = (UniqueConstraint("day", "cadence", "slot", name="run_once"),)
    id: Mapped[Id]
    day: Mapped[date]
    cadence: Mapped[Words]  # a RunKind, or of a run by hand its Cadence
    slot: Mapped[Words]  # local hour and minute, "07:00"
    as_of: Mapped[Moment]
    opened_at: Mapped[Born]
    closed_at: Mapped[Moment | None]


class Digest(Base):
    """One subscriber's mail of one run; ``view`` is all that was told, for its permanent page."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("run_id", "subscriber_id", name="digest_once"),)
    id: Mapped[Id]
    run_id: Mapped[int] = refers("digest_run.id")
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    cadence: Mapped[Words] = mapped_column(server_default="weekly")  # the slowest whose alerts it may tell
    quiet: Mapped[bool] = mapped_column(server_default="false")  # a mail also when there is nothing to tell
    built_at: Mapped[Moment | None]
    view: Mapped[Json | None]
    deliveries: Mapped[list["Delivery"]] = relationship(back_populates="digest")


class Delivery(Base):
    """One mail in the outbox: rendered once, sent as those very bytes, however often it must be tried.

    It is a digest's, or a letter's that somebody waits for.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("digest_id", name="delivery_once"),
        UniqueConstraint("letter_id", name="delivery_of_letter_once"),
        CheckConstraint("num_nonnulls(digest_id, letter_id) = 1", name="of_a_digest_or_a_letter"),
        CheckConstraint(
            "state IN ('queued','deferred','sent','failed','suppressed','held','bounced','complained','broken')",
            name="state_known",
        ),
        Index("ix_delivery_due", "not_before", "id", postgresql_where=text("state IN ('queued', 'deferred')")),
    )
    id: Mapped[Id]
    digest_id: Mapped[int | None] = refers("digest.id", ondelete="CASCADE")
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    message_id: Mapped[Words]
    sender: Mapped[Words]
    recipient: Mapped[Words]
    message: Mapped[Bytes | None]  # removed 30 days after sending
    state: Mapped[Words]
    attempts: Mapped[int] = mapped_column(server_default="0")
    not_before: Mapped[Born]
    created_at: Mapped[Born]
    sent_at: Mapped[Moment | None]
    smtp_reply: Mapped[str | None]
    digest: Mapped[Digest | None] = relationship(back_populates="deliveries")


class Suppression(Base):
    """An address that we do not write to, and why."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address", name="suppression_once"),)
    id: Mapped[Id]
    # Normalised as Subscriber.email is, all in lower case; or its keyed hash, of who was erased.
    address: Mapped[Words]
    reason: Mapped[Words]
    at: Mapped[Born]


class Alarm(Base):
    """Something that a person must act on; closed when it is well again."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("uq_alarm_open", "kind", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
    )
    id: Mapped[Id]
    kind: Mapped[Words]
    subject: Mapped[Words]
    told: Mapped[Words]
    raised_at: Mapped[Born]
    closed_at: Mapped[Moment | None]
