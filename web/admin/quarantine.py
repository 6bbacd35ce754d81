"""What could not be read, why, and may it be tried again? The quarantine as a list, and each body as the words it is made of."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import defer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import errands
from db.models import Act, ErrandKind, Quarantined
from db.session import transaction
from web import audit
from web.admin.asked import is_under_way, told
from web.admin.tables import Cell, asked_of, figure, listed, moment, number_of, spoken, words
from web.pages import answer
from web.session import administrator_of

HEADS: Final = ("number", "source", "notice", "bytes", "seen_last", "reason")
SHOWN: Final = 100_000  # characters of a body


def quarantine(request: Request) -> Response:
    """What is kept, newest first, of one source or all."""
    narrowed = asked_of(request, "source")
    with transaction() as s:
        names = list(s.scalars(select(Quarantined.source).distinct().order_by(Quarantined.source)))
        wanted = narrowed.of("source", names)
        query = select(Quarantined, func.length(Quarantined.body)).options(defer(Quarantined.body))
        if narrowed.asked["source"]:
            query = query.where(Quarantined.source == wanted)
        table = listed(s, request, query.order_by(Quarantined.id.desc()), HEADS, _row, narrowed=narrowed)
    return answer(request, "admin_quarantine.html", table=table, names=names, form=narrowed.form)


def kept(request: Request) -> Response:
    """One that could not be read: the reason, and what the portal sent, as text and never as a page."""
    said = spoken(request)
    with transaction() as s:
        row = s.get(Quarantined, number_of(request))
        if row is None:
            raise HTTPException(404)
        last = errands.last(s, ErrandKind.RETRY, [str(row.id)])
    body = row.body.decode("utf-8", "replace")
    pairs = [
        ("source", words(row.source, f"/admin/sources/{row.source}")),
        ("notice", words(row.source_id)),
        ("reason", words(row.reason)),
        ("kind", words(row.content_type)),
        ("bytes", figure(len(row.body))),
        ("seen_first", moment(row.created_at)),
        ("seen_last", moment(row.seen_at)),
        ("tried", words(told(said, last))),
    ]
    return answer(
        request, "admin_kept.html", number=row.id, pairs=pairs, waits=is_under_way(last),
        body=printable(body[:SHOWN]), whole=len(body) <= SHOWN, shown=SHOWN, long=len(body),
    )  # fmt: skip


def retry(request: Request) -> Response:
    """Ask a worker to read it again with today's parsers."""
    number, me = number_of(request), administrator_of(request)
    with transaction() as s:
        if s.scalar(select(Quarantined.id).where(Quarantined.id == number)) is None:
            raise HTTPException(404)
        errand = errands.ask(s, ErrandKind.RETRY, [str(number)], by=me.id)
        audit.record(s, me, Act.RETRY_ASKED, "quarantined", number, told={"errand": errand.id})
    return RedirectResponse(f"/admin/quarantine/{number}", status_code=303)


def printable(text: str) -> str:
    """A stranger's text without what steers a screen or turns the reading around."""
    return "".join(one if one.isprintable() or one in "\n\t " else "\ufffd" for one in text.replace("\r\n", "\n"))


def _row(found: tuple[Quarantined, int]) -> list[Cell]:
    row, size = found
    return [
        words(str(row.id), f"/admin/quarantine/{row.id}"),
        words(row.source),
        words(row.source_id),
        figure(size),
        moment(row.seen_at),
        words(row.reason),
    ]
