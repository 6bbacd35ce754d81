"""Is all that we hold handed out, and is nothing left of who had it erased? (P7, P8)"""

import json
from datetime import timedelta
from typing import Any

import httpx
from browsing import as_subscriber, letters, submit
from dumping import postgres_tool
from fingerprint import everything
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from alerts import letters as post
from alerts.digest import run
from alerts.doors import open_door
from alerts.holdings import WITHHELD, owned
from alerts.retention import LEFT, clean
from alerts.suppress import HASHED, is_forbidden, is_suppressed, suppress
from classifier.feedback import record
from classifier.threshold import set_threshold
from db.models import (
    Base,
    Cadence,
    Consent,
    Delivery,
    DoorDelivery,
    DoorKind,
    FirstVerdict,
    LetterKind,
    Profile,
    RecallQuestion,
    RecallSample,
    ReturnedMail,
    SentenceWeight,
    Signup,
    Subscriber,
    Suppression,
    ToldBefore,
    Verdict,
)
from db.session import plain_url, transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from web.api.tokens import add_token

# Tables that hold nothing of any subscriber, each with its reason.
OTHERS = {
    "administrator": "people at the clusters",
    "alarm": "says what is wrong with us, and names rows by their numbers",
    "audit": "an administrator's acts; names rows by their numbers and quotes nobody",
    "beat": "when our own parts last went well",
    "buyer": "published by the buyers",
    "buyer_name": "published names",
    "cpv_name": "published names",
    "change_seen": "that something was written, not what",
    "database_mark": "tells a copy from the original",
    "deadline_event": "of a procurement, for everybody",
    "declared_source": "which portals there are",
    "digest_run": "a time at which everybody's digests were made",
    "errand": "what an administrator asked for; names notices by their numbers",
    "exchange_rate": "published rates",
    "fetch": "our readings of portals",
    "limited_act": "keyed hashes of who asked, gone after a day",
    "line_move": "an administrator's act; names whose lines by their numbers",
    "lot": "published by the buyers",
    "notice": "published by the buyers",
    "notice_key": "published numbers",
    "notice_version": "published by the buyers",
    "nuts_name": "published names",
    "procurement": "groups what was published",
    "quarantined": "published by the buyers",
    "ruled_pair": "which notices are one procurement",
    "ruling": "which notices are one procurement",
    "score_revision": "which model's scores are told",
    "source": "what we remember of a portal",
    "version_buyer": "published by the buyers",
}
CANARY = "Kanarifugl"


def canary(name: str = CANARY) -> Subscriber:
    """A subscriber who has a row of everything that a subscriber can have."""
    now = utcnow()
    one = make_subscriber(company=f"{name} AS", email=f"{name.lower()}@fugler.example")
    profile = make_profile(one, name=name, sentences=[f"{name} sveiser."])
    version = make_notice()
    make_match(version, profile)
    alert = make_alert(one, version)
    run(Cadence.DAILY, now)
    with transaction() as s:
        record(s, alert.id, Verdict.RELEVANT)
        door = open_door(s, DoorKind.CALENDAR, one.id)
        open_door(s, DoorKind.FEED, one.id, profile_id=profile.id)
        set_threshold(s, profile.id, 0.6, by=name, why=name)
        post.post(s, LetterKind.LOG_IN, one.email, "nb", subscriber_id=one.id)
        delivery = s.scalars(select(Delivery).where(Delivery.recipient == one.email)).first()
        assert delivery is not None
        suppress(s, one.email, "came back: 5.1.1")
        add_token(s, one.id, name=name, write=False)
        question = RecallQuestion(profile_id=profile.id, week=now.date())
        sample = RecallSample(version_id=version.id, model_rev="r", stratum="0.3", stands_for=4.0)
        question.samples.append(sample)
        s.add(question)
        s.add_all(
            (
                DoorDelivery(door_id=door.id, alert_id=alert.id, state="sent", body=name.encode()),
                ToldBefore(alert_id=alert.id, procurement_id=alert.procurement_id),
                SentenceWeight(profile_id=profile.id, sentence=f"{name} sveiser.", value=1, moved_from=1,
                               drawn="learned", by=name, why=name),
                FirstVerdict(profile_id=profile.id, version_id=version.id, verdict="relevant", score=0.5,
                             model_rev="r", at=now),
                Consent(subscriber_id=one.id, wording="w", language="nb", asked_at=now, asked_from="n",
                        confirmed_at=now, confirmed_from="n"),
                Signup(email=one.email.upper(), language="nb", wording="w", cut_address="n", answers={"c": name}),
                ReturnedMail(sha256="x", subscriber_id=one.id, delivery_id=delivery.id, meaning="later", code="4",
                             told="full", at=now),
            )
        )  # fmt: skip
    return one


def left_of(name: str, database: URL) -> list[str]:
    dump = postgres_tool("pg_dump", "--inserts", plain_url(database)).decode()
    sought = (name.casefold(), name.encode().hex(), name.lower().encode().hex())  # bytes are dumped as hexadecimal
    return [line for line in dump.splitlines() if any(one in line.casefold() for one in sought)]


def test_p8_every_table_is_handed_out_or_has_a_reason(client: httpx.Client) -> None:
    one = canary()
    theirs = {table.name for table in owned(one.id, one.email)}
    assert theirs | OTHERS.keys() == Base.metadata.tables.keys()
    assert not theirs & OTHERS.keys()
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert WITHHELD.keys() <= columns
    as_subscriber(client, one)
    before = everything()
    reply = client.get("/me/export")
    assert everything() == before
    assert "attachment" in reply.headers["content-disposition"]
    whole: dict[str, list[dict[str, Any]]] = json.loads(reply.content)
    assert whole.keys() == theirs
    for table, rows in whole.items():
        assert rows, table  # the canary has a row of each, so that none is empty by mistake
        wanted = {
            column.name for column in Base.metadata.tables[table].columns if f"{table}.{column.name}" not in WITHHELD
        }
        assert rows[0].keys() == wanted, table
    assert CANARY in whole["delivery"][0]["message"] or CANARY in json.dumps(whole["digest"])


def test_p8_nothing_of_anybody_else_is_handed_out(client: httpx.Client) -> None:
    canary("Spurv")
    mine = canary()
    as_subscriber(client, mine)
    assert "spurv" not in client.get("/me/export").text.casefold()


def test_p7_nothing_is_left_of_who_is_erased(client: httpx.Client, database: URL) -> None:
    one = canary()
    assert len(left_of(CANARY, database)) > 10
    as_subscriber(client, one)
    seen = everything()
    assert client.get("/me/erase").status_code == 200
    assert submit(client, "/me/erase", word="ja").status_code == 422
    assert everything() == seen
    reply = submit(client, "/me/erase", word="Slett", never_again="1")
    assert "Alt er slettet" in reply.text
    assert left_of(CANARY, database) == []
    assert client.get("/me").status_code == 303
    with transaction() as s:
        [row] = s.scalars(select(Suppression)).all()
        assert row.address.startswith(HASHED)
        assert is_suppressed(s, one.email.upper())
        assert is_forbidden(s, one.email)
        assert not is_suppressed(s, "other@fugler.example")
        for table in (Profile, Delivery, DoorDelivery, Consent):
            assert s.scalar(select(func.count()).select_from(table)) == 0


def test_p7_who_did_not_ask_for_it_leaves_no_mark(client: httpx.Client, database: URL) -> None:
    one = make_subscriber(company=f"{CANARY} AS")
    as_subscriber(client, one)
    assert submit(client, "/me/erase", word="slett").status_code == 200
    assert left_of(CANARY, database) == []
    with transaction() as s:
        assert s.scalars(select(Suppression)).all() == []


def test_who_is_never_to_be_written_to_gets_no_letter_whoever_signs_them_up(client: httpx.Client) -> None:
    one = make_subscriber()
    as_subscriber(client, one)
    assert submit(client, "/me/erase", word="slett", never_again="1").status_code == 200
    client.cookies.clear()
    whole = {
        "text": "Vi sveiser.", "company": "X", "email": one.email, "country": "NO", "language": "nb",
        "sentences": "Vi sveiser.", "countries": "NO", "cadence": "weekly", "go": "send",
    }  # fmt: skip
    assert submit(client, "/signup?lang=nb", **whole).status_code == 200
    assert letters() == []


def test_who_left_is_erased_the_same_way_after_28_days(database: URL) -> None:
    one = canary()
    with transaction() as s:
        s.get_one(Subscriber, one.id).unsubscribed_at = utcnow()
    clean(utcnow() + LEFT + timedelta(days=1))
    assert left_of(CANARY, database) == []
    with transaction() as s:
        assert is_suppressed(s, one.email)  # it had come back, and still does
