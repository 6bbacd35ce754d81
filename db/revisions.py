"""By which model revision are notices told? A table of those that were put in force, newest last."""

from sqlalchemy.orm import Mapped

from db.types import Base, Born, Id, Words


class ScoreRevision(Base):
    """A model revision whose scores are told, from `at` until the next row's. Append-only: the newest row rules."""

    __tablename__ = "score_revision"
    id: Mapped[Id]
    model_rev: Mapped[Words]
    by: Mapped[Words]  # who put it in force: a first start, an upgrade, or `rescore`
    at: Mapped[Born]
