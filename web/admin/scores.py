"""Do scores drift, which model revision is in force, and what is still owed to it?"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import errands
from classifier.revisions import in_force
from db.models import Act, ErrandKind, Match, Notice, NoticeVersion, Profile, ScoreRevision
from db.session import transaction, utcnow
from web import audit
from web.admin.asked import is_under_way, told
from web.admin.tables import Cell, figure, listed, moment, name, spoken, whole, words
from web.pages import answer
from web.session import administrator_of

WEEKS: Final = 12
HEADS: Final = ("week", "revision", "matches", "mean_score", "above")
REVISION_HEADS: Final = ("moment", "revision", "by")


def scores(request: Request) -> Response:
    """Mean score and share above the line of each week and revision; revisions in force, and what they lack."""
    with transaction() as s:
        ruling = in_force(s)
        pairs = [
            ("revision", words(ruling)),
            ("owed_notices", figure(_unmatched_notices(s))),
            ("owed_profiles", figure(s.scalar(select(func.count(Profile.id)).where(
                Profile.matched_rev.is_(None), Profile.active)))),
            ("unfinished", figure(_unfinished(s))),
        ]  # fmt: skip
        drift = [_week(row) for row in _weeks(s)]
        query = select(ScoreRevision).order_by(ScoreRevision.id.desc())
        revisions = listed(s, request, query, REVISION_HEADS, lambda found: _revision(found[0]))
        last = errands.last(s, ErrandKind.RESCORE, [])
    pairs.append(("last_asked", words(told(spoken(request), last))))
    return answer(request, "admin_scores.html", pairs=pairs, drift=whole(HEADS, drift), revisions=revisions,
                  weeks=str(WEEKS), waits=is_under_way(last))  # fmt: skip


def rescore(request: Request) -> Response:
    """Ask a worker to move over to the model of its settings; where that is in force already, nothing is to do."""
    me = administrator_of(request)
    with transaction() as s:
        if not is_under_way(errands.last(s, ErrandKind.RESCORE, [])):
            errand = errands.ask(s, ErrandKind.RESCORE, [], by=me.id)
            audit.record(s, me, Act.RESCORE_ASKED, "score_revision", told={"errand": errand.id})
    return RedirectResponse("/admin/scores", status_code=303)


def _weeks(s: Session) -> Any:
    """By the week in which a match was written, newest first. A score that a filter barred was above no line."""
    week = func.date_trunc("week", Match.created_at)
    above = case(((Match.score >= Match.threshold_then) & Match.barred_by.is_(None), 1.0), else_=0.0)
    return s.execute(
        select(week.label("week"), Match.model_rev, func.count().label("matches"), func.avg(Match.score).label("mean"),
               func.avg(above).label("above"))
        .where(Match.created_at >= utcnow() - timedelta(weeks=WEEKS))
        .group_by(week, Match.model_rev)
        .order_by(week.desc(), Match.model_rev)
    )  # fmt: skip


def _unmatched_notices(s: Session) -> int:
    query = select(func.count(NoticeVersion.id)).join(Notice, Notice.current_version_id == NoticeVersion.id)
    return s.scalar(query.where(NoticeVersion.matched_rev.is_(None))) or 0


def _unfinished(s: Session) -> int:
    """Matches of revisions that were never in force: of a re-score that is under way, or was cut off."""
    known = select(ScoreRevision.model_rev)
    return s.scalar(select(func.count(Match.id)).where(Match.model_rev.not_in(known))) or 0


def _week(row: Any) -> list[Cell]:
    return [
        name(f"{row.week:%G-W%V}"),
        words(row.model_rev),
        figure(row.matches),
        figure(row.mean, 3),
        Cell(words=f"{100 * row.above:.1f} %", figure=True),
    ]


def _revision(row: ScoreRevision) -> list[Cell]:
    return [moment(row.at), words(row.model_rev), words(row.by)]
