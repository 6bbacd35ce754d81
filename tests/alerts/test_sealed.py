"""Does a dump of the database give nobody's signing secret away, and can the key be rotated?"""

import secrets as chance
from collections.abc import Iterator
from pathlib import Path

import pytest
from owing import rows
from receivers import Receiver, owed_through, receiver
from sqlalchemy import update
from sqlalchemy.engine import URL
from standardwebhooks.webhooks import Webhook

import settings as settings_module
from alerts import pusher, sealed
from alerts.doors import new_signing_secret, reseal, secrets_of
from alerts.webhook import new_secret
from db.models import Door, DoorDelivery, PushState
from db.session import transaction, utcnow


@pytest.fixture
def receiving(database: URL, tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as one:
        yield one


def keys(environment: pytest.MonkeyPatch, *newest_first: str) -> None:
    environment.setenv("ANBUDSVAKT_SECRET_KEY", ",".join(newest_first))
    settings_module.get_settings.cache_clear()


def test_a_secret_lies_sealed_and_signs_all_the_same_through_a_rotation(
    receiving: Receiver, environment: pytest.MonkeyPatch
) -> None:
    old, new = chance.token_urlsafe(48), chance.token_urlsafe(48)
    keys(environment, old)
    _, door = owed_through(receiving)
    (secret,) = secrets_of(door)
    assert secret.startswith("whsec_")
    (kept,) = door.secrets
    assert secret[6:20] not in kept
    assert sealed.seal(secret) != sealed.seal(secret)
    keys(environment, new, old)
    assert secrets_of(door) == [secret]
    with transaction() as s:
        assert (reseal(s, utcnow()), reseal(s, utcnow())) == (1, 0)
    keys(environment, new)
    (door,) = rows(Door)
    assert secrets_of(door) == [secret]
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    (seen,) = receiving.portal.log
    Webhook(secret).verify(seen.body, dict(seen.headers))


def test_what_was_written_before_there_were_seals_is_read_and_then_sealed(receiving: Receiver) -> None:
    _, door = owed_through(receiving)
    plain = new_secret()
    with transaction() as s:
        s.execute(update(Door).values(secrets=[plain]))
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    Webhook(plain).verify(receiving.portal.log[0].body, dict(receiving.portal.log[0].headers))
    with transaction() as s:
        assert reseal(s, utcnow()) == 1
    (door,) = rows(Door)
    assert (door.secrets[0].startswith("sealed:"), secrets_of(door)) == (True, [plain])


def test_where_the_key_is_gone_one_door_defers_and_the_clean_up_goes_on(
    receiving: Receiver, environment: pytest.MonkeyPatch
) -> None:
    _, door = owed_through(receiving)
    keys(environment, chance.token_urlsafe(48))
    with pytest.raises(sealed.Unsealable):
        secrets_of(door)
    assert pusher.drain(receiving.poster) == {PushState.DEFERRED: 1}
    assert len(receiving.portal.log) == 0
    with transaction() as s:
        assert reseal(s, utcnow()) == 0
        fresh = new_signing_secret(s, door.id)
        s.execute(update(DoorDelivery).values(not_before=utcnow()))
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    assert len(secrets_of(fresh)) == 1
