"""What does a digest say, part by part? A view turned into the reader's words; text, HTML and page all print this.

Both parts of the mail and the page print the same :class:`Told` in the same order, so that none says what another
does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.deadline import SaidDeadline
from alerts.entry import ToldEntry, deadline_of, tell_entry, usable
from alerts.outside import NAME, safe_url, shown
from alerts.speak import Names, Speaker, speaker
from alerts.subject import subject
from alerts.texts import Texts
from alerts.view import DigestView, Entry, NearMiss, Side

NEAR_MISSES: Final = 10
SOURCES: Final = 30
NEIGHBOURS: Final = {"NO": "SE", "SE": "NO"}
MORNING: Final = range(4, 11)  # local hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSection:
    """Entries under one heading.

    ``profile`` is the heading above it, where a reader's next profile begins; ``apart``: of no profile.
    """

    heading: str
    entries: tuple[ToldEntry, ...]
    profile: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldNear:
    """A title under the line."""

    title: str
    language: str
    buyer: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A whole digest in words."""

    texts: Texts
    subject: str
    date: str
    greeting: tuple[str, ...]  # how many notices were read
    headline: str
    lead: tuple[str, ...]  # the nearest deadline, and how many have changed
    sections: tuple[ToldSection, ...]
    left_out: str | None
    near_heading: str | None
    near: tuple[ToldNear, ...]
    near_more: str | None
    question: str | None  # the week's, of what stayed under the line
    question_url: str | None
    foot: tuple[str, ...]
    why: str
    why_page: str
    page_url: str | None
    unsubscribe_url: str | None


def tell(view: DigestView, names: Names, *, shown_alerts: frozenset[int] | None = None) -> Told:
    """The view in the reader's words. ``shown_alerts``: the alerts to show; None = all; the rest is counted."""
    said = speaker(language=view.language, country=view.country, as_of=view.as_of, names=names)
    whole = (view.reminders, view.entries, view.changed)
    parts = tuple(
        tuple(entry for entry in part if shown_alerts is None or entry.alert_id in shown_alerts) for part in whole
    )
    left_out = sum(map(len, whole)) - sum(map(len, parts))
    near = view.near_misses[:NEAR_MISSES]
    near_more = len(view.near_misses) - len(near) + view.near_misses_left_out
    company = shown(view.company, NAME)
    deadline = nearest(view, said)
    soonest = said.texts.say(f"intro.nearest.{deadline.kind}", left=deadline.left or "") if deadline else None
    counts = _counts(view, said)
    asked = safe_url(view.recall_url) if view.recall_url else None
    return Told(
        texts=said.texts,
        subject=subject(view, said, deadline),
        date=said.clock.long_day(view.day),
        greeting=_greeting(view, said),
        headline=counts[0],
        lead=(*([soonest] if soonest else []), *counts[1:]),
        sections=tuple(_sections(view, said, *parts)),
        left_out=said.texts.plural("more.entries", left_out) if left_out else None,
        near_heading=said.texts.plural("section.near", len(near) + near_more) if near else None,
        near=tuple(_near(miss) for miss in near),
        near_more=said.texts.plural("more.near", near_more) if near_more else None,
        question=said.texts.say("recall.question") if asked else None,
        question_url=asked,
        foot=(*_passed(view, said), *_sources(view, said), said.texts.say("zone.sentence", zone=said.clock.zone_name)),
        why=said.texts.say("footer.why", company=company),
        why_page=said.texts.say("footer.why_page", company=company, day=said.clock.long_day(view.day)),
        page_url=safe_url(view.page_url),
        unsubscribe_url=safe_url(view.unsubscribe_url),
    )


def nearest(view: DigestView, said: Speaker) -> SaidDeadline | None:
    """The first deadline among the new entries that can still be met."""
    open_ones = [e for e in view.entries if not e.cancelled and (at := usable(e.deadline_at)) and at > view.as_of]
    if not open_ones:
        return None
    return deadline_of(min(open_ones, key=lambda e: (e.deadline_at, e.alert_id)), said)


def _greeting(view: DigestView, said: Speaker) -> tuple[str, ...]:
    morning = said.clock.local(view.as_of).hour in MORNING
    hello = said.texts.say("greeting.morning" if morning else "greeting.day")
    if not view.notices_read:
        return (hello,)
    notices = said.texts.plural("count.notices", view.notices_read)
    sources = said.texts.plural("count.sources", sum(source.read for source in view.sources))
    return hello, said.texts.say("intro.read", notices=notices, sources=sources)


def _counts(view: DigestView, said: Speaker) -> list[str]:
    sentences = []
    for key, count in (
        ("intro.above", len(view.entries)),
        ("intro.reminded", len(view.reminders)),
        ("intro.changed", len(view.changed)),
    ):
        if count:
            number = said.texts.number(count)
            sentences.append(said.texts.plural(key, count, number=number[:1].upper() + number[1:]))
    return sentences or [said.texts.say("intro.nothing"), said.texts.say("intro.quiet")]


def _sections(
    view: DigestView,
    said: Speaker,
    reminders: tuple[Entry, ...],
    new: tuple[Entry, ...],
    changed: tuple[Entry, ...],
) -> Iterable[ToldSection]:
    yield from _apart("section.reminders", reminders, said)
    number = 0
    for profile, of_profile in _by_profile(view, new):
        begins = profile
        for side in Side:
            entries = [entry for entry in of_profile if entry.side is side]
            if entries:
                told = [tell_entry(entry, said, number=number + place) for place, entry in enumerate(entries, start=1)]
                number += len(entries)
                yield ToldSection(heading=_heading(side, view, said), entries=tuple(told), profile=begins)
                begins = None
    yield from _apart("section.changed", changed, said)


def _apart(key: str, entries: tuple[Entry, ...], said: Speaker) -> Iterable[ToldSection]:
    """What the reader knows already, in short and without numbers."""
    if entries:
        told = tuple(tell_entry(entry, said, number=None) for entry in entries)
        yield ToldSection(heading=said.texts.say(key), entries=told, apart=True)


def _by_profile(view: DigestView, entries: tuple[Entry, ...]) -> Iterable[tuple[str | None, Sequence[Entry]]]:
    """The entries of each profile, in the reader's order of them, under its name if the reader has several.

    An entry stands with the profile that it is likeliest for, and names the others in its reasons.
    """
    if len(view.profiles) < 2:
        yield None, entries
        return
    # A profile that went since the digest was written, or was renamed, comes last under the name it then had.
    for name in dict.fromkeys((*view.profiles, *(entry.reasons[0].profile for entry in entries))):
        yield shown(name, NAME), [entry for entry in entries if entry.reasons[0].profile == name]


def _heading(side: Side, view: DigestView, said: Speaker) -> str:
    if side is Side.HOME:
        return said.country_name(view.country)
    if side is Side.NEIGHBOUR and view.country in NEIGHBOURS:
        return said.country_name(NEIGHBOURS[view.country])
    return said.texts.say("section.wider")


def _near(miss: NearMiss) -> ToldNear:
    return ToldNear(
        title=shown(miss.title, NAME),
        language=miss.language,
        buyer=shown(miss.buyer, 80) if miss.buyer else None,
        url=safe_url(miss.url),
    )


def _passed(view: DigestView, said: Speaker) -> Iterable[str]:
    if view.passed:
        yield said.texts.plural("more.passed", view.passed)


def _sources(view: DigestView, said: Speaker) -> Iterable[str]:
    for key, read in (("sources.read", True), ("sources.failed", False)):
        names = []
        for source in view.sources[:SOURCES]:
            if source.read is not read:
                continue
            name, at = shown(source.name, 40), usable(source.read_at)
            day = said.clock.local(at).date() if at else None
            # The day is told when it is not today: the reader sees that a portal is behind.
            late = day is not None and day != said.clock.today
            names.append(said.texts.say("sources.day", name=name, day=said.clock.day(day)) if day and late else name)
        if names:
            yield said.texts.say(key, names=", ".join(names))
