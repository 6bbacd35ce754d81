"""How does somebody become a subscriber? They ask, we write to the address, and they confirm by pressing a button there (P1, P6).

Until then nothing of theirs is in the subscribers' tables: whoever types another's address changes nothing for them.
"""

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from alerts import letters
from alerts.suppress import allow, is_forbidden
from alerts.texts import texts
from alerts.tokens import Purpose
from classifier.history import SIGN_UP
from classifier.profiles import free_key
from classifier.threshold import set_threshold
from db.models import (
    Cadence,
    Consent,
    Drawn,
    FirstVerdict,
    LetterKind,
    Profile,
    Signup,
    Subscriber,
    Verdict,
)
from db.session import utcnow
from web.clients import client_of, cut_address
from web.limits import Counted, take
from web.links import known_subscriber
from web.pages import TEXTS

UNCONFIRMED_FOR: Final = timedelta(days=7)  # then it is forgotten (P9)
STAGES: Final = ("planning", "competition", "intent")
SCOPES: Final = ("defence", "preparedness")


class Judged(BaseModel):
    """What was said of one recent notice, and the score that it had."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version_id: int
    relevant: bool
    score: float


class Answers(BaseModel):
    """All that somebody filled in; kept as it is until they confirm."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    company: str
    country: str
    language: str
    cadence: Cadence
    name: str
    sentences: tuple[str, ...]
    cpv: tuple[str, ...]
    countries: tuple[str, ...]
    nuts: tuple[str, ...] = ()
    line: Decimal | None = None  # none: the model's own
    default_line: Decimal | None = None  # the model's own, where the answers moved the line from there
    model_rev: str = ""
    judged: tuple[Judged, ...] = ()

    def profile(self) -> Profile:
        """The profile that this becomes, not stored yet."""
        return Profile(
            name=self.name,
            language=self.language,
            sentences=list(self.sentences),
            cpv=list(self.cpv),
            nuts=list(self.nuts),
            countries=list(self.countries),
            words_in=[],
            words_out=[],
            stages=list(STAGES),
            scopes=list(SCOPES),
        )


def wording(language: str) -> str:
    """Which version of what they agree to somebody read: a mark of the very words."""
    return hashlib.sha256(texts(language, TEXTS).say("signup.consent").encode()).hexdigest()[:12]


def may_ask(s: Session, request: Request) -> bool:
    """Whether this client may have one more letter written; counts it."""
    return take(s, Counted.LETTER_OF_CLIENT, client_of(request))


def ask(s: Session, email: str, answers: Answers, *, asked_from: str) -> bool:
    """Write to the address; the same for known and unknown ones, and to each no more than its limit allows.

    ``asked_from``: the network that asks, or which administrator. Gives whether there was a letter.
    """
    now = utcnow()
    s.execute(delete(Signup).where(Signup.created_at < now - UNCONFIRMED_FOR))
    if not take(s, Counted.LETTER_TO_ADDRESS, email):
        return False
    if is_forbidden(s, email):
        return False
    known = known_subscriber(s, email)
    signup = Signup(
        email=email if known is None else known.email,
        language=answers.language,
        wording=wording(answers.language),
        cut_address=asked_from,
        answers=answers.model_dump(mode="json"),
        created_at=now,
    )
    s.add(signup)
    s.flush()
    if known is not None and known.unsubscribed_at is None:
        letters.post(s, LetterKind.HERE_ALREADY, known.email, known.language, subscriber_id=known.id)
        s.delete(signup)  # written all the same, so that it takes as long
    else:
        letters.post(s, LetterKind.CONFIRM, signup.email, signup.language, signup_id=signup.id)
    return True


def confirm(s: Session, request: Request, token: str) -> Subscriber | None:
    """Make the subscriber whose letter this link stood in, with the proof that they wanted it; None where it is spent.

    Whoever confirms a second sign-up is the same subscriber, whose profiles stay as they are.
    """
    letter = letters.use(s, Purpose.CONFIRM, token)
    if letter is None or letter.signup_id is None:
        return None
    signup = s.get_one(Signup, letter.signup_id)
    answers = Answers.model_validate(signup.answers)
    subscriber = _subscriber(s, signup.email)
    joins = subscriber.confirmed_at is None or subscriber.unsubscribed_at is not None
    if joins:
        _join(s, subscriber, answers)
    s.add(
        Consent(
            subscriber_id=subscriber.id,
            wording=signup.wording,
            language=signup.language,
            asked_at=signup.created_at,
            asked_from=signup.cut_address,
            confirmed_at=utcnow(),
            confirmed_from=cut_address(request),
        )
    )
    # They read our mail and pressed its button, so mail reaches them and is wanted.
    allow(s, subscriber.email)
    letter.signup_id, letter.subscriber_id = None, subscriber.id
    s.flush()
    s.delete(signup)
    return subscriber


def _subscriber(s: Session, email: str) -> Subscriber:
    found = s.scalar(select(Subscriber).where(func.lower(Subscriber.email) == email.lower()).with_for_update())
    if found is None:
        found = Subscriber(email=email, company="", country="", language="nb", cadence=Cadence.DAILY, weekly_day=1)
        s.add(found)
    return found


def _join(s: Session, subscriber: Subscriber, answers: Answers) -> None:
    now = utcnow()
    subscriber.company, subscriber.country, subscriber.language = answers.company, answers.country, answers.language
    subscriber.cadence = answers.cadence
    # No slot before this moment is made up for.
    subscriber.confirmed_at = subscriber.schedule_since = now
    subscriber.unsubscribed_at = None
    s.flush()
    profile = answers.profile()
    profile.subscriber_id, profile.key = subscriber.id, free_key(s, subscriber.id, answers.name)
    s.add(profile)
    s.flush()
    if answers.line is not None:
        relevant = sum(one.relevant for one in answers.judged)
        why = f"{relevant} of {len(answers.judged)} recent notices were judged relevant"
        set_threshold(
            s, profile.id, answers.line, by=SIGN_UP, why=why, drawn=Drawn.START, before=answers.default_line, at=now
        )
    s.add_all(
        FirstVerdict(
            profile_id=profile.id,
            version_id=one.version_id,
            verdict=Verdict.RELEVANT if one.relevant else Verdict.NOT_RELEVANT,
            score=one.score,
            model_rev=answers.model_rev,
            at=now,
        )
        for one in answers.judged
    )
