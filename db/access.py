"""Who comes in by the web, how did they prove it, and what did administrators do? Tables of sessions, letters and acts.

Nothing here opens a door to whoever reads it: sessions and limits are kept as hashes, passwords as argon2id.
"""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.languages import language_known
from db.types import Base, Born, Codes, Id, Json, Moment, Score, Words, refers


class SessionKind(StrEnum):
    """As whom one is logged in."""

    SUBSCRIBER = "subscriber"
    ADMINISTRATOR = "administrator"


class LetterKind(StrEnum):
    """What we write to one person: because somebody asked for it just now, or a week is over."""

    CONFIRM = "confirm"  # is it you who signed up?
    HERE_ALREADY = "here_already"  # you signed up again, but are with us: here is your way in
    LOG_IN = "log_in"
    WEEK_REPORT = "week_report"  # to an administrator, with no link to log in by


class Act(StrEnum):
    """What an administrator did."""

    ADMINISTRATOR_ADDED = "administrator_added"
    ADMINISTRATOR_REMOVED = "administrator_removed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    LINES_MOVED = "lines_moved"
    LINES_TAKEN_BACK = "lines_taken_back"
    RETRY_ASKED = "retry_asked"
    SPLIT_ASKED = "split_asked"
    JOIN_ASKED = "join_asked"
    CONFIRM_ASKED = "confirm_asked"
    CRAWL_ASKED = "crawl_asked"
    SOURCE_PAUSED = "source_paused"
    SOURCE_RESUMED = "source_resumed"
    RESCORE_ASKED = "rescore_asked"
    TAKEN_FOR_SENT = "taken_for_sent"
    OUTBOX_RELEASED = "outbox_released"
    SUPPRESSED = "suppressed"
    SUPPRESSION_LIFTED = "suppression_lifted"
    FIRMS_IMPORTED = "firms_imported"


class Administrator(Base):
    """One person at the clusters, made on the command line and nowhere else."""

    __tablename__ = "administrator"
    __table_args__ = (
        UniqueConstraint("email", name="administrator_once"),
        language_known(),
    )
    id: Mapped[Id]
    email: Mapped[Words]  # normalised as Subscriber.email is, all in lower case
    language: Mapped[Words]
    password_hash: Mapped[Words]  # argon2id, with its parameters
    created_at: Mapped[Born]
    removed_at: Mapped[Moment | None]  # the row stays, since the audit log names it
    reports_off_at: Mapped[Moment | None]  # since when they do not want the week's report by mail


class WebSession(Base):
    """One browser that is logged in. The token itself is in its cookie alone, and its form proof follows from it."""

    __tablename__ = "web_session"
    __table_args__ = (
        UniqueConstraint("token_hash", name="web_session_once"),
        CheckConstraint("kind IN ('subscriber', 'administrator')", name="kind_known"),
        CheckConstraint(
            "(kind = 'subscriber') = (subscriber_id IS NOT NULL)"
            " AND (kind = 'administrator') = (administrator_id IS NOT NULL)",
            name="is_somebodys",
        ),
        Index("ix_web_session_expires_at", "expires_at"),
    )
    id: Mapped[Id]
    token_hash: Mapped[Words]
    kind: Mapped[Words]
    subscriber_id: Mapped[int | None] = refers("subscriber.id", ondelete="CASCADE")
    administrator_id: Mapped[int | None] = refers("administrator.id", ondelete="CASCADE")
    created_at: Mapped[Born]
    seen_at: Mapped[Born]
    expires_at: Mapped[Moment]


class Signup(Base):
    """What somebody who is perhaps the address's owner asked for; a subscriber only when they confirm it."""

    __tablename__ = "signup"
    id: Mapped[Id]
    email: Mapped[Words]  # normalised as Subscriber.email is
    language: Mapped[Words]
    wording: Mapped[Words]  # which version of what was agreed to they read
    cut_address: Mapped[Words]  # the network they came from, not the device
    answers: Mapped[Json]
    created_at: Mapped[Born]


class Letter(Base):
    """One mail to one person, asked for just now; its number, signed, is the link in it, which works once.

    Or the report of a week, which nobody gets twice.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("administrator_id", "week", name="letter_of_week_once"),
        CheckConstraint("kind IN ('confirm', 'here_already', 'log_in', 'week_report')", name="kind_known"),
        CheckConstraint("(kind = 'week_report') = (week IS NOT NULL)", name="of_a_week"),
        CheckConstraint("num_nonnulls(subscriber_id, administrator_id, signup_id) = 1", name="is_somebodys"),
    )
    id: Mapped[Id]
    kind: Mapped[Words]
    subscriber_id: Mapped[int | None] = refers("subscriber.id", ondelete="CASCADE")
    administrator_id: Mapped[int | None] = refers("administrator.id", ondelete="CASCADE")
    signup_id: Mapped[int | None] = refers("signup.id", ondelete="CASCADE")
    created_at: Mapped[Born]
    used_at: Mapped[Moment | None]
    week: Mapped[date | None]  # its Monday


class Consent(Base):
    """The proof that a subscriber asked for our mail: when, to which wording, and from which network (P1)."""

    __tablename__ = "consent"
    id: Mapped[Id]
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    wording: Mapped[Words]
    language: Mapped[Words]
    asked_at: Mapped[Moment]
    asked_from: Mapped[Words]
    confirmed_at: Mapped[Moment]
    confirmed_from: Mapped[Words]


class FirstVerdict(Base):
    """What a subscriber said of a notice while signing up, before any alert: the ground of the first threshold, and of learning."""

    __tablename__ = "first_verdict"
    __table_args__ = (
        UniqueConstraint("profile_id", "version_id", name="first_verdict_once"),
        CheckConstraint("verdict IN ('relevant', 'not_relevant')", name="verdict_known"),
    )
    id: Mapped[Id]
    profile_id: Mapped[int] = refers("profile.id", ondelete="CASCADE")
    version_id: Mapped[int] = refers("notice_version.id", ondelete="CASCADE")
    verdict: Mapped[Words]
    score: Mapped[Score]
    model_rev: Mapped[Words]
    at: Mapped[Born]


class Audit(Base):
    """What an administrator did to what, and when. Append-only: the database refuses to change or remove a row.

    It names rows by their numbers and never quotes a person, so that an erasure need not touch it.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)
    id: Mapped[Id]
    administrator_id: Mapped[int | None] = refers("administrator.id")  # null: on the command line
    act: Mapped[Words]
    subject: Mapped[Words]  # the table of what it was done to
    subject_ids: Mapped[Codes]
    told: Mapped[Json] = mapped_column(server_default="{}")
    at: Mapped[Born]


class LimitedAct(Base):
    """One act that may be done so and so often by one address or one client, whose keyed hash this is."""

    __tablename__ = "limited_act"
    __table_args__ = (Index("ix_limited_act_counted", "what", "who_hash", "at"),)
    id: Mapped[Id]
    what: Mapped[Words]
    who_hash: Mapped[Words]
    at: Mapped[Born]
