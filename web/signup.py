"""How does a firm sign up? By its own words first: we propose, it corrects, judges five notices, and sees what would come.

Every step is one form that carries the earlier answers along, so that nothing is kept of those who do not go on.
"""

import hashlib
import re
from typing import Final

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts import letters
from alerts.outside import NAME, SENTENCE, TITLE, safe_url, shown
from alerts.tokens import Purpose
from classifier.first_line import Lately, Rated, lately, our_branches
from classifier.proposal import LONGEST, MOST_SENTENCES, capability_sentences
from db import seed
from db.languages import LANGUAGES
from db.models import Cadence
from db.notices import said
from db.session import transaction
from web import joining
from web.clients import client_of, cut_address
from web.forms import Form, filled, form_of
from web.joining import Answers, Judged
from web.limits import Counted, take
from web.links import spent
from web.pages import answer, language_of
from web.session import log_in, put_cookie

STEPS: Final = ("firm", "words", "notices", "summary", "send")
COUNTRIES: Final = ("NO", "SE")
OF_FIRM: Final = ("company", "email", "country", "language", "text")
OF_WORDS: Final = ("sentences", "cpv", "countries", "offered", "told_of")  # told_of: the text they were proposed of
LONGEST_TEXT: Final = 6_000
_CPV: Final = re.compile(r"[0-9]{8}")
VERDICTS: Final = ("relevant", "not_relevant")


def start(request: Request) -> Response:
    """Who we are in a sentence, an example, and two ways in."""
    return answer(request, "start.html")


def first_page(request: Request) -> Response:
    """The first step, empty but for what the language tells."""
    language = language_of(request)
    return _firm(request, filled({"language": language, "country": "SE" if language == "sv" else "NO"}))


def step(request: Request) -> Response:
    """The step that was asked for, or the first one before it that needs correcting."""
    form = form_of(request)
    wanted = form.raw("go") if form.raw("go") in STEPS else "words"
    if wanted == "firm":
        return _firm(request, form)
    email = _check_firm(form)
    if not form.sound:
        return _firm(request, form, status=422)
    with transaction() as s:
        # Each of these steps reads some hundred notices or a thousand codes.
        if not take(s, Counted.PROPOSAL_OF_CLIENT, client_of(request)):
            raise HTTPException(429)
    if wanted == "words":
        return _words(request, form)
    answers = _check_words(form)
    if not form.sound:
        return _words(request, form, status=422)
    with transaction() as s:
        return _rest(s, request, form, email, answers, wanted)


def confirm_page(request: Request) -> Response:
    """The question, with a real button: looking confirms nothing (P2)."""
    with transaction() as s:
        letter = letters.find(s, Purpose.CONFIRM, request.path_params["token"])
    return spent(request, "/signup") if letter is None else answer(request, "confirm.html")


def confirm(request: Request) -> Response:
    """Confirm, and be logged in: whoever has the mail is its owner."""
    with transaction() as s:
        subscriber = joining.confirm(s, request, request.path_params["token"])
        if subscriber is None:
            return spent(request, "/signup")
        token = log_in(s, request, subscriber_id=subscriber.id)
    reply = RedirectResponse("/me", status_code=303)
    put_cookie(reply, token)
    return reply


def _rest(s: Session, request: Request, form: Form, email: str, answers: Answers, wanted: str) -> Response:
    """The steps for which the profile must stand: notices to judge, what would come, and the letter."""
    found = lately(s, answers.profile())
    asked = found.to_judge() if found.comparable else []
    said_of = {one.version.id: form.raw(f"verdict_{one.version.id}") for one in asked}
    verdicts = {key: value == "relevant" for key, value in said_of.items() if value in VERDICTS}
    if wanted == "notices" and asked:
        return _notices(request, form, asked)
    cadence = Cadence(form.raw("cadence") if form.raw("cadence") in set(Cadence) else Cadence.DAILY)
    if wanted != "send":
        return _summary(request, form, found, asked, verdicts, cadence)
    if not joining.may_ask(s, request):
        raise HTTPException(429)
    judged = tuple(
        Judged(version_id=one.version.id, relevant=verdicts[one.version.id], score=one.score)
        for one in asked
        if one.version.id in verdicts
    )
    moved = {"line": found.line(verdicts), "default_line": found.default_line, "judged": judged} if judged else {}
    whole = answers.model_copy(update={"cadence": cadence, "model_rev": found.model_rev, **moved})
    joining.ask(s, email, whole, asked_from=cut_address(request))
    return answer(request, "sent.html", what="confirm_sent")


# The pages


def _firm(request: Request, form: Form, *, status: int = 200) -> Response:
    return answer(
        request, "signup_firm.html", status=status, form=form, tongues=LANGUAGES, countries=COUNTRIES,
        kept=(*OF_WORDS, "cadence", *_judged_fields(form)),
    )  # fmt: skip


def _words(request: Request, form: Form, *, status: int = 200) -> Response:
    """Proposals of the firm's text, or what the firm made of them when it comes back."""
    told_of = hashlib.sha256(form.raw("text").encode()).hexdigest()[:16]
    if form.raw("told_of") != told_of and form.sound:
        proposed = capability_sentences(form.text("text", lines=True, longest=LONGEST_TEXT))
        branches = our_branches().of(proposed)
        form = Form(
            values={
                **form.values,
                "sentences": ("\n".join(proposed),),
                "cpv": tuple(branch.code for branch in branches if branch.sure),
                "offered": tuple(branch.code for branch in branches),
                "countries": form.chosen("countries") or COUNTRIES,
                "told_of": (told_of,),
            },
            problems=form.problems,
        )
    names, language = seed.load(), language_of(request)
    offered = [code for code in form.chosen("offered") if names.cpv_name(code, language)]
    return answer(
        request, "signup_words.html", status=status, form=form, most=MOST_SENTENCES,
        branches=[(code, names.cpv_name(code, language)) for code in offered], countries=COUNTRIES,
        kept=(*OF_FIRM, "offered", "told_of", "cadence", *_judged_fields(form)),
    )  # fmt: skip


def _notices(request: Request, form: Form, asked: list[Rated]) -> Response:
    return answer(
        request, "signup_notices.html", form=form, notices=[_told(one) for one in asked],
        kept=(*OF_FIRM, *OF_WORDS, "cadence"),
    )  # fmt: skip


def _summary(
    request: Request, form: Form, found: Lately, asked: list[Rated], verdicts: dict[int, bool], cadence: Cadence
) -> Response:
    line = found.line(verdicts)
    form = Form(values={**form.values, "cadence": (cadence,)})
    return answer(
        request, "signup_summary.html", form=form, expected=found.expected(line, cadence), known=bool(found.rated),
        judged=bool(asked), cadences=[str(one) for one in Cadence], email=form.raw("email"),
        kept=(*OF_FIRM, *OF_WORDS, *_judged_fields(form)),
    )  # fmt: skip


def _judged_fields(form: Form) -> list[str]:
    return [name for name in form.values if name.startswith("verdict_")]


def _told(one: Rated) -> dict[str, object]:
    """A notice in its own words."""
    version = one.version
    description = said(version.description, version.language)
    return {
        "id": version.id,
        "title": shown(said(version.title, version.language), TITLE),
        "text": shown(description, SENTENCE) if description else "",
        "buyer": shown(version.buyers[0].name, NAME) if version.buyers else "",
        "language": version.language,
        "url": safe_url(version.url),
    }


# What was filled in


def _check_firm(form: Form) -> str:
    """The address, in the form that we write to; problems are noted in the form."""
    form.text("company")
    email = form.address("email")
    form.choice("country", COUNTRIES)
    form.choice("language", LANGUAGES)
    text = form.text("text", lines=True, longest=LONGEST_TEXT)
    if text and not capability_sentences(text):
        form.problem("text", "needed")
    return email


def _check_words(form: Form) -> Answers:
    lines = dict.fromkeys(" ".join(line.split()) for line in form.raw("sentences").splitlines())
    sentences = tuple(line for line in lines if line)
    if not sentences:
        form.problem("sentences", "needed")
    if len(sentences) > MOST_SENTENCES or any(len(line) > LONGEST for line in sentences):
        form.problem("sentences", "too_long")
    names, language = seed.load(), form.raw("language")
    called = {
        code: name
        for code in dict.fromkeys(form.chosen("cpv"))
        if _CPV.fullmatch(code) and (name := names.cpv_name(code, language))
    }
    countries = form.several("countries", COUNTRIES)
    if not countries:
        form.problem("countries", "choose")
    return Answers(
        company=form.text("company"),
        country=form.raw("country"),
        language=language,
        cadence=Cadence.DAILY,
        name=shown(next(iter(called.values()), form.text("company")), NAME),
        sentences=sentences,
        cpv=tuple(called)[:MOST_SENTENCES],
        # Both is anywhere: it need not be asked of each notice.
        countries=() if set(countries) == set(COUNTRIES) else countries,
    )
