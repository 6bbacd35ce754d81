"""Which small forms do all parts of the JSON API share? Moments that can be reckoned with, ids, pages and their links."""

from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from settings import get_settings

LARGEST_ID: Final = 2**63 - 1  # that the database can hold
MOST: Final = 200  # on one page

Identifier = Annotated[int, Field(ge=1, le=LARGEST_ID)]


def _reckonable(at: datetime) -> datetime:
    if not 1900 < at.year < 9000:
        raise ValueError("a moment lies in a year from 1901 to 8999")
    return at


PastOrComing = Annotated[AwareDatetime, AfterValidator(_reckonable)]


class Paged(BaseModel):
    """Which page of a list is wanted. A name that is not known is refused, so that no filter is passed over unseen."""

    model_config = ConfigDict(extra="forbid")
    after: Annotated[
        int, Field(ge=0, le=LARGEST_ID, description="Go on after this id; `next` of the page before has it.")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=MOST, description="Rows on a page.")] = 50


NextLink = Annotated[
    str | None,
    Field(
        description="Address of the next page, with the same filters; null: this is the last one. Following it gives "
        "each row that stood when the first page was asked for, once. A row that was being written meanwhile may get an "
        "id below where you are: whoever asks again for what is new begins some way before the last id they saw, and "
        "knows rows by their ids."
    ),
]


def next_link(request: Request, ids: list[int], asked: Paged) -> str | None:
    """Where the page after this one is; None where this one was not full. Never from the Host header (W8)."""
    if len(ids) < asked.limit:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{get_settings().site}{request.scope['path']}?{urlencode([*kept, ('after', ids[-1])])}"
