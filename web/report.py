"""What does an administrator read of a week? The report that the mail tells, with a way to the weeks around it; and who gets the mail."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.charts import svg
from alerts.tokens import Purpose, read
from alerts.week_report import Week, week_report
from alerts.week_told import page_of, tell_week
from db import seed
from db.models import Administrator
from db.session import transaction, utcnow
from web.forms import form_of
from web.pages import answer, language_of, page
from web.session import administrator_of


def last_week(_: Request) -> Response:
    """The way to the last whole week."""
    return RedirectResponse(page_of(Week.before(utcnow())), status_code=303)


def report_page(request: Request) -> Response:
    """One week; a week that is not over, or was before the calendar began, is none."""
    week = Week(year=request.path_params["year"], number=request.path_params["number"])
    last = Week.before(utcnow())
    try:
        if week.first > last.first:
            raise HTTPException(404)
    except ValueError:
        raise HTTPException(404) from None
    with transaction() as s:
        told = tell_week(week_report(s, week), language_of(request), seed.load())
    return answer(
        request,
        "report.html",
        told=told,
        charts={part.heading: svg(part.chart) for part in told.parts if part.chart is not None},
        before=page_of(week.shifted(-1)),
        after=None if week == last else page_of(week.shifted(1)),
    )


def turn_mail(request: Request) -> Response:
    """Stop the week's mail to who is logged in, or begin it again."""
    with transaction() as s:
        _turn(s, administrator_of(request).id, off=form_of(request).raw("mail") == "off")
    return RedirectResponse("/admin", status_code=303)


def leave_page(request: Request) -> Response:
    """The question behind the mail's own link, with a real button."""
    with transaction() as s:
        me = _named(s, request)
    return page("report_leave.html" if me.reports_off_at is None else "report_left.html", me.language)


async def leave(request: Request) -> Response:
    """Stop the mail by its own link; doing it again changes nothing. In force at once: the sender asks before each mail."""
    await request.body()  # read to its end, so that a client still writing gets its answer
    return await run_in_threadpool(_leave, request)


def _leave(request: Request) -> Response:
    with transaction() as s:
        me = _named(s, request)
        _turn(s, me.id, off=True)
        return page("report_left.html", me.language)


def _turn(s: Session, administrator_id: int, *, off: bool) -> None:
    me = s.scalars(select(Administrator).where(Administrator.id == administrator_id).with_for_update()).one()
    if off is (me.reports_off_at is None):
        me.reports_off_at = utcnow() if off else None


def _named(s: Session, request: Request) -> Administrator:
    """Whom the address names. Raises 404 for anything that we did not sign."""
    administrator_id = read(Purpose.REPORTS_OFF, request.path_params["token"])
    found = None if administrator_id is None else s.get(Administrator, administrator_id)
    if found is None:
        raise HTTPException(404)
    return found
