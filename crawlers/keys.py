"""By which keys does a notice find its kin? All of sources.md §7, exact ones apart from guesses.

A notice's keys are the union of what every reading of it gave, so that it does not matter which reading came first.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from crawlers import kommers_address
from crawlers.clean import fold
from crawlers.codes import doffin_id, ojs_number, uuid_of
from crawlers.notice import ParsedNotice, Stage

SHORTEST_TITLE: Final = 12  # letters; a shorter folded title, such as "rammeavtale", says too little for a guess
LONGEST_LINK: Final = 500
# Of a folded name and title, characters that go into a key: an index takes no more than 2,704 bytes, and some letters
# have four.
LONGEST_NAME, LONGEST_WORDS = 200, 300
_OSLO: Final = ZoneInfo("Europe/Oslo")  # of a deadline's day; Stockholm keeps the same clock
# "2021" and "2023" stand as references in real notices; a case number has more to it.
_BARE_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_NUMBER_IN_ADDRESS: Final = re.compile(r"\d{5,}|[0-9a-f]{8}-[0-9a-f]{4}-")
_WHERE_TO: Final = frozenset({"goto", "tab", "lang", "language", "culture"})  # what a portal shows first, not of what


class Role(StrEnum):
    """What a key says of its notice."""

    OWN = "own"  # the notice, or the procedure it belongs to
    CHANGES = "changes"  # the notice that it corrects
    PREVIOUS = "previous"  # the notice that it follows in a procurement's life
    GUESS = "guess"
    FACT = "fact"  # ties nothing; speaks against a guess, or says who follows whom


class Kind(StrEnum):
    """What a key is; a portal's own number has the portal's key as its kind, and is none of these."""

    NOTICE = "notice"  # UUID of the notice
    PROCEDURE = "procedure"  # UUID of the procedure
    OJS = "ojs"
    INSTANCE = "kommers instance"  # where in Kommers and under which number; several of its lists tell of one
    REFERENCE = "reference"  # buyer and the buyer's own reference
    LINK = "link"  # address of the documents, or where to submit
    TITLE = "title"  # buyer, folded title, deadline's day
    DAY = "day"  # buyer and deadline's day, with the folded title beside it for comparison
    STAGE = "stage"
    PUBLISHED = "published"
    CPV = "cpv"  # division
    DUE = "due"  # deadline's day of a competition


class Key(NamedTuple):
    """One way in which notices of a procurement find each other. ``words``: a folded title, of a DAY key only.

    A tuple, since a notice has some nine of them, and each is made, hashed and compared for every one that is stored.
    """

    role: Role
    kind: str
    value: str
    words: str = ""


def keys_of(notice: ParsedNotice) -> frozenset[Key]:
    """Every key of one reading of a notice."""
    found = {*_own(notice), *_facts(notice)}
    if notice.changes_notice:
        found |= _pointing_at(notice.changes_notice, Role.CHANGES)
    for previous in notice.previous_notices:
        found |= _pointing_at(previous, Role.PREVIOUS)
    if notice.stage is not Stage.SIGNAL:
        found.update(_guesses(notice))
    return frozenset(found)


def facts_written(keys: Iterable[Key]) -> list[str]:
    """The facts among these keys as a notice's row holds them: nobody looks for a notice by one, so they need no rows."""
    return sorted(f"{key.kind}={key.value}" for key in keys if key.role is Role.FACT)


def facts_read(written: Iterable[str]) -> Iterator[Key]:
    """The keys that were so written."""
    for fact in written:
        kind, _, value = fact.partition("=")
        yield Key(role=Role.FACT, kind=kind, value=value)


def link_key(url: str) -> str | None:
    """A portal's address of one purchase, written one way; None for a front page that many purchases share."""
    if (place := kommers_address.named(url)) is not None:
        return place.key
    parts = urlsplit(url)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() not in _WHERE_TO]
    names_one = any(name.lower().endswith("id") and len(value) >= 5 for name, value in asked)
    rest = parts.path.rstrip("/") + ("?" + urlencode(sorted(asked)) if asked else "")
    rest += "#" + parts.fragment if parts.fragment else ""
    written = (parts.hostname or "").removeprefix("www.") + rest
    if len(written) > LONGEST_LINK or not (names_one or _NUMBER_IN_ADDRESS.search(rest.lower())):
        return None
    return written


def _own(notice: ParsedNotice) -> Iterator[Key]:
    pairs = (
        (Kind.NOTICE, notice.notice_uuid),
        (Kind.PROCEDURE, notice.procedure_uuid),
        (Kind.OJS, notice.ojs_number),
        (Kind.INSTANCE, kommers_address.procurement_number(notice)),
        (notice.source, notice.source_id),
    )
    for kind, value in pairs:
        if value:
            yield Key(role=Role.OWN, kind=kind, value=value)


def _pointing_at(reference: str, role: Role) -> set[Key]:
    """The keys under which the other notice may be known: a migrated one has its Doffin number in the UUID's place."""
    pairs = ((Kind.NOTICE, uuid_of(reference)), (Kind.OJS, ojs_number(reference)), ("doffin", doffin_id(reference)))
    return {Key(role=role, kind=kind, value=value) for kind, value in pairs if value}


def _facts(notice: ParsedNotice) -> Iterator[Key]:
    facts: list[tuple[Kind, str]] = [(Kind.STAGE, notice.stage)]
    if notice.published_at is not None:
        facts.append((Kind.PUBLISHED, notice.published_at.date().isoformat()))
    facts += [(Kind.CPV, code[:2]) for code in notice.cpv]
    if notice.stage is Stage.COMPETITION and (day := _day(notice)):
        facts.append((Kind.DUE, day))
    for kind, value in facts:
        yield Key(role=Role.FACT, kind=kind, value=value)


def _guesses(notice: ParsedNotice) -> Iterator[Key]:
    buyers = _buyer(notice)
    day = _day(notice)
    titles = sorted(
        {words[:LONGEST_WORDS] for title in notice.title.values() if len(words := fold(title)) >= SHORTEST_TITLE}
    )
    reference = fold(notice.reference or "")[:LONGEST_WORDS]
    telling = len(reference) >= 4 and any(c.isdigit() for c in reference) and not _BARE_YEAR.fullmatch(reference)
    if telling and kommers_address.is_kommers(notice.source):
        # Of a third of its notices the Supplier Hub tells no buyer; the title stands for him among Kommers' own lists.
        for words in titles:
            yield Key(role=Role.GUESS, kind=Kind.REFERENCE, value=f"{kommers_address.FAMILY}|{reference}|{words}")
    for buyer in buyers:
        if telling:
            yield Key(role=Role.GUESS, kind=Kind.REFERENCE, value=f"{buyer}|{reference}")
        for words in titles if day else ():
            yield Key(role=Role.GUESS, kind=Kind.TITLE, value=f"{buyer}|{words}|{day}")
            yield Key(role=Role.GUESS, kind=Kind.DAY, value=f"{buyer}|{day}", words=words)
    for link in notice.links:
        if (address := link_key(link.url)) is not None:
            yield Key(role=Role.GUESS, kind=Kind.LINK, value=address)


def _buyer(notice: ParsedNotice) -> list[str]:
    """The first buyer by number and by name: one portal may give the number and another only the name."""
    if not notice.buyers:
        return []
    first = notice.buyers[0]
    return sorted({written[:LONGEST_NAME] for written in (first.digits, fold(first.name)) if written})


def _day(notice: ParsedNotice) -> str | None:
    return notice.deadline.at.astimezone(_OSLO).date().isoformat() if notice.deadline else None


def days_around(value: str) -> list[str]:
    """A DAY key's value with the day before and the day after it."""
    buyer, _, day = value.rpartition("|")
    return [f"{buyer}|{near}" for near in _around(day)]


@lru_cache(maxsize=1024)
def _around(day: str) -> tuple[str, ...]:
    return tuple((date.fromisoformat(day) + timedelta(days=apart)).isoformat() for apart in (-1, 0, 1))
