"""What do we read, and what can nobody here see? The coverage page, made of what is written down of each run.

No figure and no state on it is written by hand: sources are what this installation declares, and all else is counted
from its runs. Only what no portal shows is told in sentences of our own.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerts.deadline import Clock
from alerts.outside import NAME, safe_url, shown
from alerts.source_health import Judged, SourceHealth, judged
from alerts.speak import NBSP
from alerts.texts import Texts, texts
from db.models import DeclaredSource
from db.session import transaction, utcnow
from web.pages import COVERAGE, TEXTS, page

KEPT: Final = "public, max-age=60"  # it is nobody's own, and the figures change with each run only
# The clock a reader is told, by language; English has Norway's, which is Sweden's too.
COUNTRIES: Final = {"sv": "SE"}
LICENCE: Final = 120
UNLICENSED: Final = ("not stated", "none")
UNSEEN: Final = ("small", "login", "call_offs", "secret")  # whatever we read, nobody outside sees these
UNWELL: Final = frozenset({SourceHealth.FAILED, SourceHealth.SILENT, SourceHealth.FROZEN})
HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One source in words. ``trouble`` is the one coloured line, where something is wrong; ``told``: when it was read."""

    name: str
    origin: str
    trouble: str | None
    told: str
    facts: tuple[str, ...]
    licence: str | None
    terms: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One source that is not read, with the reasons."""

    name: str
    why: tuple[str, ...]
    terms: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The whole page in one language."""

    lead: tuple[str, ...]
    read: tuple[Card, ...]
    off: tuple[Unread, ...]
    forbidden: tuple[Unread, ...]
    through_ted: bool
    unseen: tuple[str, ...]
    made: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """The reader's tongue and clock."""

    words: Texts  # of the pages
    clock: Clock

    def when(self, at: datetime) -> str:
        """Day and clock time on the reader's clock: 23. nov. kl. 10.15; today without the day."""
        whole = self.clock.when(at, date_only=False, country=None)
        if self.clock.local(at).date() == self.clock.today:
            whole = self.words.say("coverage.today") + whole.removeprefix(self.clock.day(self.clock.today))
        return whole.replace(" ", NBSP)  # a moment is never broken over two lines


def coverage_in(language: str) -> Callable[[Request], Awaitable[HTMLResponse]]:
    """The page's door in this language."""
    return partial(_answer, language)


async def _answer(language: str, _: Request) -> HTMLResponse:
    found = await run_in_threadpool(_judged)
    reply = page("coverage.html", language, told=tell(found, language, utcnow()), paths=COVERAGE)
    reply.headers["Cache-Control"] = KEPT
    return reply


def _judged() -> list[Judged]:
    with transaction() as s:
        return judged(s)


def tell(found: Iterable[Judged], language: str, now: datetime) -> Coverage:
    """All sources as this language says them; pure."""
    words, country = texts(language, TEXTS), COUNTRIES.get(language, "NO")
    teller = Teller(words=words, clock=Clock(texts=texts(language), country=country, as_of=now))
    by_state: dict[str, list[Judged]] = {"on": [], "off": [], "forbidden": []}
    for one in found:
        by_state[one.record.declared.standing].append(one)
    on = by_state["on"]
    return Coverage(
        lead=tuple(_lead(on, teller)),
        read=tuple(_card(one, teller) for one in on),
        off=tuple(_unread(one.record.declared, words) for one in by_state["off"]),
        forbidden=tuple(_unread(one.record.declared, words) for one in by_state["forbidden"]),
        through_ted=any(one.record.declared.key == "ted" for one in on),
        unseen=tuple(words.say(f"coverage.unseen.{what}") for what in UNSEEN),
        made=words.say("coverage.made", when=teller.when(now)),
        zone=teller.clock.texts.say("zone.sentence", zone=teller.clock.zone_name),
    )


def _lead(on: list[Judged], teller: Teller) -> Iterator[str]:
    if not on:
        yield teller.words.say("coverage.none")
        return
    yield teller.words.plural("coverage.count", len(on))
    good = [one.record for one in on if one.record.good_at is not None]
    if good:
        last = max(good, key=lambda record: record.good_at or record.declared.changed_at)
        assert last.good_at is not None
        yield teller.words.say("coverage.last", name=_name(last.declared), when=teller.when(last.good_at))
    if unwell := sum(one.health in UNWELL for one in on):
        yield teller.words.plural("coverage.unwell", unwell)


def _card(one: Judged, teller: Teller) -> Card:
    record, words = one.record, teller.words
    declared = record.declared
    kind = "signals" if declared.signals else "notices"
    hours = max(1, declared.cadence_s // HOUR_S)
    often = words.say("coverage.daily") if hours == 24 else words.plural("coverage.every", hours)
    return Card(
        name=_name(declared),
        origin=words.say(f"coverage.{kind}_from", country=_land(declared.country, words)),
        trouble=_trouble(one, teller),
        told=_told(one, teller),
        facts=(words.plural(f"coverage.{kind}", record.notices), often, *_leave(declared, words)),
        licence=None if declared.licence.startswith(UNLICENSED) else shown(declared.licence, LICENCE),
        terms=_terms(declared),
    )


def _leave(declared: DeclaredSource, words: Texts) -> Iterator[str]:
    """That a source is read by its owner's leave, where an administrator says that he has it."""
    if "permitted" in declared.grounds:
        yield words.say("coverage.ground.permitted")


def _trouble(one: Judged, teller: Teller) -> str | None:
    """What is wrong with a source, if anything is."""
    record, say = one.record, teller.words.say
    match one.health:
        case SourceHealth.FAILED:
            return say("coverage.failed", when=teller.when(record.ended_at or record.declared.changed_at))
        case SourceHealth.SILENT:
            return say("coverage.overdue")
        case SourceHealth.FROZEN:
            since = teller.clock.local(record.new_at or record.declared.changed_at).date()
            return say("coverage.frozen", day=teller.clock.day(since))
        case _:
            return None


def _told(one: Judged, teller: Teller) -> str:
    """When a source was last read, or that it never was; and when we try again, where that matters."""
    good_at, say = one.record.good_at, teller.words.say
    told = [say("coverage.read", when=teller.when(good_at)) if good_at else say("coverage.never")]
    if one.next_at and one.health is SourceHealth.FAILED:
        told.append(say("coverage.again", when=teller.when(one.next_at)))
    elif one.next_at and one.health is SourceHealth.WAITING:
        told.append(say("coverage.first", when=teller.when(one.next_at)))
    return " ".join(told)


def _unread(declared: DeclaredSource, words: Texts) -> Unread:
    known = [ground for ground in declared.grounds if words.has(f"coverage.ground.{ground}")]
    grounds = known or [f"any_{declared.standing}"]
    return Unread(
        name=_name(declared),
        why=tuple(words.say(f"coverage.ground.{ground}") for ground in grounds),
        terms=_terms(declared) if declared.state == "forbidden" else None,
    )


def _name(declared: DeclaredSource) -> str:
    return shown(declared.name, NAME)


def _land(country: str | None, words: Texts) -> str:
    return str(words.locale.territories.get(country, country)) if country else words.say("coverage.several")


def _terms(declared: DeclaredSource) -> str | None:
    """Where the terms stand. A feed that an administrator added has none; its own address may hold a key of his."""
    if declared.terms == declared.url:
        parts = urlsplit(declared.url)
        return safe_url(f"{parts.scheme}://{parts.hostname}/")
    return safe_url(declared.terms)
