"""How does the week's report reach administrators? By a mail to each who has not said no, once a week, in the same outbox as all others.

The row of ``letter`` is the referee: of one administrator and one week there is one, written in the transaction that
queues its mail, so that a job that comes twice or dies half-way doubles nothing and leaves nobody out.
"""

import logging
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from alerts import letters
from alerts.bars import Bars
from alerts.charts import png
from alerts.message import render_week
from alerts.speak import Names
from alerts.tokens import reports_off_url
from alerts.week_report import Week, WeekReport, week_report
from alerts.week_told import page_of, tell_week
from alerts.wire import Picture
from db import seed
from db.models import Administrator, Letter, LetterKind
from db.session import transaction, utcnow
from settings import get_settings

log = logging.getLogger(__name__)

LIST: Final = "week"


def post_week(now: datetime) -> int:
    """Queue the report of the last whole week to whoever is owed it; gives how many mails that were.

    A Monday that was missed is made up for by asking again; weeks before the last are not.
    """
    week = Week.before(now)
    with transaction() as s:
        owed = _owed(s, week)
        if not owed:
            return 0
        report = week_report(s, week)
    queued, names = 0, seed.load()
    for administrator_id in owed:
        with transaction() as s:
            queued += _post(s, administrator_id, report, names)
    log.info("week's report queued", extra={"year": week.year, "week": week.number, "mails": queued})
    return queued


def _owed(s: Session, week: Week) -> list[int]:
    """Who was an administrator when the week was over, has not said no, and has not got it."""
    _, end = week.bounds
    posted = exists().where(Letter.administrator_id == Administrator.id, Letter.week == week.first)
    wanted = select(Administrator.id).where(
        Administrator.created_at < end,
        Administrator.removed_at.is_(None),
        Administrator.reports_off_at.is_(None),
        ~posted,
    )
    return list(s.scalars(wanted.order_by(Administrator.id)))


def _post(s: Session, administrator_id: int, report: WeekReport, names: Names) -> bool:
    """Queue one administrator's mail; gives whether it was not queued already."""
    row = insert(Letter).values(
        kind=LetterKind.WEEK_REPORT, administrator_id=administrator_id, week=report.week.first, created_at=utcnow()
    )
    letter_id = s.scalar(row.on_conflict_do_nothing(constraint="letter_of_week_once").returning(Letter.id))
    if letter_id is None:
        return False
    letter, administrator = s.get_one(Letter, letter_id), s.get_one(Administrator, administrator_id)
    told = tell_week(report, administrator.language, names)
    pictures = {
        part.heading: Picture(content_id=f"{number}.{letters.mark_of(letter)}", png=_picture(part.chart))
        for number, part in enumerate(told.parts, 1)
        if part.chart is not None
    }
    leave_url = reports_off_url(administrator_id)
    mail = render_week(
        told,
        {heading: picture.content_id for heading, picture in pictures.items()},
        page_url=get_settings().site + page_of(report.week),
        leave_url=leave_url,
    )
    letters.queue(
        s, letter, administrator.email, mail,
        list_name=LIST, one_click_url=leave_url, pictures=tuple(pictures.values()),
    )  # fmt: skip
    return True


@lru_cache(maxsize=32)
def _picture(chart: Bars) -> bytes:
    """Drawn once for all who read the same language."""
    return png(chart)
