"""Can a moment without a zone get into a table? (T6; in code ruff's DTZ rules refuse to make one)"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes, timezones
from sqlalchemy import DateTime
from sqlalchemy.dialects import postgresql

from db.models import Base
from db.types import AwareMoment

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_t6_every_column_that_holds_a_moment_refuses_a_naive_one() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]
    moments = [column for column in columns if isinstance(column.type, (AwareMoment, DateTime))]
    assert moments
    assert [str(column) for column in moments if not isinstance(column.type, AwareMoment)] == []


@given(datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - they are to be refused
def test_t6_a_naive_moment_is_refused(naive: datetime) -> None:
    with pytest.raises(ValueError, match="zone"):
        AwareMoment().process_bind_param(naive, DIALECT)


@given(datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2100, 1, 1), timezones=timezones()))  # noqa: DTZ001
def test_t6_a_moment_of_any_zone_comes_back_as_the_same_in_utc(moment: datetime) -> None:
    kept = AwareMoment().process_bind_param(moment, DIALECT)
    assert (kept, kept and kept.tzinfo) == (moment.astimezone(UTC), UTC)
