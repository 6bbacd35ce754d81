"""What do journeys share? Somebody who matches and mails between two steps."""

from collections.abc import Iterator

import pytest
from at_work import Worker, worker
from sqlalchemy.engine import URL


@pytest.fixture
def clerk(database: URL, environment: pytest.MonkeyPatch) -> Iterator[Worker]:
    """The real matcher, digests and relay, whenever a journey asks for them."""
    with worker(environment) as one:
        yield one
