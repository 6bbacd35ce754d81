"""What does this installation have, and what does it lack before it can serve?"""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from settings import Settings, SettingsError, get_settings

RELAY_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: ``ok``, ``missing`` (fine until it is needed) or ``wrong``."""

    what: str
    state: str
    told: str

    def record(self) -> dict[str, str]:
        """As a row."""
        return {"state": self.state, "what": self.what, "told": self.told}


def findings() -> Iterator[Finding]:
    """Look at settings, database, model, relay and sources, in the order in which a notice passes them."""
    settings = get_settings()
    checks: tuple[tuple[str, Callable[[Settings], tuple[str, str]]], ...] = (
        ("database", _database),
        ("doffin", _doffin),
        ("model", _model),
        ("secret", _secret),
        ("relay", _relay),
        ("address", _address),
        ("alarms", _alarms),
    )
    for what, look in checks:
        try:
            state, told = look(settings)
        except SettingsError as wrong:
            state, told = "wrong", str(wrong)
        yield Finding(what=what, state=state, told=told)


def _database(settings: Settings) -> tuple[str, str]:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    from db.migrate import alembic_config
    from db.session import engine

    try:
        with engine().connect() as connection:
            version = connection.scalar(text("SHOW server_version"))
            now = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        return "wrong", "cannot be reached"
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    kind = "embedded" if settings.database_url is None else "server"
    if now != head:
        return "wrong", f"{kind} PostgreSQL {version}, tables at {now or 'nothing'}, wanted {head}: run db upgrade"
    return "ok", f"{kind} PostgreSQL {version}, tables at {now}"


def _doffin(settings: Settings) -> tuple[str, str]:
    if settings.doffin_key is None:
        return "missing", "ANBUDSVAKT_DOFFIN_KEY is not set: Doffin is not read (the key is free)"
    return "ok", "a key is set"


def _model(settings: Settings) -> tuple[str, str]:
    from sqlalchemy.exc import SQLAlchemyError

    from classifier.encoder import ModelRefused
    from classifier.match import load_scorer
    from classifier.revisions import ruling

    whose = settings.model or "our own"
    try:
        mine = load_scorer().revision
        in_force = ruling()
    except ModelRefused as refused:
        return "wrong", str(refused)
    except SQLAlchemyError:
        return "missing", f"{whose}; the tables are not there to ask which revision is in force"
    if in_force not in (None, mine):
        return "wrong", f"{whose}, revision {mine}, but {in_force} is in force: nothing is matched until `rescore`"
    return "ok", f"{whose}, revision {mine}, {'in force' if in_force else 'to be in force with the first match'}"


def _secret(settings: Settings) -> tuple[str, str]:
    return "ok", f"{len(settings.secret_keys)} key(s)"


def _relay(settings: Settings) -> tuple[str, str]:
    if settings.smtp_host is None or settings.mail_from is None:
        return "missing", "ANBUDSVAKT_SMTP_HOST and ANBUDSVAKT_MAIL_FROM are needed to send"
    try:
        with socket.create_connection((settings.smtp_host, settings.smtp_port), timeout=RELAY_TIMEOUT_S):
            return "ok", f"{settings.smtp_host}:{settings.smtp_port} answers, {settings.smtp_security}"
    except OSError as error:
        return "wrong", f"{settings.smtp_host}:{settings.smtp_port} does not answer: {error.strerror or error}"


def _address(settings: Settings) -> tuple[str, str]:
    if settings.base_url.scheme != "https":
        return "missing", f"{settings.site}: one-click unsubscribe needs https at a public address (RFC 8058)"
    return "ok", settings.site


def _alarms(_settings: Settings) -> tuple[str, str]:
    from sqlalchemy.exc import SQLAlchemyError

    from alerts.alarms import open_alarms
    from db.session import transaction

    try:
        with transaction() as s:
            found = [f"{alarm.kind} ({alarm.subject}): {alarm.told}" for alarm in open_alarms(s)]
    except SQLAlchemyError:
        return "missing", "the tables are not there to ask"
    return ("wrong", "; ".join(found) + "; docs/alarms.md says what to do") if found else ("ok", "none is open")
