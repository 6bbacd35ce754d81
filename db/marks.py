"""Is this the database that we wrote, what wrote in it since, and which of our parts turn? Rows that say so."""

from sqlalchemy import BigInteger, CheckConstraint, Identity, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Born, Words


class DatabaseMark(Base):
    """The one row that tells a database from its restored copy: it names the transaction that wrote it.

    PostgreSQL keeps that number beside the row (``xmin``). Whoever restores a dump writes the row anew, in another
    transaction and another table, and what it says of itself is true no more.
    """

    __tablename__ = "database_mark"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    written_by: Mapped[Words]
    table_oid: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Born]


class ChangeSeen(Base):
    """A transaction that wrote a table which :mod:`db.unchanged` keeps something of, and which version if that is known.

    Written by triggers, once each.
    """

    __tablename__ = "change_seen"
    __table_args__ = (
        UniqueConstraint("by", "relation", "version_id", name="noted_once"),
        {"prefixes": ["UNLOGGED"]},
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    by: Mapped[int] = mapped_column(
        BigInteger, server_default=text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
    )
    relation: Mapped[Words] = mapped_column(server_default="")  # empty: any
    version_id: Mapped[int] = mapped_column(BigInteger, server_default="0")  # 0: any


class Beat(Base):
    """When a part of ours last went through well."""

    __tablename__ = "beat"
    part: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Born]
