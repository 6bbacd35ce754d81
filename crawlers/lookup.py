"""How are the rows of many values found by one statement? Through an index, once for each value."""

from collections.abc import Sequence
from typing import Any, TypeVarTuple, cast

from sqlalchemy import Select, TableValuedAlias, Text, func, literal, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

Columns = TypeVarTuple("Columns")


def listed(*columns: Sequence[str]) -> TableValuedAlias:
    """The values as a table, ``first``, ``second``, …: the statement stays the same however many they are."""
    names = ("first", "second")[: len(columns)]
    return func.unnest(*(literal(list(one), ARRAY(Text)) for one in columns)).table_valued(*names).render_derived()


def of_each(values: TableValuedAlias, wanted: Select[*Columns]) -> Select[*Columns]:
    """What ``wanted``, which names the values' columns, finds for each of them.

    A planner that has not counted a table since it grew would rather read and sort the whole of it; what stands behind
    an OFFSET it may not turn round.
    """
    found = wanted.offset(literal_column("0")).lateral()
    each: Any = select(found).select_from(values.join(found, true()))
    return cast(Select[*Columns], each)
