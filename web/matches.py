"""What was found for a subscriber? Their matches with search and filters, newest first; each leads to its notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from alerts.compose import entry_of, reasons_of
from alerts.entry import ToldEntry, tell_entry
from alerts.my_matches import Answered, Line, MyMatch, Wanted, my_matches
from alerts.speak import Speaker, speaker
from alerts.standing import standings_at
from db import seed
from db.models import Profile, Subscriber, Verdict
from db.session import transaction, utcnow
from web.forms import filled
from web.own import is_number
from web.pages import answer
from web.profile_form import COUNTRIES
from web.session import subscriber_of

LONGEST: Final = 80  # characters of a search
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One match as the list shows it."""

    notice_id: int
    told: ToldEntry
    above: bool
    verdict: str | None


def matches(request: Request) -> Response:
    """One page of the list."""
    subscriber, now = subscriber_of(request), utcnow()
    with transaction() as s:
        mine = select(Profile).where(Profile.subscriber_id == subscriber.id).order_by(Profile.id)
        profiles = s.scalars(mine).all()
        wanted = _wanted(request, {profile.id for profile in profiles})
        found = my_matches(s, subscriber.id, wanted, now)
        said = speaker(language=subscriber.language, country=subscriber.country, as_of=now, names=seed.load())
        rows = told(s, subscriber, found.rows, profiles, said)
    asked = _asked(wanted)
    return answer(
        request, "matches.html", rows=rows, profiles=profiles, form=filled(asked), countries=COUNTRIES,
        lines=[str(one) for one in Line], answers=list(map(str, Answered)),
        verdicts=[(str(one), said.texts.say(f"verdict.{one}")) for one in Verdict],
        older="?" + urlencode({**asked, "before": found.older}) if found.older else None,
        first=wanted.before is None, plain=_is_plain(wanted), cadence=subscriber.cadence,
    )  # fmt: skip


def told(
    s: Session, subscriber: Subscriber, found: Sequence[MyMatch], profiles: Sequence[Profile], said: Speaker
) -> list[Row]:
    """These matches in the reader's words."""
    by_id = {profile.id: profile for profile in profiles}
    standings = standings_at(s, [one.version for one in found], (), profiles)
    return [
        Row(
            notice_id=one.version.notice_id,
            told=tell_entry(entry_of(standing, subscriber, reasons_of(standing, by_id), ()), said, number=1),
            above=one.above,
            verdict=said.texts.say(f"verdict.{one.verdict}") if one.verdict else None,
        )
        for one, standing in zip(found, standings, strict=True)
    ]


def _wanted(request: Request, profiles: set[int]) -> Wanted:
    """What the address asks for. A word of it that we do not know asks for nothing, so that no old link is broken."""
    asked = request.query_params
    profile, before = _number(asked.get("profile")), _number(asked.get("before"))
    said = asked.get("said")
    return Wanted(
        words=" ".join(asked.get("words", "").replace("\0", "").split())[:LONGEST],
        profile_id=profile if profile in profiles else None,
        country=asked["country"] if asked.get("country") in COUNTRIES else "",
        line=_known(Line, asked.get("line"), Line.ABOVE),
        open_only=asked.get("when") != "all",
        answered=Verdict(said) if said in set(Verdict) else _known(Answered, said, Answered.STANDING),
        before=before,
    )


def _asked(wanted: Wanted) -> dict[str, str]:
    """The same as an address has it."""
    return {
        "words": wanted.words,
        "profile": str(wanted.profile_id or ""),
        "country": wanted.country,
        "line": wanted.line,
        "when": "open" if wanted.open_only else "all",
        "said": wanted.answered,
    }


def _is_plain(wanted: Wanted) -> bool:
    """Whether nothing is filtered, so that an empty list means that nothing was found at all."""
    return _asked(wanted) == _asked(Wanted())


def _number(said: str | None) -> int | None:
    return int(said) if said and is_number(said) else None


def _known(words: type[Word], said: str | None, otherwise: Word) -> Word:
    return words(said) if said in set(words) else otherwise
