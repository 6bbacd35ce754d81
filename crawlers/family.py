"""Which notices are one so far, and what speaks against making them more? The ledger that :mod:`crawlers.kin` keeps."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product

from crawlers.keys import Kind, Role
from crawlers.member import Member
from crawlers.notice import Stage

Name = tuple[str, str]
_LENGTH_OF_UUID = 36
_PAST_PLANNING = frozenset({Stage.COMPETITION, Stage.INTENT, Stage.RESULT})


class Family:
    """Groups of notices, each notice in one; a group is known by its first notice, its head."""

    def __init__(self, members: Sequence[Member], apart: frozenset[tuple[Name, Name]]) -> None:
        self._members = {member.name: member for member in members}
        self._head = {name: name for name in self._members}
        self._groups: dict[Name, list[Name]] = {name: [name] for name in self._members}
        self._apart = apart

    def knows(self, name: Name) -> bool:
        """Whether this notice is among them."""
        return name in self._members

    def head(self, name: Name) -> Name:
        """The first notice of this one's group."""
        return self._head[name]

    def one(self, one: Name, other: Name) -> bool:
        """Whether two notices are of one group."""
        return self._head[one] == self._head[other]

    def join(self, one: Name, other: Name) -> None:
        """Make two groups one."""
        first, second = sorted((self._head[one], self._head[other]))
        for name in self._groups[second]:
            self._head[name] = first
        self._groups[first] = sorted(self._groups[first] + self._groups.pop(second))

    def groups(self) -> list[list[Name]]:
        """All groups, in order, their notices in order."""
        return [self._groups[head] for head in sorted(self._groups)]

    def ruled_apart(self, one: Name, other: Name) -> bool:
        """Whether an administrator said of any two of theirs that they are not one."""
        if not self._apart:
            return False
        return any((min(pair), max(pair)) in self._apart for pair in product(self._of(one), self._of(other)))

    def at_odds(self, one: Name, other: Name) -> bool:
        """Whether anything speaks against guessing that two groups are one.

        A ruling; a portal that told of both, since no portal tells the same thing twice without a key in common; two
        procedure UUIDs; competitions that close on days more than one apart; no CPV division in common.
        """
        if self.ruled_apart(one, other):
            return True
        if {source for source, _ in self._of(one)} & {source for source, _ in self._of(other)}:
            return True
        if self._two_procedures(one, other):
            return True
        mine, theirs = self._facts(one, Kind.DUE), self._facts(other, Kind.DUE)
        if mine and theirs and not any(_near(a, b) for a, b in product(mine, theirs)):
            return True
        mine, theirs = self._facts(one, Kind.CPV), self._facts(other, Kind.CPV)
        return bool(mine and theirs and not mine & theirs)

    def may_follow(self, after: Name, before: Name) -> bool:
        """Whether a notice's group may follow that of the one it names.

        Never a second competition, and after anything but planning never another procedure: a planning notice may
        have a procedure UUID of its own, but only one procurement grows out of it.
        """
        if self.ruled_apart(after, before) or (self._competes(after) and self._competes(before)):
            return False
        if Stage.PLANNING in self._members[before].stages:
            return not (self._past_planning(after) and self._past_planning(before))
        return not self._two_procedures(after, before)

    def _of(self, name: Name) -> list[Name]:
        return self._groups[self._head[name]]

    def _facts(self, name: Name, kind: Kind) -> frozenset[str]:
        return frozenset().union(*(self._members[one].values(Role.FACT, kind) for one in self._of(name)))

    def _two_procedures(self, one: Name, other: Name) -> bool:
        mine, theirs = self._procedures(one), self._procedures(other)
        return bool(mine and theirs and not mine & theirs)

    def _procedures(self, name: Name) -> frozenset[str]:
        """UUIDs alone: the Doffin number in their place in migrated notices says nothing against another portal's."""
        written = frozenset().union(*(self._members[n].values(Role.OWN, Kind.PROCEDURE) for n in self._of(name)))
        return frozenset(value for value in written if len(value) == _LENGTH_OF_UUID)

    def _competes(self, name: Name) -> bool:
        members = (self._members[one] for one in self._of(name))
        return any(Stage.COMPETITION in member.stages and not member.corrects for member in members)

    def _past_planning(self, name: Name) -> bool:
        return any(self._members[one].stages & _PAST_PLANNING for one in self._of(name))


def _near(one: str, other: str) -> bool:
    return abs(date.fromisoformat(one) - date.fromisoformat(other)) <= timedelta(days=1)
