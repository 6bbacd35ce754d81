"""Are links unforgeable, of one purpose each, and do they outlive a change of keys? (P4)"""

import random
import secrets
import string

import pytest

import settings as settings_module
from alerts import tokens
from alerts.tokens import Purpose


@pytest.fixture(autouse=True)
def _own_settings(environment: pytest.MonkeyPatch) -> None:
    """Keys of this test alone."""


def use_keys(environment: pytest.MonkeyPatch, *keys: str) -> None:
    environment.setenv("ANBUDSVAKT_SECRET_KEY", ",".join(keys))
    settings_module.get_settings.cache_clear()


@pytest.mark.parametrize("row_id", [1, 61, 62, 3_843, 10**9, 2**63 - 1])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_gives_its_row_back(purpose: Purpose, row_id: int) -> None:
    assert tokens.read(purpose, tokens.sign(purpose, row_id)) == row_id


@pytest.mark.parametrize("forgeries", [20_000, pytest.param(100_000, marks=pytest.mark.prove)])
def test_p4_no_tampered_token_is_accepted(forgeries: int) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    letters = string.ascii_letters + string.digits + "-_.=!%/ æ\n"
    genuine = [tokens.sign(purpose, n) for purpose in Purpose for n in (1, 7, 500, 123_456)]
    accepted = []
    for _ in range(forgeries):
        token = list(chance.choice(genuine))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(token))
            match chance.randrange(3):
                case 0:
                    token[at] = chance.choice(letters)
                case 1:
                    token.insert(at, chance.choice(letters))
                case _:
                    del token[at]
        forged = "".join(token)
        if forged not in genuine and any(tokens.read(purpose, forged) for purpose in Purpose):
            accepted.append(forged)
    assert accepted == []


def test_every_other_last_character_is_refused() -> None:
    token = tokens.sign(Purpose.UNSUBSCRIBE, 42)
    others = [token[:-1] + letter for letter in string.ascii_letters + string.digits + "-_" if letter != token[-1]]
    assert [other for other in others if tokens.read(Purpose.UNSUBSCRIBE, other)] == []


def test_p4_a_token_opens_only_its_own_door() -> None:
    assert tokens.read(Purpose.DIGEST, tokens.sign(Purpose.UNSUBSCRIBE, 42)) is None
    assert tokens.read(Purpose.UNSUBSCRIBE, tokens.sign(Purpose.DIGEST, 42)) is None


def test_s2_an_old_key_still_opens_and_a_dropped_one_does_not(environment: pytest.MonkeyPatch) -> None:
    old, new = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
    use_keys(environment, old)
    sent_last_year = tokens.sign(Purpose.UNSUBSCRIBE, 42)

    use_keys(environment, new, old)
    assert tokens.read(Purpose.UNSUBSCRIBE, sent_last_year) == 42
    assert tokens.sign(Purpose.UNSUBSCRIBE, 42) != sent_last_year

    use_keys(environment, new)
    assert tokens.read(Purpose.UNSUBSCRIBE, sent_last_year) is None


@pytest.mark.parametrize("site", ["http://127.0.0.1:8080", "https://anbudsvakt.example"])
def test_a_one_click_address_stays_within_70_characters(environment: pytest.MonkeyPatch, site: str) -> None:
    environment.setenv("ANBUDSVAKT_BASE_URL", site)
    settings_module.get_settings.cache_clear()
    assert len(tokens.unsubscribe_url(62**7)) <= 70
    assert tokens.unsubscribe_url(1).startswith(f"{site}/u/")
    assert tokens.digest_url(1).startswith(f"{site}/d/")


def test_without_a_key_nothing_is_signed(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("ANBUDSVAKT_SECRET_KEY")
    settings_module.get_settings.cache_clear()
    with pytest.raises(settings_module.SettingsError, match="ANBUDSVAKT_SECRET_KEY"):
        tokens.sign(Purpose.UNSUBSCRIBE, 1)
