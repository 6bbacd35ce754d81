"""How does a reader say what they think of an alert? A page with real buttons, and one that says what follows.

A link only opens the page, with the button that was meant standing out: mail scanners follow every link, so that
nothing but a POST says anything (P2, P3). Whoever has the mail may say it; the page tells them nothing that the mail
does not, and on a GET not even what was said before (P5).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerts.compose import entry_of
from alerts.entry import ToldEntry, tell_entry
from alerts.reminders import LEADS
from alerts.speak import speaker
from alerts.standing import standings
from alerts.texts import texts
from alerts.tokens import Purpose, read
from classifier.feedback import record
from db import seed
from db.models import Alert, Feedback, Subscriber, Unfit, Verdict
from db.session import transaction, utcnow
from web.forms import Form, form_of
from web.pages import TEXTS, page

Word = TypeVar("Word", bound=StrEnum)


class Follows(StrEnum):
    """What now follows, for the reader."""

    CHANGES = "changes"  # they hear of changes, as before
    SILENCE = "silence"
    REMINDERS = "reminders"
    NO_DEADLINE = "no_deadline"  # there is none to be reminded of
    HAS_LEFT = "has_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One answer that can be given. ``stands_out``: the one that the link in the mail was for."""

    value: str
    words: str
    stands_out: bool = False


def question(request: Request) -> HTMLResponse:
    """The entry's title, the question and the buttons; asking changes nothing."""
    wished = request.path_params.get("verdict")
    meant = None if wished is None else _known(Verdict, wished, 404)
    with transaction() as s:
        alert, subscriber = _told(s, request)
        told = _entry(s, alert, subscriber)
    return page(
        "verdict.html",
        subscriber.language,
        told=told,
        address=_address(request),
        buttons=verdicts(subscriber.language, stands_out=meant),
        meant=words_of(subscriber.language, meant) if meant else None,
    )


def answer(request: Request) -> HTMLResponse:
    """Keep what was said, and say what follows; the last word wins, and the same word again changes nothing."""
    verdict, reason = said_in(form_of(request))
    with transaction() as s:
        alert, subscriber = _told(s, request)
        record(s, alert.id, verdict, reason=reason)
        said_why = s.scalar(select(Feedback.reason).where(Feedback.alert_id == alert.id))
        told = _entry(s, alert, subscriber)
        following = follows(s, alert, subscriber, verdict)
    language = subscriber.language
    others = [button for button in verdicts(language) if button.value != verdict]
    return page(
        "judged.html",
        language,
        told=told,
        address=_address(request),
        said=words_of(language, verdict),
        follows=following,
        leads=[str(days) for days in sorted(LEADS, reverse=True)],
        why=reasons(language, but=said_why) if verdict is Verdict.NOT_RELEVANT else [],
        said_why=reason_of(language, said_why) if said_why else None,
        others=others,
    )


def said_in(form: Form) -> tuple[Verdict, Unfit | None]:
    """What a form says, and why, which is asked only of "not for us". Raises 400 for a word that is none of ours."""
    spoken, reason = _known(Verdict, form.raw("verdict"), 400), form.raw("reason")
    return spoken, _known(Unfit, reason, 400) if reason and spoken is Verdict.NOT_RELEVANT else None


def _told(s: Session, request: Request) -> tuple[Alert, Subscriber]:
    """The alert whose token it is, and whom it was for; 404 for any token that is none of ours."""
    alert_id = read(Purpose.VERDICT, request.path_params["token"])
    alert = s.get(Alert, alert_id) if alert_id is not None else None
    if alert is None:
        raise HTTPException(404)
    return alert, s.get_one(Subscriber, alert.subscriber_id)


def _entry(s: Session, alert: Alert, subscriber: Subscriber) -> ToldEntry:
    """The procurement as the reader's mail names it: without reasons, which would tell of profiles."""
    (standing,) = standings(s, [alert], (), language=subscriber.language)
    said = speaker(language=subscriber.language, country=subscriber.country, as_of=utcnow(), names=seed.load())
    return tell_entry(entry_of(standing, subscriber, (), ()), said, number=None)


def follows(s: Session, alert: Alert, subscriber: Subscriber, verdict: Verdict) -> Follows:
    """What the reader hears of it after this verdict."""
    if subscriber.unsubscribed_at is not None:
        return Follows.HAS_LEFT
    if verdict is Verdict.NOT_RELEVANT:
        return Follows.SILENCE
    if verdict is Verdict.RELEVANT:
        return Follows.CHANGES
    (standing,) = standings(s, [alert], (), language=subscriber.language)
    has_deadline = standing.deadline is not None and standing.is_open(utcnow())
    return Follows.REMINDERS if has_deadline else Follows.NO_DEADLINE


def verdicts(language: str, *, stands_out: Verdict | None = None) -> list[Button]:
    """A button for each verdict."""
    return [
        Button(value=verdict, words=words_of(language, verdict), stands_out=verdict is stands_out)
        for verdict in Verdict
    ]


def reasons(language: str, *, but: str | None) -> list[Button]:
    """Every reason that can be given, but the one that was."""
    return [Button(value=unfit, words=reason_of(language, unfit)) for unfit in Unfit if unfit != but]


def words_of(language: str, verdict: Verdict) -> str:
    """A verdict in words."""
    return texts(language).say(f"verdict.{verdict}")


def reason_of(language: str, unfit: str) -> str:
    """A reason in words."""
    return texts(language, TEXTS).say(f"judged.reason_{unfit}")


def _address(request: Request) -> str:
    return f"/v/{request.path_params['token']}"


def _known(words: type[Word], said: str, status: int) -> Word:
    """The word of ours that was said; an HTTP error of this status for any other."""
    if said not in set(words):
        raise HTTPException(status)
    return words(said)
