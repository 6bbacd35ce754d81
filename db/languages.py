"""Which languages do we write to people in? The one list, in the order in which a reader is offered them."""

from typing import Final, Literal, get_args

from sqlalchemy import CheckConstraint

Language = Literal["nb", "nn", "sv", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def language_known() -> CheckConstraint:
    """A table's promise that its ``language`` is one of these."""
    return CheckConstraint(f"language IN ({', '.join(map(repr, LANGUAGES))})", name="language_known")
