"""Which lines were moved together, and what do readers say of what lies under theirs? Tables of the laboratory."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.types import Base, Born, Id, Moment, Score, Words, refers


class LineMove(Base):
    """The lines that an administrator moved at one stroke, and takes back at one. Append-only, as its Thresholds are."""

    __tablename__ = "line_move"
    __table_args__ = (UniqueConstraint("undoes", name="line_move_undone_once"),)
    id: Mapped[Id]
    bench: Mapped[Words]  # whose lines, as the laboratory writes it: all, NO, SE, firm-7 or a profile's id
    undoes: Mapped[int | None] = mapped_column(ForeignKey("line_move.id"))
    by: Mapped[Words]
    why: Mapped[Words]
    at: Mapped[Born]


class RecallQuestion(Base):
    """One week's question to a profile's reader: was any of these, which stayed under your line, for you?"""

    __tablename__ = "recall_question"
    __table_args__ = (UniqueConstraint("profile_id", "week", name="recall_asked_once"),)
    id: Mapped[Id]
    profile_id: Mapped[int] = refers("profile.id", ondelete="CASCADE")
    week: Mapped[date]  # its Monday
    asked_at: Mapped[Born]
    answered_at: Mapped[Moment | None]
    samples: Mapped[list["RecallSample"]] = relationship(back_populates="question", order_by="RecallSample.id")


class RecallSample(Base):
    """A notice drawn from one stratum under a line, and for how many of that week it stands."""

    __tablename__ = "recall_sample"
    __table_args__ = (
        UniqueConstraint("question_id", "version_id", name="recall_drawn_once"),
        CheckConstraint("stands_for >= 1", name="stands_for_itself"),
    )
    id: Mapped[Id]
    question_id: Mapped[int] = refers("recall_question.id", ondelete="CASCADE")
    version_id: Mapped[int] = refers("notice_version.id")
    model_rev: Mapped[Words]
    stratum: Mapped[Words]
    score: Mapped[Score | None]  # null: too low to be kept
    stands_for: Mapped[float]  # how many notices of its stratum there were for each that was drawn
    relevant: Mapped[bool | None]  # null: not answered
    question: Mapped[RecallQuestion] = relationship(back_populates="samples")
