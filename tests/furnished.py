"""What does an installation hold when every list has something in it, with words too long for any screen?"""

from datetime import timedelta

from browsing import make_administrator
from sqlalchemy import select, update

from alerts import restored
from alerts.alarms import AlarmKind, raise_alarm
from alerts.digest import run
from alerts.doors import open_door
from alerts.suppress import suppress
from alerts.week_report import Week
from classifier.first_line import our_scorer
from classifier.recall import draw, take_part
from classifier.revisions import put_in_force
from classifier.threshold import set_threshold
from commands.collecting import declare_sources
from db.models import (
    Act,
    Administrator,
    Audit,
    Cadence,
    Delivery,
    DoorKind,
    Fetch,
    Lot,
    Notice,
    Profile,
    Quarantined,
    ReturnedMail,
    Subscriber,
)
from db.session import transaction, utcnow
from demo.looks import People
from factories import (
    make_alert,
    make_match,
    make_notice,
    make_profile,
    make_subscriber,
    make_verdict,
    make_version,
)

LONG = "uten-et-eneste-mellomrom-" * 12


def furnished(language: str = "nb") -> People:
    """A subscriber with a row in every list, one with none, and an administrator who has much to see."""
    declare_sources()
    revision = our_scorer().revision  # the sign-up asks of notices only by the model whose scores are told
    with transaction() as s:
        put_in_force(s, revision, by="test")
    me = make_subscriber(company=LONG, language=language)
    profile = make_profile(me, sentences=["Vi sveiser bærende konstruksjoner.", LONG], matched_rev=revision)
    make_profile(me, name=LONG, active=False)
    _notices(me, profile, revision)
    run(Cadence.DAILY, utcnow())
    for score, verdict in ((0.9, "relevant"), (0.7, "not_relevant"), (0.85, "relevant")):
        make_verdict(profile, verdict, score=score, model_rev=revision)
    ada = make_administrator(language=language)
    _week()
    with transaction() as s:
        for kind in (DoorKind.CALENDAR, DoorKind.EXPORT):
            open_door(s, kind, me.id)
        set_threshold(s, profile.id, 0.5, by="test", why=LONG)
        take_part(s, me.id, asked=True)
    assert draw(utcnow()) == 1
    _office(me, ada)
    new, leaver = make_subscriber(language=language), make_subscriber(language=language)
    return People(subscriber=me, newcomer=new, leaver=leaver, administrator=ada)


def _notices(me: Subscriber, profile: Profile, revision: str) -> None:
    """One notice with all that a notice can have, one with long words, and one under the line of last week."""
    now = utcnow()
    first = make_notice(deadline_at=now + timedelta(days=2))
    with transaction() as s:
        notice = s.get_one(Notice, first.notice_id)
    changes = [
        {"field": "deadline", "old": "2026-11-24T11:00:00+00:00", "new": "2026-12-08T11:00:00+00:00", "material": True},
        {"field": "cpv", "old": ["45262670"], "new": ["45262680"], "material": False},
    ]
    second = make_version(notice, number=2, changes=changes, deadline_at=now + timedelta(days=2),
                          links=[["documents", "https://kgv.example/7"]])  # fmt: skip
    with transaction() as s:
        s.add_all(
            Lot(version_id=second.id, identifier=f"LOT-{n}", title={"nb": f"Del {n}"}, cpv=["45262670"], nuts=["NO060"])
            for n in range(3)
        )
    make_match(second, profile, model_rev=revision)
    make_alert(me, second)
    wide = make_notice(source_id=LONG, title={"sv": LONG}, description={"sv": LONG}, language="sv", buyer=LONG)
    make_match(wide, profile, score=0.95, model_rev=revision)
    make_alert(me, wide)
    last_week = now - timedelta(days=now.weekday() + 3)
    make_match(make_notice(title={"nb": "Rekkverk"}, created_at=last_week), profile, score=0.4, model_rev=revision)
    for n in range(3):
        make_notice(title={"nb": f"Renhold {n}"}, description={"nb": "Renhold av kontorer."}, cpv=["90910000"])
    with transaction() as s:
        s.execute(
            update(Notice).values(tie={"by": "title", "exact": False, "value": LONG, "with": "ted:1", "likeness": 0.9})
        )


def _week() -> None:
    """What the weekly report tells of: something that enough firms were met by."""
    start, _ = Week.before(utcnow()).bounds
    version = make_notice()
    with transaction() as s:
        s.execute(update(Notice).where(Notice.id == version.notice_id).values(created_at=start + timedelta(days=2)))
    for _ in range(5):
        make_match(version, make_profile(make_subscriber()))


def _office(me: Subscriber, ada: Administrator) -> None:
    """What an administrator has before them: runs, what could not be read, mail that came back, alarms, and acts."""
    now = utcnow()
    with transaction() as s:
        s.add(Fetch(source="ted", state="failed", since_day=now.date(), process="here:1", error=LONG))
        s.add(Quarantined(source="ted", payload_sha256="a", content_type=LONG, body=LONG.encode(), reason=LONG))
        restored.hold(s)
        suppress(s, f"{'a' * 60}@{'b' * 60}.example", LONG)
        raise_alarm(s, AlarmKind.BOOKS, LONG, LONG)
        s.add(
            Audit(
                administrator_id=ada.id, act=Act.LOGGED_IN, subject="administrator", subject_ids=[str(ada.id)], at=now
            )
        )
        delivery = s.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert delivery is not None
        s.add(ReturnedMail(sha256="x", subscriber_id=me.id, delivery_id=delivery.id, meaning="later", code="4",
                           told=LONG, at=now))  # fmt: skip
