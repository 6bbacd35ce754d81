"""How did a line or a weight come to be what it is, and which of its changes can be taken back?

Both histories are append-only and have the same columns, so they are read in one way. Rows are given oldest first.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Drawn, Profile, SentenceWeight, Threshold

LEARNING = "learning"  # who draws what nobody drew by hand
SIGN_UP = "sign-up"  # … and what began with a firm's first answers
Row = TypeVar("Row", Threshold, SentenceWeight)


class NotLast(ValueError):  # noqa: N818 - a state of the history, told by its name
    """Raised by undo() where the change is not the last that stands: somebody else was quicker, or it is undone."""


def lock(s: Session, profile_id: int) -> None:
    """Nobody else changes this profile's line or weights until the caller's commit.

    Raises LookupError where there is no such profile.
    """
    # Matches and thresholds that refer to the profile are still written by others: they ask for a weaker lock.
    held = select(Profile.id).where(Profile.id == profile_id).with_for_update(key_share=True)
    if s.scalar(held) is None:
        raise LookupError(f"no profile has the id {profile_id}")


def drawn_by_hand(rows: Sequence[Row]) -> Row | None:
    """The newest row that learning did not write: what a person drew, took back or began with; None where none did."""
    return next((row for row in reversed(rows) if row.drawn != Drawn.LEARNED), None)


def moved(rows: Sequence[Row], since: datetime) -> Decimal:
    """How far learning moved it from ``since`` on, back and forth added up; taking a step back gives nothing back."""
    return sum(
        (abs(row.value - row.moved_from) for row in rows
         if row.drawn == Drawn.LEARNED and row.moved_from is not None and row.at >= since),
        Decimal(0),
    )  # fmt: skip


def last_change(rows: Sequence[Row]) -> Row | None:
    """The newest change that still stands, which undo() takes back; None where all are taken back or there is none."""
    undone = {row.undoes for row in rows}
    return next((row for row in reversed(rows) if row.drawn != Drawn.UNDO and row.id not in undone), None)


def former(rows: Sequence[Row], change: Row) -> Decimal | None:
    """The value before a change, or None where it is not known."""
    if change.moved_from is not None:
        return change.moved_from
    before = [row.value for row in rows if row.id < change.id]
    return before[-1] if before else None


def check_last(rows: Sequence[Row], change: Row) -> Decimal:
    """The value that taking this change back restores. Raises NotLast unless it is the last one that stands."""
    last = last_change(rows)
    if last is None or last.id != change.id:
        raise NotLast("this change is not the last one that stands")
    value = former(rows, change)
    if value is None:
        raise NotLast("there was nothing before this: it came with the profile")
    return value
