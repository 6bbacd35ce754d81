"""What does this installation want? The only reader of the environment: one frozen :class:`Settings`, checked at start.

Every variable may also be given as ``NAME_FILE`` (a file that holds the value), the way secrets are mounted.
"""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SHORTEST_SECRET = 32
SAMPLE_SECRETS = ("change-me", "changeme", "secret", "example")


class SettingsError(Exception):
    """Raised at start when a setting is missing or unusable; names the variable, never shows its value."""


def variable(field: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias) if alias else f"ANBUDSVAKT_{field.upper()}"


class _FileSource(PydanticBaseSettingsSource):
    """Reads ``ANBUDSVAKT_X`` from the file named by ``ANBUDSVAKT_X_FILE``."""

    def get_field_value(self, field: object, field_name: str) -> tuple[str | None, str, bool]:
        """One field's value from its file, if such a file is named."""
        del field  # pydantic-settings hands it over; the name is enough
        name = variable(field_name)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}") from None

    def __call__(self) -> dict[str, object]:
        """All fields that a file gives."""
        found = {name: self.get_field_value(None, name)[0] for name in self.settings_cls.model_fields}
        return {
            self.settings_cls.model_fields[name].validation_alias or name: value  # type: ignore[misc]
            for name, value in found.items()
            if value is not None
        }


class Settings(BaseSettings):
    """Everything an installation can say. README's table is compared with these fields by a test."""

    model_config = SettingsConfigDict(
        env_prefix="ANBUDSVAKT_", env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore"
    )

    database_url: str | None = Field(
        None, validation_alias="DATABASE_URL", description="PostgreSQL address; none = the embedded server in var/"
    )
    var: Path = Field(Path("var"), description="folder of the embedded database, the sandbox's mails and logs")
    base_url: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:8080"), description="public address of the web pages, used in every mail's links"
    )
    port: int = Field(8080, validation_alias="PORT", ge=1, le=65535, description="port the web process listens on")
    web_host: str = Field("127.0.0.1", description="address the web process listens on (0.0.0.0 on a PaaS)")
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=8,
        description="proxies of yours before the web process, each appending to X-Forwarded-For; 0 = none",
    )
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="signs links; comma-separated, newest first, 32 characters or more each; required to send"
    )
    smtp_host: str | None = Field(None, description="mail relay; required to send")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail relay")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the relay is reached; none is accepted for loopback only"
    )
    smtp_user: str | None = Field(None, description="user at the relay")
    smtp_password: SecretStr | None = Field(None, description="password at the relay")
    smtp_connections: int = Field(4, ge=1, le=32, description="connections to the relay at once, per worker")
    smtp_rate: float | None = Field(None, gt=0, description="mails per second at most, per worker; none = no limit")
    mail_from: str | None = Field(None, description="sender address of every mail; required to send")
    mail_from_name: str = Field("Anbudsvakt", description="sender name of every mail")
    dkim_key: SecretStr | None = Field(
        None, description="private RSA key (PEM) that signs mails; none = the relay signs"
    )
    dkim_selector: str | None = Field(None, description="name of the DKIM key in the DNS, ours or the relay's")
    bounce_domain: str | None = Field(
        None,
        description="domain whose mail reaches lmtp_port or bounce_maildir; none = bounces go to the sender address",
    )
    lmtp_host: str = Field("127.0.0.1", description="address on which returned mail is taken by LMTP")
    lmtp_port: int | None = Field(None, ge=1, le=65535, description="port on which returned mail is taken by LMTP")
    bounce_maildir: Path | None = Field(None, description="Maildir folder into which returned mail is put")
    dns_server: str | None = Field(
        None, description="DNS server that `doctor mail` asks, as address or address:port; none = the system's"
    )
    contact_url: HttpUrl = Field(
        HttpUrl("https://anbudsvakt.example/kontakt"), description="page about us, named in every request to a portal"
    )
    doffin_key: SecretStr | None = Field(None, description="Doffin's free subscription key; without it Doffin is off")
    doffin_details: bool = Field(
        False, description="also ask Doffin's web client for TED numbers and documents; undocumented, so ask DFØ first"
    )
    largest_package: int = Field(
        200, ge=1, description="mebibytes that one imported package may unfold to; a day of TED is about 100"
    )
    udbud: bool = Field(
        False, description="also read udbud.dk (Denmark); its service is undocumented, so ask its owner first"
    )
    hilma_key: SecretStr | None = Field(
        None, description="Hilma's free subscription key (Finland); without it Hilma is off"
    )
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further RSS/Atom addresses, comma-separated key=url; a comma in an address is written %2C"
    )
    permitted: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="sources whose owner was asked and allows it, comma-separated keys (or key=address): Kommers' lists",
    )
    model: str | None = Field(
        None,
        description="another sentence-transformers model: a folder, or a hub's name once it was fetched; none = our own",
    )
    models: Path = Field(Path("var/models"), description="folder of the models that `anbudsvakt model fetch` fetched")
    model_revision: str | None = Field(
        None,
        description="the hub's commit (or the revision that doctor shows) that the model must be; fetched if fetching",
    )
    model_query_prefix: str | None = Field(
        None, description="what the model wants before a profile's words; none = as the model itself says"
    )
    model_passage_prefix: str | None = Field(
        None, description="what the model wants before a notice's words; none = as the model itself says"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, told: ValidationInfo) -> object:
        return cls.model_fields[str(told.field_name)].get_default() if value == "" else value

    @field_validator("secret_key", "feeds", "permitted", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("bounce_domain")
    @classmethod
    def _plain_domain(cls, domain: str | None) -> str | None:
        if domain is not None and not re.fullmatch(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+", domain.lower()):
            raise ValueError("needs a domain in letters, digits and points (its punycode form)")
        return domain.lower() if domain else None

    @field_validator("dns_server")
    @classmethod
    def _dns_address(cls, server: str | None) -> str | None:
        if server is not None and not re.fullmatch(r"([0-9.]{7,15}|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?", server):
            raise ValueError("needs an address, an IPv6 one in brackets, and perhaps a port: 192.0.2.53:53")
        return server

    @field_validator("dkim_key")
    @classmethod
    def _private_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and "PRIVATE KEY-----" not in key.get_secret_value():
            raise ValueError("needs a private key in PEM; give the file as ANBUDSVAKT_DKIM_KEY_FILE")
        return key

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            text = key.get_secret_value()
            if len(text) < SHORTEST_SECRET or any(text.lower().startswith(sample) for sample in SAMPLE_SECRETS):
                raise ValueError(f"needs {SHORTEST_SECRET} characters or more, none of them a sample's")
        return keys

    @model_validator(mode="after")
    def _private_relay(self) -> "Settings":
        if self.smtp_security == "none" and self.smtp_host not in (None, *LOOPBACK):
            raise ValueError("ANBUDSVAKT_SMTP_SECURITY=none is accepted for a relay on loopback only")
        return self

    @model_validator(mode="after")
    def _named_key(self) -> "Settings":
        if self.dkim_key is not None and self.dkim_selector is None:
            raise ValueError("ANBUDSVAKT_DKIM_SELECTOR is needed beside ANBUDSVAKT_DKIM_KEY")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then NAME_FILE, then the environment, then .env; empty is unset, yet stands above what follows."""
        del file_secret_settings
        return init_settings, _FileSource(settings_cls), env_settings, dotenv_settings

    @property
    def secret_keys(self) -> list[str]:
        """Signing keys as itsdangerous wants them: oldest first, newest last.

        Raises SettingsError when there is none: a link signed with a known key is worth nothing.
        """
        if not self.secret_key:
            raise SettingsError(
                "ANBUDSVAKT_SECRET_KEY is missing; make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return [key.get_secret_value() for key in reversed(self.secret_key)]

    @property
    def site(self) -> str:
        """The public address without a slash at its end."""
        return str(self.base_url).rstrip("/")

    def require(self, *names: str) -> None:
        """Stop with the names of the settings that this work needs and that are missing."""
        missing = [name for name in names if getattr(self, name) in (None, "", ())]
        if missing:
            raise SettingsError("missing: " + ", ".join(map(variable, missing)))


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        # Only names and reasons: pydantic's own text would show the value, which may be a secret.
        raise SettingsError("; ".join(_told(problem["loc"], problem["msg"]) for problem in error.errors())) from None


def _told(loc: tuple[int | str, ...], message: str) -> str:
    name = str(loc[0]) if loc else ""
    if not name:
        return message
    return f"{name if name.isupper() else 'ANBUDSVAKT_' + name.upper()}: {message}"
