"""Does our own notice come the whole way every day, is it told where it stops, and does nobody else see it? (O4)"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from mailroom import mailroom
from outbox import use_relay
from owing import rows
from sqlalchemy import select, text, update
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import canary, watch
from alerts.alarms import open_alarms
from alerts.digest import run_due
from alerts.just_under import near_misses, notices_read, sources_read
from alerts.sender import drain
from classifier import profiles
from classifier.learn import learn
from classifier.match import load_scorer, match_new
from classifier.matches import above
from classifier.score import Scorer
from db import listing
from db.declared import Declaration, declare
from db.models import Alert, Delivery, Digest, Match, Notice, NoticeVersion, Procurement, Profile, Subscriber
from db.notices import CANARY
from db.session import transaction, utcnow
from factories import make_notice, make_profile, make_subscriber
from web.coverage import _judged, tell

TO = "vakt@drift.example"
LATER = timedelta(minutes=16)


@pytest.fixture
def scorer(database: URL, environment: pytest.MonkeyPatch) -> Scorer:
    environment.setenv("ANBUDSVAKT_CANARY_TO", TO)
    settings_module.get_settings.cache_clear()
    return load_scorer()


def alarm_at(moment: timedelta) -> str | None:
    """What the watch says of the canary when this much time has passed."""
    with transaction() as s:
        canary.judge(s, utcnow() + moment)
        told = [alarm.told for alarm in open_alarms(s) if alarm.kind == "canary"]
    return told[0] if told else None


def sent(environment: pytest.MonkeyPatch, folder: Path) -> list[str]:
    with mailroom(folder) as room:
        use_relay(environment, room.port)
        drain()
        return [mail.recipient for mail in room.accepted()]


def test_o4_the_canary_comes_the_whole_way_and_is_missed_at_each_hop(
    scorer: Scorer, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert alarm_at(LATER) is None
    assert (canary.put_out(), canary.put_out()) == (True, False)
    assert alarm_at(timedelta(minutes=13)) is None
    assert (alarm_at(LATER) or "").endswith("stored, and not matched")
    match_new(scorer)
    with transaction() as s:
        s.execute(text("UPDATE alarm SET closed_at = now()"))
    assert (alarm_at(LATER) or "").endswith("no digest has told it")
    run_due(utcnow() + timedelta(minutes=5))
    assert sent(environment, tmp_path) == [TO]
    assert alarm_at(LATER) is None
    assert (alarm_at(timedelta(hours=26)) or "").startswith("none was put out since")
    (digest,) = rows(Digest)
    assert digest.view["notices_read"] == 0


def test_nobody_else_meets_the_canary_and_it_meets_nothing_else(scorer: Scorer) -> None:
    """Whoever takes everything, at a line of nothing, is not told of it; and no list or count has it."""
    subscriber = make_subscriber()
    greedy = make_profile(subscriber, threshold=0.0, scopes=[], stages=["competition"], cpv=[])
    canary.put_out()
    with transaction() as s:
        day_before = s.scalars(select(Notice)).one()
        day_before.source_id = "2026-01-01"
    canary.put_out()
    usual = make_notice()
    match_new(scorer)
    with transaction() as s:
        ours = s.scalars(select(Subscriber).where(Subscriber.canary)).one()
        met = s.execute(select(Match.profile_id, Notice.source).join(NoticeVersion, NoticeVersion.id == Match.version_id)
                        .join(Notice, Notice.id == NoticeVersion.notice_id)).all()  # fmt: skip
        own = s.scalars(select(Profile.id).where(Profile.subscriber_id == ours.id)).one()
        assert sorted(map(tuple, met)) == sorted([(greedy.id, "doffin"), (own, CANARY), (own, CANARY)])
        assert s.scalars(select(Alert.version_id).where(Alert.subscriber_id == subscriber.id)).all() == [usual.id]
        assert len(s.scalars(select(Procurement.id)).all()) == 3
        assert notices_read(s, subscriber.id) == 1
        assert [read.name for read in sources_read(s, subscriber.id)] == ["Doffin"]
        assert near_misses(s, subscriber.id, [greedy.id], utcnow()).best == ()
    assert [row["source"] for row in listing.notices(listing.Wanted())] == ["doffin"]
    assert set(listing.counts()) == {"doffin"}
    assert {row["company"] for row in profiles.rows()} == {subscriber.company}
    assert {row["company"] for row in above(model_rev=scorer.revision)} == {subscriber.company}
    assert learn() == []
    declare([Declaration(key="ted", name="TED", country=None, licence="x", terms="https://x.example/",
                         url="https://x.example/", cadence_s=3600, quiet_s=86400, signals=False, state="on")])  # fmt: skip
    assert "anary" not in json.dumps([repr(tell(_judged(), language, utcnow())) for language in ("nb", "sv", "en")])


def test_a_canary_that_is_turned_off_is_let_go_and_old_ones_are_removed_whole(
    scorer: Scorer, environment: pytest.MonkeyPatch
) -> None:
    canary.put_out()
    match_new(scorer)
    run_due(utcnow() + timedelta(minutes=5))
    assert alarm_at(LATER) is not None
    environment.setenv("ANBUDSVAKT_CANARY_TO", "")
    settings_module.get_settings.cache_clear()
    assert alarm_at(LATER) is None
    assert canary.put_out() is False
    with transaction() as s:
        assert canary.forget(s, utcnow()) == 0
        s.execute(update(Notice).values(created_at=utcnow() - timedelta(days=31)))
        assert canary.forget(s, utcnow()) == 1
        for model in (Alert, Delivery, Digest, Match, Notice, NoticeVersion, Procurement):
            assert s.scalars(select(model)).all() == []
    watch.look()
    with transaction() as s:
        assert [alarm.kind for alarm in open_alarms(s)] == []
