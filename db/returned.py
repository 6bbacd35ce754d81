"""What came back of our mails? A row for each report that was proved to be about a mail of ours, without an address."""

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from db.types import Base, Born, Id, Words, refers


class ReturnedMail(Base):
    """A delivery report or a complaint that had an effect; the same one twice has it once."""

    __tablename__ = "returned_mail"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "sha256", name="returned_once"),
        Index("ix_returned_mail_meaning", "meaning", "at"),
    )
    id: Mapped[Id]
    sha256: Mapped[Words]  # of the report's bytes
    subscriber_id: Mapped[int] = refers("subscriber.id", ondelete="CASCADE")
    delivery_id: Mapped[int | None] = refers("delivery.id", ondelete="CASCADE")
    meaning: Mapped[Words]
    code: Mapped[Words]
    told: Mapped[Words]  # one line of ASCII without addresses
    at: Mapped[Born]
