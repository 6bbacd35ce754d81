"""Do columns come as they were, and thousands of numbers go in as one?"""

import pytest
from sqlalchemy import Boolean, Double, Integer, Text, cast, func, null, select
from sqlalchemy.engine import URL

from db.arrays import among, columns
from db.session import transaction

NUMBER = func.generate_series(1, 3).column_valued("number")


def test_columns_come_in_their_types_and_in_one_order(database: URL) -> None:
    query = select(
        cast(NUMBER, Integer),
        cast(NUMBER / 4.0, Double),
        cast(NUMBER == 2, Boolean),
        cast(func.nullif("n" + cast(NUMBER, Text), "n3"), Text),
    )
    with transaction() as s:
        numbers, quarters, flags, texts = columns(s, query)
        assert [numbers.tolist(), quarters.tolist(), flags.tolist(), texts.tolist()] == [
            [1, 2, 3], [0.25, 0.5, 0.75], [False, True, False], ["n1", "n2", None],
        ]  # fmt: skip
        nothing = columns(s, query.where(NUMBER > 3))
    assert [(len(one), one.dtype) for one in nothing] == [(0, one.dtype) for one in (numbers, quarters, flags, texts)]


def test_a_number_that_is_missing_is_no_number(database: URL) -> None:
    with transaction() as s, pytest.raises(ValueError, match="null"):
        columns(s, select(cast(null(), Integer).label("nothing")))


def test_among_finds_what_is_listed_and_nothing_in_an_empty_list(database: URL) -> None:
    with transaction() as s:
        found = [s.scalars(select(NUMBER).where(among(NUMBER, ids))).all() for ids in (range(2, 40_000), ())]
    assert found == [[2, 3], []]
