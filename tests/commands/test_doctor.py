"""Does the doctor tell what an installation has, and end with 1 only when something is wrong?"""

import pytest
from sqlalchemy.engine import URL

from alerts.alarms import AlarmKind, raise_alarm
from commands.doctor import findings
from db.session import transaction
from settings import get_settings


def told() -> dict[str, str]:
    return {row.what: row.state for row in findings()}


def test_a_fresh_installation_lacks_what_it_needs_to_send(database: URL) -> None:
    assert told() == {
        "database": "ok", "doffin": "missing", "model": "ok", "secret": "ok", "relay": "missing", "address": "missing",
        "alarms": "ok",
    }  # fmt: skip


def test_a_relay_that_does_not_answer_is_wrong(database: URL, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANBUDSVAKT_SMTP_HOST", "127.0.0.1")
    environment.setenv("ANBUDSVAKT_SMTP_PORT", "1")
    get_settings.cache_clear()
    assert told()["relay"] == "wrong"


def test_an_open_alarm_is_wrong(database: URL) -> None:
    with transaction() as s:
        raise_alarm(s, AlarmKind.RELAY_REFUSES, "relay", "550 5.7.1 blocked")
    assert told()["alarms"] == "wrong"


def test_a_missing_secret_is_wrong(database: URL, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANBUDSVAKT_SECRET_KEY", "")
    get_settings.cache_clear()
    assert told()["secret"] == "wrong"
