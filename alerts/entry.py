"""What is said of one procurement? Its facts, the reason for the reader, and where to read on, in the reader's words.

Outside texts are cleaned and cut here (a cut shows); markup is left to Jinja's escaping.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.deadline import SaidDeadline, Urgency
from alerts.outside import NAME, SENTENCE, TITLE, safe_url, shown
from alerts.speak import Speaker
from alerts.view import Entry, Reason, Side
from classifier.demands import AGREEMENT, CLEARANCE, Demand
from db.models import Verdict

REASONS: Final = 6
WORDS: Final = 8
LINKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReason:
    """Why, for one profile. The two quotations are the notice's and the profile's own words."""

    match: str
    probability: str
    theirs: str
    theirs_language: str
    yours: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLink:
    """A link's words and where it leads; without an address that is safe to follow, its words alone."""

    words: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEntry:
    """One procurement in words. ``number`` counts the new ones through all sections; None in what is known."""

    number: int | None
    title: str
    language: str
    tag: str | None
    url: str | None
    facts: tuple[str, ...]
    deadline: str | None
    left: str | None
    urgency: Urgency
    changes: tuple[str, ...]
    reasons: tuple[ToldReason, ...]
    more_reasons: str | None
    marks: tuple[str, ...]
    demands: str | None
    links: tuple[ToldLink, ...]
    more_links: str | None
    verdicts: tuple[ToldLink, ...]
    verdict_page: str | None  # all of the verdicts on one page, for who cannot press a word
    calendar: ToldLink | None

    @property
    def actions(self) -> tuple[ToldLink, ...]:
        """What the reader can do about it, in one line."""
        return (*self.verdicts, *((self.calendar,) if self.calendar else ()))


def tell_entry(entry: Entry, said: Speaker, *, number: int | None) -> ToldEntry:
    """One entry in words; ``number`` is None for one that the reader was told of before."""
    links = tuple(
        ToldLink(words=f"{shown(link.source, 40)} {shown(link.number, 60)}".strip(), url=safe_url(link.url))
        for link in entry.links
    )
    deadline = deadline_of(entry, said)
    is_change = number is None
    reasons = () if is_change else entry.reasons
    return ToldEntry(
        number=number,
        title=shown(entry.title, TITLE),
        language=entry.language,
        tag=said.language_tag(entry.language),
        url=next((link.url for link in links if link.url), None),
        facts=_facts(entry, said, is_change=is_change),
        deadline=deadline.said if deadline else _no_deadline(entry, said),
        left=deadline.left if deadline else None,
        urgency=deadline.urgency if deadline else Urgency.CALM,
        changes=_changes(entry, said),
        reasons=tuple(_reason(reason, said) for reason in reasons[:REASONS]),
        more_reasons=_more(said, "more.profiles", len(reasons) - REASONS),
        marks=() if is_change else _marks(entry, said),
        demands=None if is_change else _demands(entry, said),
        links=links[:LINKS],
        more_links=_more(said, "more.links", len(links) - LINKS),
        verdicts=_verdicts(entry, said),
        verdict_page=_verdict_page(entry),
        calendar=_calendar(entry, said),
    )


def _facts(entry: Entry, said: Speaker, *, is_change: bool) -> tuple[str, ...]:
    buyer = shown(entry.buyer, NAME) if entry.buyer else said.texts.say("buyer.none")
    # Under its own country's heading a region is enough; elsewhere the country is part of the place.
    name_country = entry.side is Side.WIDER or (is_change and entry.side is not Side.HOME)
    place = said.place(entry.nuts, nationwide=entry.nationwide, country=entry.country, name_country=name_country)
    if is_change:
        return buyer, place
    return buyer, place, said.money_also(entry.amount, entry.currency, entry.own_amount, entry.own_currency)


def deadline_of(entry: Entry, said: Speaker) -> SaidDeadline | None:
    """The entry's deadline in words; None when there is none, or when the procurement is cancelled."""
    at = usable(entry.deadline_at)
    if at is None or entry.cancelled:
        return None
    return said.clock.deadline(at, kind=entry.deadline_kind, date_only=entry.deadline_date_only, country=entry.country)


def _no_deadline(entry: Entry, said: Speaker) -> str | None:
    # A planning notice, a result or a news item has no deadline to miss: saying so would only alarm.
    expected = entry.kind in {"competition", "change"} and not entry.cancelled
    return said.texts.say("deadline.none") if expected else None


def _verdict_page(entry: Entry) -> str | None:
    # Of what is called off there is nothing left to say.
    return safe_url(entry.verdict_url) if entry.verdict_url and not entry.cancelled else None


def _verdicts(entry: Entry, said: Speaker) -> tuple[ToldLink, ...]:
    page = _verdict_page(entry)
    if page is None:
        return ()
    return tuple(ToldLink(words=said.texts.say(f"verdict.{verdict}"), url=f"{page}/{verdict}") for verdict in Verdict)


def _calendar(entry: Entry, said: Speaker) -> ToldLink | None:
    url = safe_url(entry.calendar_url) if entry.calendar_url and not entry.cancelled else None
    return ToldLink(words=said.texts.say("calendar.add"), url=url) if url else None


def _changes(entry: Entry, said: Speaker) -> tuple[str, ...]:
    told = [
        said.change(change, currency=entry.currency, date_only=entry.deadline_date_only, country=entry.country)
        for change in entry.changes
    ]
    return tuple(dict.fromkeys(told))


def _reason(reason: Reason, said: Speaker) -> ToldReason:
    texts = said.texts
    pairs = [
        shown(theirs, 60)
        if theirs.casefold() == yours.casefold()
        else texts.say("why.pair", theirs=shown(theirs, 60), yours=shown(yours, 60))
        for theirs, yours in reason.words[:WORDS]
    ]
    details = []
    if reason.lot:
        details.append(texts.say("why.lot", lot=shown(reason.lot, NAME)))
    if reason.words_in:
        own = (texts.say("quote.marks", text=shown(word, 60)) for word in reason.words_in[:WORDS])
        details.append(texts.say("why.words_in", words=", ".join(own)))
    if pairs:
        details.append(texts.say("why.words", words=", ".join(dict.fromkeys(pairs))))
    if reason.shared_cpv:
        codes = [said.cpv_name(code) or shown(code, 12) for code in reason.shared_cpv[:3]]
        details.append(texts.say("why.cpv", names=", ".join(dict.fromkeys(codes))))
    return ToldReason(
        match=texts.say(
            "why.match",
            strength=said.strength(reason.strength),
            profile=texts.say("quote.marks", text=shown(reason.profile, NAME)),
        ),
        probability=said.probability(reason.score),
        theirs=texts.say("quote.marks", text=shown(reason.notice_sentence, SENTENCE)),
        theirs_language=reason.notice_language,
        yours=texts.say("quote.marks", text=shown(reason.profile_sentence, SENTENCE)),
        details=tuple(details),
    )


def _marks(entry: Entry, said: Speaker) -> tuple[str, ...]:
    published = usable(entry.published_at)
    marks = (
        said.texts.say("mark.cancelled") if entry.cancelled else None,
        said.texts.say(f"kind.{entry.kind}") if said.texts.has(f"kind.{entry.kind}") else None,
        said.texts.say(f"scope.{entry.scope}") if said.texts.has(f"scope.{entry.scope}") else None,
        said.cpv(entry.cpv[0]) if entry.cpv else None,
        said.procedure(entry.procedure_type),
        said.texts.say("mark.framework") if entry.framework else None,
        said.texts.say("mark.published", day=said.clock.day(said.clock.local(published).date())) if published else None,
    )
    return tuple(mark for mark in marks if mark)


def _demands(entry: Entry, said: Speaker) -> str | None:
    """What is asked for, and whether the reader's profile says that they have it; None where nothing is."""
    asked = entry.demands
    if entry.security_clearance and all(one.key != CLEARANCE for one in asked):
        # As digests of before demands were looked for have it.
        asked = (Demand(key=CLEARANCE, quote="", held=False), *asked)
    if not asked:
        return None
    told = [
        said.texts.say(
            "demand.held" if one.held else "demand.unclear",
            what=said.texts.say(f"demand.what.{one.key}")
            if one.key in (CLEARANCE, AGREEMENT)
            else shown(one.quote, 40),
        )
        for one in asked
    ]
    return said.texts.say("demand.asks", what=" · ".join(told))


def usable(at: datetime | None) -> datetime | None:
    """The moment, unless its year is absurd: such a one cannot be moved to another zone."""
    return at if at is not None and 1900 < at.year < 9000 else None


def _more(said: Speaker, key: str, count: int) -> str | None:
    return said.texts.plural(key, count) if count > 0 else None
