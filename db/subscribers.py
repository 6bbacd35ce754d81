"""Whom do we serve, with what line, and what did they say of it? Tables of subscribers, profiles, matches and feedback."""

from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.languages import language_known
from db.types import Amount, Base, Born, Codes, Id, Json, Moment, Score, Weekdays, Words, refers

# A near miss lies at most so far below its line.
JUST_UNDER = 0.15


class Cadence(StrEnum):
    """How often a subscriber wants to hear from us."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class Verdict(StrEnum):
    """What a subscriber can say of an alert."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"
    ON_IT = "on_it"  # relevant, and they are going for it: its deadline is remembered for them


class Unfit(StrEnum):
    """Why a subscriber says that something is not for them."""

    WRONG_TRADE = "wrong_trade"
    TOO_LARGE = "too_large"
    TOO_FAR = "too_far"
    CLEARANCE = "clearance"  # it asks for one that they lack
    OTHER = "other"


class Drawn(StrEnum):
    """How a line or a weight came to be: with the profile, by a person's hand, by learning, or by taking one back."""

    START = "start"
    HAND = "hand"
    LEARNED = "learned"
    UNDO = "undo"


class Subscriber(Base):
    """One person at one firm, who asked to be told."""

    __tablename__ = "subscriber"
    __table_args__ = (
        UniqueConstraint("email", name="subscriber_once"),
        language_known(),
        CheckConstraint("cadence IN ('at_once', 'daily', 'weekly')", name="cadence_known"),
        CheckConstraint("hour BETWEEN 4 AND 23", name="hour_outside_the_clock_change"),
        CheckConstraint("weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]", name="weekdays_known"),
        CheckConstraint("weekly_day = ANY (weekdays)", name="weekly_day_is_among_their_days"),
        Index("uq_subscriber_canary", "canary", unique=True, postgresql_where=text("canary")),
    )
    id: Mapped[Id]
    company: Mapped[Words]
    email: Mapped[Words]  # normalised: domain in lower case and punycode
    country: Mapped[Words]
    language: Mapped[Words]
    cadence: Mapped[Words]  # of every profile that has none of its own
    hour: Mapped[int] = mapped_column(server_default="7")  # local hour of the daily or weekly digest
    weekdays: Mapped[Weekdays] = mapped_column(server_default="{1,2,3,4,5,6,7}")  # on which they want mail at all
    weekly_day: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    spare_holidays: Mapped[bool] = mapped_column(server_default="false")  # no mail on their country's public holidays
    all_quiet: Mapped[bool] = mapped_column(server_default="false")  # a word a week also when there is nothing
    asked_below: Mapped[bool] = mapped_column(server_default="false")  # a question a week of what lay under their line
    schedule_since: Mapped[Moment | None]  # their days and hour hold from here; null: from the beginning
    created_at: Mapped[Born]
    confirmed_at: Mapped[Moment | None]  # null: has not confirmed, gets no digest
    unsubscribed_at: Mapped[Moment | None]
    soft_bounces: Mapped[int] = mapped_column(server_default="0")  # in a row
    back_off_until: Mapped[Moment | None]  # after a soft bounce: no mail before
    canary: Mapped[bool] = mapped_column(server_default="false")  # our own, told of our own notices alone (O4)
    profiles: Mapped[list["Profile"]] = relationship(back_populates="subscriber", order_by="Profile.id")


class Profile(Base):
    """What a firm can do, in its own words."""

    __tablename__ = "profile"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "key", name="profile_once"),
        CheckConstraint("cadence IN ('at_once', 'daily', 'weekly')", name="cadence_known"),
        Index("ix_profile_unmatched", "id", postgresql_where=text("matched_rev IS NULL")),
    )
    id: Mapped[Id]
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    key: Mapped[Words]
    name: Mapped[Words]
    language: Mapped[Words]
    sentences: Mapped[Codes]
    cpv: Mapped[Codes]
    nuts: Mapped[Codes]  # empty: anywhere in its countries
    countries: Mapped[Codes]  # empty: anywhere
    words_in: Mapped[Codes]  # a notice with one of these counts for more: classifier/own_words.py
    words_out: Mapped[Codes]  # a notice with one of these is not for them
    value_min: Mapped[Amount | None]
    value_max: Mapped[Amount | None]
    value_currency: Mapped[str | None]
    stages: Mapped[Codes]  # which notices it wants: planning, competition, intent, result, signal
    scopes: Mapped[Codes]  # defence, preparedness, none; empty: whatever the scope
    cadence: Mapped[str | None]  # null: the subscriber's
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[Born]
    matched_rev: Mapped[str | None]  # null: new or edited, open notices are still owed to it
    subscriber: Mapped[Subscriber] = relationship(back_populates="profiles")


class Match(Base):
    """How well one version of a notice fits one profile, by one model revision, and why."""

    __tablename__ = "match"
    __table_args__ = (
        UniqueConstraint("version_id", "profile_id", "model_rev", name="match_once"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score_is_a_probability"),
        Index("ix_match_profile_score", "profile_id", "model_rev", "score"),
        Index("ix_match_profile_id_id", "profile_id", "id"),  # by which line it was last matched
        # All that a move of lines or a reader's own list asks of a match, without the row itself, which its evidence makes wide.
        Index(
            "ix_match_speaks",
            "version_id",
            postgresql_include=["profile_id", "model_rev", "score", "threshold_then"],
            postgresql_where=text("barred_by IS NULL"),
        ),
        Index(
            "ix_match_speaks_of_profile",
            "profile_id",
            "score",
            postgresql_include=["version_id", "model_rev", "threshold_then"],
            postgresql_where=text("barred_by IS NULL"),
        ),
    )
    id: Mapped[Id]
    # Looked up from the other side by the unique key, and by the index of profile and score.
    version_id: Mapped[int] = mapped_column(ForeignKey("notice_version.id"))
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"))
    model_rev: Mapped[Words]
    score: Mapped[Score]
    threshold_then: Mapped[Score]  # the line by which it is told, or would be: moves with the line until it is told
    barred_by: Mapped[str | None]  # which of the profile's filters said no, whatever the score
    evidence: Mapped[Json]
    created_at: Mapped[Born]


class Threshold(Base):
    """A line above which a match becomes an alert. Append-only: the newest row of a profile rules."""

    __tablename__ = "threshold"
    __table_args__ = (
        UniqueConstraint("undoes", name="threshold_undone_once"),
        CheckConstraint("drawn IN ('start', 'hand', 'learned', 'undo')", name="drawn_known"),
        # A person's line may jump; what nobody looked at may not (P3).
        CheckConstraint(
            "drawn <> 'learned' OR moved_from IS NOT NULL AND abs(value - moved_from) <= 0.02",
            name="learned_in_small_steps",
        ),
    )
    id: Mapped[Id]
    profile_id: Mapped[int] = refers("profile.id", ondelete="CASCADE")
    value: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    moved_from: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))  # null: it is not known where the line was
    drawn: Mapped[Words] = mapped_column(server_default="start")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("threshold.id", ondelete="CASCADE"))
    move_id: Mapped[int | None] = refers("line_move.id")  # null: drawn for this profile alone
    by: Mapped[Words]
    why: Mapped[Words]
    at: Mapped[Born]


class SentenceWeight(Base):
    """How much one sentence of a profile counts; 1 where there is no row. Append-only as Threshold is.

    The sentence itself is the key: one that is edited is another, and starts anew.
    """

    __tablename__ = "sentence_weight"
    __table_args__ = (
        UniqueConstraint("undoes", name="sentence_weight_undone_once"),
        CheckConstraint("drawn IN ('learned', 'undo')", name="drawn_known"),
        CheckConstraint("value BETWEEN 0.7 AND 1.1", name="never_silent"),
        CheckConstraint("drawn <> 'learned' OR abs(value - moved_from) <= 0.05", name="learned_in_small_steps"),
    )
    id: Mapped[Id]
    profile_id: Mapped[int] = refers("profile.id", ondelete="CASCADE")
    sentence: Mapped[Words]
    value: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    moved_from: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    drawn: Mapped[Words]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("sentence_weight.id", ondelete="CASCADE"))
    by: Mapped[Words]
    why: Mapped[Words]
    at: Mapped[Born]


class Feedback(Base):
    """What a subscriber said of an alert; the last word wins."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("alert_id", name="feedback_once"),
        CheckConstraint("verdict IN ('relevant', 'not_relevant', 'on_it')", name="verdict_known"),
        CheckConstraint("reason IN ('wrong_trade', 'too_large', 'too_far', 'clearance', 'other')", name="reason_known"),
    )
    id: Mapped[Id]
    alert_id: Mapped[int] = refers("alert.id", ondelete="CASCADE")
    verdict: Mapped[Words]
    reason: Mapped[str | None]  # an Unfit, of "not relevant" alone, if they say
    at: Mapped[Born]


class JudgedMatch(Base):
    """Which match a verdict speaks of, as it was told: matches are scored anew, and what was judged must not change."""

    __tablename__ = "judged_match"
    __table_args__ = (UniqueConstraint("feedback_id", "profile_id", name="judged_match_once"),)
    id: Mapped[Id]
    feedback_id: Mapped[int] = refers("feedback.id", ondelete="CASCADE")
    profile_id: Mapped[int] = refers("profile.id", ondelete="CASCADE")
    version_id: Mapped[int] = refers("notice_version.id")
    model_rev: Mapped[Words]
    score: Mapped[Score]
    line: Mapped[Score]  # where the profile's line then was
    sentence: Mapped[Words]  # the profile's, that the alert quoted
