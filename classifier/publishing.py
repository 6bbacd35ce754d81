"""Who may move lines at one stroke, and who was quicker? A move is published with a reason and taken back whole."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from classifier.bench import Bench
from classifier.history import NotLast, former, last_change
from classifier.shift import Lines, Shift, foresee
from classifier.threshold import draw, held, history, newest_line, undo, undo_all
from classifier.window import Ints, number_of
from db.arrays import among
from db.models import LineMove, Threshold


class Conflict(Exception):  # noqa: N818 - a state of the history, told by its name
    """Raised where a line was drawn since the administrator looked: what they decided on no longer holds (W7)."""

    def __init__(self, since: Sequence[Threshold]) -> None:
        super().__init__("somebody drew a line of these profiles meanwhile")
        self.since = since


class Changed(Exception):  # noqa: N818 - as above
    """Raised where the same lines would do something else by now than what the administrator saw (W7)."""

    def __init__(self) -> None:
        super().__init__("notices came, closed or were told meanwhile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change that stands and can be taken back: a move of several lines, or one profile's own."""

    move_id: int | None
    threshold_id: int  # the newest of its rows
    by: str
    why: str
    at: datetime
    profiles: int


def mark_of(lines: Lines, shift: Shift) -> str:
    """A mark of these lines and of what they would do: another mark, and something else would be published than was seen."""
    ways = (shift.gained, shift.lost)
    numbers = ([number_of(one.subscriber_id, one.procurement_id, one.kind) for one in way] for way in ways)
    return mark_by_numbers(lines, *(np.array(way, dtype=np.int64) for way in numbers))


def mark_by_numbers(lines: Lines, gained: Ints, lost: Ints) -> str:
    """The same, by the alerts' numbers in a window."""
    mark = hashlib.sha256(json.dumps(sorted((profile_id, str(line)) for profile_id, line in lines.items())).encode())
    for way in (gained, lost):
        mark.update(b"|" + np.sort(way).astype("<i8").tobytes())
    return mark.hexdigest()[:16]


def publish(s: Session, on: Bench, lines: Lines, *, seen: int, foreseen: str, by: str, why: str) -> LineMove:
    """Draw these lines, whole or not at all, if they still do what was looked at.

    ``seen`` is the newest row of then, ``foreseen`` the mark of what they would do. Raises Conflict where a line was
    drawn since, Changed where they would do something else, and ValueError where there is no reason or nothing to move.
    """
    if not why.strip():
        raise ValueError("a move wants a reason that others can read")
    if not lines or not lines.keys() <= set(on.profiles):
        raise ValueError("a move moves lines of its bench")
    held(s, on.profiles)
    if newest_line(s, on.profiles) != seen:
        rows = select(Threshold).where(among(Threshold.profile_id, on.profiles), Threshold.id > seen)
        since = s.scalars(rows.order_by(Threshold.id)).all()
        s.expunge_all()  # they are read after the transaction was rolled back
        raise Conflict(since)
    # Nobody matches while the lines are held, so that what holds here is what drawing them does.
    shift = foresee(s, lines)
    if mark_of(lines, shift) != foreseen:
        raise Changed
    move = _moved(s, LineMove(bench=on.key, by=by, why=why.strip()))
    draw(s, lines, by=by, why=move.why, move_id=move.id, foreseen=shift)
    return move


def last_step(s: Session, on: Bench) -> Step | None:
    """What one click takes back on this bench: its newest published move, or of one profile its last change."""
    if len(on.profiles) == 1:
        rows = history(s, on.profiles[0])
        change = last_change(rows)
        if change is not None and former(rows, change) is None:
            return None  # it came with the profile
        move = s.get(LineMove, change.move_id) if change is not None and change.move_id else None
        if change is not None and move is None:
            return Step(move_id=None, threshold_id=change.id, by=change.by, why=change.why, at=change.at, profiles=1)
    else:
        later = aliased(LineMove)
        move = s.scalar(
            select(LineMove)
            .where(LineMove.undoes.is_(None), ~exists().where(later.undoes == LineMove.id))
            .where(exists().where(Threshold.move_id == LineMove.id, among(Threshold.profile_id, on.profiles)))
            .order_by(LineMove.id.desc())
            .limit(1)
        )
    if move is None:
        return None
    of_move = select(func.max(Threshold.id), func.count(Threshold.id)).where(Threshold.move_id == move.id)
    newest, profiles = s.execute(of_move).one()
    return Step(move_id=move.id, threshold_id=newest, by=move.by, why=move.why, at=move.at, profiles=profiles)


def take_back(s: Session, on: Bench, *, move_id: int | None, threshold_id: int, by: str) -> None:
    """Take back the step that was looked at, every line of it or none.

    Raises NotLast where it is not the last that stands any more, of this bench or of any line that it moved.
    """
    held(s, on.profiles)
    step = last_step(s, on)
    if step is None or (step.move_id, step.threshold_id) != (move_id, threshold_id):
        raise NotLast("this change is not the last one that stands")
    if step.move_id is None:
        undo(s, s.get_one(Threshold, step.threshold_id), by=by)
        return
    changes = s.scalars(select(Threshold).where(Threshold.move_id == step.move_id)).all()
    move = _moved(s, LineMove(bench=on.key, undoes=step.move_id, by=by, why=f"takes back: {step.why}"))
    undo_all(s, changes, by=by, move_id=move.id)


def _moved(s: Session, move: LineMove) -> LineMove:
    s.add(move)
    s.flush()
    return move
