"""What do the web's tests share? Someone who asks the real server, a subscriber, and a program of theirs."""

from collections.abc import Iterator

import httpx
import pytest
from api_asking import Program, quick, token_of
from sqlalchemy.engine import URL

from db.models import Subscriber
from factories import make_subscriber


@pytest.fixture
def client(database: URL) -> Iterator[httpx.Client]:
    """Someone without a cookie or a token; no program's pace is reached."""
    with quick() as one:
        yield one


@pytest.fixture
def alma(database: URL) -> Subscriber:
    """A subscriber of the daily digest."""
    return make_subscriber()


@pytest.fixture
def program(client: httpx.Client, alma: Subscriber) -> Program:
    """A program of hers, which may read and write."""
    return Program(client, token_of(alma))
