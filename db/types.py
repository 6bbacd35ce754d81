"""Which kinds of column do our tables have? Each kind has a name, so that a table reads like a sentence."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, Dialect, ForeignKey, LargeBinary, Numeric, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.schema import MetaData
from sqlalchemy.types import TypeDecorator


class AwareMoment(TypeDecorator[datetime]):
    """A moment with a zone, kept and given back in UTC; a naive one is refused at the door (T6)."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC; raises ValueError for a naive moment."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC, whatever zone the connection speaks."""
        del dialect
        return None if value is None else value.astimezone(UTC)


Id = Annotated[int, mapped_column(BigInteger, primary_key=True)]
Moment = Annotated[datetime, mapped_column(AwareMoment)]
Born = Annotated[datetime, mapped_column(AwareMoment, server_default=func.now())]
Words = Annotated[str, mapped_column(Text)]
Codes = Annotated[list[str], mapped_column(ARRAY(Text), server_default="{}")]
Weekdays = Annotated[list[int], mapped_column(ARRAY(SmallInteger))]  # as ISO counts them: 1 is Monday
# Texts by language, links, evidence: read whole and never searched inside, so one column holds them.
ByLanguage = Annotated[Mapping[str, str], mapped_column(JSONB, server_default="{}")]
Json = Annotated[Any, mapped_column(JSONB)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
Amount = Annotated[Decimal, mapped_column(Numeric(18, 2))]
Score = Annotated[float, mapped_column()]


def refers(column: str, *, ondelete: str | None = None) -> Any:
    """A foreign key with an index, since every one of ours is also looked up from the other side."""
    return mapped_column(ForeignKey(column, ondelete=ondelete), index=True)


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed, so that migrations and ON CONFLICT can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
