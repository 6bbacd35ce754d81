"""What did administrators ask a worker to do? A table of errands, since the web itself may not read notices."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from db.types import Base, Born, Codes, Id, Moment, Words, refers


class ErrandKind(StrEnum):
    """What is to be done; each is a command of ours (alerts.errands)."""

    RETRY = "retry"  # of quarantined notices
    SPLIT = "split"  # notices out of their procurement
    JOIN = "join"  # the procurements of notices
    CONFIRM = "confirm"  # that notices are one procurement
    CRAWL = "crawl"  # one source, now
    RESCORE = "rescore"  # move over to the model of the worker's settings


class Errand(Base):
    """One thing that an administrator asked for, until a worker has done it."""

    __tablename__ = "errand"
    __table_args__ = (
        CheckConstraint("kind IN ('retry', 'split', 'join', 'confirm', 'crawl', 'rescore')", name="kind_known"),
        Index("ix_errand_waiting", "id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    kind: Mapped[Words]
    subjects: Mapped[Codes]  # quarantined rows by number, notices as source:number, a source by its key
    why: Mapped[Words]
    administrator_id: Mapped[int] = refers("administrator.id")
    asked_at: Mapped[Born]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    exit_code: Mapped[int | None]  # null after the end: it was stopped at its limit
