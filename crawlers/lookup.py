"""How are the rows of many values found by one statement? Through an index, once for each value."""

import json
from collections.abc import Sequence
from typing import Any, TypeVarTuple, cast

from sqlalchemy import JSON, Select, TableValuedAlias, Text, column, func, literal, literal_column, select, true

Columns = TypeVarTuple("Columns")


def listed(*columns: Sequence[str]) -> TableValuedAlias:
    """The values as a table, ``first``, ``second``, …: the statement stays the same however many they are.

    As JSON, since psycopg writes an array value by value.
    """
    names = ("first", "second")[: len(columns)]
    rows = json.dumps([dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)], ensure_ascii=False)
    table = func.json_to_recordset(literal(rows, Text).cast(JSON)).table_valued(*(column(name, Text) for name in names))
    return table.render_derived(with_types=True)


def of_each(values: TableValuedAlias, wanted: Select[*Columns]) -> Select[*Columns]:
    """What ``wanted``, which names the values' columns, finds for each of them.

    A planner that has not counted a table since it grew would rather read and sort the whole of it; what stands behind
    an OFFSET it may not turn round.
    """
    found = wanted.offset(literal_column("0")).lateral()
    each: Any = select(found).select_from(values.join(found, true()))
    return cast(Select[*Columns], each)
