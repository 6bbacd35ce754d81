"""Does the worker feed every door from the one ledger, by itself? And does a mail lead into the calendar?"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from digest_views import NAMES, make_entry, make_view
from mailroom import mailroom, wait_until
from nursery import python_process
from outbox import use_relay
from owing import rows
from receivers import receiver, webhook_to
from sqlalchemy import update
from sqlalchemy.engine import URL

from alerts import jobs, push, pusher
from alerts.message import render_html, render_text
from alerts.told import tell
from db.models import DeadlineEvent, DoorDelivery
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

LONG_AGO = timedelta(days=30)


async def test_one_alert_is_mailed_pushed_and_in_the_calendar_by_the_worker(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with mailroom(tmp_path) as room, receiver(tmp_path) as receiving:
        use_relay(environment, room.port)
        subscriber = make_subscriber(confirmed_at=utcnow() - LONG_AGO)
        webhook_to(receiving, subscriber)
        version = make_notice()
        make_match(version, make_profile(subscriber))
        alert = make_alert(subscriber, version)
        async with jobs.opened():
            assert await jobs.enqueue(jobs.digests, int(utcnow().timestamp()))
        work = (
            "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from alerts import jobs, pusher;"
            "from receivers import poster_for;"
            f"there = poster_for({receiving.portal.url!r}, Path({str(receiving.certificate)!r}));"
            "pusher.Poster = lambda: there; jobs.work()"
        )
        with python_process(work) as worker:
            wait_until(lambda: bool(receiving.ids() and room.accepted()), within_s=60)
            worker.terminate()
            assert worker.wait(15) == 0
        assert json.loads(receiving.portal.log[0].body)["data"]["id"] == alert.id
        assert len(rows(DeadlineEvent)) == 1


def test_what_was_sent_a_month_ago_is_removed_and_not_sent_again(database: URL, tmp_path: Path) -> None:
    with receiver(tmp_path) as receiving:
        subscriber = make_subscriber()
        webhook_to(receiving, subscriber)
        version = make_notice()
        make_match(version, make_profile(subscriber))
        make_alert(subscriber, version)
        push.owe()
        with transaction() as s:
            assert push.forget(s, utcnow() + 2 * LONG_AGO) == 0  # waits still
        pusher.drain(receiving.poster)
        with transaction() as s:
            assert push.forget(s, utcnow()) == 0
            s.execute(update(DoorDelivery).values(created_at=utcnow() - LONG_AGO, sent_at=utcnow() - LONG_AGO))
        with transaction() as s:
            assert push.forget(s, utcnow()) == 1
        assert (push.owe(), pusher.drain(receiving.poster)) == (0, {})
        assert [row.state for row in rows(DoorDelivery)] == ["sent"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("nb", "Legg i kalenderen"), ("nn", "Legg i kalenderen"), ("sv", "Lägg i kalendern"), ("en", "Add to calendar")],
)
def test_an_entry_with_a_deadline_leads_into_the_calendar(language: str, words: str) -> None:
    url = "https://anbudsvakt.example/e/1.abcdefghijklmnopqrstuvwxyzab.ics"
    told = tell(make_view(language=language, entries=(make_entry(calendar_url=url),)), NAMES)
    assert f"{words}: {url}" in render_text(told)
    assert f'href="{url}"' in render_html(told)
    for unsafe in (None, "javascript:alert(1)"):
        without = tell(make_view(language=language, entries=(make_entry(calendar_url=unsafe),)), NAMES)
        assert words not in render_text(without)
        assert words not in render_html(without)
