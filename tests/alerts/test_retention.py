"""Is nothing kept longer than it must be, and does all stay that the books need? (P9)"""

from datetime import timedelta
from typing import Any

import pytest
from outbox import fill
from owing import owed, rows
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL

from alerts import watch
from alerts.alarms import open_alarms
from alerts.books import count
from alerts.digest import run_due
from alerts.retention import clean
from db.declared import records
from db.models import (
    Alert,
    Delivery,
    Digest,
    Door,
    DoorDelivery,
    Fetch,
    Match,
    NoticeVersion,
    Profile,
    ReturnedMail,
    Subscriber,
)
from db.session import transaction, utcnow
from factories import make_notice, make_subscriber


@pytest.fixture(autouse=True)
def _fresh(database: URL) -> None:
    """A database of its own."""


def ids(model: type[Any], *where: Any) -> list[int]:
    return [row.id for row in rows(model, *where)]


def test_p9_what_has_served_its_time_is_gone_and_the_books_still_balance() -> None:
    """Everything there is, on a clock that is turned on: to the day before its time, and to the day after."""
    now = utcnow()
    stays = owed()
    run_due(now)
    gone = owed(unsubscribed_at=None)
    run_due(now + timedelta(days=1))
    unconfirmed = make_subscriber(confirmed_at=None)
    with transaction() as s:
        s.execute(update(Delivery).values(state="sent", sent_at=now))
        s.execute(update(Subscriber).where(Subscriber.id == gone.id).values(unsubscribed_at=now))
        s.add(ReturnedMail(sha256="x", subscriber_id=stays.id, meaning="later", code="4.2.2", told="full", at=now))
        (alert,) = s.scalars(select(Alert).where(Alert.subscriber_id == stays.id)).all()
        door = Door(subscriber_id=stays.id, kind="webhook", target="https://hook.example/")
        s.add(door)
        s.flush()
        s.add(DoorDelivery(door_id=door.id, alert_id=alert.id, push_id="p", body=b"{}", state="sent", sent_at=now))
    fill(1)  # a mail that still waits, for whatever reason, is never emptied
    waits = ids(Delivery, Delivery.state == "queued")

    clean(now + timedelta(days=6, hours=23))
    assert unconfirmed.id in ids(Subscriber)
    clean(now + timedelta(days=7, hours=1))
    assert unconfirmed.id not in ids(Subscriber)

    clean(now + timedelta(days=27))
    assert gone.id in ids(Subscriber)
    assert len(ids(Alert)) == 2
    clean(now + timedelta(days=28, hours=1))
    assert gone.id not in ids(Subscriber)
    for model in (Alert, Digest, Profile):
        assert ids(model, model.subscriber_id == gone.id) == []
    assert len(ids(Match)) == 1

    sent = (Delivery.message.is_not(None), Delivery.state == "sent")
    assert len(ids(Delivery, *sent)) == 1
    clean(now + timedelta(days=31))
    assert ids(Delivery, *sent) == []
    assert ids(Delivery, Delivery.message.is_not(None)) == waits
    assert [row.body for row in rows(DoorDelivery)] == [None]
    assert len(ids(ReturnedMail)) == 1
    clean(now + timedelta(days=91))
    assert ids(ReturnedMail) == []

    with transaction() as s:
        assert count(s).differences() == {}
    watch.look()
    with transaction() as s:
        assert [alarm.kind for alarm in open_alarms(s)] == []
    assert set(clean(now + timedelta(days=91)).values()) == {0}


def test_old_runs_go_but_for_those_by_which_a_source_is_judged() -> None:
    now = utcnow()
    runs = {"done, news": 5, "done, nothing": 0, "failed": 0, "done, nothing again": 0, "failed, last": 0}
    with transaction() as s:
        for number, (what, new) in enumerate(runs.items()):
            at = now - timedelta(days=200 - number)
            state = "done" if what.startswith("done") else "failed"
            s.add(
                Fetch(
                    source="ted",
                    state=state,
                    since_day=at.date(),
                    process="here:1",
                    started_at=at,
                    ended_at=at,
                    new=new,
                )
            )
            s.flush()
        first = s.scalars(select(Fetch.id).order_by(Fetch.id)).first()
        s.add(Fetch(source="ted", state="running", since_day=now.date(), process="here:1", started_at=now))
    brought = make_notice(fetch_id=ids(Fetch)[1])
    make_notice(fetch_id=first)
    assert clean(now)["fetches"] == 3
    assert [(run.state, run.new) for run in rows(Fetch)] == [("done", 5), ("done", 0), ("running", 0)]
    assert [row.fetch_id for row in rows(NoticeVersion, NoticeVersion.id == brought.id)] == [None]
    with transaction() as s:
        assert records(s) == []
        assert s.scalar(text("SELECT count(*) FROM notice_version WHERE fetch_id IS NOT NULL")) == 1
    assert clean(now)["fetches"] == 0
