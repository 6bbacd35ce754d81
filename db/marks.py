"""Is this the database that we wrote, and which of our parts turn? One row that no copy can keep, and one a part."""

from sqlalchemy import BigInteger, CheckConstraint, SmallInteger
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


class Beat(Base):
    """When a part of ours last went through well."""

    __tablename__ = "beat"
    part: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Born]
