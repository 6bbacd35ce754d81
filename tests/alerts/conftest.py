"""What do the tests of alerts share? Connections of the sender's own kind, and settings that name a relay."""

from collections.abc import AsyncIterator

import pytest
from lanes import Use
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from db.session import async_engine


@pytest.fixture
async def engine(database: URL) -> AsyncIterator[AsyncEngine]:
    """Connections of the sender's own kind."""
    made = async_engine(pool_size=2)
    yield made
    await made.dispose()


@pytest.fixture
def use(environment: pytest.MonkeyPatch) -> Use:
    return Use(environment)
