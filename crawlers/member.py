"""What of a notice decides which procurement it is of?"""

from dataclasses import dataclass
from functools import cached_property

from crawlers.keys import Key, Kind, Role
from crawlers.notice import Stage


@dataclass(frozen=True, kw_only=True)
class Member:
    """A notice as far as its kinship goes."""

    source: str
    source_id: str
    keys: frozenset[Key]

    @property
    def name(self) -> tuple[str, str]:
        """How it is told from others, and its place among them."""
        return (self.source, self.source_id)

    def values(self, role: Role, *kinds: str) -> frozenset[str]:
        """What its keys of this role and these kinds say."""
        return frozenset(key.value for key in self.keys if key.role is role and key.kind in kinds)

    @cached_property
    def stages(self) -> frozenset[Stage]:
        """The stages at which its readings put it; one, but for a parser that learned better."""
        return frozenset(Stage(value) for value in self.values(Role.FACT, Kind.STAGE))

    @cached_property
    def corrects(self) -> bool:
        """Whether it corrects another notice."""
        return any(key.role is Role.CHANGES for key in self.keys)
