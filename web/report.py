"""What does an administrator read of a week? The report that the mail tells, with a way to the weeks around it."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.charts import svg
from alerts.week_report import Week, week_report
from alerts.week_told import tell_week
from db import seed
from db.session import transaction, utcnow
from web.pages import answer, language_of

PATH: Final = "/admin/report"


def last_week(_: Request) -> Response:
    """The way to the last whole week."""
    return RedirectResponse(_address(Week.before(utcnow())), status_code=303)


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
        before=_address(week.shifted(-1)),
        after=None if week == last else _address(week.shifted(1)),
    )


def _address(week: Week) -> str:
    return f"{PATH}/{week.year}/{week.number}"
