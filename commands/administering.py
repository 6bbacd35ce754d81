"""Which commands make administrators, and take their way in from them? There is no other way to become one (W10)."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from commands.out import AsJson, console, fail, ready, show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.models import Administrator

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The administrator's mail address.")]
COLUMNS = {"email": "address", "language": "language", "created_at": "since", "sessions": "logged in"}


def admin_add(
    email: Email, language: Annotated[str, typer.Option(help="nb, nn, sv or en: of the pages they see.")] = "nb"
) -> None:
    """Make an administrator, or bring a removed one back; asks for a password, or reads it from a pipe."""
    ready()
    from db.address import AddressUnusable, mailable
    from db.languages import LANGUAGES
    from db.models import Act, Administrator
    from db.session import transaction, utcnow
    from web import audit

    try:
        address = mailable(email).lower()
    except AddressUnusable as wrong:
        raise fail(f"{email} is no mail address: {wrong}", code=2) from None
    if language not in LANGUAGES:
        raise fail(f"the pages do not speak {language}; they speak {', '.join(LANGUAGES)}", code=2)
    kept = _hashed()
    with transaction() as s:
        found = _find(s, address)
        if found is not None and found.removed_at is None:
            raise fail(f"{address} is an administrator already; see `admin password`", code=2)
        if found is None:
            found = Administrator(email=address, language=language, password_hash=kept, created_at=utcnow())
            s.add(found)
        found.language, found.password_hash, found.removed_at = language, kept, None
        s.flush()
        audit.record(s, None, Act.ADMINISTRATOR_ADDED, "administrator", found.id)
    console.print(f"{address} may log in at /admin")


def admin_list(*, as_json: AsJson = False) -> None:
    """Show who may log in at /admin, and in how many browsers each is."""
    ready()
    from sqlalchemy import func, select

    from db.models import Administrator, WebSession
    from db.session import transaction, utcnow

    with transaction() as s:
        found = s.execute(
            select(Administrator, func.count(WebSession.id))
            .outerjoin(
                WebSession, (WebSession.administrator_id == Administrator.id) & (WebSession.expires_at > utcnow())
            )
            .where(Administrator.removed_at.is_(None))
            .group_by(Administrator.id)
            .order_by(Administrator.email)
        ).all()
        rows = [
            {"email": one.email, "language": one.language, "created_at": one.created_at, "sessions": sessions}
            for one, sessions in found
        ]
    show(rows, as_json=as_json, columns=COLUMNS, title="Administrators")


def admin_remove(email: Email) -> None:
    """Take an administrator's way in, in force at once in every browser; what they did stays in the log."""
    ready()
    from db.models import Act
    from db.session import transaction, utcnow
    from web import audit
    from web.session import end_all

    with transaction() as s:
        found = _one(s, email)
        found.removed_at = utcnow()
        end_all(s, administrator_id=found.id)
        audit.record(s, None, Act.ADMINISTRATOR_REMOVED, "administrator", found.id)
    console.print(f"{found.email} may no longer log in")


def admin_password(email: Email) -> None:
    """Give an administrator another password, and log them out everywhere."""
    ready()
    from db.models import Act
    from db.session import transaction
    from web import audit
    from web.session import end_all

    with transaction() as s:
        _one(s, email)
    kept = _hashed()
    with transaction() as s:
        found = _one(s, email)
        found.password_hash = kept
        end_all(s, administrator_id=found.id)
        audit.record(s, None, Act.PASSWORD_CHANGED, "administrator", found.id)
    console.print(f"{found.email} has another password and is logged out everywhere")


def _find(s: "Session", email: str) -> "Administrator | None":
    from sqlalchemy import select

    from db.models import Administrator

    return s.scalar(select(Administrator).where(Administrator.email == email.lower()))


def _one(s: "Session", email: str) -> "Administrator":
    found = _find(s, email)
    if found is None or found.removed_at is not None:
        raise fail(f"{email} is no administrator; see `admin list`", code=2)
    return found


def _hashed() -> str:
    from web.passwords import PasswordWeak, hashed

    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        return hashed(password)
    except PasswordWeak as weak:
        raise fail(str(weak), code=2) from None
