"""What stands in a subscriber's calendar? The deadlines of what they are owed or were told, as iCalendar (RFC 5545).

The bytes depend on what is written down alone, not on when somebody looks: the same calendar has the same ETag.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.deadline import KINDS
from alerts.outside import NAME, TITLE, safe_url, shown
from alerts.sources import source_name
from alerts.speak import Names, Speaker, speaker
from alerts.standing import Standing, standings
from classifier.owed import declined
from db.models import Alert, DeadlineEvent, EventState, Feedback, Profile, Subscriber
from db.notices import said as said_in

if TYPE_CHECKING:
    import icalendar

# How long a passed deadline stays in the calendar that is fetched again and again.
KEPT: Final = timedelta(days=60)
REFRESH: Final = timedelta(hours=1)
SUNDAY: Final = 7
FIRST_YEAR: Final = 1997  # since when the Union's clocks change on these days
PRODUCT: Final = "-//Anbudsvakt//Deadlines//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar as it is sent. ``changed_at``: when anything in it last moved."""

    body: bytes
    changed_at: datetime


def whole_calendar(s: Session, subscriber: Subscriber, names: Names, *, now: datetime) -> Calendar:
    """Every deadline of this subscriber's procurements but those that they called not relevant."""
    alerts = s.scalars(
        select(Alert)
        .join(DeadlineEvent, DeadlineEvent.procurement_id == Alert.procurement_id)
        .where(Alert.subscriber_id == subscriber.id, DeadlineEvent.deadline_at > now - KEPT)
    ).all()
    unwanted = declined(s, subscriber.id, {alert.procurement_id for alert in alerts})
    wanted = [alert for alert in alerts if alert.procurement_id not in unwanted]
    heard = s.scalars(select(Feedback.at).join(Alert).where(Alert.subscriber_id == subscriber.id)).all()
    return _calendar(s, subscriber, wanted, names, heard=heard)


def one_event(s: Session, alert: Alert, names: Names) -> Calendar | None:
    """The deadline of one alert's procurement, as it now stands; None where no deadline was ever named."""
    subscriber = s.get_one(Subscriber, alert.subscriber_id)
    due = select(DeadlineEvent.id).where(
        DeadlineEvent.procurement_id == alert.procurement_id, DeadlineEvent.deadline_at.is_not(None)
    )
    return _calendar(s, subscriber, [alert], names) if s.scalar(due) is not None else None


def _calendar(
    s: Session, subscriber: Subscriber, alerts: Sequence[Alert], names: Names, *, heard: Sequence[datetime] = ()
) -> Calendar:
    profiles = s.scalars(select(Profile).where(Profile.subscriber_id == subscriber.id, Profile.active.is_(True))).all()
    by_procurement = {
        standing.procurement_id: standing
        for standing in standings(s, alerts, profiles, language=subscriber.language)
    }  # fmt: skip
    events = s.scalars(
        select(DeadlineEvent)
        .where(DeadlineEvent.procurement_id.in_(by_procurement))
        .order_by(DeadlineEvent.deadline_at, DeadlineEvent.id)
    ).all()
    # A corrigendum, a new alert, other words of the same notice: whatever came last.
    moments = [event.changed_at for event in events] + [alert.created_at for alert in alerts]
    moments += [version.created_at for standing in by_procurement.values() for version in standing.current]
    changed_at = max([*moments, *heard], default=subscriber.created_at)
    voice = speaker(language=subscriber.language, country=subscriber.country, as_of=changed_at, names=names)
    return Calendar(
        body=write(((event, by_procurement[event.procurement_id]) for event in events), voice), changed_at=changed_at
    )


def write(events: Iterable[tuple[DeadlineEvent, Standing]], said: Speaker) -> bytes:
    """These deadlines as one iCalendar object, in the reader's words and on the reader's clock."""
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):  # RFC 7986, and what calendars read before it
        calendar.add(name, said.texts.say("calendar.name"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(_zone(said.clock.zone))
    for event, standing in events:
        calendar.add_component(_event(event, standing, said))
    return bytes(calendar.to_ical())


def _zone(zone: ZoneInfo) -> "icalendar.Timezone":
    """The reader's clock by the rule of the European Union: the last Sundays of March and October, at 01:00 UTC.

    Written by rule and not as a list of dates, so that it holds for every year and every calendar program reads it.
    """
    import icalendar

    written = icalendar.Timezone()
    written.add("tzid", zone.key)
    winter, summer = (datetime(FIRST_YEAR, month, 1, tzinfo=zone) for month in (1, 7))
    for part, before, after, month in (
        (icalendar.TimezoneDaylight(), winter, summer, 3),
        (icalendar.TimezoneStandard(), summer, winter, 10),
    ):
        offset = before.utcoffset() or timedelta(0)
        last_sunday = max(day for day in range(25, 32) if date(FIRST_YEAR, month, day).isoweekday() == SUNDAY)
        # Its beginning is told on the clock that it puts an end to (RFC 5545 §3.6.5).
        part.add("dtstart", datetime(FIRST_YEAR, month, last_sunday, 1) + offset)  # noqa: DTZ001 - as just said
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        part.add("tzoffsetfrom", offset)
        part.add("tzoffsetto", after.utcoffset() or timedelta(0))
        part.add("tzname", after.tzname() or zone.key)
        written.add_component(part)
    return written


def _event(kept: DeadlineEvent, standing: Standing, said: Speaker) -> "icalendar.Event":
    import icalendar

    version = standing.shown
    title = shown(said_in(version.title, version.language), TITLE)
    place = said.place(
        tuple(version.nuts), nationwide=version.nationwide, country=version.country, name_country=True
    )  # fmt: skip
    buyer = shown(standing.buyer, NAME) if standing.buyer else said.texts.say("buyer.none")
    links = [
        (f"{shown(source_name(one.notice.source), 40)} {shown(one.notice.source_id, 60)}", address)
        for one in (version, *(other for other in standing.current if other.id != version.id))
        if (address := safe_url(one.url)) is not None
    ]
    event = icalendar.Event()
    event.add("uid", kept.uid)
    event.add("sequence", kept.sequence)
    event.add("created", kept.created_at)
    event.add("last-modified", kept.changed_at)
    # A published object has no sender's clock to tell it by: DTSTAMP is when this state of it was made (§3.8.7.2).
    event.add("dtstamp", kept.changed_at)
    # A deadline with a time is a moment and has no length; one that is a day lasts that day (§3.6.1).
    assert kept.deadline_at is not None  # the queries above ask for events that have one
    event.add("dtstart", kept.deadline_day or said.clock.local(kept.deadline_at))
    event.add("summary", _summary(kept, title, said), parameters={"LANGUAGE": said.texts.language})
    event.add("description", "\n".join([title, buyer, *(f"{words}: {address}" for words, address in links[:8])]))
    event.add("location", place)
    if links:
        event.add("url", links[0][1])
    event.add("status", "CONFIRMED" if kept.state == EventState.STANDING else "CANCELLED")
    event.add("transp", "TRANSPARENT")  # a deadline keeps nobody from other appointments
    event.add("class", "PRIVATE")
    return event


def _summary(kept: DeadlineEvent, title: str, said: Speaker) -> str:
    kind = kept.deadline_kind if kept.deadline_kind in KINDS else "tender"
    word = kind if kept.state == EventState.STANDING else kept.state
    return said.texts.say(f"calendar.{word}", title=title)
