"""How is each source read, and what did its last runs bring? A list of all, and a page for each."""

from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import errands
from alerts.outside import safe_url
from alerts.source_health import Judged, judge, judged
from alerts.texts import Texts
from db.declared import records, rest
from db.models import Act, DeclaredSource, ErrandKind, Fetch, Quarantined
from db.session import transaction, utcnow
from web import audit
from web.admin.asked import is_under_way, told
from web.admin.tables import Cell, figure, listed, moment, name, spoken, whole, words
from web.forms import form_of
from web.pages import answer
from web.session import administrator_of

HEADS = ("source", "health", "last_run", "next_run", "notices_30", "kept")
RUN_HEADS = ("began", "state", "took", "seen", "new", "changed", "quarantined", "error")


def sources(request: Request) -> Response:
    """Every source with its verdict."""
    said = spoken(request)
    with transaction() as s:
        kept = {row.source: row.n for row in s.execute(
            select(Quarantined.source, func.count().label("n")).group_by(Quarantined.source))}  # fmt: skip
        rows = [_row(said, one, kept.get(one.record.declared.key, 0)) for one in judged(s)]
    return answer(request, "admin_sources.html", table=whole(HEADS, rows))


def source(request: Request) -> Response:
    """One source: how it stands, on which grounds, and all of its runs."""
    said, key = spoken(request), request.path_params["key"]
    with transaction() as s:
        record = next((one for one in records(s) if one.declared.key == key), None)
        if record is None:
            raise HTTPException(404)
        one = judge(record, utcnow())
        kept = s.scalar(select(func.count()).where(Quarantined.source == key)) or 0
        runs = select(Fetch).where(Fetch.source == key).order_by(Fetch.id.desc())
        table = listed(s, request, runs, RUN_HEADS, lambda found: _run(said, found.Fetch))
        last = errands.last(s, ErrandKind.CRAWL, [key])
    declared = record.declared
    pairs = [
        ("health", _health(said, one)),
        ("grounds", words(" ".join(_ground(said, ground) for ground in declared.grounds))),
        ("licence", words(declared.licence)),
        ("every", words(f"{declared.cadence_s / 3600:g} h")),
        ("next_run", moment(one.next_at)),
        ("last_good", moment(record.good_at)),
        ("last_new", moment(record.new_at)),
        ("notices_30", figure(record.notices)),
        ("kept", Cell(words=str(kept), href=f"/admin/quarantine?source={key}")),
        ("last_asked", words(told(said, last))),
    ]
    return answer(
        request, "admin_source.html", name=declared.name, url=safe_url(declared.url), pairs=pairs, error=record.error,
        table=table, key=key, readable=declared.state == "on", rests=declared.paused_at is not None,
        waits=is_under_way(last),
    )  # fmt: skip


def turn(request: Request) -> Response:
    """Have a source read now, let it rest, or have it read again; only one that is declared to be read."""
    wanted, key, me = form_of(request).raw("go"), request.path_params["key"], administrator_of(request)
    if wanted not in {"read", "rest", "resume"}:
        raise HTTPException(400)
    with transaction() as s:
        source = s.get(DeclaredSource, key)
        if source is None or source.state != "on":
            raise HTTPException(404)
        if wanted != "read":
            if rest(s, key, resting=wanted == "rest"):
                act = Act.SOURCE_PAUSED if wanted == "rest" else Act.SOURCE_RESUMED
                audit.record(s, me, act, "declared_source", told={"key": key})
        elif not is_under_way(errands.last(s, ErrandKind.CRAWL, [key])):
            errand = errands.ask(s, ErrandKind.CRAWL, [key], by=me.id)
            audit.record(s, me, Act.CRAWL_ASKED, "declared_source", told={"key": key, "errand": errand.id})
    return RedirectResponse(f"/admin/sources/{key}", status_code=303)


def _row(said: Texts, one: Judged, kept: int) -> list[Cell]:
    record = one.record
    key = record.declared.key
    return [
        words(record.declared.name, f"/admin/sources/{key}"),
        _health(said, one),
        moment(record.ended_at),
        moment(one.next_at),
        figure(record.notices),
        Cell(words=str(kept), href=f"/admin/quarantine?source={key}" if kept else "", figure=True),
    ]


def _run(said: Texts, run: Fetch) -> list[Cell]:
    took = None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds()
    return [
        moment(run.started_at),
        words(said.say(f"admin.run.{run.state}")),
        Cell(words="–" if took is None else f"{took:.0f} s", figure=True),
        figure(run.seen), figure(run.new), figure(run.changed), figure(run.quarantined),
        words(run.error),
    ]  # fmt: skip


def _health(said: Texts, one: Judged) -> Cell:
    return name(said.say(f"admin.health.{one.health}"))


def _ground(said: Texts, ground: str) -> str:
    key = f"coverage.ground.{ground}"
    return said.say(key) if said.has(key) else ground
