"""Which notices might be one procurement, before anybody asks whether they are? Pure, and rather one too many."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from crawlers.keys import Kind, Role, days_around
from crawlers.member import Member
from crawlers.similar import ENOUGH, similarity

Pair = tuple[int, int]
# A notice's own keys meet those of any that points at it; two that point at the same one may as well meet.
_NAMED, _GUESSED = "named", "guessed"
_MEETS = {Role.OWN: _NAMED, Role.CHANGES: _NAMED, Role.PREVIOUS: _NAMED, Role.GUESS: _GUESSED}


def touching(members: Mapping[int, Member]) -> Iterator[Pair]:
    """Pairs that hold together all notices which :func:`crawlers.kin.partition` might tie, directly or by others."""
    first: dict[tuple[str, str, str], int] = {}
    for number, member in members.items():
        for key in member.keys:
            if key.role is not Role.FACT and key.kind != Kind.DAY:
                other = first.setdefault((_MEETS[key.role], key.kind, key.value), number)
                if other != number:
                    yield other, number
    yield from _near(members)


def _near(members: Mapping[int, Member]) -> Iterator[Pair]:
    """Those of two portals with one buyer, deadlines a day apart at most, and titles alike."""
    if len({member.source for member in members.values()}) < 2:
        return
    by_day = defaultdict(list)
    for number, member in members.items():
        for key in member.keys:
            if key.kind == Kind.DAY:
                by_day[key.value].append((number, member.source, key.words))
    for value, holders in by_day.items():
        around = [one for day in days_around(value) for one in by_day.get(day, ())]
        for number, source, words in holders:
            for other, its_source, its_words in around:
                if number < other and source != its_source and similarity(words, its_words) > ENOUGH:
                    yield number, other


def gatherings(numbers: Iterable[int], pairs: Iterable[Pair]) -> list[set[int]]:
    """The numbers, those that a chain of pairs connects together."""
    beside: dict[int, set[int]] = {number: set() for number in numbers}
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    found: list[set[int]] = []
    met: set[int] = set()
    for number in beside:
        if number in met:
            continue
        gathering, reached = {number}, [number]
        for one in reached:  # grows while it is walked
            new = beside[one] - gathering
            gathering |= new
            reached += new
        met |= gathering
        found.append(gathering)
    return found
