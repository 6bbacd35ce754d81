"""What are codes and buyers called in the reader's language? Reference tables, seeded from db/reference."""

from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Codes, Id, Words


class CpvName(Base):
    """A CPV code's name. ``origin`` tells our own short table from the official list an administrator imported."""

    __tablename__ = "cpv_name"
    code: Mapped[str] = mapped_column(primary_key=True)
    nb: Mapped[Words]
    sv: Mapped[Words]
    en: Mapped[Words]
    origin: Mapped[Words]  # "built in" | "official"


class NutsName(Base):
    """A region's name."""

    __tablename__ = "nuts_name"
    code: Mapped[str] = mapped_column(primary_key=True)
    nb: Mapped[Words]
    sv: Mapped[Words]
    en: Mapped[Words]


class BuyerName(Base):
    """A buyer known to buy for defence or preparedness."""

    __tablename__ = "buyer_name"
    id: Mapped[Id]
    digits: Mapped[str | None]
    country: Mapped[Words]
    name: Mapped[Words] = mapped_column(unique=True)
    scope: Mapped[Words]
    aliases: Mapped[Codes]
