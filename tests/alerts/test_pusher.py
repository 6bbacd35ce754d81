"""Does every alert go through a webhook at least once under one id, signed, and does a door that fails harm no other?"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from loopback import Always, Portal, Reply, Seen
from mailroom import wait_until
from nursery import python_process
from owing import rows
from receivers import Receiver, owed_through, receiver, webhook_to
from sqlalchemy import update
from sqlalchemy.engine import URL
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts import push, pusher, webhook
from alerts.doors import DoorRefused, change_address, close_door, new_signing_secret, resume_door, secrets_of
from alerts.pusher import LONG
from db.models import Alarm, Alert, Door, DoorDelivery, PushState, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber


@pytest.fixture
def receiving(database: URL, tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as one:
        yield one


def states() -> Counter[str]:
    return Counter(row.state for row in rows(DoorDelivery))


def sooner() -> None:
    """As if the wait were over."""
    with transaction() as s:
        s.execute(update(DoorDelivery).values(not_before=utcnow()))


# What arrives


def test_an_alert_arrives_signed_and_a_receivers_own_library_verifies_it(receiving: Receiver) -> None:
    _, door = owed_through(receiving)
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    (seen,) = receiving.portal.log
    told = Webhook(secrets_of(door)[0]).verify(seen.body, dict(seen.headers))
    assert told["type"] == "alert.competition"
    assert told["data"]["reasons"][0]["notice_sentence"].startswith("Leverandøren skal utføre sveising")
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook.new_secret()).verify(seen.body, dict(seen.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets_of(door)[0]).verify(seen.body.replace(b"Vi ", b"Du "), dict(seen.headers))


def test_a_new_secret_and_the_one_before_it_both_verify_for_a_day(receiving: Receiver) -> None:
    _, door = owed_through(receiving)
    with transaction() as s:
        changed = new_signing_secret(s, door.id)
    pusher.drain(receiving.poster)
    (seen,) = receiving.portal.log
    for secret in (secrets_of(door)[0], secrets_of(changed)[0]):
        Webhook(secret).verify(seen.body, dict(seen.headers))
    assert secrets_of(changed)[0] != secrets_of(door)[0]
    later = utcnow() + timedelta(days=2)
    assert list(webhook.signing(changed.secrets, changed.secret_at, later)) == changed.secrets[:1]


def test_each_alert_is_owed_to_a_door_once_and_what_was_before_it_is_not(receiving: Receiver) -> None:
    subscriber = make_subscriber()
    profile = make_profile(subscriber)
    for opened in (False, True):
        if opened:
            webhook_to(receiving, subscriber)
            webhook_to(receiving, subscriber)
        version = make_notice()
        make_match(version, profile)
        make_alert(subscriber, version)
    assert push.owe() == 1
    assert push.owe() == 0
    assert states() == {"before": 1, "queued": 1}
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    assert pusher.drain(receiving.poster) == {}
    assert len(receiving.ids()) == 1
    (late,) = rows(Alert, Alert.id == max(alert.id for alert in rows(Alert)))
    assert json.loads(receiving.portal.log[0].body)["data"]["id"] == late.id


def test_what_no_profile_matches_any_more_is_not_sent(receiving: Receiver) -> None:
    subscriber = make_subscriber()
    webhook_to(receiving, subscriber)
    make_alert(subscriber, make_notice())
    assert push.owe() == 0
    assert states() == {"void": 1}


def test_who_was_told_is_told_of_changes_whatever_their_profiles_became(receiving: Receiver) -> None:
    subscriber = make_subscriber()
    webhook_to(receiving, subscriber)
    make_alert(subscriber, make_notice(), kind="change", changes=[["cancelled", "false", "true"]])
    assert push.owe() == 1
    pusher.drain(receiving.poster)
    told = json.loads(receiving.portal.log[0].body)
    assert (told["type"], told["data"]["changes"][0]["new"], told["data"]["reasons"]) == ("alert.change", "true", [])


def test_more_than_one_piece_is_owed_whole(receiving: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "AT_ONCE", 3)
    owed_through(receiving, 8)
    assert pusher.drain(receiving.poster) == {PushState.SENT: 8}
    told = [json.loads(seen.body)["data"]["id"] for seen in receiving.portal.log]
    assert told == sorted(told)


# What goes wrong


def test_a_failure_is_tried_again_as_the_same_bytes_under_the_same_id(database: URL, tmp_path: Path) -> None:
    answers = iter([Reply(status=500), Reply(silent=True), Reply(status=200)])
    with receiver(tmp_path, lambda _: next(answers)) as receiving:
        owed_through(receiving)
        for expected in (PushState.DEFERRED, PushState.DEFERRED, PushState.SENT):
            assert pusher.drain(receiving.poster) == {expected: 1}
            assert pusher.drain(receiving.poster) == {}  # not before its time
            sooner()
        assert len({(seen.headers["webhook-id"], seen.body) for seen in receiving.portal.log}) == 1
        (row,) = rows(DoorDelivery)
        assert (row.attempts, row.reply) == (3, "HTTP 200")
        (door,) = rows(Door)
        assert (door.failures, door.failing_since) == (0, None)


def test_a_door_that_fails_is_left_alone_as_a_whole_and_others_are_not_kept_waiting(
    database: URL, tmp_path: Path
) -> None:
    (tmp_path / "well").mkdir()
    with (
        receiver(tmp_path, Always(Reply(wait_s=20)), limit_s=1) as ill,
        receiver(tmp_path / "well") as well,
    ):
        owed_through(ill, 5)
        assert pusher.drain(ill.poster) == {PushState.DEFERRED: 1}
        assert len(ill.portal.log) == 1
        owed_through(well, 5)
        assert pusher.drain(well.poster) == {PushState.SENT: 5}


def test_a_door_that_is_gone_or_fails_for_long_is_switched_off_with_an_alarm(database: URL, tmp_path: Path) -> None:
    status = [500]
    with receiver(tmp_path, lambda _: Reply(status=status[0])) as receiving:
        _, door = owed_through(receiving, 2)
        pusher.drain(receiving.poster)
        with transaction() as s:
            s.execute(update(Door).values(failing_since=utcnow() - LONG))
        sooner()
        assert pusher.drain(receiving.poster) == {PushState.DEFERRED: 1}
        (alarm,) = rows(Alarm)
        assert (alarm.kind, alarm.subject, alarm.closed_at) == ("door_failed", f"off {door.id}", None)
        assert receiving.portal.url not in alarm.told
        sooner()
        assert pusher.drain(receiving.poster) == {}
        status[0] = 204
        with transaction() as s:
            resume_door(s, door.id)
        assert pusher.drain(receiving.poster) == {PushState.SENT: 2}
        assert [one.closed_at is not None for one in rows(Alarm)] == [True]
        status[0] = 410
        owed_through(receiving)
        pusher.drain(receiving.poster)
        assert [one.kind for one in rows(Alarm, Alarm.closed_at.is_(None))] == ["door_failed"]


def test_nothing_goes_to_one_who_left_or_closed_the_door(receiving: Receiver) -> None:
    gone, _ = owed_through(receiving)
    _, closed = owed_through(receiving)
    with transaction() as s:
        s.execute(update(Subscriber).where(Subscriber.id == gone.id).values(unsubscribed_at=utcnow()))
        close_door(s, closed.id)
    assert pusher.drain(receiving.poster) == {}
    assert receiving.portal.log == []


def test_a_door_that_cannot_be_written_stops_no_other(receiving: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    _, broken = owed_through(receiving, 0)
    whole, writes = push._body, push._body

    def breaks(door: Door, *rest: object) -> bytes:
        if door.id == broken.id:
            raise RuntimeError("alma@alvsvets.example")
        return whole(door, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(push, "_body", breaks)
    version = make_notice()
    make_match(version, make_profile(subscriber_of(broken)))
    make_alert(subscriber_of(broken), version)
    owed_through(receiving)
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    (alarm,) = rows(Alarm)
    assert (alarm.kind, alarm.told) == ("door_failed", "what it is owed could not be written: RuntimeError")
    monkeypatch.setattr(push, "_body", writes)
    assert push.owe() == 1
    assert [one.closed_at is not None for one in rows(Alarm)] == [True]


def subscriber_of(door: Door) -> Subscriber:
    (found,) = rows(Subscriber, Subscriber.id == door.subscriber_id)
    assert isinstance(found, Subscriber)
    return found


def test_what_nobody_takes_is_an_alarm_until_something_goes_out(receiving: Receiver) -> None:
    owed_through(receiving)
    for hours, alarms in ((0, []), (1, ["outbox_stuck"])):
        with transaction() as s:
            push.judge(s, utcnow() + timedelta(hours=hours))
        assert [one.kind for one in rows(Alarm, Alarm.closed_at.is_(None))] == alarms
    pusher.drain(receiving.poster)
    with transaction() as s:
        push.judge(s, utcnow() + timedelta(hours=1))
    assert [one.kind for one in rows(Alarm, Alarm.closed_at.is_(None))] == []


def test_no_log_holds_a_target_or_a_secret(database: URL, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(tmp_path, Always(Reply(status=410))) as receiving:
        _, door = owed_through(receiving)
        pusher.drain(receiving.poster)
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "door tried" in told
    for secret in (secrets_of(door)[0], str(door.target), f"localhost:{receiving.portal.port}"):
        assert secret not in told


@pytest.mark.parametrize(
    ("kills", "doors", "each"), [(5, 3, 12), pytest.param(50, 8, 125, marks=pytest.mark.prove)], ids=["few", "full"]
)
def test_a_killed_pusher_loses_nothing_and_copies_are_identical(
    database: URL, tmp_path: Path, kills: int, doors: int, each: int
) -> None:
    def slow(_: Seen) -> Reply:
        return Reply(status=200, wait_s=0.02)

    with receiver(tmp_path, slow) as receiving:
        for _ in range(doors):
            owed_through(receiving, each)
        code = (
            "import asyncio; from pathlib import Path; from alerts import pusher; from receivers import poster_for\n"
            f"poster = poster_for({receiving.portal.url!r}, Path({str(receiving.certificate)!r}))\n"
            "asyncio.run(pusher.run(asyncio.Event(), poster))"
        )
        seen: Portal = receiving.portal
        for _ in range(kills):
            enough = min(len(seen.log) + 4, doors * each)
            with python_process(f"import sys; sys.path.insert(0, 'tests')\n{code}") as process:
                wait_until(partial(_arrived, seen, enough), within_s=60)
                process.kill()
        with python_process(f"import sys; sys.path.insert(0, 'tests')\n{code}"):
            wait_until(lambda: states()["sent"] == doors * each, within_s=600)
    bodies = defaultdict(set)
    for one in seen.log:
        bodies[one.headers["webhook-id"]].add(one.body)
    assert len(bodies) == doors * each
    assert {len(copies) for copies in bodies.values()} == {1}
    extra = len(seen.log) - doors * each
    print(f"{kills} kills, {doors * each} alerts: 0 lost, {extra} extra")
    assert extra <= kills * pusher.LANES


def _arrived(portal: Portal, requests: int) -> bool:
    return len(portal.log) >= requests


def test_a_webhook_has_no_address_of_ours_to_change(receiving: Receiver) -> None:
    _, door = owed_through(receiving)
    with pytest.raises(DoorRefused), transaction() as s:
        change_address(s, door.id)
    assert [one.closed_at for one in rows(Door)] == [None]
