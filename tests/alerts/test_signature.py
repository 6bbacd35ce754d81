"""Does our signature hold on the bytes that a relay accepted, and does it cover what counts? (M3)"""

import asyncio
import re
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import PrivateFormat
from digest_views import MAIL, NAMES, NORWEGIAN, SWEDISH, make_view
from dkim_reading import headers, holds, new_key, pem, record, signature
from lanes import Use
from outbox import fill
from scripted_relay import scripted_relay
from sqlalchemy import select
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import sender
from alerts.digest import run
from alerts.message import LARGEST, render
from alerts.signature import LONGEST, check_key, signed
from db.models import Cadence, Delivery
from db.session import transaction, utcnow
from demo.mailbox import Mailbox
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from settings import SettingsError

KEY = new_key()
NAME = "post2026._domainkey.anbudsvakt.example"
MUST_BE_SIGNED = ["from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"]


@pytest.fixture
def key(environment: pytest.MonkeyPatch) -> RSAPrivateKey:
    use_key(environment, pem(KEY))
    return KEY


def use_key(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("ANBUDSVAKT_DKIM_KEY", text)
    environment.setenv("ANBUDSVAKT_DKIM_SELECTOR", "post2026")
    settings_module.get_settings.cache_clear()


def both_say(raw: bytes, key: RSAPrivateKey = KEY) -> bool:
    """What dkimpy and the tests' own reader say of a signature; they must say the same."""

    def asked(name: bytes, **_: object) -> bytes | None:
        return record(key).encode() if name.decode().rstrip(".") == NAME else None

    theirs = dkim.verify(raw, dnsfunc=asked)
    assert holds(raw, {NAME: record(key)}) is theirs
    return bool(theirs)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("view", [NORWEGIAN, SWEDISH, make_view(entries=())], ids=["nb", "sv", "empty"])
async def test_m3_every_mail_that_a_relay_accepted_verifies(use: Use, view: object, database: URL) -> None:
    raw = signed(render(view, NAMES, **MAIL))  # type: ignore[arg-type]
    fill(1)
    with transaction() as s:
        s.scalars(select(Delivery)).one().message = raw
    async with scripted_relay() as relay:
        use.lane(relay)
        await asyncio.to_thread(sender.drain)
    assert relay.accepted == [raw]
    assert both_say(relay.accepted[0])


@pytest.mark.usefixtures("key")
async def test_m3_a_digest_that_was_built_is_signed_when_a_real_server_has_it(
    use: Use, database: URL, environment: pytest.MonkeyPatch
) -> None:
    subscriber = make_subscriber()
    version = make_notice()
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    with Mailbox() as mailbox:
        environment.setenv("ANBUDSVAKT_SMTP_HOST", mailbox.host)
        environment.setenv("ANBUDSVAKT_SMTP_PORT", str(mailbox.port))
        environment.setenv("ANBUDSVAKT_SMTP_SECURITY", "none")
        settings_module.get_settings.cache_clear()
        await asyncio.to_thread(sender.drain)
        [kept] = mailbox.wait_for(1)
    assert both_say(kept.raw)
    assert signature(kept.raw)["d"] == "anbudsvakt.example"


@pytest.mark.usefixtures("key")
def test_m3_the_signature_covers_what_counts_and_is_aligned() -> None:
    raw = signed(render(make_view(), NAMES, **MAIL))
    told = signature(raw)
    covered = told["h"].lower().split(":")
    assert set(MUST_BE_SIGNED) <= set(covered)
    # Once more than it is there: a second one would break the signature.
    assert all(covered.count(name) == 2 for name in MUST_BE_SIGNED)
    assert told["d"] == MAIL["sender"].partition("@")[2]
    assert (told["a"], told["c"], "l" in told) == ("rsa-sha256", "relaxed/relaxed", False)
    assert [name for name, _ in headers(raw)].count("DKIM-Signature") == 1


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("name", [*MUST_BE_SIGNED, "content-type", "mime-version", "auto-submitted"])
def test_m3_nothing_that_is_covered_can_be_changed_taken_or_doubled(name: str) -> None:
    raw = signed(render(make_view(), NAMES, **MAIL))
    assert both_say(raw)
    line = re.search(rb"\r\n(?i:%s):[^\r]*(\r\n[ \t][^\r]*)*" % name.encode(), raw)
    assert line is not None
    bent = [raw.replace(line[0], line[0] + b"x", 1), raw.replace(line[0], b"", 1)]
    if name in MUST_BE_SIGNED:
        bent.append(name.encode() + b": added\r\n" + raw)
    for mail in bent:
        assert mail != raw
        assert not both_say(mail)


@pytest.mark.usefixtures("key")
def test_m3_the_body_cannot_be_changed_and_spaces_on_the_way_do_no_harm() -> None:
    raw = signed(render(make_view(), NAMES, **MAIL))
    head, body = raw.split(b"\r\n\r\n", 1)
    assert not both_say(head + b"\r\n\r\n" + body.replace(b"God", b"Ond", 1))
    assert not both_say(raw + b"more\r\n")
    assert both_say(b"Received: from a by b\r\n" + raw)
    assert both_say(head.replace(b"Auto-Submitted: auto", b"Auto-Submitted:   auto") + b"\r\n\r\n" + body + b"\r\n")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("bits", [1024, 4096])
def test_m3_keys_of_every_usual_form_sign(environment: pytest.MonkeyPatch, form: PrivateFormat, bits: int) -> None:
    key = new_key(bits)
    use_key(environment, pem(key, form))
    check_key()
    raw = render(make_view(), NAMES, **MAIL)
    mail = signed(raw)
    assert both_say(mail, key)
    assert len(mail) - len(raw) <= LONGEST
    assert LARGEST + LONGEST <= 100_000


def test_m3_without_a_key_the_bytes_stay_as_they_are(environment: pytest.MonkeyPatch) -> None:
    raw = render(make_view(), NAMES, **MAIL)
    assert signed(raw) == raw


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not a key", "ANBUDSVAKT_DKIM_KEY"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "ANBUDSVAKT_DKIM_KEY"),
        ("-----BEGIN RSA PRIVATE KEY-----\n!!!\n-----END RSA PRIVATE KEY-----\n", "ANBUDSVAKT_DKIM_KEY"),
        (pem(new_key(1024)).replace("PRIVATE KEY-----\n", "PRIVATE KEY-----\nQUFBQQ==", 1), "ANBUDSVAKT_DKIM_KEY"),
    ],
)
def test_m3_a_key_that_is_none_stops_us_at_start_and_is_not_shown(
    environment: pytest.MonkeyPatch, text: str, told: str
) -> None:
    use_key(environment, text)
    with pytest.raises(SettingsError, match=told) as wrong:
        check_key()
    assert text.splitlines()[min(1, len(text.splitlines()) - 1)] not in str(wrong.value)


def test_m3_a_key_without_its_name_stops_us_at_start(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem(KEY))
    environment.delenv("ANBUDSVAKT_DKIM_KEY")
    environment.setenv("ANBUDSVAKT_DKIM_KEY_FILE", str(tmp_path / "key.pem"))
    settings_module.get_settings.cache_clear()
    with pytest.raises(SettingsError, match="ANBUDSVAKT_DKIM_SELECTOR"):
        settings_module.get_settings()
    environment.setenv("ANBUDSVAKT_DKIM_SELECTOR", "post2026")
    settings_module.get_settings.cache_clear()
    check_key()
