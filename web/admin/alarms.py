"""What must a person act on, and how? Alarms that are open with their remedy, and those that were."""

from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from alerts.alarms import open_alarms
from alerts.texts import Texts
from db.models import Alarm
from db.session import transaction
from web.admin.tables import Cell, listed, moment, spoken, words
from web.pages import answer

HEADS: Final = ("alarm", "subject", "told", "raised", "closed")


def alarms(request: Request) -> Response:
    """The open ones first, each with what to do; then all that were closed."""
    said = spoken(request)
    with transaction() as s:
        standing = [
            {
                "kind": _kind(said, one),
                "since": f"{one.raised_at:%Y-%m-%d %H:%M}",
                "subject": one.subject,
                "happened": _words(said, "admin.happened", one),
                "remedy": _words(said, "admin.remedy", one),
                "told": one.told,
            }
            for one in open_alarms(s)
        ]
        query = select(Alarm).where(Alarm.closed_at.is_not(None)).order_by(Alarm.closed_at.desc(), Alarm.id.desc())
        table = listed(s, request, query, HEADS, lambda found: _row(said, found[0]))
    return answer(request, "admin_alarms.html", standing=standing, table=table)


def _row(said: Texts, one: Alarm) -> list[Cell]:
    return [words(_kind(said, one)), words(one.subject), words(one.told), moment(one.raised_at), moment(one.closed_at)]


def _kind(said: Texts, one: Alarm) -> str:
    """What it is called; one of an earlier release goes by its key."""
    key = f"admin.alarm.{one.kind}"
    return said.say(key) if said.has(key) else one.kind


def _words(said: Texts, group: str, one: Alarm) -> str:
    """What there is to say of an alarm: of the kind of its subject (``stop``, ``off 7``), else of its own kind."""
    keys = (f"{group}.{one.kind}_{one.subject.partition(' ')[0]}", f"{group}.{one.kind}")
    return next((said.say(key) for key in keys if said.has(key)), "")
