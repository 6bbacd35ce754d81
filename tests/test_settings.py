"""Are settings checked at start, named when wrong, and never shown?"""

from pathlib import Path

import pytest

from settings import SettingsError, get_settings

STRONG = "k" * 40


def read(environment: pytest.MonkeyPatch, **variables: str) -> object:
    for name, value in variables.items():
        environment.setenv(name, value)
    get_settings.cache_clear()
    return get_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANBUDSVAKT_SECRET_KEY", "short"),
        ("ANBUDSVAKT_SECRET_KEY", "change-me-change-me-change-me-change-me"),
        ("ANBUDSVAKT_SMTP_PORT", "seventy"),
        ("ANBUDSVAKT_BASE_URL", "not an address"),
        ("ANBUDSVAKT_SMTP_SECURITY", "rot13"),
        ("PORT", "0"),
    ],
)
def test_s1_a_wrong_value_is_named_and_not_shown(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read(environment, **{name: value})
    assert name in str(wrong.value)
    assert value not in str(wrong.value)


def test_plain_smtp_is_for_loopback_only(environment: pytest.MonkeyPatch) -> None:
    read(environment, ANBUDSVAKT_SMTP_SECURITY="none", ANBUDSVAKT_SMTP_HOST="127.0.0.1")
    with pytest.raises(SettingsError, match="ANBUDSVAKT_SMTP_SECURITY"):
        read(environment, ANBUDSVAKT_SMTP_HOST="relay.example")


def test_s1_a_missing_secret_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANBUDSVAKT_SECRET_KEY", "")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match="ANBUDSVAKT_SECRET_KEY"):
        _ = get_settings().secret_keys
    with pytest.raises(SettingsError, match="ANBUDSVAKT_SECRET_KEY, ANBUDSVAKT_SMTP_HOST"):
        get_settings().require("secret_key", "smtp_host")


def test_keys_sign_with_the_newest(environment: pytest.MonkeyPatch) -> None:
    read(environment, ANBUDSVAKT_SECRET_KEY=f"new-{STRONG}, old-{STRONG}")
    assert get_settings().secret_keys == [f"old-{STRONG}", f"new-{STRONG}"]


def test_s1_a_secret_may_lie_in_a_file_and_is_never_printed(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2hunter2\n")
    environment.setenv("ANBUDSVAKT_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    read(environment, ANBUDSVAKT_DOFFIN_KEY="a-doffin-key")
    password = get_settings().smtp_password
    assert password is not None
    assert password.get_secret_value() == "hunter2hunter2"
    assert "hunter2" not in repr(get_settings())
    assert "a-doffin-key" not in repr(get_settings())


def test_a_file_that_is_not_there_is_named(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="ANBUDSVAKT_SMTP_PASSWORD_FILE"):
        read(environment, ANBUDSVAKT_SMTP_PASSWORD_FILE="/no/such/file")


def test_empty_is_unset(environment: pytest.MonkeyPatch) -> None:
    read(environment, DATABASE_URL="", ANBUDSVAKT_SMTP_HOST="", PORT="")
    assert (get_settings().database_url, get_settings().smtp_host, get_settings().port) == (None, None, 8080)
