"""Which of these notices are one procurement? A function of the notices alone, never of the order in which they came.

Ties are taken in the order of sources.md §7: what an administrator ruled, exact keys, who follows whom, then the
guesses one kind after the other; within a kind in the notices' own order. A tie that something speaks against joins
nothing. Since neither depends on what came first, a later notice can part what an earlier, poorer guess had joined.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from crawlers.family import Family
from crawlers.keys import Kind, Role, days_around
from crawlers.member import Member
from crawlers.notice import Stage
from crawlers.similar import ENOUGH, similarity

RULING: Final = "ruling"
FOLLOWS: Final = "follows"
SIMILAR: Final = "similar title"
# A later notice follows an earlier one of these stages. A competition after a competition is another chance to bid,
# which its readers must hear of, and an intent after a result is another contract.
_MAY_FOLLOW: Final[Mapping[Stage, frozenset[Stage]]] = {
    Stage.PLANNING: frozenset({Stage.PLANNING}),
    Stage.COMPETITION: frozenset({Stage.PLANNING}),
    Stage.INTENT: frozenset({Stage.PLANNING, Stage.COMPETITION}),
    Stage.RESULT: frozenset({Stage.PLANNING, Stage.COMPETITION, Stage.INTENT, Stage.RESULT}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Why two notices are held to be one procurement."""

    by: str  # a Kind, a portal's key, or RULING, FOLLOWS, SIMILAR
    exact: bool
    value: str
    one: tuple[str, str]
    other: tuple[str, str]
    likeness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """What administrators said of pairs of notices, the newest word on each pair; names in order."""

    together: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = ()  # newest first
    apart: frozenset[tuple[tuple[str, str], tuple[str, str]]] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """One procurement: its notices in order, and a tie for each but the first to one that stands before it."""

    members: tuple[tuple[str, str], ...]
    ties: Mapping[tuple[str, str], Tie]


def partition(members: Iterable[Member], rulings: Rulings | None = None) -> list[Kinship]:
    """The procurements that these notices make up, each notice in exactly one."""
    everyone = sorted(members, key=lambda member: member.name)
    family = Family(everyone, (rulings or Rulings()).apart)
    taken: list[Tie] = []

    def join(ties: Iterable[Tie], allowed: Callable[[Tie], bool]) -> None:
        for tie in ties:
            if not family.one(tie.one, tie.other) and allowed(tie):
                family.join(tie.one, tie.other)
                taken.append(tie)

    join(_ruled(family, rulings or Rulings()), lambda tie: not family.ruled_apart(tie.one, tie.other))
    join(_exact(everyone), lambda tie: not family.ruled_apart(tie.one, tie.other))
    join(_followers(everyone), lambda tie: family.may_follow(tie.one, tie.other))
    for kind in (Kind.REFERENCE, Kind.LINK, Kind.TITLE):
        join(list(_guesses(everyone, family, kind)), lambda tie: not family.at_odds(tie.one, tie.other))
    join(list(_similar(everyone, family)), lambda tie: not family.at_odds(tie.one, tie.other))
    return [_kinship(group, taken) for group in family.groups()]


def _ruled(family: Family, rulings: Rulings) -> Iterator[Tie]:
    for one, other in rulings.together:
        if family.knows(one) and family.knows(other):
            yield Tie(by=RULING, exact=True, value="", one=one, other=other)


def _exact(everyone: Sequence[Member]) -> Iterator[Tie]:
    """Notices that share a key of their own, or that correct what another is."""
    kinds = {key.kind for member in everyone for key in member.keys if key.role in (Role.OWN, Role.CHANGES)}
    rank = {Kind.NOTICE: 0, Kind.PROCEDURE: 1, Kind.OJS: 2}
    for kind in sorted(kinds, key=lambda kind: (rank.get(kind, 3), kind)):  # type: ignore[call-overload]
        yield from _sharing(everyone, (Role.OWN, Role.CHANGES), kind, exact=True)


def _sharing(everyone: Sequence[Member], roles: Sequence[Role], kind: str, *, exact: bool) -> Iterator[Tie]:
    for value, holders in sorted(holders_of(everyone, roles, kind).items()):
        for one, other in combinations(holders, 2):
            yield Tie(by=kind, exact=exact, value=value, one=one.name, other=other.name)


def holders_of(everyone: Sequence[Member], roles: Sequence[Role], kind: str) -> dict[str, list[Member]]:
    """Members by value of the keys of this kind, in their order."""
    found: dict[str, list[Member]] = defaultdict(list)
    for member in everyone:
        for value in {key.value for key in member.keys if key.kind == kind and key.role in roles}:
            found[value].append(member)
    return found


def _followers(everyone: Sequence[Member]) -> Iterator[Tie]:
    """Who follows whom: what follows a competition first, then what follows a planning notice, the eldest first.

    A planning notice may stand before several competitions; it goes with the eldest of them, and the others stay
    procurements of their own.
    """
    own = defaultdict(list)
    for member in everyone:
        for key in member.keys:
            if key.role is Role.OWN:
                own[key.kind, key.value].append(member)
    found = {
        (Stage.PLANNING in before.stages, min(after.values(Role.FACT, Kind.PUBLISHED), default=""), after.name, before.name, key.value)
        for after in everyone
        for key in after.keys
        if key.role is Role.PREVIOUS
        for before in own.get((key.kind, key.value), ())
        if before is not after and any(before.stages & _MAY_FOLLOW.get(stage, frozenset()) for stage in after.stages)
    }  # fmt: skip
    for _, _, after, before, value in sorted(found):
        yield Tie(by=FOLLOWS, exact=True, value=value, one=after, other=before)


def _guesses(everyone: Sequence[Member], family: Family, kind: Kind) -> Iterator[Tie]:
    """Notices that share a guess, unless any two that share it are at odds: then it says nothing of the others either."""
    for value, holders in sorted(holders_of(everyone, (Role.GUESS,), kind).items()):
        pairs = [pair for pair in combinations(holders, 2) if not family.one(pair[0].name, pair[1].name)]
        if any(family.at_odds(one.name, other.name) for one, other in pairs):
            continue
        for one, other in pairs:
            yield Tie(by=kind, exact=False, value=value, one=one.name, other=other.name)


def _similar(everyone: Sequence[Member], family: Family) -> Iterator[Tie]:
    """Titles alike enough, the likest first; a notice that could go with either of two that are at odds goes with none."""
    by_name = {member.name: member for member in everyone}
    found = [
        Tie(by=SIMILAR, exact=False, value=value, one=one, other=other, likeness=round(likeness, 3))
        for one, other in sorted(_due_together(everyone))
        if not family.one(one, other)
        for likeness, value in (likeness_of(by_name[one], by_name[other]),)
        if likeness > ENOUGH and not family.at_odds(one, other)
    ]
    choices: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for tie in found:
        choices[family.head(tie.one)].add(family.head(tie.other))
        choices[family.head(tie.other)].add(family.head(tie.one))
    torn = {head for head, others in choices.items() if any(family.at_odds(*pair) for pair in combinations(others, 2))}
    clear = [tie for tie in found if family.head(tie.one) not in torn and family.head(tie.other) not in torn]
    yield from sorted(clear, key=lambda tie: (-(tie.likeness or 0), tie.one, tie.other))


def _due_together(everyone: Sequence[Member]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of notices, in order, of one buyer and with deadlines at most a day apart."""
    by_day = holders_of(everyone, (Role.GUESS,), Kind.DAY)
    return {
        (min(one.name, other.name), max(one.name, other.name))
        for value, holders in by_day.items()
        for day in days_around(value)
        for one in holders
        for other in by_day.get(day, ())
        if one is not other
    }


def likeness_of(one: Member, other: Member) -> tuple[float, str]:
    """How like the titles of two notices are whose buyer is one and whose deadlines are at most a day apart; 0 if not.

    The same title with the same day is another kind of guess, and none here.
    """
    mine = [key for key in one.keys if key.kind == Kind.DAY]
    theirs = [key for key in other.keys if key.kind == Kind.DAY]
    return max(
        (
            (similarity(a.words, b.words), f"{a.value} ~ {b.value}")
            for a in mine
            for b in theirs
            if b.value in days_around(a.value) and (a.value, a.words) != (b.value, b.words)
        ),
        default=(0.0, ""),
    )


def _kinship(group: Sequence[tuple[str, str]], taken: Sequence[Tie]) -> Kinship:
    """A group with the tie that brought each notice to one already reached, beginning at its first."""
    by_member: dict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in taken:
        by_member[tie.one].append(tie)
        by_member[tie.other].append(tie)
    reached, ties = [group[0]], {}
    for name in reached:  # grows while it is walked
        for tie in by_member[name]:
            other = tie.other if tie.one == name else tie.one
            if other != group[0] and other not in ties:
                ties[other] = tie
                reached.append(other)
    return Kinship(members=tuple(group), ties=ties)
