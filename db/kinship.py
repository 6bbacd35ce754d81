"""Why are notices one procurement, or not? Tables of their keys, of administrators' rulings, and of what was told before."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.types import Base, Born, Id, Words


class NoticeKey(Base):
    """A key by which a notice finds its kin (sources.md §7); rows are only added.

    Facts that speak for or against lie in `Notice.facts`, those of notices from before 0022 here. No foreign key: they
    are written with their notice, neither is ever taken away, and to look up the notice of each of some twelve rows cost
    a third of storing it.
    """

    __tablename__ = "notice_key"
    __table_args__ = (Index("ix_notice_key_kind_value", "kind", "value"),)
    notice_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(Text, primary_key=True)  # own | changes | previous | guess; fact, before 0022
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    words: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")  # a folded title to compare


class Verb(StrEnum):
    """What an administrator ruled of notices."""

    SPLIT = "split"
    JOIN = "join"


class Ruling(Base):
    """An administrator's word on which notices are one procurement. Never changed; the newest word on a pair holds."""

    __tablename__ = "ruling"
    __table_args__ = (CheckConstraint("verb IN ('split', 'join')", name="verb_known"),)
    id: Mapped[Id]
    verb: Mapped[Words]
    by: Mapped[Words]
    why: Mapped[Words]
    at: Mapped[Born]
    pairs: Mapped[list["RuledPair"]] = relationship(back_populates="ruling")


class RuledPair(Base):
    """Two notices that a ruling speaks of."""

    __tablename__ = "ruled_pair"
    __table_args__ = (CheckConstraint("notice_id < other_id", name="in_order"),)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("ruling.id"), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True, index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True, index=True)
    ruling: Mapped[Ruling] = relationship(back_populates="pairs")


class ToldBefore(Base):
    """An alert of another procurement that counts as told of this one too: the two were one when it was owed."""

    __tablename__ = "told_before"
    procurement_id: Mapped[int] = mapped_column(ForeignKey("procurement.id"), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True, index=True)
