"""Does Prometheus read counts and ages, with the token alone, and of nobody?"""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from outbox import fill
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from sqlalchemy.engine import URL
from web_server import visitor

import settings as settings_module
from alerts import beat
from alerts.alarms import AlarmKind, raise_alarm
from db.declared import Declaration, declare
from db.models import Delivery, Fetch
from db.notices import CANARY
from db.session import transaction, utcnow
from factories import make_alert, make_notice, make_profile, make_subscriber

TOKEN = "a" * 20 + "b" * 20


@pytest.fixture
def client(database: URL, environment: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    environment.setenv("ANBUDSVAKT_METRICS_TOKEN", TOKEN)
    settings_module.get_settings.cache_clear()
    with visitor() as one:
        yield one


def scraped(client: httpx.Client) -> dict[tuple[str, ...], float]:
    reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain")
    return {
        (sample.name.removeprefix("anbudsvakt_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def test_what_waits_is_told_with_its_age(client: httpx.Client) -> None:
    now = utcnow()
    fill(3)
    subscriber = make_subscriber(company="Kanarisveis AS", email="kanari@hemmelig.example")
    make_profile(subscriber, name="Kanariprofil")
    make_alert(subscriber, make_notice())
    own = make_subscriber(canary=True)
    make_profile(own)
    make_alert(own, make_notice(source=CANARY))
    declare([Declaration(key="doffin", name="Doffin", country="NO", licence="x", terms="https://x.example/",
                         url="https://x.example/", cadence_s=3600, quiet_s=86400, signals=False, state="on")])  # fmt: skip
    beat.keep(beat.Part.DIGESTS)
    with transaction() as s:
        s.add(
            Fetch(
                source="doffin", state="done", since_day=now.date(), process="here:1", ended_at=now - timedelta(hours=2)
            )
        )
        s.execute(update(Delivery).values(not_before=now - timedelta(minutes=10), created_at=now - timedelta(hours=1)))
        raise_alarm(s, AlarmKind.BOOKS, "books", "told")
    found = scraped(client)
    assert found["deliveries", "queued"] == 3
    assert found["deliveries", "held"] == 0
    assert 600 <= found[("oldest_due_seconds",)] < 660
    assert 3600 <= found[("oldest_queued_seconds",)] < 3660
    assert found[("alerts_owed",)] == 1
    assert (found["alarms_open", "books"], found["alarms_open", "canary"]) == (1, 0)
    assert 7200 <= found["source_good_seconds", "doffin"] < 7260
    assert {key: value for key, value in found.items() if key[0] == "notices"} == {("notices", "doffin"): 1}
    assert (found[("versions_unmatched",)], found[("profiles_unmatched",)]) == (1, 1)
    assert found["last_turn_seconds", "digests"] < 60
    told = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert not [word for word in ("anari", "@", "hemmelig", "rondersveis") if word in told]


def test_nobody_reads_it_without_the_token(client: httpx.Client, environment: pytest.MonkeyPatch) -> None:
    for said in (f"Bearer {TOKEN}x".encode(), TOKEN.encode(), "Bearer æ".encode(), b""):
        reply = client.get("/metrics", headers={b"Authorization": said})
        assert (reply.status_code, "anbudsvakt_" in reply.text) == (401, False)
    environment.setenv("ANBUDSVAKT_METRICS_TOKEN", "")
    settings_module.get_settings.cache_clear()
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
