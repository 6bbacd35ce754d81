"""Does the envelope find the mail that came back, and does nothing forged or old? (M7)"""

import random
import secrets
from datetime import UTC, datetime, timedelta

import pytest

import settings as settings_module
from alerts.verp import KEPT_DAYS, bounce_address, read_bounce_address

NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
FORGERIES = 20_000


@pytest.fixture(autouse=True)
def _bounce_domain(environment: pytest.MonkeyPatch) -> None:
    use(environment, ANBUDSVAKT_BOUNCE_DOMAIN="retur.anbudsvakt.example")


def use(environment: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    settings_module.get_settings.cache_clear()


def written(delivery_id: int, at: datetime = NOW) -> str:
    address = bounce_address(delivery_id, at)
    assert address is not None
    return address


@pytest.mark.parametrize("delivery_id", [1, 9, 10, 123_456, 10**9, 2**63 - 1])
def test_m7_an_address_gives_its_delivery_back(delivery_id: int) -> None:
    address = written(delivery_id)
    assert len(address.partition("@")[0]) <= 64
    assert read_bounce_address(address, NOW) == delivery_id


@pytest.mark.parametrize("bent", [str.upper, str.lower, str.title, "<{}>".format, " {} ".format])
def test_m7_relays_may_bend_letters_and_brackets(bent: object) -> None:
    assert callable(bent)
    assert read_bounce_address(bent(written(7)), NOW) == 7


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (timedelta(0), 7),
        (timedelta(days=6, hours=23), 7),
        (timedelta(days=KEPT_DAYS), 7),
        (timedelta(days=KEPT_DAYS + 1), None),
        (timedelta(days=400), None),
        (-timedelta(days=1), None),
    ],
)
def test_m7_an_address_lives_for_seven_days(age: timedelta, found: int | None) -> None:
    assert read_bounce_address(written(7, NOW - age), NOW) == found


def test_m7_no_forged_address_has_an_effect() -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    genuine = [written(n) for n in (1, 7, 500, 123_456)]
    accepted = []
    for _ in range(FORGERIES):
        address = list(chance.choice(genuine))
        # Past "b+", so that the forger is a good one; case alone is no forgery.
        for _ in range(chance.randint(1, 3)):
            address[chance.randrange(2, 24)] = chance.choice("0123456789abcdef.+@")
        forged = "".join(address)
        if forged not in genuine and read_bounce_address(forged, NOW) is not None:
            accepted.append(forged)
    assert accepted == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "b+1@retur.anbudsvakt.example",
        "varsel@anbudsvakt.example",
        "b+0.0123456789abcdef@retur.anbudsvakt.example",
        "b+٣.0123456789abcdef@retur.anbudsvakt.example",
        "b+1.0123456789abcdef",
        "b+1.æøå@retur.anbudsvakt.example",
    ],
)
def test_m7_what_is_no_address_of_ours_is_nobodys(address: str) -> None:
    assert read_bounce_address(address, NOW) is None


def test_m7_an_address_at_another_domain_is_not_ours() -> None:
    address = written(7)
    assert read_bounce_address(address.replace("retur.", "annen."), NOW) is None


def test_m7_an_address_outlives_a_change_of_keys_and_dies_with_its_key(environment: pytest.MonkeyPatch) -> None:
    first, second, third = (secrets.token_urlsafe(40) for _ in range(3))
    use(environment, ANBUDSVAKT_SECRET_KEY=first)
    address = written(7)
    use(environment, ANBUDSVAKT_SECRET_KEY=f"{second},{first}")
    assert read_bounce_address(address, NOW) == 7
    assert written(7) != address
    use(environment, ANBUDSVAKT_SECRET_KEY=f"{third},{second}")
    assert read_bounce_address(address, NOW) is None


def test_m7_without_a_bounce_domain_the_envelope_is_the_sender(environment: pytest.MonkeyPatch) -> None:
    address = written(7)
    use(environment, ANBUDSVAKT_BOUNCE_DOMAIN="")
    assert bounce_address(7, NOW) is None
    assert read_bounce_address(address, NOW) is None
