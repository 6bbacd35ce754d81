"""Which commands let a program ask the JSON API? Tokens: made, listed and revoked."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.doors import find_subscriber
from commands.out import AsJson, fail, ready, show

if TYPE_CHECKING:
    from db.models import ApiToken

COLUMNS = {
    "id": "id", "name": "name", "subscriber": "subscriber", "scopes": "scopes", "expires_at": "expires",
    "last_used_at": "last used",
}  # fmt: skip


def token_add(
    who: Annotated[str | None, typer.Argument(metavar="EMAIL|ID", help="In whose name it asks.")] = None,
    *,
    name: Annotated[str, typer.Option(help="What the program is called that gets it.")],
    write: Annotated[bool, typer.Option("--write", help="It may also write profiles and verdicts.")] = False,
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 365,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="For nobody's name: it reads what all subscribers have.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it, this once: only its hash is kept."""
    ready()
    from db.session import transaction
    from web.api.tokens import TokenRefused, add_token

    if (who is None) != administrator:
        raise fail("name a subscriber, or say --administrator, one of both", code=2)
    try:
        with transaction() as s:
            owner = None if who is None else find_subscriber(s, who)
            row, token = add_token(s, owner, name=name, write=write, life=timedelta(days=days))
            told = _row(row) | {"token": token}
    except TokenRefused as refused:
        raise fail(str(refused), code=2) from None
    show([told], as_json=as_json, columns={"token": "token", **COLUMNS}, title="Token")


def token_list(
    who: Annotated[str | None, typer.Argument(metavar="EMAIL|ID")] = None, *, as_json: AsJson = False
) -> None:
    """Show the tokens that are not revoked, of all or of one subscriber."""
    ready()
    from db.session import transaction
    from web.api.tokens import tokens_of

    with transaction() as s:
        rows = [_row(row) for row in tokens_of(s, None if who is None else find_subscriber(s, who))]
    show(rows, as_json=as_json, columns=COLUMNS, title="Tokens")


def token_revoke(token: Annotated[int, typer.Argument(metavar="ID", help="Its id, from `api token list`.")]) -> None:
    """Revoke a token for good; it opens nothing from now on."""
    ready()
    from db.session import transaction
    from web.api.tokens import TokenRefused, revoke_token

    try:
        with transaction() as s:
            revoke_token(s, token)
    except TokenRefused as refused:
        raise fail(str(refused)) from None


def _row(row: "ApiToken") -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "subscriber": row.subscriber_id or "all",
        "scopes": list(row.scopes),
        "expires_at": row.expires_at.isoformat(timespec="seconds"),
        "last_used_at": None if row.last_used_at is None else row.last_used_at.isoformat(timespec="seconds"),
    }
