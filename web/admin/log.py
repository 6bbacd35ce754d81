"""Who did what, and when? The whole audit log, newest first, narrowed by act."""

from typing import Final

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from alerts.texts import Texts
from db.models import Act, Administrator, Audit
from db.session import transaction
from web.admin.tables import Cell, asked_of, listed, moment, spoken, words
from web.pages import answer

HEADS: Final = ("moment", "by", "act", "subject", "told")


def log(request: Request) -> Response:
    """All acts, or those of one kind."""
    said, narrowed = spoken(request), asked_of(request, "act")
    query = select(Audit, Administrator.email).outerjoin(Administrator, Administrator.id == Audit.administrator_id)
    wanted = narrowed.of("act", list(Act))
    if wanted:
        query = query.where(Audit.act == wanted)
    with transaction() as s:
        table = listed(s, request, query.order_by(Audit.id.desc()), HEADS, lambda found: _row(said, *found),
                       narrowed=narrowed)  # fmt: skip
    acts = sorted(((str(one), said.say(f"act.{one}")) for one in Act), key=lambda pair: pair[1])
    return answer(request, "admin_log.html", table=table, acts=acts, form=narrowed.form)


def _row(said: Texts, one: Audit, email: str | None) -> list[Cell]:
    subject = f"{one.subject} {', '.join(one.subject_ids)}".strip()
    return [
        moment(one.at),
        words(email or said.say("admin.command_line")),
        words(said.say(f"act.{one.act}")),
        words(subject),
        words(" · ".join(f"{name}: {value}" for name, value in one.told.items())),
    ]
