"""Were the right notices put together? The guesses, newest first, and for each procurement the means to set it right."""

from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import errands
from alerts.texts import Texts
from db.kin import notices_of, procurement_of, rulings_of
from db.models import Act, Errand, ErrandKind, Notice, NoticeVersion
from db.notices import said
from db.session import transaction
from web import audit
from web.admin.asked import told
from web.admin.tables import Cell, Table, asked_of, listed, moment, name, number_of, spoken, whole, words
from web.forms import Form, form_of
from web.pages import answer
from web.session import administrator_of

HEADS: Final = ("notice", "title", "tied_to", "tied_by", "alike", "seen_first")
NOTICE_HEADS: Final = ("notice", "title", "published", "tied_to", "tied_by", "certain")
RULING_HEADS: Final = ("moment", "verdict", "by", "why", "pairs")
ERRAND_HEADS: Final = ("verdict", "notices", "state")
ACTS: Final = {
    ErrandKind.SPLIT: Act.SPLIT_ASKED, ErrandKind.JOIN: Act.JOIN_ASKED, ErrandKind.CONFIRM: Act.CONFIRM_ASKED,
}  # fmt: skip
GUESSED: Final = text("notice.tie ->> 'exact' = 'false'")
SHOWN_ERRANDS: Final = 10


def procurements(request: Request) -> Response:
    """What was put together by a guess alone; or the procurement of the notice that was asked for."""
    narrowed = asked_of(request, "notice")
    wanted = narrowed.asked["notice"]
    with transaction() as s:
        found = _found(s, wanted) if wanted else None
        if found is not None:
            return RedirectResponse(f"/admin/procurements/{found}", status_code=303)
        query = (
            select(Notice, NoticeVersion.title, NoticeVersion.language)
            .join(NoticeVersion, NoticeVersion.id == Notice.current_version_id)
            .where(GUESSED)
            .order_by(Notice.id.desc())
        )
        said_to = spoken(request)
        table = listed(s, request, query, HEADS, lambda row: _guess(said_to, *row))
    return answer(request, "admin_procurements.html", table=table, form=narrowed.form, missing=bool(wanted))


def procurement(request: Request) -> Response:
    """The notices of one procurement, what ties them, and what was ruled."""
    return _page(request, Form())


def rule(request: Request) -> Response:
    """Ask a worker to write down a ruling: notices that are ticked belong apart, or together; or others belong here too."""
    form, me, number = form_of(request), administrator_of(request), number_of(request)
    kind = form.choice("verb", ACTS)
    why = form.text("why")
    with transaction() as s:
        here = [row["notice"] for row in notices_of(s, number)]
        if not here:
            raise HTTPException(404)
        named = list(form.several("notice", here))
        if kind == ErrandKind.JOIN:
            other = form.text("other")
            source, _, source_id = other.partition(":")
            elsewhere = procurement_of(s, source, source_id)
            if other and (elsewhere is None or elsewhere == number):
                form.problem("other", "other_notice")
            named = [here[0], other]
        elif kind and not (0 < len(named) < len(here) if kind == ErrandKind.SPLIT else len(named) > 1):
            form.problem("notice", "some_notices")
        if form.sound:
            errand = errands.ask(s, ErrandKind(kind), named, by=me.id, why=why)
            audit.record(
                s, me, ACTS[ErrandKind(kind)], "procurement", number,
                told={"errand": errand.id, "notices": named, "why": why},
            )  # fmt: skip
    if not form.sound:
        return _page(request, form, status=422)
    return RedirectResponse(f"/admin/procurements/{number}", status_code=303)


def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    said_to, number = spoken(request), number_of(request)
    with transaction() as s:
        notices, rulings = list(notices_of(s, number)), list(rulings_of(s, number))
        if not notices:
            raise HTTPException(404)
        asked = _errands(s, said_to, [row["notice"] for row in notices])
    return answer(
        request, "admin_procurement.html", status=status, form=form, number=number, asked=asked,
        notices=whole(NOTICE_HEADS, [_notice(said_to, row) for row in notices]),
        choices=[(row["notice"], f"{row['notice']} · {words(row['title']).words}") for row in notices],
        rulings=whole(RULING_HEADS, [_ruling(said_to, row) for row in rulings]),
    )  # fmt: skip


def _found(s: Session, wanted: str) -> int | None:
    if wanted.isascii() and wanted.isdecimal() and len(wanted) <= 18:
        return s.scalar(select(Notice.procurement_id).where(Notice.procurement_id == int(wanted)).limit(1))
    source, _, number = wanted.partition(":")
    return procurement_of(s, source, number)


def _errands(s: Session, said_to: Texts, notices: list[str]) -> Table:
    mine = select(Errand).where(Errand.kind.in_(ACTS), Errand.subjects.overlap(notices)).order_by(Errand.id.desc())
    rows = [
        [_verb(said_to, one.kind), words(", ".join(one.subjects)), words(told(said_to, one))]
        for one in s.scalars(mine.limit(SHOWN_ERRANDS))
    ]
    return whole(ERRAND_HEADS, rows)


def _guess(said_to: Texts, row: Notice, title: dict[str, str], language: str) -> list[Cell]:
    tie = row.tie or {}
    return [
        name(f"{row.source}:{row.source_id}", f"/admin/procurements/{row.procurement_id}"),
        words(said(title, language)),
        name(tie.get("with", "")),
        _tied_by(said_to, tie),
        Cell(words=f"{tie['likeness']:.2f}" if "likeness" in tie else "–", figure=True),
        moment(row.created_at),
    ]


def _notice(said_to: Texts, row: dict[str, Any]) -> list[Cell]:
    tie = row["tie"] or {}
    certain = said_to.say("admin.tie.certain" if tie.get("exact") else "admin.tie.guess") if tie else None
    return [
        name(row["notice"]),
        words(row["title"]),
        name((row["published_at"] or "")[:10]),
        name(tie.get("with", "")),
        _tied_by(said_to, tie),
        words(certain),
    ]


def _ruling(said_to: Texts, row: dict[str, Any]) -> list[Cell]:
    pairs = ", ".join(" / ".join(pair) for pair in row["pairs"])
    at = name(row["at"][:16].replace("T", " "))
    return [at, _verb(said_to, row["verb"]), words(row["by"]), words(row["why"]), words(pairs)]


def _verb(said_to: Texts, verb: str) -> Cell:
    return words(said_to.say(f"admin.verb.{verb}"))


def _tied_by(said_to: Texts, tie: dict[str, Any]) -> Cell:
    """What two notices have in common; a portal's own number is told by its name."""
    key = f"admin.tie.by_{str(tie.get('by')).partition(' ')[0]}"
    return words((said_to.say(key) if said_to.has(key) else tie["by"]) if tie else None)
