"""How does an administrator come in, and what do they see first? With a password or a mailed link; the log of what was done."""

import re
from typing import Final

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from db.models import Act, Administrator, Audit, SessionKind
from db.session import transaction
from web import audit, passwords
from web.clients import client_of
from web.forms import Form, form_of
from web.limits import Counted, forget, take
from web.links import HOME, mailed
from web.pages import answer
from web.session import administrator_of, log_in, log_out, put_cookie

SHOWN_ACTS: Final = 20
_OUR_PATH: Final = re.compile(r"/admin(/[0-9A-Za-z_/-]*)?")


def log_in_page(request: Request) -> Response:
    """The question for address and password."""
    return _question(request, Form(), request.query_params.get("next", ""))


async def enter(request: Request) -> Response:
    """Log in with a password, or ask for a link; a wrong password and an unknown address look and last alike (W1)."""
    form = form_of(request)
    email = form.address("email").lower()
    by_link = form.raw("how") == "link"
    password = "" if by_link else form.text("password", longest=passwords.LONGEST)
    if not form.sound:
        return await run_in_threadpool(_question, request, form, form.raw("next"), status=422)
    if by_link:
        return await run_in_threadpool(mailed, request, email, SessionKind.ADMINISTRATOR)
    if not await run_in_threadpool(_may_guess, request, email):
        return await run_in_threadpool(_question, request, form, form.raw("next"), status=429, refused="too_many")
    found = await run_in_threadpool(_account, email)
    if not await passwords.holds(None if found is None else found.password_hash, password) or found is None:
        return await run_in_threadpool(_question, request, form, form.raw("next"), status=403, refused="wrong")
    return await run_in_threadpool(_let_in, request, found)


def leave(request: Request) -> Response:
    """Log out."""
    reply = RedirectResponse("/admin/login", status_code=303)
    with transaction() as s:
        log_out(s, request, reply)
        me = administrator_of(request)
        audit.record(s, me, Act.LOGGED_OUT, "administrator", me.id)
    return reply


def home(request: Request) -> Response:
    """What was done last, by whom."""
    with transaction() as s:
        rows = s.execute(
            select(Audit, Administrator.email)
            .outerjoin(Administrator, Administrator.id == Audit.administrator_id)
            .order_by(Audit.id.desc())
            .limit(SHOWN_ACTS)
        ).all()
    acts = [{"act": row, "by": email} for row, email in rows]
    me = administrator_of(request)
    return answer(request, "admin.html", acts=acts, email=me.email, reports=me.reports_off_at is None)


def _question(request: Request, form: Form, wanted: str, *, status: int = 200, refused: str | None = None) -> Response:
    going = wanted if _OUR_PATH.fullmatch(wanted) else ""
    return answer(request, "admin_login.html", status=status, form=form, going=going, refused=refused)


def _may_guess(request: Request, email: str) -> bool:
    """Counted before the check, so that a crowd of guesses at once is counted as well (W2)."""
    with transaction() as s:
        return take(s, Counted.GUESS_OF_CLIENT, client_of(request)) and take(s, Counted.GUESS_OF_ACCOUNT, email)


def _account(email: str) -> Administrator | None:
    with transaction() as s:
        return s.scalar(select(Administrator).where(Administrator.email == email, Administrator.removed_at.is_(None)))


def _let_in(request: Request, administrator: Administrator) -> Response:
    with transaction() as s:
        forget(s, Counted.GUESS_OF_ACCOUNT, administrator.email)
        token = log_in(s, request, administrator_id=administrator.id)
        audit.record(s, administrator, Act.LOGGED_IN, "administrator", administrator.id, told={"by": "password"})
    wanted = form_of(request).raw("next")
    going = wanted if _OUR_PATH.fullmatch(wanted) else HOME[SessionKind.ADMINISTRATOR]
    reply = RedirectResponse(going, status_code=303)
    put_cookie(reply, token)
    return reply
