"""To whom do we not write, and why? Addresses are added with a reason, and lifted with one."""

from typing import Final

from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.suppress import HASHED, suppress, suppression_key
from alerts.texts import Texts
from db.models import Act, Subscriber, Suppression
from db.session import transaction
from web import audit
from web.admin.reasons import reason
from web.admin.tables import Cell, asked_of, listed, moment, number_of, spoken, words
from web.forms import Form, form_of
from web.pages import answer
from web.session import administrator_of

HEADS: Final = ("address", "reason", "moment")


def suppressions(request: Request) -> Response:
    """All of them, newest first, and a form for one more."""
    return _page(request, Form())


def add(request: Request) -> Response:
    """Write to an address no more."""
    form = form_of(request)
    email, why = form.address("email"), form.text("why")
    if form.sound:
        with transaction() as s:
            known = s.scalar(select(Suppression.id).where(Suppression.address == suppression_key(email)))
            if known is not None:
                form.problem("email", "suppressed")
            else:
                suppress(s, email, why)
                row = s.scalars(select(Suppression.id).where(Suppression.address == suppression_key(email))).one()
                audit.record(s, administrator_of(request), Act.SUPPRESSED, "suppression", row)
    if not form.sound:
        return _page(request, form, status=422)
    return RedirectResponse("/admin/suppressions", status_code=303)


def suppression(request: Request) -> Response:
    """One of them, and the question why to lift it."""
    return _one(request, Form())


def lift(request: Request) -> Response:
    """Write to an address again. Whoever left, or never confirmed, gets nothing for it."""
    form, number = form_of(request), number_of(request)
    why = form.text("why")
    if not form.sound:
        return _one(request, form, status=422)
    with transaction() as s:
        row = s.get(Suppression, number, with_for_update=True)
        if row is None:
            raise HTTPException(404)
        audit.record(s, administrator_of(request), Act.SUPPRESSION_LIFTED, "suppression", number,
                     told={"why": why, "reason": row.reason})  # fmt: skip
        s.delete(row)
    return RedirectResponse("/admin/suppressions", status_code=303)


def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    said, narrowed = spoken(request), asked_of(request, "address")
    query = select(Suppression).order_by(Suppression.id.desc())
    if narrowed.asked["address"]:
        query = query.where(Suppression.address.contains(narrowed.asked["address"].lower(), autoescape=True))
    with transaction() as s:
        table = listed(s, request, query, HEADS, lambda found: _row(said, found[0]), narrowed=narrowed)
    return answer(request, "admin_suppressions.html", status=status, form=form, table=table, narrowed=narrowed.form)


def _one(request: Request, form: Form, *, status: int = 200) -> Response:
    with transaction() as s:
        row = s.get(Suppression, number_of(request))
        if row is None:
            raise HTTPException(404)
        owner = s.scalar(select(Subscriber.id).where(func.lower(Subscriber.email) == row.address).limit(1))
    href = "" if owner is None else f"/admin/subscribers/{owner}"
    pairs = [
        ("address", words(_told(row, spoken(request)), href)),
        ("reason", words(reason(spoken(request), row.reason))),
        ("moment", moment(row.at)),
    ]
    return answer(request, "admin_suppression.html", status=status, form=form, pairs=pairs, number=row.id)


def _row(said: Texts, row: Suppression) -> list[Cell]:
    return [words(_told(row, said), f"/admin/suppressions/{row.id}"), words(reason(said, row.reason)), moment(row.at)]


def _told(row: Suppression, said: Texts) -> str:
    """The address; of one that we keep as a mark alone, that nobody can read it."""
    return said.say("admin.suppressions.erased") if row.address.startswith(HASHED) else row.address
