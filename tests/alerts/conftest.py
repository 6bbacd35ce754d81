"""What do the tests of alerts share? A connection of the sender's own kind, and settings that name a relay."""

from collections.abc import AsyncIterator

import pytest
from lanes import Use
from sqlalchemy.engine import URL

from db.session import Connection, connection


@pytest.fixture
async def outbox(database: URL) -> AsyncIterator[Connection]:
    """A connection of the sender's own kind."""
    async with await connection() as made:
        yield made


@pytest.fixture
def use(environment: pytest.MonkeyPatch) -> Use:
    return Use(environment)
