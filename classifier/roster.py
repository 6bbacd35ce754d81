"""Which profiles does a notice meet?"""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.signals import PreparedProfile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roster:
    """Profiles read and stacked once, for any number of notices. Its columns are the profiles in the order given."""

    profiles: Sequence[PreparedProfile]

    def __len__(self) -> int:
        return len(self.profiles)
