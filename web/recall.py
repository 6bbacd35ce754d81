"""How does a reader answer the week's question of what stayed under their line? A page with boxes to tick and one button.

A link only opens the page: nothing but a POST answers (P2), and whatever is answered moves no line (P3). Whoever has
the mail may answer; the page names notices alone, neither firm nor profile (P5).
"""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerts.outside import safe_url
from alerts.tokens import Purpose, read
from classifier.recall import answer as keep
from db.models import NoticeVersion, Profile, RecallQuestion, RecallSample, Subscriber
from db.notices import said
from db.session import transaction
from web.forms import form_of
from web.pages import page


def question(request: Request) -> HTMLResponse:
    """The notices that were drawn, and the question; asking changes nothing."""
    with transaction() as s:
        return _shown(s, _asked(s, request), "recall.html")


def answer(request: Request) -> HTMLResponse:
    """Keep which were for them; the last word wins."""
    form = form_of(request)
    with transaction() as s:
        question_id = _asked(s, request)
        samples = s.scalars(select(RecallSample.id).where(RecallSample.question_id == question_id)).all()
        keep(s, question_id, [int(one) for one in form.several("for_us", [str(sample) for sample in samples])])
        return _shown(s, question_id, "recall_answered.html")


def _asked(s: Session, request: Request) -> int:
    """The question whose token it is; 404 for any that is none of ours."""
    question_id = read(Purpose.RECALL, request.path_params["token"])
    if question_id is None or s.get(RecallQuestion, question_id) is None:
        raise HTTPException(404)
    return question_id


def _shown(s: Session, question_id: int, template: str) -> HTMLResponse:
    language = s.scalars(
        select(Subscriber.language)
        .join(Profile, Profile.subscriber_id == Subscriber.id)
        .join(RecallQuestion, RecallQuestion.profile_id == Profile.id)
        .where(RecallQuestion.id == question_id)
    ).one()
    rows = s.execute(
        select(RecallSample.id, RecallSample.relevant, NoticeVersion)
        .join(NoticeVersion, NoticeVersion.id == RecallSample.version_id)
        .where(RecallSample.question_id == question_id)
        .order_by(RecallSample.id)
        .options(selectinload(NoticeVersion.buyers))
    ).all()
    drawn = [
        {
            "id": row.id,
            "relevant": row.relevant,
            "title": said(row.NoticeVersion.title, row.NoticeVersion.language),
            "language": row.NoticeVersion.language,
            "buyer": row.NoticeVersion.buyers[0].name if row.NoticeVersion.buyers else None,
            "url": safe_url(row.NoticeVersion.url),
        }
        for row in rows
    ]
    return page(template, language, drawn=drawn)
