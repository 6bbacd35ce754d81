"""How do thousands of values go into a query and come out of it at once? As arrays, with no Python value for each."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Dialect,
    SelectBase,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session
from sqlalchemy.types import UserDefinedType

Column = NDArray[Any]
# By PostgreSQL's numbers for its types: how one value of it lies in what the server sends.
_TYPES: Final = MappingProxyType({16: "?", 20: ">i8", 23: ">i4", 701: ">f8"})
_HEAD: Final = 12  # bytes before the only dimension's: how many dimensions, whether there are nulls, which type
_DIMENSION: Final = 8


class _Numbers(UserDefinedType[Any]):
    """An array of numbers written out by us: the driver would look at each of them on its own."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """As the database calls it."""
        return f"{self.kind}[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """In the words in which the database reads it."""
        del dialect
        return lambda values: "{" + ",".join(map(str, values)) + "}"


def numbers(values: Iterable[float | Decimal], kind: str = "BIGINT") -> ColumnElement[Any]:
    """Any number of numbers as one parameter."""
    return bindparam(None, [*values], type_=_Numbers(kind))


def among(column: SQLColumnExpression[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column is one of these, however many: one parameter, where IN would write one for each."""
    return column == any_(numbers(ids))


def columns(s: Session, rows: SelectBase) -> tuple[Column, ...]:
    """The answer column by column, none of which may hold a null but for texts, which come as objects."""
    gathered = select(*(_gathered(one) for one in rows.subquery().c))
    return tuple(_read(sent) for sent in s.execute(gathered).one())


def _gathered(column: ColumnElement[Any]) -> ColumnElement[Any]:
    every = func.coalesce(func.array_agg(column), array([], type_=column.type))
    return every if isinstance(column.type, String) else func.array_send(every)


def _read(sent: bytes | list[str | None]) -> Column:
    if isinstance(sent, list):
        return np.array(sent, dtype=object)
    dimensions, nulls, number = np.frombuffer(sent, ">i4", 3).tolist()
    if nulls:
        raise ValueError("a column of numbers holds a null")
    kind = np.dtype(_TYPES[number])
    if not dimensions:
        return np.empty(0, kind.newbyteorder("="))
    # Before each value stands its length, which is the same for all.
    each = np.frombuffer(sent, np.dtype([("length", ">i4"), ("value", kind)]), offset=_HEAD + _DIMENSION)
    return each["value"].astype(kind.newbyteorder("="))
