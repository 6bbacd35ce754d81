"""How do many firms come in at once? From a CSV file that is looked through whole before anything of it is stored."""

from collections import Counter
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from alerts.suppress import is_suppressed
from classifier.profiles import put
from db.models import Act, Administrator, Consent
from db.session import transaction, utcnow
from web import audit, joining
from web.admin.firms_csv import COLUMNS, NEEDED, Firm, Wrong, read
from web.forms import form_of
from web.joining import Answers
from web.links import known_subscriber
from web.pages import answer
from web.security import LARGEST_BODY
from web.session import administrator_of

PAPER: Final = "import"  # in place of a wording: what was agreed to is on the cluster's own paper
BECAME: Final = ("taken_in", "asked", "here", "left", "too_often")


def form_page(request: Request) -> Response:
    """Which columns a file has, and where to choose it."""
    return _page(request)


def take_in(request: Request) -> Response:
    """Take a file in, or tell all that is wrong with it and store nothing."""
    form = form_of(request)
    firms, wrong = read(form.files.get("file", b""), utcnow().date())
    me = administrator_of(request)
    with transaction() as s:
        wrong += [Wrong(line=one.line, column="email", which="suppressed") for one in firms
                  if is_suppressed(s, one.told.email)]  # fmt: skip
        if wrong:
            return _page(request, wrong=sorted(wrong, key=lambda one: one.line), status=422)
        became = Counter(_take_in(s, one, me) for one in firms)
        audit.record(s, me, Act.FIRMS_IMPORTED, "subscriber", told=dict(became))
    return _page(request, became=became)


def _take_in(s: Session, one: Firm, me: Administrator) -> str:
    """What becomes of one firm. Who is here already stays as they set it; who has left is not brought back."""
    told, by = one.told, f"administrator {me.id}"
    known = known_subscriber(s, told.email)
    if known is not None:
        return "here" if known.unsubscribed_at is None else "left"
    if one.agreed is None:
        [profile] = told.profile
        answers = Answers(
            company=told.company, country=told.country, language=told.language, cadence=told.cadence,
            name=profile.name, sentences=tuple(profile.sentences), cpv=tuple(profile.cpv), nuts=tuple(profile.nuts),
            countries=tuple(profile.countries), line=None if profile.threshold is None else Decimal(str(profile.threshold)),
        )  # fmt: skip
        return "asked" if joining.ask(s, told.email, answers, asked_from=by) else "too_often"
    agreed = datetime.combine(one.agreed, time(), UTC)
    subscriber_id = put(s, told, by=by)
    s.add(Consent(subscriber_id=subscriber_id, wording=PAPER, language=told.language, asked_at=agreed, asked_from=by,
                  confirmed_at=agreed, confirmed_from=by))  # fmt: skip
    return "taken_in"


def _page(
    request: Request, *, wrong: list[Wrong] | None = None, became: Counter[str] | None = None, status: int = 200
) -> Response:
    told = None if became is None else [(one, became[one]) for one in BECAME if became[one]]
    return answer(request, "admin_import.html", status=status, columns=COLUMNS, needed=NEEDED, wrong=wrong or [],
                  became=told, most=str(LARGEST_BODY // 1024))  # fmt: skip
