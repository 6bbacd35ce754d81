"""How does an administrator try a line, see what it does, publish it with a reason, and take it back? The laboratory's pages."""

from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import urlencode

from babel import Locale
from babel.numbers import format_decimal, parse_pattern
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.texts import LOCALES, texts
from classifier.bench import COUNTRIES, FIRM, Bench, Kind, bench
from classifier.history import NotLast
from classifier.laboratory import look, move_of
from classifier.publishing import Changed, Conflict, last_step, publish, take_back
from classifier.replay import BARS
from classifier.threshold import lines_in_force
from classifier.window import WINDOWS
from db.arrays import among
from db.models import Act, LineMove, Profile, Subscriber, Threshold
from db.session import transaction
from web import audit, charts
from web.forms import Form, form_of
from web.pages import TEXTS, answer, language_of
from web.session import administrator_of

LISTED: Final = 50
# Read once: a page of the laboratory writes some hundred numbers.
_SCORE, _LINE, _RATE, _COUNT = map(parse_pattern, ("0.00", "0.00#", "#,##0.0", "#,##0"))
LONGEST_WHY: Final = 300
FURTHEST: Final = Decimal("0.3")  # that several lines are moved at once
# The slider is live where script may run: ours alone, and on these pages alone.
LIVE: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}


class Figures:
    """Numbers as the reader's language writes them."""

    def __init__(self, language: str) -> None:
        self.locale = Locale.parse(LOCALES[language])

    def score(self, value: float) -> str:
        """A score or a share: two places."""
        return format_decimal(value, _SCORE, locale=self.locale)

    def line(self, value: Decimal) -> str:
        """A line, as exactly as it is drawn."""
        return format_decimal(value, _LINE, locale=self.locale)

    def rate(self, value: float) -> str:
        """How many a week."""
        return format_decimal(value, _RATE, locale=self.locale)

    def count(self, value: int) -> str:
        """A number of things."""
        return format_decimal(value, _COUNT, locale=self.locale)


def benches(request: Request) -> Response:
    """Whose lines there are to choose among."""
    asked = " ".join(request.query_params.get("q", "").split())[:LISTED]
    with transaction() as s:
        wanted = _served().where(_named(asked)) if asked else _served()
        rows = s.execute(wanted.order_by(Subscriber.company, Profile.id).limit(LISTED)).all()
        count = s.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
        lines = lines_in_force(s, [row.id for row in rows])
    firms = [row.subscriber_id for row in rows]
    found = [
        {
            "row": row,
            "line": lines.get(row.id),
            "firm": f"{FIRM}{row.subscriber_id}" if firms.count(row.subscriber_id) > 1 else None,
        }
        for row in rows
    ]
    return answer(
        request, "benches.html", found=found, more=count - len(rows), asked=asked, countries=COUNTRIES,
        figures=Figures(language_of(request)),
    )  # fmt: skip


def bench_page(request: Request) -> Response:
    """What a slider's value would do, by the last days."""
    value, days = _value(request.query_params.get("value")), _days(request.query_params.get("days"))
    with transaction() as s:
        on = _bench(s, request)
        return _shown(request, s, on, value, days)


def put(request: Request) -> Response:
    """Publish the move that was looked at.

    Whoever was slower than another is told, and so is whoever saw what no longer holds; then nothing is moved.
    """
    form, me = form_of(request), administrator_of(request)
    value, days = _value(form.raw("value")), _days(form.raw("days"))
    why = form.text("why", longest=LONGEST_WHY)
    seen = form.number("seen", 0, 10**11)
    if value is None or seen is None:
        raise HTTPException(400)
    try:
        with transaction() as s:
            on = _bench(s, request)
            moves = move_of(on, lines_in_force(s, on.profiles), value)
            if not form.sound or not moves:
                return _shown(request, s, on, value, days, form=form, status=422)
            move = publish(s, on, moves, seen=seen, foreseen=form.raw("foreseen"), by=me.email, why=why)
            audit.record(s, me, Act.LINES_MOVED, "line_move", move.id, told={"bench": on.key, "lines": len(moves)})
    except Conflict as conflict:
        return answer(
            request, "lab_conflict.html", status=409, since=conflict.since[-LISTED:],
            figures=Figures(language_of(request)), again=f"{_path(request)}?{_query(value, days)}",
        )  # fmt: skip
    except Changed:
        with transaction() as s:
            return _shown(request, s, _bench(s, request), value, days, form=form, status=409, changed=True)
    return RedirectResponse(f"{_path(request)}?{_query(None, days)}", status_code=303)


def undo(request: Request) -> Response:
    """Take back the step that was looked at."""
    form, me = form_of(request), administrator_of(request)
    row_id = form.number("line", 1, 10**11)
    move_id = form.number("move", 1, 10**11) if form.raw("move") else None
    if row_id is None or not form.sound:
        raise HTTPException(400)
    try:
        with transaction() as s:
            on = _bench(s, request)
            take_back(s, on, move_id=move_id, threshold_id=row_id, by=me.email)
            subject, of = ("line_move", move_id) if move_id else ("threshold", row_id)
            audit.record(s, me, Act.LINES_TAKEN_BACK, subject, of, told={"bench": on.key})
    except NotLast:
        return answer(request, "lab_conflict.html", status=409, since=(), figures=Figures(language_of(request)),
                      again=_path(request))  # fmt: skip
    return RedirectResponse(_path(request), status_code=303)


def _shown(
    request: Request, s: Session, on: Bench, value: Decimal | None, days: int, *, form: Form | None = None,
    status: int = 200, changed: bool = False,
) -> Response:  # fmt: skip
    seen = look(s, on, value, days=days)
    one = on.kind is Kind.PROFILE
    now = float(seen.line) if seen.line is not None else None
    moved = None
    if value is not None and now is not None:
        moved = float(value) if one else now + float(value)
    figures, words = Figures(language_of(request)), texts(language_of(request), TEXTS)
    reply = answer(
        request,
        "lab.html",
        status=status,
        seen=seen,
        one=one,
        value=value if value is not None else (seen.line if one else Decimal(0)),
        is_moved=bool(seen.after),
        changed=changed,
        title=_title(s, on),
        chart=charts.histogram(words, seen.replay.bars, now, moved, figures.rate),
        # The table of the chart, in tenths: fifty rows are none the wiser.
        tenths=[sum(seen.replay.bars[place : place + BARS // 10]) for place in range(0, BARS, BARS // 10)],
        heard=[heard for heard in seen.replay.heard if heard.alerts[0] != heard.alerts[1]] or seen.replay.heard,
        listed=LISTED,
        curves=charts.calibration(words, seen.curves),
        step=last_step(s, on),
        history=_history(s, on),
        windows=WINDOWS,
        bounds=(Decimal(0), Decimal(1)) if one else (-FURTHEST, FURTHEST),
        form=form or Form(),
        figures=figures,
        here=_path(request),
    )
    reply.headers.update(LIVE)
    return reply


def _history(s: Session, on: Bench) -> list[Threshold] | list[LineMove]:
    """Of one profile every line, of several every move of any of them; the newest first."""
    if on.kind is Kind.PROFILE:
        rows = select(Threshold).where(among(Threshold.profile_id, on.profiles)).order_by(Threshold.id.desc())
        return list(s.scalars(rows.limit(LISTED)))
    touched = select(Threshold.move_id).where(among(Threshold.profile_id, on.profiles), Threshold.move_id.is_not(None))
    moves = select(LineMove).where(LineMove.id.in_(touched)).order_by(LineMove.id.desc())
    return list(s.scalars(moves.limit(LISTED)))


def _title(s: Session, on: Bench) -> tuple[str, str] | None:
    """Profile and firm, or only a firm; None where the bench has a name in the texts."""
    if on.kind in (Kind.ALL, Kind.COUNTRY):
        return None
    row = s.execute(_served().where(Profile.id == on.profiles[0])).one()
    return (row.name if on.kind is Kind.PROFILE else "", row.company)


def _served() -> Select[int, str, int, str]:
    return (
        select(Profile.id, Profile.name, Profile.subscriber_id, Subscriber.company)
        .join(Subscriber, Subscriber.id == Profile.subscriber_id)
        .where(Profile.active.is_(True), Subscriber.unsubscribed_at.is_(None), Subscriber.canary.is_(False))
    )


def _named(asked: str) -> ColumnElement[bool]:
    return or_(
        func.lower(Profile.name).contains(asked.lower(), autoescape=True),
        func.lower(Subscriber.company).contains(asked.lower(), autoescape=True),
    )


def _bench(s: Session, request: Request) -> Bench:
    try:
        return bench(s, request.path_params["bench"])
    except LookupError:
        raise HTTPException(404) from None


def _path(request: Request) -> str:
    return f"/admin/lab/{request.path_params['bench']}"


def _query(value: Decimal | None, days: int) -> str:
    return urlencode({"days": days} if value is None else {"value": str(value), "days": days})


def _value(typed: str | None) -> Decimal | None:
    """A line or a step as somebody typed it; None where it is none."""
    try:
        found = Decimal((typed or "").strip().replace(",", ".").replace("−", "-"))
    except InvalidOperation:
        return None
    return found if found.is_finite() and -1 <= found <= 1 else None


def _days(typed: str | None) -> int:
    return next((days for days in WINDOWS if str(days) == typed), WINDOWS[0])
