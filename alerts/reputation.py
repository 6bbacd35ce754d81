"""Are our mails wanted, and does anybody refuse them for our sake? Rates over what came back, and the alarms they raise.

A share alone says nothing where few mails are sent, and a number alone nothing where many are: what stops the sending
asks for both. Whoever resumes it starts the count anew. Our own subscriber (alerts.canary) is nobody's opinion and in no
rate; that its mail came back for our sake is an alarm like any other's.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.alarms import STOP, AlarmKind, close_alarm, raise_alarm
from alerts.bounce_codes import Meaning
from db.models import Alarm, Delivery, Digest, ReturnedMail, Subscriber

# Complaints per mail (M5). The big mailbox providers ask for less than 0.1 %, and punish from 0.3 % on.
ALARM_AT: Final = 0.001
STOP_AT: Final = 0.003
STOP_NEEDS: Final = 3  # complainers
COMPLAINTS_OVER: Final = timedelta(days=30)
BOUNCES: Final = "bounces"  # what the breaker's alarm is about when reports opened it
BOUNCES_OVER: Final = timedelta(days=1)
# Subscribers whose mail came back so within a day, and their share of the mails, from which on it is no accident.
TOO_MANY: Final = {Meaning.OURS: (3, 0.01), Meaning.GONE: (20, 0.05)}
QUIET: Final = timedelta(days=7)


def judge_returned(s: Session, now: datetime) -> None:
    """Raise and close the alarms of complaints and of mails that came back for our sake."""
    _judge_complaints(s, now)
    _judge_bounces(s, now)


def _judge_complaints(s: Session, now: datetime) -> None:
    sent = _sent(s, now - COMPLAINTS_OVER)
    # Who writes to nobody cannot have a rate; a complaint is then about older mails.
    complainers = _whose(s, Meaning.COMPLAINT, since=now - COMPLAINTS_OVER)
    told = f"{complainers} of {sent} mails of 30 days were complained of"
    if complainers and complainers >= ALARM_AT * sent:
        raise_alarm(s, AlarmKind.COMPLAINTS, "rate", told)
    else:
        close_alarm(s, AlarmKind.COMPLAINTS, "rate")
    fresh = _whose(s, Meaning.COMPLAINT, since=_since(s, now - COMPLAINTS_OVER, AlarmKind.COMPLAINTS, STOP))
    if fresh >= max(STOP_NEEDS, STOP_AT * sent):
        raise_alarm(s, AlarmKind.COMPLAINTS, STOP, told)


def _judge_bounces(s: Session, now: datetime) -> None:
    ours = (ReturnedMail.meaning.in_([Meaning.OURS, Meaning.MESSAGE]), ReturnedMail.at > now - QUIET)
    newest = s.scalars(select(ReturnedMail).where(*ours).order_by(ReturnedMail.id.desc()).limit(1)).one_or_none()
    if newest is not None:
        raise_alarm(s, AlarmKind.BOUNCED_FOR_US, BOUNCES, f"{newest.told} (delivery {newest.delivery_id})")
    else:
        close_alarm(s, AlarmKind.BOUNCED_FOR_US, BOUNCES)
    sent = _sent(s, now - BOUNCES_OVER)
    since = _since(s, now - BOUNCES_OVER, AlarmKind.RELAY_REFUSES, BOUNCES)
    for meaning, (number, share) in TOO_MANY.items():
        found = _whose(s, meaning, since=since)
        if found >= max(number, share * sent):
            raise_alarm(s, AlarmKind.RELAY_REFUSES, BOUNCES, f"{found} of {sent} mails of a day came back: {meaning}")


def _sent(s: Session, since: datetime) -> int:
    own = select(Digest.id).join(Subscriber, Subscriber.id == Digest.subscriber_id).where(Subscriber.canary)
    theirs = (Delivery.sent_at > since, Delivery.digest_id.is_(None) | Delivery.digest_id.not_in(own))
    return s.scalar(select(func.count(Delivery.id)).where(*theirs)) or 0


def _whose(s: Session, meaning: Meaning, *, since: datetime) -> int:
    """How many readers' mails came back with this meaning."""
    readers = select(Subscriber.id).where(Subscriber.canary.is_(False))
    mine = (ReturnedMail.meaning == meaning, ReturnedMail.at > since, ReturnedMail.subscriber_id.in_(readers))
    return s.scalar(select(func.count(ReturnedMail.subscriber_id.distinct())).where(*mine)) or 0


def _since(s: Session, since: datetime, kind: AlarmKind, subject: str) -> datetime:
    """From when on to count: not what a person has seen to."""
    closed = select(func.max(Alarm.closed_at)).where(Alarm.kind == kind, Alarm.subject == subject)
    return max(since, s.scalar(closed) or since)
