"""Who asks the JSON API, and may they? Every operation asks here first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from db.models import ApiScope
from db.session import transaction
from web.api.tokens import Caller, recognise

# In a header alone: an address ends up in histories, logs and Referer lines.
_BEARER = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A token made by `anbudsvakt api token add`, in the Authorization header and nowhere else.",
)
UNKNOWN = HTTPException(401, "A token in use is needed, as `Authorization: Bearer …`.", {"WWW-Authenticate": "Bearer"})


def reader(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
    """Whoever asks. The same 401 for a token that is missing, wrong, revoked or past its day; 429 for one too quick."""
    if given is None:
        raise UNKNOWN
    with reading() as s:
        caller = recognise(s, given.credentials)
    if caller is None:
        raise UNKNOWN
    if wait := request.app.state.pace.wait_s(caller.token_id):
        raise HTTPException(429, f"This token asks too often; wait {wait} s.", {"Retry-After": str(wait)})
    request.app.state.uses.note(caller.token_id)
    return caller


Reader = Annotated[Caller, Depends(reader)]


def writer(caller: Reader) -> int:
    """The subscriber in whose name is written; 403 where the token may only read."""
    if ApiScope.WRITE not in caller.scopes or caller.subscriber_id is None:
        raise HTTPException(403, "This token may only read; make one with `--write`.")
    return caller.subscriber_id


Writer = Annotated[int, Depends(writer)]


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction in which nothing can be written: a GET changes nothing, and the database sees to it."""
    with transaction() as s:
        s.execute(text("SET TRANSACTION READ ONLY"))
        yield s
