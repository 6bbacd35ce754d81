"""Does the whole way still work? A notice of our own for a subscriber of our own, every day, followed to the relay (O4).

What is ours goes nowhere else: a canary notice meets the canary's profile alone, and that profile no other notice
(classifier.candidates); whoever counts or lists notices passes it by, for it has a source of its own.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from alerts.alarms import AlarmKind, close_alarm, raise_alarm
from alerts.clock import local_day
from alerts.texts import texts
from classifier.threshold import set_threshold
from db.address import mailable
from db.models import Cadence, DeliveryState, Drawn, Notice, NoticeVersion, Procurement, Profile, Subscriber
from db.notices import CANARY
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)

# The watch looks a quarter of an hour after the timetable's entry; the queue may have taken a minute of it.
ON_ITS_WAY: Final = timedelta(minutes=14)
DAILY: Final = timedelta(hours=25)  # a day of the autumn's clock change has as many
OPEN: Final = timedelta(days=14)
KEPT: Final = timedelta(days=30)
LANGUAGE: Final = "en"
COMPANY: Final = "Anbudsvakt"
SUBJECT: Final = "canary"  # of its alarm

HOPS: Final = text("""
    -- the newest notice of ours, and how far it came
    SELECT notice.id, notice.created_at, version.matched_rev, alert.id AS alert_id, alert.digest_id,
           delivery.id AS delivery_id, delivery.state
      FROM notice
      JOIN notice_version AS version ON version.id = notice.current_version_id
      LEFT JOIN alert ON alert.version_id = version.id
      LEFT JOIN delivery ON delivery.digest_id = alert.digest_id
     WHERE notice.source = :source
     ORDER BY notice.id DESC LIMIT 1
""")
FORGET: Final = (
    text("""
        WITH gone AS (DELETE FROM alert WHERE procurement_id = ANY (:procurements) RETURNING digest_id)
        DELETE FROM digest WHERE id IN (SELECT digest_id FROM gone)
    """),
    text("DELETE FROM match WHERE version_id IN (SELECT id FROM notice_version WHERE notice_id = ANY (:notices))"),
    text("DELETE FROM notice_version WHERE notice_id = ANY (:notices)"),
    text("DELETE FROM notice WHERE id = ANY (:notices)"),
    text("DELETE FROM procurement WHERE id = ANY (:procurements)"),
)


def put_out() -> bool:
    """Store the day's notice for our own subscriber, once a day; gives whether it is new. Nothing without an address."""
    to = get_settings().canary_to
    if to is None:
        return False
    number = f"{local_day(utcnow())}"
    with transaction() as s:
        _keep_subscriber(s, mailable(to))
        if s.scalar(select(Notice.id).where(Notice.source == CANARY, Notice.source_id == number)) is not None:
            return False
        _store(s, number)
    log.info("canary put out", extra={"notice": number})
    return True


def could_not(error: Exception) -> None:
    """Say that the day's notice could not even be stored. Its type alone: an exception's text may hold the address."""
    with transaction() as s:
        raise_alarm(s, AlarmKind.CANARY, SUBJECT, f"could not be put out: {type(error).__name__}")


def judge(s: Session, now: datetime) -> None:
    """Raise the alarm where the newest notice of ours has not reached the relay in time, or close it where it has."""
    if get_settings().canary_to is None:
        close_alarm(s, AlarmKind.CANARY, SUBJECT)
        return
    newest = s.execute(HOPS, {"source": CANARY}).one_or_none()
    if newest is None:
        return  # it was turned on today, and tomorrow's entry of the timetable is its first
    age = now - newest.created_at
    if newest.state == DeliveryState.SENT and age <= DAILY:
        close_alarm(s, AlarmKind.CANARY, SUBJECT)
    elif newest.state == DeliveryState.SENT:
        raise_alarm(s, AlarmKind.CANARY, SUBJECT, f"none was put out since {newest.created_at:%Y-%m-%d %H:%M} UTC")
    elif age >= ON_ITS_WAY:
        if newest.matched_rev is None:
            stands = "stored, and not matched"
        elif newest.alert_id is None:
            stands = "matched, and nobody is owed an alert"
        elif newest.digest_id is None:
            stands = "an alert is owed, and no digest has told it"
        elif newest.delivery_id is None:
            stands = "in a digest without a mail"
        else:
            stands = f"in the outbox, {newest.state}"
        raise_alarm(s, AlarmKind.CANARY, SUBJECT, f"notice {newest.id}: {stands}")


def forget(s: Session, now: datetime) -> int:
    """Remove our own notices of a month ago and more with all that they made; gives how many."""
    old = (Notice.source == CANARY, Notice.created_at < now - KEPT)
    found = s.execute(select(Notice.id, Notice.procurement_id).where(*old)).all()
    notices, procurements = [row.id for row in found], [row.procurement_id for row in found]
    # In an order that leaves nothing pointing at what is gone; a digest of ours tells nothing else.
    for statement in FORGET:
        s.execute(statement, {"notices": notices, "procurements": procurements})
    return len(found)


def _keep_subscriber(s: Session, address: str) -> None:
    """See that our own subscriber is there, at this address, with a profile that any notice of ours lies above."""
    mine = s.scalar(select(Subscriber).where(Subscriber.canary.is_(True)).with_for_update())
    if mine is None:
        said = texts(LANGUAGE)
        mine = Subscriber(
            company=COMPANY, email=address, country="NO", language=LANGUAGE, cadence=Cadence.AT_ONCE, hour=7,
            canary=True, confirmed_at=utcnow(),
        )  # fmt: skip
        s.add(mine)
        s.flush()
        profile = Profile(
            subscriber_id=mine.id, key="canary", name=said.say("canary.profile"), language=LANGUAGE,
            sentences=[said.say("canary.sentence")], cpv=[], nuts=[], countries=[], words_in=[], words_out=[],
            stages=["competition"], scopes=[],
        )  # fmt: skip
        s.add(profile)
        s.flush()
        # The canary proves the way and not the judgement: no change of model may silence it.
        set_threshold(s, profile.id, 0, by="canary", why="any score is above it", drawn=Drawn.START)
    mine.email, mine.unsubscribed_at = address, None


def _store(s: Session, number: str) -> None:
    said = texts(LANGUAGE)
    procurement = Procurement()
    s.add(procurement)
    s.flush()
    notice = Notice(source=CANARY, source_id=number, procurement_id=procurement.id)
    s.add(notice)
    s.flush()
    now = utcnow()
    version = NoticeVersion(
        notice_id=notice.id, number=1, content_hash=f"canary {number}", payload_sha256=f"canary {number}",
        wire_format="canary", stage="competition", language=LANGUAGE, country="NO", cpv=[], nuts=[], nationwide=True,
        title={LANGUAGE: said.say("canary.title", day=number)},
        description={LANGUAGE: said.say("canary.description")},
        published_at=now, deadline_at=now + OPEN, deadline_kind="tender", url=f"{get_settings().site}/", links=[],
    )  # fmt: skip
    s.add(version)
    s.flush()
    notice.current_version_id = version.id
